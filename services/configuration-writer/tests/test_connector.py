"""The connector on real Kafka and PostgreSQL with the whole writer: what IT Glue documents is documented here."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from matchbook_configuration_writer.app import build
from matchbook_configuration_writer.connecting import Connector
from matchbook_contracts.decisions import (
    ArchiveConfiguration,
    ConfigurationRow,
    EditConfiguration,
    ImportConfigurations,
    ImportOrganizations,
    OrganizationRow,
)
from matchbook_contracts.match_events import ConfigurationCreated, ConfigurationUpdated, ImportApplied
from matchbook_contracts.states import ConfigurationState, Interface
from matchbook_local.it_glue import KEY, Account, Fault, ItGlueEmulator, Limit, running_it_glue

from tests.support.writer_service import Rig
from tests.support.writer_world import command

CONFIGURATIONS, PAGE = 25, 10
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
Import = ImportOrganizations | ImportConfigurations


@dataclass
class World:
    """A writer that is to read an IT Glue of two organizations and 25 configurations, ten a page."""

    writer: Rig
    glue: ItGlueEmulator
    key_file: Path
    organizations: list[int]
    configurations: list[int]

    @property
    def account(self) -> Account:
        return self.glue.account

    def document(self, name: str, organization: int | None = None, **more: Any) -> int:
        values = {"organization_id": organization or self.organizations[0], "name": name, "archived": False, **more}
        id_ = self.account.add("configurations", **values)
        self.configurations.append(id_)
        return id_

    def set(self, **settings: Any) -> None:
        self.writer.settings = self.writer.settings.model_copy(update=settings)

    async def states(self) -> dict[str, ConfigurationState]:
        connection = await self.writer.connect()
        try:
            rows = await connection.fetch("SELECT state::text FROM configurations")
        finally:
            await connection.close()
        found = [ConfigurationState.model_validate_json(row["state"]) for row in rows]
        return {state.configuration_id: state for state in found}

    async def imports(self) -> list[Import]:
        """The connector's commands, in their order, those that came twice too."""
        found = (record.event for record in (await self.writer.log()).topics["matchbook.decisions"])
        return [
            event
            for event in found
            if isinstance(event, (ImportOrganizations, ImportConfigurations)) and event.actor.kind == "system"
        ]

    async def rows(self) -> list[OrganizationRow | ConfigurationRow]:
        return [row for item in await self.imports() for row in item.rows]

    async def reads(self, more: int = 2) -> None:
        """Wait until so many more reads have come to their end: a read asks for the newest configuration first."""
        asked = self._begun()
        await until(lambda: asyncio.sleep(0, self._begun() > asked + more))
        await self.writer.settle()

    def _begun(self) -> int:
        return sum("configurations" in path and "size%5D=1&" in f"{path}&" for path in map(_quoted, self.glue.requests))


def _quoted(path: str) -> str:
    return path.replace("[", "%5B").replace("]", "%5D")


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is waited for is elsewhere
            await asyncio.sleep(0.05)


@pytest.fixture
async def world(writer: Rig, tmp_path: Path) -> AsyncIterator[World]:
    minutes = count()
    account, key_file = Account(clock=lambda: LONG_AGO + timedelta(minutes=next(minutes))), tmp_path / "key"
    key_file.write_text(KEY)
    async with running_it_glue(account, tmp_path / "glue") as glue:
        organizations = [account.add("organizations", name=name) for name in ("Contoso Dental", "Fabrikam Legal")]
        made = World(writer, glue, key_file, organizations, [])
        for number in range(1, CONFIGURATIONS + 1):
            made.document(
                f"LT-{number:04}",
                serial_number=f"PF3X9K{number:04}",
                notes="from IT Glue",
                interfaces=[{"name": "LAN", "mac_address": f"00:50:8D:00:00:{number:02X}", "primary": True}],
            )
        made.set(
            it_glue_url=glue.url,
            it_glue_api_key_file=key_file,
            ca_file=glue.ca_file,
            it_glue_interval_seconds=0.1,
            it_glue_page_size=PAGE,
        )
        yield made


@asynccontextmanager
async def all_read(world: World) -> AsyncIterator[None]:
    """The writer at work, once it has all that IT Glue documents."""

    async def there() -> bool:
        return len(await world.states()) == world.account.count("configurations")

    async with world.writer.running():
        await until(there)
        await world.reads()
        yield


async def test_all_is_read_and_then_only_what_changes(world: World) -> None:
    async with all_read(world):
        states, first = await world.states(), await world.imports()
        key = str(world.configurations[0])
        assert states.keys() == {str(id_) for id_ in world.configurations}
        assert states[key].organization_id == str(world.organizations[0])
        assert states[key].interfaces == (Interface(name="LAN", mac_address="00:50:8D:00:00:01", primary=True),)
        assert {"name": "LT-0001", "serial_number": "PF3X9K0001", "notes": "from IT Glue"}.items() <= {
            name: value.value for name, value in states[key].fields.items()
        }.items()
        assert [type(item) for item in first] == [ImportOrganizations, *[ImportConfigurations] * 3]
        assert {(item.actor.id, item.actor.name) for item in first} == {("connector:it-glue", "IT Glue")}

        await world.reads(5)
        assert await world.imports() == first, "nothing changed, so nothing is said"

        world.account.edit("configurations", world.configurations[3], serial_number="NEW-SERIAL", archived=True)
        added = world.document("LT-9999")
        world.account.edit("organizations", world.organizations[1], name="Fabrikam Law")
        await world.reads()
        later = (await world.imports())[len(first) :]
        assert {row.id for item in later for row in item.rows} == {
            str(world.configurations[3]),
            str(added),
            str(world.organizations[1]),
        }
        states = await world.states()
        changed = states[str(world.configurations[3])]
        assert (changed.fields["serial_number"].value, changed.archived) == ("NEW-SERIAL", True)
        assert states[str(added)].fields["name"].value == "LT-9999"
        assert await world.writer.broken() == []
    updated = [event for event in await world.writer.events() if isinstance(event, ConfigurationUpdated)]
    assert [event.configuration_id for event in updated] == [str(world.configurations[3])]


async def test_what_a_person_corrected_stands_until_that_field_changes(world: World) -> None:
    world.set(it_glue_whole_read_seconds=0.01)
    id_ = world.configurations[0]
    edit = command(
        EditConfiguration,
        organization_id=str(world.organizations[0]),
        configuration_id=str(id_),
        values={"notes": "by hand"},
    )
    archive = command(ArchiveConfiguration, **edit.model_dump(include={"organization_id", "configuration_id"}))
    async with all_read(world):
        await world.writer.publish(edit, archive)
        await world.reads()
        world.account.edit("configurations", id_, name="LT-0001-new")
        await world.reads()
        state = (await world.states())[str(id_)]
        fields = state.fields
        assert state.archived
        assert (fields["name"].value, fields["notes"].value) == ("LT-0001-new", "by hand")
        world.account.edit("configurations", id_, notes="newer in IT Glue")
        await world.reads()
        fields = (await world.states())[str(id_)].fields
        assert fields["notes"].value == "newer in IT Glue"
        world.account.edit("configurations", id_, notes="from IT Glue")
        await world.reads()
        fields = (await world.states())[str(id_)].fields
        assert fields["notes"].value == "from IT Glue", "a value that comes back is news"
    told = [row for row in await world.rows() if row.id == str(id_) and isinstance(row, ConfigurationRow)][1:]
    assert [row.values for row in told] == [
        {"name": "LT-0001-new"},
        {"notes": "newer in IT Glue"},
        {"notes": "from IT Glue"},
    ]


async def test_an_interface_that_changes_by_itself_is_found_by_the_whole(world: World) -> None:
    id_ = world.configurations[0]
    async with all_read(world):
        world.account.set_interfaces(id_, {"name": "WLAN", "mac_address": "00:50:8D:FF:FF:01"}, touch=False)
        await world.reads()
        assert (await world.states())[str(id_)].interfaces[0].name == "LAN"
    world.set(it_glue_whole_read_seconds=0.01)
    async with world.writer.running():
        await world.reads()
        assert (await world.states())[str(id_)].interfaces[0].name == "WLAN"


async def test_what_moves_between_pages_while_they_are_read_is_not_missed(world: World) -> None:
    """In the first, whole read: rows come, change and go, and an organization comes with its first configuration."""
    stirred = 0

    def stir(path: str, number: int) -> None:
        nonlocal stirred
        if path != "/configurations" or number < 2 or stirred == 2:
            return
        stirred += 1
        world.account.delete("configurations", world.configurations.pop())
        world.account.delete("configurations", world.configurations.pop())
        world.account.edit("configurations", world.configurations[-1], notes="edited meanwhile")
        if stirred == 1:
            world.organizations.append(world.account.add("organizations", name="Northwind"))
            world.document("NW-0001", world.organizations[-1])
            world.account.edit("configurations", world.configurations[0], organization_id=world.organizations[-1])

    world.glue.faults.before_page = stir
    async with world.writer.running():
        await until(lambda: asyncio.sleep(0, stirred == 2))
        await world.reads(3)
        states = await world.states()
        assert states.keys() >= {str(id_) for id_ in world.configurations}
        assert states[str(world.configurations[0])].organization_id == str(world.organizations[-1])
        assert states[str(world.configurations[-1])].fields["notes"].value == "edited meanwhile"
    applied = [event for event in await world.writer.events() if isinstance(event, ImportApplied)]
    assert sum(event.rejected for event in applied) == 0


async def test_what_is_refused_is_tried_again_with_the_whole_and_not_before(world: World) -> None:
    async with all_read(world):
        orphan = world.document("LT-ORPHAN", 999_999)
        await world.reads(4)
        told = [row for row in await world.rows() if row.id == str(orphan)]
        assert len(told) == 1
        refused = [
            result
            for event in await world.writer.events()
            if isinstance(event, ImportApplied)
            for result in event.results
            if result.result == "rejected"
        ]
        assert [(result.id, result.reason) for result in refused] == [(str(orphan), "unknown_organization")]
        world.account.edit("organizations", world.organizations[0])
    organization = world.account.find("organizations", world.organizations[0])
    assert organization is not None
    world.account._entries["organizations"][999_999] = organization
    organization.id = 999_999
    world.account.edit("organizations", 999_999, name="Found again")
    world.set(it_glue_whole_read_seconds=0.01)
    async with world.writer.running():
        await world.reads(4)
        assert (await world.states())[str(orphan)].organization_id == "999999"


@pytest.mark.parametrize(
    "failpoint", ["connector.after_publish.configurations", "connector.before_cursor.configurations"]
)
async def test_killed_between_publishing_and_remembering_nothing_is_lost_or_done_twice(
    world: World, failpoint: str, tmp_path: Path
) -> None:
    settings = world.writer.settings
    values = {
        "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "TOPIC_PREFIX": settings.topic_prefix,
        "DATABASE_DSN": settings.database_dsn.get_secret_value(),
        "DATABASE_SCHEMA": settings.database_schema,
        "IT_GLUE_URL": settings.it_glue_url,
        "IT_GLUE_API_KEY_FILE": str(settings.it_glue_api_key_file),
        "IT_GLUE_PAGE_SIZE": str(PAGE),
        "CA_FILE": str(settings.ca_file),
        "FAILPOINTS": failpoint,
    }
    log = tmp_path / "service.log"
    for _ in range(2):
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from matchbook_configuration_writer.app import main; main()", "run"),
                env=os.environ | {f"MATCHBOOK_{name}": value for name, value in values.items()},
                stdout=file,
                stderr=file,
            )
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL, log.read_text()
    assert await world.imports()
    async with all_read(world):
        assert await world.writer.broken() == []
    events = await world.writer.events()
    created = [event.configuration_id for event in events if isinstance(event, ConfigurationCreated)]
    assert sorted(created) == sorted(str(id_) for id_ in world.configurations)
    assert not [event for event in events if isinstance(event, ConfigurationUpdated)]
    answered = [event.decision_id for event in events if isinstance(event, ImportApplied)]
    assert sorted(set(answered)) == sorted({item.decision_id for item in await world.imports()})


async def test_a_storm_of_429_is_outlasted(world: World) -> None:
    # However slow they are: eight requests pass, the ninth is refused and ends the window.
    limit = world.glue.limit = Limit(8, 0.5, retry_after=True, clock=lambda: limit.refused * 0.5)
    world.glue.faults.add(*[Fault(status=429, retry_after="0.05")] * 8, *[Fault(breaks=True)] * 2, Fault(status=502))

    async def there() -> bool:
        return len(await world.states()) == CONFIGURATIONS

    async with world.writer.running():
        await until(there)
    assert world.glue.limit.refused
    assert len(await world.imports()) == 4


async def test_a_refused_key_is_said_in_readiness_and_a_new_one_is_taken_without_a_restart(world: World) -> None:
    world.key_file.write_text("ITG.revoked")
    components, resources = build(world.writer.settings)
    connector = next(item for item in components if isinstance(item, Connector))
    for resource in resources:
        await resource.start()
    tasks = [asyncio.create_task(component.run()) for component in components]
    try:
        await until(lambda: asyncio.sleep(0, connector.ready() is not None))
        said = connector.ready()
        assert said is not None
        assert said.startswith("connector IT Glue: IT Glue does not accept the API key (403).")
        assert "MATCHBOOK_IT_GLUE_API_KEY_FILE" in said
        assert "ITG.revoked" not in said
        world.key_file.write_text(KEY)
        await until(lambda: asyncio.sleep(0, connector.ready() is None))
        world.glue.faults.add(*[Fault(body=b"{")] * 3)
        await until(lambda: asyncio.sleep(0, connector.ready() is not None))
        assert "Page 1 of the organizations can't be understood" in str(connector.ready())
        await until(lambda: asyncio.sleep(0, connector.ready() is None))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for resource in reversed(resources):
            await resource.stop()


async def test_of_two_writers_one_reads_and_the_other_takes_over(world: World) -> None:
    world.set(it_glue_interval_seconds=0.5)
    async with world.writer.running():
        async with world.writer.running():
            await world.reads(1)
            before, began = len(world.glue.requests), time.monotonic()
            await asyncio.sleep(3)
            most = (time.monotonic() - began) / 0.5 + 1
            # A read without news is five requests at most.
            assert len(world.glue.requests) - before <= 5 * most
        await world.reads(2)
    assert len(await world.imports()) == 4


def test_nothing_is_read_where_nothing_is_configured(writer: Rig) -> None:
    components, _ = build(writer.settings)
    assert not [item for item in components if isinstance(item, Connector)]
