"""What the matcher publishes, on Kafka and PostgreSQL."""

import itertools
from typing import Any

import pytest
from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn

from . import says
from .conftest import World, headers_of


def last(heard: dict[str, list[Any]], key: str = "t1/d1") -> Any:
    events = heard.get(key)
    return events[-1] if events else None


def documented(number: int) -> list[Any]:
    """Everything that leads to a suggestion, about ids of their own."""
    tenant, organization = f"t{number}", f"o{number}"
    return [
        says.tenant(tenant, name=f"Company {number}"),
        says.organization(organization, name=f"Company {number}"),
        says.configuration(f"c{number}", organization=organization, serial=f"PF1AAA{number:02}"),
        says.tenant_match(tenant, organization),
        says.device("d1", tenant=tenant, serial=f"PF1AAA{number:02}"),
    ]


async def test_the_order_in_which_the_inputs_arrive_makes_no_difference(world: World) -> None:
    await world.start_matcher()
    orders = list(itertools.permutations(range(1, 5)))
    for step in range(4):
        # Each step is settled before the next, so that every prefix of every order is a state that was evaluated.
        await world.say_at_once([documented(n)[order[step]] for n, order in enumerate(orders)])
        if step == 0:
            await world.say_at_once([documented(n)[0] for n in range(len(orders))])
        await world.settle()
    heard = await world.settle()
    for number in range(len(orders)):
        suggestion = last(heard, f"t{number}/d1")
        assert isinstance(suggestion, MatchSuggested), orders[number]
        assert suggestion.status == "suggested"
        assert suggestion.organization_id == f"o{number}"
        assert suggestion.candidate is not None
        assert suggestion.candidate.target_id == f"c{number}"
        assert suggestion.candidate.rule == "serial_number"


async def test_a_decided_device_loses_its_suggestion_and_gets_it_back_when_reverted_except_the_same_pair(
    world: World,
) -> None:
    await world.start_matcher()
    await world.say(*documented(1))
    await world.say(says.configuration("spare", organization="o1", serial=None, name="LT-001"))
    first = last(await world.settle())
    assert first.candidate.target_id == "c1"
    fingerprint = first.candidate.fingerprint

    await world.say(says.device_match("d1", "c1", tenant="t1"))
    withdrawn = last(await world.settle())
    assert isinstance(withdrawn, SuggestionWithdrawn)
    assert (withdrawn.reason, withdrawn.revision) == ("decided", first.revision + 1)

    reverted = says.RevertedPair(target_id="c1", fingerprint=fingerprint)
    await world.say(says.device_match("d1", None, tenant="t1", version=2, status="unmatched", reverted=(reverted,)))
    second = last(await world.settle())
    assert second.candidate.target_id == "spare"

    await world.say(says.configuration("c1", organization="o1", serial="PF1AAA01", version=2, macs=("3024A9000001",)))
    assert last(await world.settle()).candidate.target_id == "c1", "its evidence changed"


async def test_users_makers_and_kinds_of_machines_are_compared_as_files_are(world: World) -> None:
    await world.start_matcher()
    await world.say(says.tenant(), says.organization(), says.tenant_match())
    anna: dict[str, Any] = {"model": "Latitude 5440", "manufacturer": "Dell Inc."}
    await world.say(
        says.configuration("c1", name="Anna Berg laptop", serial=None, contact="Berg, Anna", **anna),
        says.configuration("c2", name="LT-002", serial=None, manufacturer="LENOVO"),
        says.configuration("c3", name="LT-003", serial=None, configuration_type="Mobile Device"),
    )
    user: dict[str, Any] = {"user_display_name": "Anna Berg", "user_principal_name": "aberg@contoso.com"}
    await world.say(
        says.device("d1", name="LT-001", serial="PF1AAAA1", **user, **anna),
        says.device("d2", name="LT-002", serial="PF1AAAA2", manufacturer="Dell Inc."),
        says.device("d3", name="LT-003", serial="PF1AAAA3", operating_system="Windows"),
    )
    heard = await world.settle()
    suggested = last(heard)
    assert suggested.candidate.target_id == "c1"
    told = {entry.field: entry for entry in suggested.candidate.evidence}
    assert (told["user"].verdict, told["model"].verdict) == ("agree", "agree")
    assert told["user"].documented_value == "Berg, Anna"
    assert last(heard, "t1/d2") is None, "of another maker"
    assert last(heard, "t1/d3") is None, "a phone is no computer"


async def test_a_rename_publishes_what_it_touches_and_nothing_else(world: World) -> None:
    await world.start_matcher()
    await world.say(says.tenant(), says.organization(), says.tenant_match())
    await world.say_at_once([says.configuration(f"c{n}", serial=f"PF1AAA{n:02}", name=f"LT-{n:03}") for n in range(20)])
    await world.say_at_once([says.device(f"d{n}", serial=f"PF1AAA{n:02}", name=f"LT-{n:03}") for n in range(20)])
    await world.settle()
    before = len(world.heard.records)
    await world.say(says.device("d7", serial="PF1AAA07", name="RECEPTION", revision=2))
    await world.settle()
    news = world.heard.events()[before:]
    assert [(event.key, event.revision) for event in news] == [("t1/d7", 2)]
    assert news[0].candidate.evidence[1].verdict == "disagree"


async def test_what_changes_nothing_publishes_nothing(world: World) -> None:
    await world.start_matcher()
    await world.say(*documented(1))
    await world.settle()
    before = len(world.heard.records)
    await world.say(says.device("d1", tenant="t1", serial="PF1AAA01", revision=2, synced=99))
    await world.say(says.configuration("c1", organization="o1", serial="PF1AAA01", version=2))
    await world.settle()
    assert len(world.heard.records) == before


async def test_records_applied_again_from_the_beginning_publish_nothing_new(world: World) -> None:
    matcher = await world.start_matcher()
    await world.say(*documented(1), says.device("d2", tenant="t1", serial="N/A", name="LT-002"))
    await world.say(says.device("d1", tenant="t1", serial="PF1AAA01", name="LT-777", revision=2))
    await world.settle()
    before = [record.value for record in world.heard.records]
    await world.stop_matcher(matcher)
    await world.fetch("DELETE FROM consumer_offsets")
    await world.start_matcher()
    await world.settle()
    assert [record.value for record in world.heard.records] == before


async def test_first_revisions_that_are_there_already_take_nothing_from_their_neighbours(world: World) -> None:
    await world.start_matcher()
    await world.say(*documented(1), says.device("d2", tenant="t1", serial="N/A", name="LT-002"))
    await world.settle()
    again = says.device("d2", tenant="t1", serial="N/A", name="OTHER")
    later = says.device("d3", tenant="t1", serial="N/A", name="LT-003", revision=2)
    await world.say_at_once([again, later, says.device("d4", tenant="t1", serial="N/A", name="LT-004")])
    await world.settle()
    rows = await world.fetch("SELECT device_id, revision, name FROM devices ORDER BY device_id")
    assert [tuple(row) for row in rows][1:] == [("d2", 1, "LT-002"), ("d3", 2, "LT-003"), ("d4", 1, "LT-004")]


async def test_an_emptied_schema_says_the_same_again(world: World) -> None:
    matcher = await world.start_matcher()
    await world.say(*documented(1), *documented(2))
    await world.settle()
    first = {(headers_of(r)["ce_id"], r.value) for r in world.heard.records if b'"device"' in r.value}
    before = len(world.heard.records)
    await world.stop_matcher(matcher)
    for table in (
        "consumer_offsets",
        "device_suggestions",
        "tenant_suggestions",
        "devices",
        "configurations",
        "tenant_work",
    ):
        await world.fetch(f"DELETE FROM {table}")
    await world.start_matcher()
    await world.settle()
    again = {(headers_of(r)["ce_id"], r.value) for r in world.heard.records[before:] if b'"device"' in r.value}
    assert again == first


@pytest.mark.parametrize("published", [False, True], ids=["before it published", "after it published"])
async def test_a_process_that_ends_between_storing_and_confirming_repeats_itself_to_the_byte(
    world: World, published: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = await world.start_matcher("consumer")
    await world.say(*documented(1))
    await world.until(lambda: _taken_in(world, 5))
    changes = await _stored(world, intake)
    assert len(changes) == 1
    if published:
        await intake.evaluator._send(changes)
    await world.stop_matcher(intake)

    # What has come in the meantime must not change what is said under the number that is taken.
    # A restart sees to it at once, and not only when the work looks abandoned.
    monkeypatch.setattr("matchbook_matcher.service.evaluator._ABANDONED_SECONDS", 3600.0)
    await world.start_matcher()
    heard = await world.settle()
    records = [r for r in world.heard.records if r.key == b"t1/d1"]
    assert len(records) == 1 + published
    assert len({(headers_of(r)["ce_id"], r.value) for r in records}) == 1
    assert last(heard).revision == 1


async def test_news_between_storing_and_publishing_get_a_revision_of_their_own(world: World) -> None:
    intake = await world.start_matcher("consumer")
    await world.say(*documented(1))
    await world.until(lambda: _taken_in(world, 5))
    await intake.evaluator._send(await _stored(world, intake))
    await world.say(says.device("d1", tenant="t1", serial="PF1AAA01", name="RECEPTION", revision=2))
    await world.until(lambda: _taken_in(world, 6))
    await world.stop_matcher(intake)
    await world.start_matcher()
    said = (await world.settle())["t1/d1"]
    assert [event.revision for event in said] == [1, 2]
    assert said[0].candidate.evidence != said[1].candidate.evidence


async def _stored(world: World, intake: Any) -> list[Any]:
    """What an evaluation stores once it is due: nothing is before it has been quiet for a moment."""
    changes: list[Any] = []

    async def look() -> bool:
        evaluated, _, _ = await intake.evaluator._evaluate_devices()
        changes.extend(evaluated.changes)
        return bool(changes)

    await world.until(look)
    return changes


async def _taken_in(world: World, count: int) -> bool:
    rows = await world.fetch("SELECT coalesce(sum(next_offset), 0)::integer AS n FROM consumer_offsets")
    return bool(rows[0]["n"] >= count)


async def test_two_matchers_share_the_work_and_number_without_gaps_or_forks(world: World) -> None:
    await world.start_matcher()
    await world.start_matcher()
    for number in range(12):
        await world.say_at_once(
            [says.tenant(f"t{number}"), says.organization(f"o{number}"), says.tenant_match(f"t{number}", f"o{number}")]
        )
    for revision in (1, 2, 3):
        await world.say_at_once(
            [
                event
                for number in range(12)
                for n in range(10)
                for event in (
                    says.configuration(
                        f"c{number}-{n}",
                        organization=f"o{number}",
                        serial=f"PF{number:02}AA{n:02}",
                        version=revision,
                        name=f"X{revision}",
                    ),
                    says.device(f"d{n}", tenant=f"t{number}", serial=f"PF{number:02}AA{n:02}", revision=revision),
                )
            ]
        )
    heard = await world.settle()
    devices = {key: events for key, events in heard.items() if "/" in key}
    assert len(devices) == 120
    for key, events in devices.items():
        distinct = {event.revision: event for event in events}
        assert sorted(distinct) == list(range(1, len(distinct) + 1)), key
        assert all(distinct[event.revision] == event for event in events), "one content for each revision"
        assert events[-1].revision == max(distinct)
        assert events[-1].candidate.target_name == "X3"


async def test_a_tenant_is_suggested_an_organization_until_it_has_one(world: World) -> None:
    await world.start_matcher()
    await world.say(says.tenant("t1", name="Contoso Dental Ltd"), says.organization("o2", name="Fabrikam"))
    assert last(await world.settle(), "t1") is None
    await world.say(says.organization("o1", name="Contoso Dental"))
    suggestion = last(await world.settle(), "t1")
    assert (suggestion.subject, suggestion.status, suggestion.candidate.target_id) == ("tenant", "suggested", "o1")
    await world.say(says.tenant_match("t1", "o1"))
    assert last(await world.settle(), "t1").reason == "decided"
    await world.say(says.tenant_match("t1", None, version=2, status="unmatched"))
    assert last(await world.settle(), "t1").candidate.target_id == "o1"
    await world.say(says.TenantLost(tenant_id="t1", revision=2, reason="removed"))
    assert last(await world.settle(), "t1").reason == "tenant_lost"
    assert [event.revision for event in world.heard.by_subject()["t1"]] == [1, 2, 3, 4]


async def test_machines_in_common_lead_to_an_organization_of_another_name(world: World) -> None:
    await world.start_matcher()
    await world.say(says.tenant("t1", name="Northwind Traders"), says.organization("o1", name="Old Name Holding"))
    await world.say_at_once([says.configuration(f"c{n}", serial=f"PF1AAA{n:02}") for n in range(8)])
    await world.say_at_once([says.device(f"d{n}", serial=f"PF1AAA{n:02}") for n in range(10)])
    placeholder = "MB-1234567890"
    await world.say(says.configuration("c9", serial=placeholder), says.device("d10", serial=placeholder))
    suggestion = last(await world.settle(), "t1")
    assert (suggestion.candidate.target_id, suggestion.candidate.rule) == ("o1", "device_overlap")
    assert "8 of 10 serial numbers" in suggestion.candidate.model_dump_json()


async def test_devices_without_a_tenant_match_have_no_suggestion(world: World) -> None:
    await world.start_matcher()
    await world.say(*documented(1))
    assert last(await world.settle()).status == "suggested"
    await world.say(says.tenant_match("t1", None, version=2, status="unmatched"))
    assert last(await world.settle()).reason == "tenant_unmatched"
    await world.say(says.tenant_match("t1", "o1", version=3))
    again = last(await world.settle())
    assert (again.revision, again.candidate.target_id) == (3, "c1")


async def test_a_retired_device_has_no_suggestion_until_it_comes_back(world: World) -> None:
    await world.start_matcher()
    await world.say(*documented(1))
    await world.settle()
    await world.say(says.DeviceRetired(tenant_id="t1", device_id="d1", revision=2))
    assert last(await world.settle()).reason == "device_retired"
    await world.say(says.device("d1", serial="PF1AAA01", revision=3))
    assert last(await world.settle()).status == "suggested"


async def test_a_taken_configuration_is_no_candidate(world: World) -> None:
    await world.start_matcher()
    await world.say(says.device_match("other", "c1", tenant="t9"))
    await world.say(*documented(1))
    assert last(await world.settle()) is None
    await world.say(says.device_match("other", None, tenant="t9", version=2, status="unmatched"))
    assert last(await world.settle()).candidate.target_id == "c1"


async def test_a_serial_number_of_another_organization_is_reported_as_that(world: World) -> None:
    await world.start_matcher()
    await world.say(says.tenant(), says.organization("o1"), says.tenant_match(), says.device(serial="PF1AAAA1"))
    await world.settle()
    await world.say(says.configuration("c9", organization="o9", serial="PF1AAAA1", name="WS-9"))
    found = last(await world.settle())
    assert (found.status, found.elsewhere.configuration_id, found.elsewhere.organization_name) == (
        "elsewhere",
        "c9",
        "o9",
    )
    await world.say(says.organization("o9", name="Fabrikam"))
    assert last(await world.settle()).elsewhere.organization_name == "Fabrikam"
    await world.say(says.organization("o9", name="Fabrikam Ltd", version=2))
    assert last(await world.settle()).elsewhere.organization_name == "Fabrikam Ltd"
    await world.say(says.configuration("c9", organization="o9", serial="PF1BBBB1", version=2))
    assert last(await world.settle()).reason == "no_candidate"


@pytest.mark.parametrize(
    ("mine", "theirs"), [("PF1AAAA1", "1S20XW00A9USPF1AAAA1"), ("SPF1AAAA1", "PF1AAAA1"), ("SPF1AAAA1", "S PF1AAAA1")]
)
async def test_that_number_may_have_the_prefix_of_its_bar_code_on_either_side(
    world: World, mine: str, theirs: str
) -> None:
    await world.start_matcher()
    await world.say(says.tenant(), says.organization("o1"), says.tenant_match(), says.device(serial=mine))
    await world.settle()
    await world.say(says.configuration("c9", organization="o9", serial=theirs, name="WS-9"))
    assert last(await world.settle()).elsewhere.configuration_id == "c9"
    await world.say(says.organization("o9", name="Fabrikam"))
    assert last(await world.settle()).elsewhere.organization_name == "Fabrikam"
    await world.say(says.configuration("c9", organization="o9", serial="PF1BBBB1", version=2))
    assert last(await world.settle()).reason == "no_candidate"


async def test_a_configuration_that_moves_is_evaluated_in_both_organizations(world: World) -> None:
    await world.start_matcher()
    await world.say(*documented(1))
    await world.say(says.tenant("t2"), says.organization("o2"), says.tenant_match("t2", "o2"))
    await world.say(says.device("d1", tenant="t2", serial="PF1AAA01"))
    assert last(await world.settle(), "t2/d1").status == "elsewhere"
    await world.say(says.configuration("c1", organization="o2", serial="PF1AAA01", version=2))
    heard = await world.settle()
    assert last(heard, "t2/d1").status == "suggested"
    assert last(heard, "t1/d1").status == "elsewhere"


async def test_the_newest_enrolment_gets_the_suggestion_and_the_older_says_so(world: World) -> None:
    await world.start_matcher()
    await world.say(*documented(1))
    await world.settle()
    await world.say(says.device("d2", tenant="t1", serial="PF1AAA01", synced=50))
    heard = await world.settle()
    assert (last(heard, "t1/d1").status, last(heard, "t1/d1").superseded_by) == ("superseded", "d2")
    assert last(heard, "t1/d2").candidate.target_id == "c1"


async def test_a_superseded_device_that_is_matched_says_so_for_the_match_to_be_carried_over(world: World) -> None:
    await world.start_matcher()
    await world.say(
        *documented(1), says.device_match("d1", "c1"), says.device("d2", tenant="t1", serial="PF1AAA01", synced=50)
    )
    heard = await world.settle()
    assert last(heard, "t1/d1").superseded_by == "d2"
    assert not isinstance(last(heard, "t1/d2"), MatchSuggested)


async def test_a_serial_number_in_many_tenants_is_learned_to_be_junk(world: World) -> None:
    await world.start_matcher()
    await world.say(*documented(1))
    assert last(await world.settle()).candidate.rule == "serial_number"
    await world.say_at_once([says.device("d1", tenant=f"x{n}", serial="PF1AAA01", name=f"N-{n}") for n in range(3)])
    learned = last(await world.settle())
    assert learned.candidate.rule == "device_name"
    assert learned.candidate.evidence[0].reason == "on many devices or configurations"


async def test_an_older_state_that_arrives_late_changes_nothing(world: World) -> None:
    await world.start_matcher()
    await world.say(
        says.tenant(revision=2),
        says.organization(version=2),
        says.configuration(version=2, name="LT-001"),
        says.tenant_match(version=2),
        says.device(revision=2, name="LT-001"),
        says.device_match("d2", "c2", version=2, status="unmatched"),
    )
    first = last(await world.settle())
    assert first.candidate.evidence[1].verdict == "agree"
    tables = ("tenants", "organizations", "configurations", "tenant_matches", "devices", "device_matches")
    before = {table: await world.fetch(f"SELECT * FROM {table}") for table in tables}
    # A configuration that moved comes by the partition of its former organization, as late as that one is.
    await world.say(
        says.tenant(name="Old Name"),
        says.organization(name="Old Name"),
        says.configuration(organization="o9", name="OLD"),
        says.tenant_match(organization_id="o9"),
        says.device(name="OLD"),
        says.device_match("d2", "c2"),
    )
    assert last(await world.settle()) == first
    for table in tables:
        assert await world.fetch(f"SELECT * FROM {table}") == before[table], table
