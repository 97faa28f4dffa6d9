"""What people decided, as `matcher fit` reads it."""

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner
from matchbook_configuration_writer.app import main
from matchbook_contracts.decisions import (
    ChangeMatch,
    CreateConfiguration,
    IgnoreDevice,
    MatchTo,
    RevertMatch,
    RevertTenantMatch,
    SetAutoAcceptPolicies,
    UndoBulk,
    UndoDeviceDecision,
)
from matchbook_contracts.match_events import MatchCarriedOver, MatchOrphaned
from matchbook_contracts.states import AutoAcceptPolicy

from tests.support.writer_records import accept, discovered, prepare, suggested
from tests.support.writer_service import Rig
from tests.support.writer_world import ADMINISTRATOR, command

POLICY = AutoAcceptPolicy(name="Serial numbers", rule="serial_number", minimum_confidence=0.9)


def exported(writer: Rig, *options: str) -> str:
    settings = writer.settings
    environment = {
        "MATCHBOOK_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "MATCHBOOK_DATABASE_DSN": settings.database.dsn,
        "MATCHBOOK_DATABASE_SCHEMA": settings.database.schema,
    }
    result = CliRunner().invoke(main, ["export-decisions", *options], env=environment)
    assert result.exit_code == 0, result.output
    return result.stdout


async def pairs(writer: Rig) -> dict[tuple[str, str], bool]:
    """What is exported, by the numbers of device and configuration."""
    rows = [json.loads(line) for line in (await asyncio.to_thread(exported, writer)).splitlines()]
    found = {(row["device_id"][-1], row["configuration_id"].removeprefix("cfg-")): row["accepted"] for row in rows}
    assert len(found) == len(rows)
    return found


async def settled(writer: Rig) -> None:
    """Until the writer has answered what it asked itself, too."""
    await writer.settle()
    await writer.settle()


async def test_the_last_word_of_people_on_each_pair(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 8), documented=range(1, 10))
        taken_back, ignored = accept(4), accept(7)
        await writer.publish(
            accept(1),
            *(accept(2), command(RevertMatch, device_id="device-2")),
            *(accept(3), command(ChangeMatch, device_id="device-3", configuration_id="cfg-8")),
            taken_back,
            command(UndoDeviceDecision, device_id="device-4", undone_decision_id=taken_back.decision_id),
            *(accept(5), command(RevertMatch, device_id="device-5")),
            command(MatchTo, device_id="device-5", configuration_id="cfg-5"),
            command(CreateConfiguration, device_id="device-6", confirmed=True),
            *(ignored, command(IgnoreDevice, device_id="device-7")),
        )
        await writer.settle()
    expected = {("1", "1"): True, ("2", "2"): False, ("3", "3"): False, ("3", "8"): True, ("5", "5"): True}
    assert await pairs(writer) == expected


async def test_a_policy_s_word_is_none_until_a_person_refuses_it(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 4), documented=range(1, 6))
        await writer.publish(command(SetAutoAcceptPolicies, policies=(POLICY,), actor=ADMINISTRATOR))
        await settled(writer)
        assert await pairs(writer) == {}
        await writer.publish(
            command(RevertMatch, device_id="device-1"),
            command(ChangeMatch, device_id="device-2", configuration_id="cfg-5"),
        )
        await settled(writer)
        assert await pairs(writer) == {("1", "1"): False, ("2", "2"): False, ("2", "5"): True}
        # Undone as a whole: that says nothing of the single pair.
        await writer.publish(command(UndoBulk, undone_bulk_id=POLICY.actor_id))
        await settled(writer)
        assert await pairs(writer) == {("1", "1"): False, ("2", "2"): False, ("2", "5"): True}


async def test_a_bulk_action_counts_until_it_is_undone(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 4))
        await writer.publish(*(accept(number, bulk_id="bulk-1") for number in (1, 2)), accept(3))
        await writer.settle()
        assert await pairs(writer) == {("1", "1"): True, ("2", "2"): True, ("3", "3"): True}
        await writer.publish(command(UndoBulk, undone_bulk_id="bulk-1"))
        await settled(writer)
        assert await pairs(writer) == {("3", "3"): True}


async def test_what_follows_from_other_news_and_decisions_says_nothing(writer: Rig) -> None:
    """A policy's match moves to the machine's new enrolment, and then the tenant leaves its organization."""
    async with writer.running():
        await prepare(writer, range(1, 2))
        await writer.publish(command(SetAutoAcceptPolicies, policies=(POLICY,), actor=ADMINISTRATOR))
        await settled(writer)
        await writer.publish(discovered(2, serial_number="PF3X9K0001"))
        await writer.publish(suggested(1, revision=2, status="superseded", superseded_by="device-2", candidate=None))
        await writer.settle()
        await writer.publish(command(RevertTenantMatch))
        await writer.settle()
        happened = {type(event) for event in await writer.events()}
        assert {MatchCarriedOver, MatchOrphaned} <= happened
        assert await pairs(writer) == {}


async def test_into_a_file(writer: Rig, tmp_path: Path) -> None:
    async with writer.running():
        await prepare(writer, range(1, 2))
        await writer.publish(accept(1))
        await writer.settle()
    out = tmp_path / "decisions.jsonl"
    await asyncio.to_thread(exported, writer, "--out", str(out))
    assert out.read_text(encoding="utf-8") == '{"device_id":"device-1","configuration_id":"cfg-1","accepted":true}\n'
