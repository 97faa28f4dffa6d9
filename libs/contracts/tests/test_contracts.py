"""The contracts hold what the topic files, the golden examples and the committed schemas say of them."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from matchbook_contracts.base import Contract
from matchbook_contracts.registry import MODULES, contracts, topics
from matchbook_contracts.schemas import closed_schema
from pydantic import ValidationError

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").rglob("*.json"))


def contract_of(example: Path) -> type[Contract]:
    return contracts()[f"matchbook.{example.stem}.v1"]


def leaves(model: type[Contract]) -> set[type[Contract]]:
    children = model.__subclasses__()
    return set().union(*map(leaves, children)) if children else {model}


def test_every_contract_travels_on_the_topic_whose_file_names_it() -> None:
    named = {event: topic.name for topic in topics().values() for event in topic.events}
    ours = {model for model in leaves(Contract) if model.__module__ in {module.__name__ for module in MODULES}}
    assert named == {model.__name__: model.topic for model in ours}


def test_every_contract_has_a_golden_example_in_its_topic_s_folder() -> None:
    found = {(example.parent.name, example.stem) for example in EXAMPLES}
    assert found == {(model.topic, model.__name__) for model in contracts().values()}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_a_golden_example_survives_the_round_trip(example: Path) -> None:
    data = json.loads(example.read_text())
    event = contract_of(example).from_body(example.read_bytes())
    assert json.loads(event.body()) == data
    assert contract_of(example).from_body(event.body()) == event
    assert contract_of(example).from_body(event.body()).body() == event.body()


EMBEDDING = [example for example in EXAMPLES if contract_of(example).embedded]


@pytest.mark.parametrize("example", EMBEDDING, ids=lambda example: example.stem)
def test_embedded_contracts_are_written_last_and_as_on_their_own_topics(example: Path) -> None:
    event = contract_of(example).from_body(example.read_bytes())
    parts = {name: part for name in event.embedded if (part := getattr(event, name)) is not None}
    written = b",".join(b'"%b":%b' % (name.encode(), part.body()) for name, part in parts.items())
    assert event.body().endswith(b"," + written + b"}")
    given = json.loads(event.body(embed=lambda part: json.dumps(f"the {type(part).__name__}").encode()))
    assert {name: given[name] for name in parts} == {n: f"the {type(part).__name__}" for n, part in parts.items()}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_a_golden_example_fits_the_closed_schema(example: Path) -> None:
    schema = closed_schema(contract_of(example))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(example.read_text()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_a_reader_ignores_fields_of_a_newer_writer(example: Path) -> None:
    newer = json.loads(example.read_text()) | {"added_in_a_later_release": {"nested": [1]}}
    read = contract_of(example).from_body(json.dumps(newer).encode())
    assert read == contract_of(example).from_body(example.read_bytes())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_a_missing_required_field_is_refused(example: Path) -> None:
    data = json.loads(example.read_text())
    for field in closed_schema(contract_of(example))["required"]:
        broken = {name: value for name, value in data.items() if name != field}
        with pytest.raises(ValidationError, match=field):
            contract_of(example).from_body(json.dumps(broken).encode())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_contracts_are_frozen_and_know_their_key(example: Path) -> None:
    event = contract_of(example).from_body(example.read_bytes())
    assert event.key
    assert event.partition_key
    with pytest.raises(ValidationError, match="frozen"):
        setattr(event, next(iter(type(event).model_fields)), "changed")


def test_device_records_keep_their_tenant_s_order_and_their_own_key() -> None:
    example = ROOT / "examples/matchbook.devices/DeviceDiscovered.json"
    device = contract_of(example).from_body(example.read_bytes())
    data = json.loads(example.read_text())
    assert device.key == f"{data['tenant_id']}/{data['device_id']}"
    assert device.partition_key == data["tenant_id"]


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b'"text"', b"\xff\xfe", b'{"tenant_id": 7, "revision": "1"}']
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ValidationError):
        contracts()["matchbook.TenantDiscovered.v1"].from_body(body)
