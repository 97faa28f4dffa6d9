"""Auto-accept policies over the API: what they would do, setting them, and which are in force."""

from typing import Any

import pytest
from matchbook_contracts.base import Cause
from matchbook_contracts.match_events import AutoAcceptPoliciesSet
from matchbook_contracts.states import AutoAcceptPolicy, RevertedPair

from tests.support.gateway_world import (
    ANA,
    AT,
    GatewayWorld,
    configuration,
    device,
    match_state,
    organization,
    suggested,
    tenant,
    tenant_matched,
    unique,
)


def policy(organization_id: str, name: str = "Serial numbers", **values: Any) -> dict[str, Any]:
    given = {"rule": "serial_number", "minimum_confidence": 0.95, "organization_ids": [organization_id]}
    return {"name": name, **given, **values}


async def fill(world: GatewayWorld) -> str:
    """Devices suggested at 0.99 and at 0.9, one again what was reverted, in conflict, and without a suggestion; and a
    matched and an ignored one.
    """
    t, o, c = unique("t"), unique("o"), unique("c")
    sure, unsure, again, tied, nothing, matched, ignored = (unique("d") for _ in range(7))
    await world.publish(
        tenant(t), organization(o), tenant_matched(t, o), configuration(c, o),
        *(device(t, d) for d in (sure, unsure, again, tied, nothing, matched, ignored)),
        *(suggested(t, d, c, confidence=0.99) for d in (sure, again, matched, ignored)),
        suggested(t, unsure, c, confidence=0.9),
        suggested(t, tied, c).model_copy(update={"status": "conflict", "candidate": None}),
        match_state(t, again, status="unmatched", reverted=(RevertedPair(target_id=c),)),
        match_state(t, matched, configuration_id=c), match_state(t, ignored, status="ignored"),
    )  # fmt: skip
    await world.applied()
    return o


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ([{}], [1]),
        ([{"minimum_confidence": 0.9}], [2]),
        ([{"minimum_confidence": 0.99}], [1]),
        ([{"minimum_confidence": 0.991}], [0]),
        ([{"rule": "mac_address"}], [0]),
        ([{"organization_ids": ["org-elsewhere"]}], [0]),
        ([{}, {"minimum_confidence": 0.5}, {"minimum_confidence": 0}], [1, 1, 0]),
    ],
)
async def test_a_preview_counts_what_policies_would_do(
    world: GatewayWorld, changes: list[dict[str, Any]], counts: list[int]
) -> None:
    client = await world.sign_in("Administrator")
    before = (await client.post("/api/policies/preview", json={"policies": []})).json()
    organization_id = await fill(world)
    asked = [policy(organization_id, f"Policy {number}", **change) for number, change in enumerate(changes)]
    answer = await client.post("/api/policies/preview", json={"policies": asked})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [item["would_match"] for item in found["policies"]] == counts
    assert found["would_match"] == sum(counts)
    # Of the five that are undecided, one is in conflict.
    assert found["would_leave"] - before["would_leave"] == 4 - sum(counts)
    assert found["in_conflict"] - before["in_conflict"] == 1


async def test_policies_are_sent_to_the_writer_and_shown_once_in_force(world: GatewayWorld) -> None:
    client = await world.sign_in("Administrator")
    asked = [policy("org-1"), policy("org-1", "All", organization_ids=None)]
    answer = await client.put("/api/policies", json={"policies": asked})
    assert answer.status_code == 202, answer.text
    (decision_id,) = answer.json()["decision_ids"]
    (sent,) = [item for item in await world.commands() if item["decision_id"] == decision_id]
    assert [item["name"] for item in sent["policies"]] == ["Serial numbers", "All"]
    known = (await client.get("/api/policies")).json()["version"]
    policies = tuple(AutoAcceptPolicy.model_validate(item, strict=False) for item in asked)
    cause = Cause(kind="person", actor=ANA, decision_id=decision_id)
    events = [
        AutoAcceptPoliciesSet(
            version=known + number, occurred_at=AT, cause=cause, decision_id=decision_id, policies=policies[:number]
        )
        for number in (2, 1)
    ]
    await world.publish(*events)
    await world.applied()
    shown = (await client.get("/api/policies")).json()
    assert (shown["version"], shown["set_by"]) == (known + 2, ANA.id)
    assert [item["bulk_id"] for item in shown["policies"]] == ["policy:Serial numbers", "policy:All"]
    assert (await client.get(f"/api/decisions/{decision_id}")).json()["status"] == "applied"


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"rule": "colour"}, {"minimum_confidence": 1.1}, {"unknown": 1}, {"name": "x" * 101}]
)
async def test_a_policy_that_is_none_is_refused_with_its_place(world: GatewayWorld, change: dict[str, Any]) -> None:
    client = await world.sign_in("Administrator")
    answer = await client.put("/api/policies", json={"policies": [policy("org-1", **change)]})
    assert answer.status_code == 422
    assert next(iter(change)) in answer.text


async def test_who_sees_a_part_of_the_organizations_sets_no_policies(world: GatewayWorld) -> None:
    client = await world.sign_in("Administrator", organizations=("org-1",))
    assert (await client.get("/api/policies")).status_code == 403
    for method, path in (("PUT", "/api/policies"), ("POST", "/api/policies/preview")):
        answer = await client.request(method, path, json={"policies": []})
        assert answer.status_code == 403
