"""The writer on real Kafka and PostgreSQL: records in, events and states out, and what must hold afterwards."""

import asyncio
from typing import Any

import asyncpg
import pytest
from matchbook_configuration_writer.adapters.saving import Saver, Stored
from matchbook_configuration_writer.app import PACKAGE
from matchbook_configuration_writer.domain.events import created_id
from matchbook_contracts.base import Contract
from matchbook_contracts.decisions import (
    ChangeMatch,
    ConfigurationRow,
    CreateConfiguration,
    CreateOrganization,
    EditConfiguration,
    IgnoreDevice,
    ImportConfigurations,
    MatchTenantTo,
    MatchTo,
    RevertMatch,
    RevertTenantMatch,
)
from matchbook_contracts.discovery import DeviceRetired, TenantDiscovered, TenantLost
from matchbook_contracts.match_events import (
    DecisionRejected,
    DeviceMatched,
    ImportApplied,
    MatchCarriedOver,
    OrganizationCreated,
)
from matchbook_contracts.states import Interface
from matchbook_servicekit.database import Database, load_queries
from matchbook_servicekit.messaging import Transient, Wire, outgoing, partition_of

from tests.support.writer_records import accept, discovered, imports, prepare, suggested
from tests.support.writer_service import Rig
from tests.support.writer_world import ADMINISTRATOR, CONTOSO, DEVICE, FABRIKAM, TENANT, command, documented, scoped


async def test_decisions_become_events_and_states(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer)
        asked = [
            accept(1),
            command(MatchTo, device_id="device-2", configuration_id="cfg-5"),
            command(CreateConfiguration, device_id="device-3", confirmed=True),
            command(IgnoreDevice, device_id="device-4", reason="Kiosk"),
            accept(1),
            command(ChangeMatch, device_id="device-2", configuration_id="cfg-2"),
            command(RevertMatch, device_id="device-1"),
            command(EditConfiguration, organization_id=CONTOSO, configuration_id="cfg-4", values={"notes": "seen"}),
            command(MatchTo, device_id="device-9", configuration_id="cfg-4"),
            command(MatchTo, device_id="device-5", configuration_id="cfg-nowhere"),
        ]
        await writer.publish(*asked)
        await writer.settle()
        found = await writer.outcomes()
        reasons = [getattr(found[item.decision_id], "reason", None) for item in asked]
        assert reasons == [
            None,
            None,
            None,
            None,
            "already_matched",
            None,
            None,
            None,
            "unknown_device",
            "unknown_configuration",
        ]
        assert await writer.broken() == []
        versions = {
            key: event.version for event in await writer.events() if (key := event.key).startswith(TENANT + "/")
        }
        assert versions == {f"{TENANT}/device-{number}": n for number, n in ((1, 2), (2, 2), (3, 1), (4, 1))}
        held = [event for event in await writer.events() if type(event).__name__ == "ConfigurationCreated"]
        assert sum(event.state.psa_sync == "held" for event in held) == 1  # type: ignore[attr-defined]


async def test_a_create_is_compared_with_documentation_that_no_suggestion_names(writer: Rig) -> None:
    wired = Interface(name="LAN", mac_address="8c1d.96a0.b2c4")
    row = ConfigurationRow(row=2, id="cfg-wired", organization_id=CONTOSO, values={"name": "a"}, interfaces=(wired,))
    chunk: Any = {"actor": ADMINISTRATOR, "import_id": "more", "chunk": 1, "chunks": 1}
    async with writer.running():
        await prepare(writer, range(1, 3), documented=range(1, 8))
        await writer.publish(command(ImportConfigurations, rows=(row,), **chunk))
        await writer.publish(discovered(7), discovered(8, ethernet_mac_address="8C-1D-96-A0-B2-C4"), discovered(9))
        await writer.settle()
        asked = [command(CreateConfiguration, device_id=f"device-{number}") for number in (7, 8, 9)]
        await writer.publish(*asked)
        await writer.settle()
        found = await writer.outcomes()
    candidates = [getattr(found[item.decision_id], "candidates", None) for item in asked]
    assert candidates == [("cfg-7",), ("cfg-wired",), None]


@pytest.mark.parametrize("at_once", [True, False])
async def test_an_organization_is_made_of_what_was_known_of_a_lost_tenant_and_has_no_namesake(
    writer: Rig, at_once: bool
) -> None:
    news = [
        TenantDiscovered(tenant_id="t", revision=1, display_name="CONTOSO dental", verified_domains=("c.example",)),
        TenantLost(tenant_id="t", revision=2, display_name="CONTOSO dental", reason="consent_missing"),
    ]
    asked = [command(CreateOrganization, tenant_id="t", name=name) for name in (None, "Another")]
    await writer.publish(*imports(), *news[: 2 if at_once else 1])
    async with writer.running():
        await writer.settle()
        await writer.publish(*news[2 if at_once else 1 :])
        await writer.settle()
        await writer.publish(*asked)
        await writer.settle()
        found = await writer.outcomes()
        refused = found[asked[0].decision_id]
        assert isinstance(refused, DecisionRejected)
        assert (refused.reason, refused.candidates) == ("candidates_exist", (CONTOSO,))
        created = {event.key: event for event in await writer.events() if isinstance(event, OrganizationCreated)}
        assert created[created_id(asked[1].decision_id, "organization")].state.domains == ("c.example",)


async def test_duplicates_and_redelivery_change_nothing(writer: Rig) -> None:
    asked = [
        accept(1),
        accept(2, actor=scoped(FABRIKAM)),
        command(CreateConfiguration, device_id="device-3", confirmed=True),
    ]
    async with writer.running():
        await prepare(writer)
        await writer.publish(*asked, *asked)
        await writer.settle()
        before = await writer.events()
        await writer.publish(*reversed(asked))
        await writer.settle()
    # A rebuild of the group's position: everything is delivered again.
    connection = await writer.connect()
    await connection.execute("UPDATE consumer_offsets SET next_offset = 0")
    await connection.close()
    async with writer.running():
        await writer.settle()
        assert await writer.events() == before
        assert await writer.broken() == []


async def test_an_import_again_updates_documentation_and_nothing_else(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer)
        await writer.publish(accept(1))
        await writer.settle()
        organizations, configurations = imports(*range(1, 6))
        await writer.publish(organizations, configurations)
        changed = configurations.model_copy(
            update={
                "decision_id": "import-changed",
                "rows": tuple(
                    row.model_copy(update={"values": {**row.values, "location": "Attic"}})
                    for row in configurations.rows[:2]  # type: ignore[attr-defined]
                ),
            }
        )
        await writer.publish(changed)
        await writer.settle()
        applied = [event for event in await writer.events() if isinstance(event, ImportApplied)]
        counts = [
            (event.version, event.created, event.updated, event.unchanged)
            for event in applied
            if event.import_id == "import-configurations"
        ]
        assert counts == [(1, 5, 0, 0), (2, 0, 0, 5), (3, 0, 2, 0)]
        connection = await writer.connect()
        location = "SELECT state->'fields'->'location'->>'documented' FROM configurations WHERE configuration_id = $1"
        assert [await connection.fetchval(location, f"cfg-{number}") for number in (1, 2, 3)] == [
            "Attic",
            "Attic",
            "Hall",
        ]
        serial = "SELECT state->>'serial_number' FROM configurations WHERE configuration_id = 'cfg-1'"
        assert await connection.fetchval(serial) == "PF3X9K0001"
        await connection.close()
        assert await writer.broken() == []


async def test_a_new_enrolment_takes_the_match_and_later_sweeps_update_the_configuration(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer)
        await writer.publish(accept(1))
        await writer.settle()
        await writer.publish(suggested(1, 2, status="superseded", candidate=None, superseded_by="device-7"))
        await writer.settle()
        await writer.publish(discovered(7))
        await writer.settle()
        await writer.publish(
            discovered(7, 2, os_version="11"), DeviceRetired(tenant_id=TENANT, device_id=DEVICE, revision=2)
        )
        await writer.settle()
        carried = [event for event in await writer.events() if isinstance(event, MatchCarriedOver)]
        assert [(event.device_id, event.other_device_id) for event in carried] == [
            ("device-1", "device-7"),
            ("device-7", "device-1"),
        ]
        connection = await writer.connect()
        shown = await connection.fetchval(
            "SELECT state->>'operating_system' FROM configurations WHERE configuration_id = 'cfg-1'"
        )
        retired = await connection.fetchrow("SELECT retired, device_name FROM devices WHERE device_id = 'device-1'")
        await connection.close()
        assert shown == "Windows 11"
        assert tuple(retired) == (True, "LT-0001")
        assert await writer.broken() == []


async def test_a_refusal_names_the_newer_enrolment(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer)
        await writer.publish(suggested(1, 2, status="superseded", candidate=None, superseded_by="device-2"))
        await writer.settle()
        late = command(MatchTo, device_id="device-1", configuration_id="cfg-1")
        await writer.publish(late)
        await writer.settle()
        answer = (await writer.outcomes())[late.decision_id]
        assert isinstance(answer, DecisionRejected)
        assert answer.message.startswith("LT-0001 was enrolled again as LT-0002.")


async def test_a_tenant_that_leaves_orphans_its_matches(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer)
        await writer.publish(accept(1), accept(2))
        await writer.settle()
        await writer.publish(command(RevertTenantMatch))
        await writer.settle()
        await writer.publish(discovered(1, 2, device_name="LT-9"))
        await writer.settle()
        connection = await writer.connect()
        orphaned = await connection.fetch("SELECT state->'orphaned' AS it FROM device_matches WHERE status = 'matched'")
        hostname = await connection.fetchval(
            "SELECT state->'fields'->'hostname'->>'synced' FROM configurations WHERE configuration_id = 'cfg-1'"
        )
        await connection.close()
        assert [row["it"] for row in orphaned] == ["true", "true"]
        assert hostname == "LT-0001"
        assert await writer.broken() == []


async def test_a_decision_that_overtakes_its_facts_waits_for_them(writer: Rig) -> None:
    """The gateway may have shown a device that this writer has not heard of yet."""
    async with writer.running():
        await prepare(writer, documented=range(1, 9))
    # The device and its suggestion are on their topics before the decision, but not in the database.
    await writer.publish(discovered(8), suggested(8))
    await writer.publish(accept(8))
    async with writer.running():
        await writer.settle()
        (event,) = [event for event in await writer.events() if event.key == f"{TENANT}/device-8"]
        assert isinstance(event, DeviceMatched)
        assert await writer.broken() == []


async def test_two_writers_race_for_the_same_configurations_and_one_device_wins_each(writer: Rig) -> None:
    """Two tenants of one organization lie on different partitions, so two members of the group decide at once."""
    numbers = range(1, 1_001)
    other = next(name for name in map("tenant-{}".format, range(100)) if _partition(name) != _partition(TENANT))
    async with writer.running(), writer.running():
        await prepare(writer, numbers)
        await writer.publish(TenantDiscovered(tenant_id=other, revision=1, display_name="Other"))
        await writer.publish(*(discovered(number, tenant_id=other) for number in numbers))
        await writer.settle()
        await writer.publish(command(MatchTenantTo, tenant_id=other, organization_id=CONTOSO))
        await writer.settle()
        rivals = [
            command(MatchTo, tenant_id=tenant_id, device_id=f"device-{number}", configuration_id=f"cfg-{number}")
            for number in numbers
            for tenant_id in (TENANT, other)
        ]
        # Each tenant's order is the other's, so that they meet at the same configurations at the same time.
        await asyncio.gather(
            *(writer.publish(*(item for item in rivals if item.tenant_id == tenant)) for tenant in (TENANT, other))
        )
        await writer.settle()
        found = await writer.outcomes()
    won = [item for item in rivals if isinstance(found[item.decision_id], DeviceMatched)]
    lost = [event for event in found.values() if isinstance(event, DecisionRejected)]
    assert sorted(item.configuration_id for item in won) == sorted(f"cfg-{number}" for number in numbers)
    assert {event.reason for event in lost} == {"configuration_taken"}
    assert len(lost) == len(numbers)
    assert await writer.broken() == []


def _partition(tenant_id: str) -> int:
    return partition_of(tenant_id.encode(), 3)


async def test_the_database_itself_refuses_a_second_device(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer)
        await writer.publish(accept(1))
        await writer.settle()
    connection = await writer.connect()
    second = (
        "INSERT INTO device_matches (tenant_id, device_id, version, status, configuration_id, organization_id, state) "
        "SELECT tenant_id, 'device-2', 1, status, configuration_id, organization_id, state FROM device_matches"
    )
    try:
        with pytest.raises(asyncpg.UniqueViolationError, match="one_device_per_configuration"):
            await connection.execute(second)
        with pytest.raises(asyncpg.CheckViolationError, match="matched_has_configuration"):
            await connection.execute("UPDATE device_matches SET configuration_id = NULL")
    finally:
        await connection.close()


@pytest.mark.parametrize("version", [1, 2], ids=["new here", "changed here"])
async def test_a_state_that_another_writer_has_brought_further_is_decided_again(writer: Rig, version: int) -> None:
    async with writer.running():
        await prepare(writer)
        edit: dict[str, Any] = {"organization_id": CONTOSO, "configuration_id": "cfg-1", "values": {"notes": "seen"}}
        await writer.publish(command(EditConfiguration, **edit))
        await writer.settle()
    state = documented("cfg-1").model_copy(update={"version": version})
    database = Database(writer.settings.database)
    await database.start()
    try:
        with pytest.raises(Transient, match="another writer"):
            async with database.transaction() as connection:
                await Saver(load_queries(PACKAGE), connection).save_states([Stored(state, state.body())], {})
    finally:
        await database.stop()


async def test_what_can_not_be_read_is_set_aside_and_costs_no_other_decision(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer)
        good, bad = accept(1), accept(2)
        record = _raw(writer, bad, body=b'{"decision_id": 5}')
        delivery = await writer.publisher.send([record, _raw(writer, good)])
        assert delivery.failure is None
        await writer.settle()
        assert isinstance((await writer.outcomes())[good.decision_id], DeviceMatched)
        assert bad.decision_id not in await writer.outcomes()
        log = await writer.log()
        assert len(log.dead) == 1
        assert await writer.broken() == []


def _raw(writer: Rig, event: Contract, body: bytes | None = None) -> Any:
    sent = outgoing(event, source="test", event_id=f"raw-{event.key}")
    topic = writer.settings.kafka.physical(sent.topic)
    return Wire(topic, sent.key.encode(), body or sent.body, sent.headers, None, sent.partition_key.encode())
