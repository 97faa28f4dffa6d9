"""What topics make of the read model, and what lists show of it."""

import itertools
from typing import Any

import pytest
from matchbook_contracts.base import Contract
from matchbook_contracts.discovery import DeviceRetired, TenantLost
from matchbook_contracts.states import IgnoredSuggestion
from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn
from matchbook_contracts.sync import SetDeviceSync, SyncCompleted, SyncCounts, SyncFailed, SyncStarted

from tests.support.gateway_world import (
    ANA,
    AT,
    GatewayWorld,
    configuration,
    device,
    match_state,
    matched_event,
    organization,
    suggested,
    tenant,
    tenant_matched,
    unique,
)


async def read(world: GatewayWorld, path: str, **parameters: Any) -> Any:
    client = await world.sign_in("Reader")
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_device_is_shown_with_its_facts_and_suggestion(world: GatewayWorld) -> None:
    t, d, o, c = unique("t"), unique("d"), unique("o"), unique("c")
    await world.publish(
        tenant(t, "Contoso Dental", verified_domains=("contoso.example",)),
        organization(o, "Contoso"),
        tenant_matched(t, o),
        device(
            t, d, "LT-0142", serial_number="pf-3x9", wifi_mac_address="8C1D96A0B2C3", user_principal_name="jo@x.example"
        ),
        suggested(t, d, c, name="LT-0142 old"),
    )
    await world.applied()
    page = await read(world, f"/api/tenants/{t}/devices")
    assert page["total"] == 1
    assert page["counts"]["unmatched"] == page["counts"]["suggested"] == page["counts"]["all"] == 1
    row = page["items"][0]
    assert (row["device_name"], row["status"], row["mac_addresses"]) == ("LT-0142", "unmatched", ["8C:1D:96:A0:B2:C3"])
    assert row["suggestion"]["target_name"] == "LT-0142 old"
    detail = await read(world, f"/api/tenants/{t}/devices/{d}")
    assert detail["facts"]["user_principal_name"] == "jo@x.example"
    assert detail["suggestion_detail"]["evidence"][0]["verdict"] == "agree"
    shown = await read(world, f"/api/tenants/{t}")
    assert (shown["organization"], shown["devices_unmatched"]) == ({"id": o, "name": "Contoso"}, 1)


def _story(t: str, d: str, o: str, c: str) -> list[Contract]:
    """A device found, suggested, matched, renamed and its configuration edited, on six topics."""
    held = configuration(c, o, "LT-1 renamed", version=2)
    return [
        tenant(t),
        device(t, d, "LT-2", revision=2),
        SuggestionWithdrawn(subject="device", tenant_id=t, device_id=d, revision=2, reason="decided"),
        match_state(t, d, version=1, configuration_id=c, organization_id=o),
        held,
        tenant_matched(t, o),
        organization(o, "Fabrikam", version=2),
    ]


def _older(t: str, d: str, o: str, c: str) -> list[Contract]:
    return [device(t, d, "LT-1"), suggested(t, d, c), configuration(c, o, "LT-1"), organization(o, "Fabrikam Ltd")]


@pytest.mark.parametrize("turn", range(4))
async def test_events_of_different_topics_may_come_in_any_order(world: GatewayWorld, turn: int) -> None:
    t, d, o, c = unique("t"), unique("d"), unique("o"), unique("c")
    newer = _story(t, d, o, c)
    order = next(itertools.islice(itertools.permutations(newer), turn * 1000, None))
    # Old versions come last: they must change nothing.
    for event in (*order, *_older(t, d, o, c)):
        await world.publish(event)
        if turn == 0:
            await world.applied()
    await world.applied()
    page = await read(world, f"/api/tenants/{t}/devices", status="all")
    row = page["items"][0]
    assert (row["device_name"], row["status"], row["suggestion"]) == ("LT-2", "matched", None)
    assert row["configuration"] == {"id": c, "name": "LT-1 renamed", "psa_sync": "released"}
    shown = await read(world, f"/api/tenants/{t}")
    assert (shown["organization"]["name"], shown["devices_matched"], shown["devices_total"]) == ("Fabrikam", 1, 1)


async def test_a_match_event_alone_moves_the_row(world: GatewayWorld) -> None:
    t, d, o, c = unique("t"), unique("d"), unique("o"), unique("c")
    found = configuration(c, o, "LT-7", psa_sync="held")
    await world.publish(tenant(t), device(t, d), matched_event(match_state(t, d, configuration_id=c), found))
    await world.applied()
    row = (await read(world, f"/api/tenants/{t}/devices", status="matched"))["items"][0]
    assert row["configuration"] == {"id": c, "name": "LT-7", "psa_sync": "held"}
    history = (await read(world, f"/api/tenants/{t}/devices/{d}"))["history"]
    assert [(entry["event"], entry["actor"]["name"]) for entry in history] == [("DeviceMatched", "Ana Duarte")]
    about = await read(world, f"/api/configurations/{c}")
    assert about["matched_device"] == {"tenant_id": t, "device_id": d, "device_name": "LT-1"}
    assert about["history"] == history


async def test_statuses_have_tabs_of_their_own(world: GatewayWorld) -> None:
    t = unique("t")
    ids = {name: unique(name) for name in ("plain", "matched", "ignored", "superseded", "gone", "conflict")}
    old = suggested(t, ids["superseded"], "c").model_copy(update={"status": "superseded", "candidate": None})
    conflict = suggested(t, ids["conflict"], "c")
    candidate = conflict.candidate
    assert candidate is not None
    conflict = conflict.model_copy(
        update={"status": "conflict", "candidate": None, "runners_up": (candidate, candidate)}
    )
    await world.publish(
        tenant(t),
        *(device(t, id_, name) for name, id_ in ids.items()),
        match_state(t, ids["matched"], configuration_id="c1"),
        match_state(t, ids["ignored"], status="ignored", ignored_reason="Kiosk"),
        old,
        conflict,
        DeviceRetired(tenant_id=t, device_id=ids["gone"], revision=2),
    )
    await world.applied()
    page = await read(world, f"/api/tenants/{t}/devices", status="all", sort="-device_name")
    assert [item["device_name"] for item in page["items"]] == [
        "superseded", "plain", "matched", "ignored", "gone", "conflict"
    ]  # fmt: skip
    assert page["counts"] == {
        "all": 6, "unmatched": 2, "matched": 1, "ignored": 1, "superseded": 1, "retired": 1,
        "suggested": 0, "conflict": 1, "elsewhere": 0, "none": 1, "changed_since": 0,
    }  # fmt: skip
    only = await read(world, f"/api/tenants/{t}/devices", suggestion="conflict")
    assert [item["suggestion"]["candidates"] for item in only["items"]] == [2]
    gone = await read(world, f"/api/tenants/{t}/devices", status="retired")
    assert gone["items"][0]["device_name"] == "gone"
    totals = (await read(world, f"/api/tenants/{t}"))["devices"]
    assert (totals["total"], totals["unmatched"], totals["conflict"], totals["retired"]) == (4, 2, 1, 1)


def _suggested_on(t: str, d: str, target_id: str, fingerprint: str = "f1", **more: Any) -> MatchSuggested:
    told = suggested(t, d, target_id, **more)
    assert told.candidate is not None
    return told.model_copy(update={"candidate": told.candidate.model_copy(update={"fingerprint": fingerprint})})


def _conflict(t: str, d: str, *target_ids: str, revision: int = 1) -> MatchSuggested:
    told = suggested(t, d, target_ids[0], revision=revision)
    assert told.candidate is not None
    each = tuple(told.candidate.model_copy(update={"target_id": target_id}) for target_id in target_ids)
    return told.model_copy(update={"status": "conflict", "candidate": None, "runners_up": each})


async def test_an_ignored_device_says_that_its_suggestion_changed_since(world: GatewayWorld) -> None:
    t = unique("t")
    shown = IgnoredSuggestion(status="suggested", target_id="c1", fingerprint="f1")
    ignored = {
        "same": shown, "other": shown, "evidence": shown, "gone": shown, "retired": shown, "old": shown,
        "nothing": IgnoredSuggestion(), "still-nothing": IgnoredSuggestion(), "unknown": None,
    }  # fmt: skip
    between = IgnoredSuggestion(status="conflict", fingerprint=_conflict(t, "-", "c1", "c2").fingerprint)
    ignored |= {"same-conflict": between, "other-conflict": between}
    await world.publish(
        tenant(t),
        *(device(t, d, d) for d in ignored),
        *(suggested(t, d, "c1") for d in ignored if "nothing" not in d and "conflict" not in d),
        *(_conflict(t, d, "c1", "c2") for d in ignored if "conflict" in d),
        *(match_state(t, d, status="ignored", ignored_suggestion=kept) for d, kept in ignored.items()),
    )
    await world.applied()
    changed = {"status": "ignored", "suggestion": "changed_since"}
    assert (await read(world, f"/api/tenants/{t}/devices", **changed))["items"] == []
    await world.publish(
        suggested(t, "same", "c1", revision=2, confidence=0.8),
        *(suggested(t, d, "c2", revision=2) for d in ("other", "nothing", "unknown", "retired")),
        _suggested_on(t, "evidence", "c1", "f2", revision=2),
        _conflict(t, "same-conflict", "c2", "c1", revision=2),
        _conflict(t, "other-conflict", "c1", "c3", revision=2),
        SuggestionWithdrawn(subject="device", tenant_id=t, device_id="gone", revision=2, reason="no_candidate"),
        DeviceRetired(tenant_id=t, device_id="retired", revision=2),
        suggested(t, "old", "c1", revision=2).model_copy(update={"status": "superseded", "candidate": None}),
    )
    await world.applied()
    page = await read(world, f"/api/tenants/{t}/devices", status="all")
    told = {item["device_name"] for item in page["items"] if item["changed_since"]}
    assert told == {"other", "evidence", "nothing", "other-conflict"}
    assert page["counts"]["changed_since"] == 4
    page = await read(world, f"/api/tenants/{t}/devices", **changed)
    assert (page["total"], {item["device_name"] for item in page["items"]}) == (4, told)
    await world.publish(match_state(t, "other", version=2, status="unmatched"))
    await world.applied()
    assert (await read(world, f"/api/tenants/{t}/devices", **changed))["total"] == 3


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("lt-01", ["LT-0142"]),
        ("PF 3X9", ["LT-0142"]),
        ("8c:1d-96", ["LT-0142"]),
        ("jo.lind@", ["LT-0142"]),
        ("reception", ["DESKTOP"]),
        ("100%", []),
        ("_", []),
        ("", ["DESKTOP", "LT-0142"]),
    ],
)
async def test_search_finds_devices_by_whatever_identifies_them(
    world: GatewayWorld, search: str, names: list[str]
) -> None:
    t, c = unique("t"), unique("c")
    await world.publish(
        tenant(t),
        device(t, "a", "LT-0142", serial_number="PF-3X9", ethernet_mac_address="8C1D96A0B2C3",
               user_principal_name="jo.lind@contoso.example"),
        device(t, "b", "DESKTOP"),
        match_state(t, "b", configuration_id=c),
        configuration(c, "o", "Reception PC"),
    )  # fmt: skip
    await world.applied()
    page = await read(world, f"/api/tenants/{t}/devices", status="all", search=search)
    assert [item["device_name"] for item in page["items"]] == names
    assert page["counts"]["all"] == page["total"] == len(names)


@pytest.mark.parametrize("sort", ["device_name", "-device_name", "confidence", "-confidence", "-last_sync_at"])
async def test_pages_follow_each_other_without_gap_or_repetition(world: GatewayWorld, sort: str) -> None:
    t = unique("t")
    devices = [device(t, f"d{number:02}", f"PC-{number % 3}", last_sync_at=AT) for number in range(11)]
    suggestions = [suggested(t, f"d{number:02}", "c", confidence=number % 4 / 10) for number in range(8)]
    await world.publish(tenant(t), *devices, *suggestions)
    await world.applied()
    whole = (await read(world, f"/api/tenants/{t}/devices", sort=sort, limit=500))["items"]
    seen, cursor = [], None
    while True:
        page = await read(
            world, f"/api/tenants/{t}/devices", sort=sort, limit=3, **({"cursor": cursor} if cursor else {})
        )
        assert page["total"] == 11
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["items"]) == 3
    assert [item["device_id"] for item in seen] == [item["device_id"] for item in whole]
    assert len(seen) == 11
    client = await world.sign_in("Reader")
    foreign = await client.get(f"/api/tenants/{t}/devices", params={"cursor": "nonsense"})
    assert foreign.status_code == 422


async def test_tenants_are_listed_counted_and_searched(world: GatewayWorld) -> None:
    mark = unique("mark")
    lost, found, ignored = unique("t"), unique("t"), unique("t")
    await world.publish(
        tenant(lost, f"Zeta {mark}", verified_domains=(f"{mark}.example",)),
        tenant(found, f"Alpha {mark}"),
        tenant(ignored, f"Beta {mark}"),
        tenant_matched(ignored, "o").model_copy(update={"status": "ignored", "organization_id": None}),
        *(device(found, f"d{number}") for number in range(3)),
        TenantLost(tenant_id=lost, revision=2, reason="consent_missing", detail="Authorization_IdentityNotFound"),
    )
    await world.applied()
    page = await read(world, "/api/tenants", search=mark)
    assert [item["display_name"] for item in page["items"]] == [f"Alpha {mark}", f"Beta {mark}", f"Zeta {mark}"]
    assert page["items"][2]["access_reason"] == "consent_missing"
    assert page["items"][2]["verified_domains"] == [f"{mark}.example"]
    assert (await read(world, "/api/tenants", search=mark, status="ignored"))["total"] == 1
    first = await read(world, "/api/tenants", search=mark, sort="-devices_unmatched", limit=1)
    assert (first["items"][0]["tenant_id"], first["total"]) == (found, 3)
    rest = await read(world, "/api/tenants", search=mark, sort="-devices_unmatched", cursor=first["next_cursor"])
    assert len(rest["items"]) == 2


async def test_sweeps_and_their_settings_are_shown(world: GatewayWorld) -> None:
    t = unique("t")
    run: dict[str, Any] = {"run_id": unique("run"), "tenant_id": t, "scope": "devices"}
    await world.publish(
        SyncFailed(
            **run, at=AT, started_at=AT, counts=SyncCounts(seen=5), reason="licence_missing", message="No licence."
        ),
        SetDeviceSync(request_id="r", actor=ANA, requested_at=AT, tenant_id=t, enabled=False),
        tenant(t),
    )
    await world.applied()
    shown = await read(world, f"/api/tenants/{t}")
    assert shown["last_sync"] == {"status": "failed", "at": "2026-03-09T10:05:00Z", "message": "No licence."}
    assert (shown["sync_intune_devices"], shown["sync_override"]) == (False, False)
    # What is late must not begin an ended run anew.
    await world.publish(
        SyncStarted(**run, at=AT), SyncStarted(**{**run, "run_id": unique("run")}, at=AT.replace(hour=11))
    )
    await world.applied()
    runs = await read(world, "/api/sync-runs", tenant_id=t)
    assert [item["status"] for item in runs] == ["running", "failed"]
    last = SyncCompleted(
        **{**run, "run_id": runs[0]["run_id"]}, at=AT.replace(hour=12), started_at=AT, counts=SyncCounts(seen=9)
    )
    await world.publish(last)
    await world.applied()
    assert (await read(world, f"/api/tenants/{t}"))["last_sync"]["status"] == "completed"


async def test_documentation_is_found_by_name_and_serial_number(world: GatewayWorld) -> None:
    t, d, o, mark = unique("t"), unique("d"), unique("o"), unique("mark")
    free, taken = unique("c"), unique("c")
    await world.publish(
        organization(o, f"Contoso {mark}"),
        configuration(
            free, o, "LT-2", serial_number="PF-9", serial_normalised="PF9", mac_addresses=("8C:1D:96:A0:B2:C3",)
        ),
        configuration(taken, o, "LT-1"),
        configuration(unique("c"), o, "LT-3", archived=True),
        device(t, d),
        match_state(t, d, configuration_id=taken),
    )
    await world.applied()
    assert await read(world, "/api/organizations", search=mark) == [{"id": o, "name": f"Contoso {mark}"}]
    listed = await read(world, f"/api/organizations/{o}/configurations")
    assert [(item["id"], item["matched_device"] and item["matched_device"]["device_id"]) for item in listed] == [
        (taken, d),
        (free, None),
    ]
    for search in ("pf 9", "8c1d.96a0", "lt-2"):
        found = await read(world, f"/api/organizations/{o}/configurations", search=search)
        assert [item["id"] for item in found] == [free]
    assert len(await read(world, f"/api/organizations/{o}/configurations", free=True)) == 1
    assert (await read(world, f"/api/organizations/{o}"))["configurations"] == 2


async def test_the_summary_counts_everything(world: GatewayWorld) -> None:
    before = await read(world, "/api/summary")
    t, o = unique("t"), unique("o")
    await world.publish(
        tenant(t), tenant_matched(t, o), organization(o), device(t, "a"), device(t, "b"), suggested(t, "b", "c"),
        match_state(t, "a", configuration_id="c1"), configuration(unique("c"), o),
    )  # fmt: skip
    await world.applied()
    after = await read(world, "/api/summary")

    def grown(*path: str) -> int:
        first, second = before, after
        for part in path:
            first, second = first[part], second[part]
        return int(second) - int(first)

    assert grown("tenants", "matched") == grown("organizations") == grown("configurations") == 1
    assert (grown("devices", "total"), grown("devices", "suggested"), grown("devices", "matched")) == (2, 1, 1)
    assert (grown("setup", "organizations"), grown("setup", "complete")) == (1, 0)
    await world.publish(match_state(t, "b", configuration_id="c2"))
    await world.applied()
    assert (await read(world, "/api/summary"))["setup"]["complete"] == before["setup"]["complete"] + 1
