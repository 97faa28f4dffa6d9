"""Decisions: from the request to the topic, and from the outcome back to the row."""

import asyncio
from typing import Any

import pytest
from matchbook_api_gateway.domain import commands
from matchbook_contracts import decisions as contracts
from matchbook_contracts.base import Cause
from matchbook_contracts.match_events import BulkUndone, ConfigurationUpdated
from matchbook_contracts.states import IgnoredSuggestion
from matchbook_servicekit.messaging import Transient
from pydantic import TypeAdapter

from tests.support.gateway_world import (
    ANA,
    AT,
    REQUESTS,
    GatewayWorld,
    configuration,
    device,
    match_state,
    matched_event,
    organization,
    rejected_event,
    suggested,
    tenant,
    tenant_matched,
    unique,
)


async def decide(client: Any, *asked: dict[str, Any], status: int = 202) -> Any:
    response = await client.post("/api/decisions", json={"decisions": list(asked)})
    assert response.status_code == status, response.text
    return response.json()


def accept(t: str, d: str, **more: Any) -> dict[str, Any]:
    return {"command": "AcceptMatch", "tenant_id": t, "device_id": d, "suggestion_id": f"s-{d}-1", **more}


async def row_of(client: Any, t: str, d: str) -> Any:
    return (await client.get(f"/api/tenants/{t}/devices/{d}")).json()


async def commands_of(world: GatewayWorld, *ids: str) -> list[dict[str, Any]]:
    found = {item["decision_id"]: item for item in await world.commands()}
    return [found[id_] for id_ in ids if id_ in found]


async def test_an_accepted_suggestion_travels_and_comes_back_as_matched(world: GatewayWorld) -> None:
    t, d, o, c = unique("t"), unique("d"), unique("o"), unique("c")
    await world.publish(tenant(t), device(t, d), suggested(t, d, c), configuration(c, o))
    await world.applied()
    client = await world.sign_in("Manager", id_="person-ana")
    answer = await decide(client, accept(t, d))
    assert answer["bulk_id"] is None
    (id_,) = answer["decision_ids"]
    (command,) = await commands_of(world, id_)
    assert (command["ce_type"], command["ce_id"], command["key"]) == ("matchbook.AcceptMatch.v1", id_, f"{t}/{d}")
    assert command["actor"] == {"kind": "person", "id": "person-ana", "name": "Test Person", "role": "Manager"}
    assert command["suggestion_id"] == f"s-{d}-1"
    assert (await row_of(client, t, d))["pending"] == {"decision_id": id_, "command": "AcceptMatch"}

    waiting = asyncio.create_task(client.get(f"/api/decisions/{id_}", params={"wait": 20}))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    state = match_state(t, d, configuration_id=c)
    updated = ConfigurationUpdated(
        configuration_id=c, organization_id=o, version=2, occurred_at=AT, action="sync",
        cause=Cause(kind="person", actor=ANA, decision_id=id_), state=configuration(c, o, version=2),
    )  # fmt: skip
    await world.publish(matched_event(state, configuration(c, o), id_), updated)
    outcome = (await asyncio.wait_for(waiting, 60)).json()
    assert (outcome["status"], outcome["command"], outcome["device_id"]) == ("applied", "AcceptMatch", d)
    row = await row_of(client, t, d)
    assert (row["pending"], row["rejection"], row["status"]) == (None, None, "matched")
    await world.applied()
    assert (await client.get(f"/api/decisions/{id_}")).json()["events"] == ["ConfigurationUpdated", "DeviceMatched"]


async def test_a_rejection_is_shown_until_the_next_decision(world: GatewayWorld) -> None:
    t, d = unique("t"), unique("d")
    await world.publish(tenant(t), device(t, d))
    await world.applied()
    client = await world.sign_in("Manager")
    (first,) = (await decide(client, accept(t, d)))["decision_ids"]
    await world.publish(rejected_event(first, t, d, "LT-2 is taken by another device."))
    await world.applied()
    row = await row_of(client, t, d)
    assert row["pending"] is None
    assert row["rejection"]["reason"] == "configuration_taken"
    assert row["rejection"]["message"] == "LT-2 is taken by another device."
    assert row["history"][0]["event"] == "DecisionRejected"
    listed = (await client.get(f"/api/tenants/{t}/devices")).json()["items"][0]
    assert listed["rejection"] == row["rejection"]
    (second,) = (await decide(client, accept(t, d)))["decision_ids"]
    row = await row_of(client, t, d)
    assert (row["rejection"], row["pending"]["decision_id"]) == (None, second)


async def test_an_outcome_may_arrive_before_its_decision_is_noted(world: GatewayWorld) -> None:
    t, d, c, id_ = unique("t"), unique("d"), unique("c"), unique("decision")
    found = configuration(c, "o")
    await world.publish(tenant(t), device(t, d), matched_event(match_state(t, d, configuration_id=c), found, id_))
    await world.applied()
    client = await world.sign_in("Manager")
    await decide(client, accept(t, d, decision_id=id_))
    outcome = (await client.get(f"/api/decisions/{id_}")).json()
    assert (outcome["status"], outcome["command"]) == ("applied", "AcceptMatch")
    assert (await row_of(client, t, d))["pending"] is None


async def test_the_same_decision_id_is_one_decision(world: GatewayWorld) -> None:
    t, d, id_ = unique("t"), unique("d"), unique("decision")
    client = await world.sign_in("Manager")
    for _ in range(2):
        assert (await decide(client, accept(t, d, decision_id=id_)))["decision_ids"] == [id_]
    assert {item["ce_id"] for item in await commands_of(world, id_)} == {id_}
    await decide(client, accept(t, d, decision_id="twice"), accept(t, "e", decision_id="twice"), status=422)
    other = await world.sign_in("Manager")
    assert (await decide(other, accept(t, d, decision_id=id_), status=409))["type"].endswith("id-taken")


async def test_several_decisions_share_a_bulk_id(world: GatewayWorld) -> None:
    t, o = unique("t"), unique("o")
    client = await world.sign_in("Manager")
    answer = await decide(
        client,
        {"command": "MatchTenantTo", "tenant_id": t, "organization_id": o},
        {"command": "EditConfiguration", "organization_id": o, "configuration_id": "c", "values": {"notes": None}},
        {"command": "IgnoreDevice", "tenant_id": t, "device_id": "d", "until": "2027-01-01T00:00:00Z"},
    )
    sent = await commands_of(world, *answer["decision_ids"])
    assert {item["bulk_id"] for item in sent} == {answer["bulk_id"]}
    assert sent[2]["until"] == "2027-01-01T00:00:00Z"
    progress = (await client.get(f"/api/bulk/{answer['bulk_id']}")).json()
    assert (progress["total"], progress["pending"], progress["action"]) == (3, 3, "mixed")


async def test_the_undoing_of_a_bulk_action_has_progress_of_its_own(world: GatewayWorld) -> None:
    t, d, o = unique("t"), unique("d"), unique("o")
    client = await world.sign_in("Manager")
    asked = {"decisions": [{"command": "UndoBulk", "undone_bulk_id": "bulk-1"}]}
    (decision_id,) = (await client.post("/api/decisions", json=asked)).json()["decision_ids"]
    cause = Cause(kind="person", actor=ANA, decision_id=decision_id)
    undone = BulkUndone(
        version=1, occurred_at=AT, cause=cause, decision_id=decision_id, bulk_id="bulk-1", undone=2, left=("t/x",)
    )
    state, found = match_state(t, d, configuration_id="c"), configuration("c", o)
    await world.publish(undone, matched_event(state, found, unique("decision"), decision_id))
    await world.applied()
    progress = (await client.get(f"/api/bulk/{decision_id}")).json()
    assert {name: progress[name] for name in ("action", "total", "applied", "rejected")} == {
        "action": "undo",
        "total": 2,
        "applied": 1,
        "rejected": 0,
    }
    shown = (await client.get(f"/api/decisions/{decision_id}")).json()
    assert (shown["status"], shown["command"]) == ("applied", "UndoBulk")


async def test_a_filter_selects_what_a_bulk_action_goes_to(world: GatewayWorld) -> None:
    t, o = unique("t"), unique("o")
    names = ("LT-1", "LT-2", "LT-3", "PC-1")
    found = [device(t, f"{t}-{name}", name) for name in names]
    await world.publish(
        tenant(t), organization(o), tenant_matched(t, o), *found,
        *(suggested(t, item.device_id, "c") for item in found[:3]),
        device(t, f"{t}-matched", "LT-4"), suggested(t, f"{t}-matched", "c"), match_state(t, f"{t}-matched"),
    )  # fmt: skip
    await world.applied()
    client = await world.sign_in("Manager", [o])
    asked = {"action": "accept", "tenant_id": t, "filter": {"status": "all", "search": "lt"}, "except": [f"{t}-LT-3"]}
    answer = await client.post("/api/bulk", json=asked)
    assert answer.status_code == 202
    assert answer.json()["count"] == 2
    bulk_id = answer.json()["bulk_id"]
    sent = [item for item in await world.commands() if item.get("bulk_id") == bulk_id]
    assert {(item["device_id"], item["suggestion_id"]) for item in sent} == {
        (f"{t}-LT-1", f"s-{t}-LT-1-1"),
        (f"{t}-LT-2", f"s-{t}-LT-2-1"),
    }
    # What is on its way is not asked for again.
    assert (await client.post("/api/bulk", json=asked)).json()["count"] == 0
    first, second = (item["decision_id"] for item in sent)
    matched = matched_event(
        match_state(t, sent[0]["device_id"], configuration_id="c"), configuration("c", o), first, bulk_id
    )
    rejected = rejected_event(second, t, sent[1]["device_id"])
    await world.publish(matched, rejected)
    await world.applied()
    progress = (await client.get(f"/api/bulk/{bulk_id}")).json()
    assert (progress["total"], progress["applied"], progress["rejected"], progress["pending"]) == (2, 1, 1, 0)
    assert progress["results"][0]["reason"] == "configuration_taken"


async def test_a_bulk_action_goes_to_what_changed_since_it_was_ignored(world: GatewayWorld) -> None:
    t, o = unique("t"), unique("o")
    await world.publish(
        tenant(t), organization(o), tenant_matched(t, o),
        *(device(t, f"{t}-{name}") for name in ("same", "changed")),
        *(suggested(t, f"{t}-{name}", f"c-{name}") for name in ("same", "changed")),
        *(
            match_state(
                t, f"{t}-{name}", status="ignored",
                ignored_suggestion=IgnoredSuggestion(status="suggested", target_id="c-same", fingerprint="f1"),
            )
            for name in ("same", "changed")
        ),
    )  # fmt: skip
    await world.applied()
    client = await world.sign_in("Manager", [o])
    chosen = {"status": "ignored", "suggestion": "changed_since"}
    answer = await client.post("/api/bulk", json={"action": "revert", "tenant_id": t, "filter": chosen})
    bulk_id = answer.json()["bulk_id"]
    sent = [item["device_id"] for item in await world.commands() if item.get("bulk_id") == bulk_id]
    assert sent == [f"{t}-changed"]


@pytest.mark.parametrize(
    ("action", "command", "devices"),
    [
        ("create", "CreateConfiguration", {"plain", "ignored"}),
        ("ignore", "IgnoreDevice", {"plain", "matched"}),
        ("revert", "RevertMatch", {"matched", "ignored"}),
    ],
)
async def test_a_bulk_action_goes_only_where_it_can_apply(
    world: GatewayWorld, action: str, command: str, devices: set[str]
) -> None:
    t = unique("t")
    await world.publish(
        tenant(t), *(device(t, name, name) for name in ("plain", "matched", "ignored")),
        match_state(t, "matched"), match_state(t, "ignored", status="ignored"),
    )  # fmt: skip
    await world.applied()
    client = await world.sign_in("Manager")
    answer = (await client.post("/api/bulk", json={"action": action, "tenant_id": t, "reason": "Why"})).json()
    sent = [item for item in await world.commands() if item.get("bulk_id") == answer["bulk_id"]]
    assert {item["device_id"] for item in sent} == devices
    assert {item["ce_type"] for item in sent} == {f"matchbook.{command}.v1"}


async def test_everything_held_is_released_in_one_bulk_action(world: GatewayWorld) -> None:
    o, other = unique("o"), unique("o")
    held = [configuration(unique("c"), o, f"LT-{number}", psa_sync="held") for number in range(3)]
    await world.publish(
        organization(o), organization(other), *held, configuration(unique("c"), o, "LT-9"),
        configuration(unique("c"), o, "LT-8", psa_sync="held", archived=True),
        configuration(unique("c"), other, "LT-7", psa_sync="held"),
    )  # fmt: skip
    await world.applied()
    asked = {"organization_id": o, "search": "lt-", "except": [held[2].configuration_id]}
    client = await world.sign_in("Administrator")
    answer = await client.post("/api/releases", json=asked)
    assert (answer.status_code, answer.json()["count"]) == (202, 2)
    bulk_id = answer.json()["bulk_id"]
    sent = [item for item in await world.commands() if item.get("bulk_id") == bulk_id]
    assert {(item["ce_type"], item["organization_id"], item["configuration_id"]) for item in sent} == {
        ("matchbook.ReleaseConfiguration.v1", o, item.configuration_id) for item in held[:2]
    }
    assert (await client.get(f"/api/bulk/{bulk_id}")).json()["total"] == 2
    scoped = await world.sign_in("Administrator", [other])
    assert (await scoped.post("/api/releases", json=asked)).status_code == 404
    assert (await scoped.post("/api/releases", json={})).json()["count"] == 1


async def test_a_broker_that_is_away_is_a_503_and_nothing_pending(
    world: GatewayWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    t, d = unique("t"), unique("d")
    await world.publish(tenant(t), device(t, d), suggested(t, d, "c"))
    await world.applied()
    client = await world.sign_in("Manager")

    async def away(_: Any) -> None:
        raise Transient("no broker")

    monkeypatch.setattr(world.parts.publisher, "publish", away)
    response = await client.post("/api/decisions", json={"decisions": [accept(t, d)]})
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.headers["content-type"] == "application/problem+json"
    bulk = await client.post("/api/bulk", json={"action": "accept", "tenant_id": t})
    assert bulk.status_code == 503
    assert (await row_of(client, t, d))["pending"] is None


@pytest.mark.parametrize(
    "asked",
    [
        {"command": "AcceptMatch", "tenant_id": "t", "device_id": "d"},
        {"command": "NoSuchThing", "tenant_id": "t"},
        {"command": "RevertMatch", "tenant_id": "t", "device_id": "d", "actor": {"kind": "system", "id": "x"}},
        {"command": "RevertMatch", "tenant_id": "t", "device_id": "d\u0000"},
        {"command": "EditConfiguration", "organization_id": "o", "configuration_id": "c", "values": {"colour": "red"}},
    ],
)
async def test_what_is_no_command_is_a_422_that_names_the_field(world: GatewayWorld, asked: dict[str, Any]) -> None:
    client = await world.sign_in("Manager")
    problem = await decide(client, asked, status=422)
    assert problem["errors"][0]["column"].startswith("body.decisions.0")


async def test_requests_to_the_ingestor_are_sent(world: GatewayWorld) -> None:
    t = unique("t")
    await world.publish(tenant(t))
    await world.applied()
    client = await world.sign_in("Administrator")
    sync = await client.post("/api/sync", json={"tenant_id": t})
    switch = await client.post(f"/api/tenants/{t}/device-sync", json={"enabled": False})
    assert (sync.status_code, switch.status_code) == (202, 202)
    sent = {item["request_id"]: item for item in await world.commands(REQUESTS)}
    assert sent[sync.json()["request_id"]]["ce_type"] == "matchbook.RequestSync.v1"
    assert sent[switch.json()["request_id"]]["enabled"] is False
    await world.applied()
    assert (await client.get(f"/api/tenants/{t}")).json()["sync_override"] is False
    assert (await client.post("/api/sync", json={"tenant_id": unique("t")})).status_code == 404


def test_requests_have_the_contracts_fields() -> None:
    """A field that a contract gains must not be forgotten in the API."""
    for model in TypeAdapter(commands.Command).json_schema()["$defs"]:
        if model == "FieldName":
            continue
        theirs = set(getattr(contracts, model).model_fields) - {"actor", "decided_at", "bulk_id"}
        assert set(getattr(commands, model).model_fields) - {"command"} == theirs, model
