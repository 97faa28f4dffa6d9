"""Exports: what a person may see, as CSV that no spreadsheet runs, or as JSON Lines."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matchbook_api_gateway.domain.files import configurations, organizations
from matchbook_api_gateway.domain.files.configurations import Directory, configuration_rows
from matchbook_api_gateway.domain.files.exports import (
    CONFIGURATION_COLUMNS,
    ORGANIZATION_COLUMNS,
    Format,
    Line,
    configuration_line,
    harmless,
    organization_line,
    writer_of,
)
from matchbook_api_gateway.domain.files.json_lines import JsonLines
from matchbook_api_gateway.domain.files.organizations import organization_rows
from matchbook_api_gateway.domain.files.table import Cells, Faults, Layout, Table
from matchbook_contracts.states import FieldValue, Interface

from tests.support.gateway_world import GatewayWorld, configuration, organization, unique

RISKY = ["=1+1", "+49 30 123", "-2", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")']


@pytest.mark.parametrize("text", RISKY)
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "LT-1", "a=b", "1-2", " =1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_a_list_that_begins_like_a_formula_is_text() -> None:
    _, write = writer_of("csv", ("aliases", "interfaces"))
    line = write({"aliases": ["=1+1", "Contoso"], "interfaces": [{"name": "@SUM(A1)"}]})
    assert line == b"'=1+1; Contoso,'@SUM(A1)|||No\r\n"


async def fill(world: GatewayWorld) -> tuple[str, str]:
    o, c = unique("o"), unique("c")
    values: Any = {
        "name": FieldValue(documented='LT, "one"\nof two'),
        "notes": FieldValue(documented="=cmd|' /C calc'!A0"),
        "serial_number": FieldValue(documented="OLD", synced="NEW", in_force="synced"),
        "location": FieldValue(synced="gone"),
    }
    interfaces = (Interface(name="LAN", mac_address="8C1D96A0B2C3", primary=True), Interface(ip_address="10.0.0.7"))
    found = configuration(c, o).model_copy(
        update={"fields": values, "name": 'LT, "one"\nof two', "interfaces": interfaces}
    )
    await world.publish(organization(o, "-Contoso, Müller & Co"), found)
    await world.applied()
    return o, c


async def exported(world: GatewayWorld, subject: str, format_: str, *organizations: str) -> str:
    client = await world.sign_in("Reader", organizations=organizations)
    answer = await client.get(f"/api/exports/{subject}", params={"format": format_})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{subject}.{format_}"'
    return answer.content.decode()


async def test_a_csv_file_holds_the_values_in_force_and_no_formula(world: GatewayWorld) -> None:
    o, c = await fill(world)
    text = await exported(world, "configurations", "csv", o)
    assert text.endswith("\r\n")
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["id"], row["organization_id"], row["organization"]) == (c, o, "'-Contoso, Müller & Co")
    assert (row["name"], row["notes"]) == ('LT, "one"\nof two', "'=cmd|' /C calc'!A0")
    assert (row["serial_number"], row["location"], row["archived"]) == ("NEW", "", "No")
    assert row["interfaces"] == "LAN||8C1D96A0B2C3|Yes; |10.0.0.7||No"
    assert all(not (value or "").startswith(("=", "+", "-", "@", "\t")) for value in row.values())


async def test_a_json_lines_file_holds_the_values_as_they_are(world: GatewayWorld) -> None:
    o, c = await fill(world)
    [line] = (await exported(world, "configurations", "jsonl", o)).splitlines()
    row = json.loads(line)
    assert (row["id"], row["notes"], row["serial_number"]) == (c, "=cmd|' /C calc'!A0", "NEW")
    assert "location" not in row
    assert row["interfaces"][0] == {
        "name": "LAN",
        "ip_address": None,
        "mac_address": "8C1D96A0B2C3",
        "primary": True,
    }
    [organization_line] = (await exported(world, "organizations", "jsonl", o)).splitlines()
    assert json.loads(organization_line)["name"] == "-Contoso, Müller & Co"


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from(";|\\\"',=")).map(
    str.strip
)
INTERFACES = st.lists(
    st.builds(
        Interface,
        name=TEXTS.map(lambda text: text or None),
        ip_address=st.sampled_from([None, "10.0.0.7; 10.0.0.8"]),
        mac_address=st.none(),
        primary=st.booleans(),
    ),
    max_size=3,
)


def read_again(format_: Any, columns: tuple[str, ...], line: Line, layout: Layout) -> list[Cells]:
    """What an import reads of an export."""
    head, write = writer_of(format_, columns)
    text, faults = io.StringIO((head + write(line)).decode(), newline=""), Faults()
    table = Table(text, layout, faults) if format_ == "csv" else JsonLines(text, layout, faults)
    cells = list(table)
    assert not faults.found
    return cells


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
@given(interfaces=INTERFACES, name=TEXTS.filter(bool))
@example(interfaces=[Interface(name="a;b|c\\")], name="'=1")
def test_a_configuration_that_is_exported_and_imported_is_the_same(
    format_: Format, interfaces: list[Interface], name: str
) -> None:
    state = configuration("c", "o").model_copy(
        update={"interfaces": tuple(interfaces), "name": name, "fields": {"name": FieldValue(documented=name)}}
    )
    line = configuration_line(state, "Contoso")
    cells, faults = read_again(format_, CONFIGURATION_COLUMNS, line, configurations.LAYOUT), Faults()
    [row] = configuration_rows(cells, faults, Directory(frozenset({"o"}), {}))
    assert (row.interfaces, row.values) == (state.interfaces, {"name": name})
    assert not faults.found


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
@given(aliases=st.lists(TEXTS.filter(bool), unique=True, max_size=3))
def test_an_organization_that_is_exported_and_imported_is_the_same(format_: Format, aliases: list[str]) -> None:
    line = organization_line(organization("o").model_copy(update={"aliases": tuple(aliases)}))
    [row] = organization_rows(read_again(format_, ORGANIZATION_COLUMNS, line, organizations.LAYOUT), Faults())
    assert row.aliases == tuple(aliases)


def test_a_backslash_in_a_file_of_another_system_is_one() -> None:
    cells = Cells(2, {"id": "1", "organization_id": "o", "name": "x", "interfaces": r"\Device\NPF|10.0.0.1;C:\x"})
    [row] = configuration_rows([cells], Faults(), Directory(frozenset({"o"}), {}))
    assert [(found.name, found.ip_address) for found in row.interfaces] == [
        (r"\Device\NPF", "10.0.0.1"),
        (r"C:\x", None),
    ]


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
async def test_a_file_can_be_imported_again(world: GatewayWorld, format_: str) -> None:
    o, _ = await fill(world)
    text = await exported(world, "configurations", format_, o)
    client = await world.sign_in("Administrator")
    answer = await client.post("/api/imports/configurations", files={"file": ("c.csv", text.encode())})
    assert answer.status_code == 202, answer.text
    (sent,) = [item for item in await world.commands() if item.get("import_id") == answer.json()["import_id"]]
    [row] = sent["rows"]
    assert row["values"]["notes"] == "=cmd|' /C calc'!A0"
    assert row["values"]["serial_number"] == "NEW"
    assert [item.get("mac_address") for item in row["interfaces"]] == ["8C1D96A0B2C3", None]


async def test_who_sees_one_organization_exports_one(world: GatewayWorld) -> None:
    o, c = await fill(world)
    other, theirs = await fill(world)
    text = await exported(world, "configurations", "jsonl", o)
    assert c in text
    assert theirs not in text
    assert other not in await exported(world, "organizations", "csv", o)
    everything = await exported(world, "configurations", "jsonl")
    assert c in everything
    assert theirs in everything


async def test_many_rows_are_streamed(world: GatewayWorld) -> None:
    o = unique("o")
    await world.publish(organization(o), *(configuration(f"{o}-{number}", o) for number in range(1_201)))
    await world.applied()
    lines = (await exported(world, "configurations", "jsonl", o)).splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == 1_201


async def test_an_unknown_format_is_refused(world: GatewayWorld) -> None:
    client = await world.sign_in("Reader")
    assert (await client.get("/api/exports/configurations?format=xlsx")).status_code == 422
