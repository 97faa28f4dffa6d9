"""The history: what is written into it, that nothing takes it back, and that the verifier finds who tried."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner
from matchbook_configuration_writer.app import main
from matchbook_configuration_writer.domain.chain import BEGINNING, Checker, Entry, Link, linked
from matchbook_contracts.decisions import (
    CreateConfiguration,
    IgnoreDevice,
    MatchTo,
    RevertMatch,
    SetAutoAcceptPolicies,
    UndoBulk,
)
from matchbook_contracts.match_events import MatchEvent
from matchbook_contracts.registry import contracts

from tests.support.writer_records import accept, prepare
from tests.support.writer_service import Rig
from tests.support.writer_world import ADMINISTRATOR, command


def entry(version: int, body: bytes = b"{}", subject: str = "t/d") -> Entry:
    return Entry("device-match", subject, version, f"id-{subject}-{version}", "DeviceMatched", body)


def faults(links: list[Link]) -> list[str]:
    checker = Checker()
    return [fault for link in links for fault in checker.faults(link)]


def test_a_chain_goes_on_where_it_ended() -> None:
    whole = linked([entry(1), entry(2), entry(1, subject="t/e"), entry(3)], {})
    first = linked([entry(1)], {})
    assert first[0].previous == BEGINNING
    rest = linked([entry(2), entry(3)], {("device-match", "t/d"): first[0].hash})
    assert [*first, *rest] == [link for link in whole if link.entry.subject == "t/d"]
    assert faults(sorted(whole, key=lambda link: (link.entry.subject, link.entry.version))) == []


@pytest.mark.parametrize("field", [name for name in Entry._fields if name not in {"version", "kind", "subject"}])
def test_an_entry_that_was_changed_is_found(field: str) -> None:
    links = linked([entry(1), entry(2), entry(3)], {})
    old = getattr(links[1].entry, field)
    changed: Any = {field: old[:-1] + (b"!" if isinstance(old, bytes) else "!")}
    links[1] = links[1]._replace(entry=links[1].entry._replace(**changed))
    assert faults(links) == ["device-match t/d: version 2 was changed after it was written."]


def test_an_entry_that_was_forged_with_its_hash_is_found_by_the_next() -> None:
    links = linked([entry(1), entry(2), entry(3)], {})
    [links[1]] = linked([entry(2, b"forged")], {("device-match", "t/d"): links[0].hash})
    assert faults(links) == ["device-match t/d: version 3 does not follow from what stands before it."]


# As whoever owns the database might: with the trigger out of the way.
TAMPER: dict[str, tuple[str, Callable[[str], bool]]] = {
    "edited": (
        "UPDATE history SET body = convert_to(replace(convert_from(body, 'UTF8'), 'Kiosk', 'Mine'), 'UTF8')",
        lambda found: "device-match tenant-contoso/device-4: version 1 was changed after it was written." in found,
    ),
    "deleted in the middle": (
        "DELETE FROM history WHERE kind = 'device-match' AND subject LIKE '%/device-1' AND version = 2",
        lambda found: "device-match tenant-contoso/device-1: version 2 is missing before version 3." in found,
    ),
    "deleted at the end": (
        "DELETE FROM history WHERE kind = 'device-match' AND subject LIKE '%/device-1' AND version = 3",
        lambda found: (
            "device-match tenant-contoso/device-1: it is at version 3, but its history ends at version 2." in found
        ),
    ),
    "deleted whole": (
        "DELETE FROM history WHERE kind = 'device-match' AND subject LIKE '%/device-4'",
        lambda found: "device-match tenant-contoso/device-4: it is at version 1, but has no history." in found,
    ),
    "a refusal deleted": (
        "DELETE FROM history WHERE kind = 'decision'",
        lambda found: "the event that answered it is not there." in found,
    ),
    "policies deleted": (
        "DELETE FROM history WHERE kind = 'policies'",
        lambda found: "decision policies-1: the event that answered it is not there." in found,
    ),
    "an undoing deleted": (
        "DELETE FROM history WHERE kind = 'bulk'",
        lambda found: "decision undo-1: the event that answered it is not there." in found,
    ),
    "reordered": (
        "UPDATE history SET version = 3 - version WHERE subject = 'tenant-contoso/device-1' AND version < 3",
        lambda found: "device-match tenant-contoso/device-1: version 1 does not follow" in found,
    ),
    "a state edited": (
        (
            "UPDATE device_matches SET state = (state::jsonb || jsonb_build_object('ignored_reason', 'Mine'))::json "
            "WHERE device_id = 'device-4'"
        ),
        lambda found: "device-match tenant-contoso/device-4: its state is not the one" in found,
    ),
}


async def decide_a_little(writer: Rig) -> None:
    """Device 1 has three versions, device 4 one, and one command is refused."""
    async with writer.running():
        await prepare(writer)
        await writer.publish(
            accept(1),
            command(RevertMatch, device_id="device-1"),
            command(MatchTo, device_id="device-1", configuration_id="cfg-2"),
            command(CreateConfiguration, device_id="device-3", confirmed=True),
            command(IgnoreDevice, device_id="device-4", reason="Kiosk"),
            command(MatchTo, device_id="device-5", configuration_id="cfg-nowhere"),
            command(IgnoreDevice, device_id="device-5", bulk_id="bulk-1"),
            command(SetAutoAcceptPolicies, decision_id="policies-1", policies=(), actor=ADMINISTRATOR),
        )
        await writer.settle()
        await writer.publish(command(UndoBulk, decision_id="undo-1", undone_bulk_id="bulk-1"))
        await writer.settle()
        await writer.settle()


def verified(writer: Rig) -> tuple[int, str]:
    """The exit code of the command and what it says."""
    settings = writer.settings
    environment = {
        "MATCHBOOK_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "MATCHBOOK_DATABASE_DSN": settings.database.dsn,
        "MATCHBOOK_DATABASE_SCHEMA": settings.database.schema,
    }
    result = CliRunner().invoke(main, ["verify-history"], env=environment)
    return result.exit_code, result.output


async def test_every_event_is_in_the_history_as_it_was_published(writer: Rig) -> None:
    await decide_a_little(writer)
    published = {record.event_id: record.value for record, _ in (await writer.log()).events()}
    connection = await writer.connect()
    rows = await connection.fetch("SELECT event_id, event_type, body FROM history")
    await connection.close()
    assert {row["event_id"]: row["body"] for row in rows} == published
    for row in rows:
        event = contracts()[f"matchbook.{row['event_type']}.v1"].from_body(row["body"])
        assert isinstance(event, MatchEvent)


async def test_the_service_s_role_can_only_add(writer: Rig) -> None:
    await decide_a_little(writer)
    connection = await writer.connect()
    for statement in ("UPDATE history SET event_type = 'x'", "DELETE FROM history", "TRUNCATE history"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    # The tests' role is a superuser, whom the trigger alone stops; any other has not even the right.
    rights = await connection.fetch(
        "SELECT privilege_type FROM pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner)))"
        " WHERE oid = 'history'::regclass"
    )
    assert {row["privilege_type"] for row in rights}.isdisjoint({"UPDATE", "DELETE", "TRUNCATE"})
    await connection.close()


@pytest.mark.parametrize("deed", TAMPER)
async def test_the_verifier_finds_what_was_done_to_a_row(writer: Rig, deed: str) -> None:
    await decide_a_little(writer)
    code, said = await asyncio.to_thread(verified, writer)
    assert code == 0, said
    assert said.endswith("0 faults found.\n")
    statement, found = TAMPER[deed]
    connection = await writer.connect()
    await connection.execute("GRANT ALL ON history TO CURRENT_USER; ALTER TABLE history DISABLE TRIGGER USER")
    if deed == "reordered":
        await connection.execute("ALTER TABLE history DROP CONSTRAINT history_pkey")
    await connection.execute(statement)
    await connection.close()
    code, said = await asyncio.to_thread(verified, writer)
    assert code == 1
    assert found(said), said
