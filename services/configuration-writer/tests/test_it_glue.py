"""The client of IT Glue against the emulator of its API: pages, the budget, patience, and what it says of refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from matchbook_configuration_writer.adapters.it_glue import Budget, ItGlue, ItGlueSettings
from matchbook_configuration_writer.domain.documentation import Page, Unreadable
from matchbook_configuration_writer.settings import Settings
from matchbook_configuration_writer.source import Away, Refused
from matchbook_contracts.decisions import ConfigurationRow
from matchbook_contracts.states import Interface
from matchbook_local.it_glue import KEY, Account, Fault, ItGlueEmulator, Limit, running_it_glue
from pydantic import ValidationError

NOW = datetime(2026, 3, 9, 10, 5, 1, 250_000, tzinfo=UTC)
LAN = {"name": "LAN", "mac_address": "00:50:8D:00:00:01", "primary": True}
WLAN = {"name": "WLAN", "mac_address": "00:50:8D:00:00:02", "ip_address": "10.0.1.23"}


@dataclass
class Clock:
    """A time that passes only while somebody waits."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class World:
    """An emulator with two organizations and a few configurations, and a client of it."""

    emulator: ItGlueEmulator
    client: ItGlue
    clock: Clock
    key_file: Path

    @property
    def account(self) -> Account:
        return self.emulator.account

    async def rows(self, *, whole: bool = True) -> list[ConfigurationRow]:
        page = await self.client.page("configurations", 1, whole=whole)
        return [record.row for record in page.records if isinstance(record.row, ConfigurationRow)]


def an_account(configurations: int = 5) -> Account:
    account = Account(clock=lambda: NOW)
    contoso = account.add("organizations", name="Contoso Dental", short_name="contoso")
    for number in range(1, configurations + 1):
        serial = f"PF3X9K{number:04}"
        account.add(
            "configurations",
            organization_id=contoso,
            name=f"LT-{number:04}",
            serial_number=serial,
            archived=False,
            interfaces=(WLAN, LAN) if number % 2 else (LAN,),
        )
    return account


@asynccontextmanager
async def a_world(folder: Path, **changed: Any) -> AsyncIterator[World]:
    clock, key_file = Clock(), folder / "key"
    key_file.write_text(f"{KEY}\n")
    limit = Limit(changed.pop("limit", 3000), clock=clock)
    async with running_it_glue(changed.pop("account", None) or an_account(), folder, limit=limit) as emulator:
        settings = ItGlueSettings(emulator.url, key_file, emulator.ca_file, **{"timeout": 5.0, **changed})
        client = ItGlue(settings, clock=clock, pause=clock.pause)
        await client.start()
        try:
            yield World(emulator, client, clock, key_file)
        finally:
            await client.stop()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


async def test_pages_come_newest_first_with_their_counts(tmp_path: Path) -> None:
    async with a_world(tmp_path, page_size=2) as world:
        pages = [await world.client.page("configurations", number, whole=True) for number in (1, 2, 3)]
        assert [(page.number, page.pages, page.total) for page in pages] == [(1, 3, 5), (2, 3, 5), (3, 3, 5)]
        assert [record.row.id for page in pages for record in page.records] == ["12", "10", "7", "5", "2"]
        assert {record.updated_at for page in pages for record in page.records} == {NOW.replace(microsecond=0)}
        organizations = await world.client.page("organizations", 1, whole=False)
        assert [record.row.id for record in organizations.records] == ["1"]


async def test_the_latest_change_is_found_with_one_record(world: World) -> None:
    assert await world.client.newest("configurations") == NOW.replace(microsecond=0)
    assert "page[size]=1&" in world.emulator.requests[-1].replace("%5B", "[").replace("%5D", "]") + "&"
    empty = Account()
    world.emulator.account = empty
    assert await world.client.newest("configurations") is None
    assert await world.client.page("organizations", 1, whole=True) == Page(1, 1, 0, ())


async def test_interfaces_are_the_same_whether_the_list_shows_them_or_not(world: World) -> None:
    shown = await world.rows()
    assert [interface.name for interface in shown[0].interfaces] == ["WLAN", "LAN"]
    assert shown[0].interfaces[0] == Interface(name="WLAN", mac_address="00:50:8D:00:00:02", ip_address="10.0.1.23")
    requests = len(world.emulator.requests)
    world.emulator.shows_interfaces = False
    hidden = await world.rows()
    assert hidden[0] == shown[0]
    # Those with several are asked for, one by one; a single interface has nothing that its configuration has not.
    assert len(world.emulator.requests) - requests == 1 + 3
    assert [len(row.interfaces) for row in hidden] == [2, 0, 2, 0, 2]


async def test_a_budget_is_never_exceeded_in_any_five_minutes(tmp_path: Path) -> None:
    async with a_world(tmp_path, limit=5, budget=5) as world:
        for _ in range(13):
            await world.client.newest("organizations")
            world.clock.now += 7
        assert world.emulator.limit.refused == 0
        assert len(world.clock.waits) == 2
        assert sum(world.clock.waits) + 13 * 7 > 2 * 300


async def test_a_budget_counts_what_was_sent_and_nothing_older() -> None:
    clock = Clock()
    budget = Budget(3, clock=clock, pause=clock.pause)
    sent = []
    for _ in range(20):
        await budget.spend()
        sent.append(clock.now)
        clock.now += 10
    assert all(later - earlier > 300 for earlier, later in zip(sent, sent[3:], strict=False))
    assert sent[-1] - sent[0] < 7 * 310


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        (Fault(status=429, retry_after="7"), 7.0, 7.7),
        (Fault(status=429, retry_after="1.5"), 1.5, 1.65),
        (Fault(status=429), 0.5, 1.0),
        (Fault(status=429, retry_after="soon"), 0.5, 1.0),
        (Fault(status=503, retry_after="9"), 9.0, 9.9),
        (Fault(status=500), 0.5, 1.0),
        (Fault(status=504, body=b"<html>"), 0.5, 1.0),
        (Fault(breaks=True), 0.5, 1.0),
        (Fault(body=b'{"data": ['), 0.5, 1.0),
    ],
)
async def test_what_passes_is_waited_for(world: World, fault: Fault, least: float, most: float) -> None:
    world.emulator.faults.add(fault)
    assert len(await world.rows()) == 5
    assert [least <= seconds <= most for seconds in world.clock.waits] == [True]


async def test_pauses_grow_until_it_is_asked_again_later(world: World) -> None:
    world.emulator.faults.add(*[Fault(status=429)] * 30)
    with pytest.raises(Away, match="page 1 of the configurations: status 429"):
        await world.rows()
    assert world.clock.waits[4] > 3 * world.clock.waits[0]
    assert 301 < sum(world.clock.waits) <= 63 + 9 * 60
    assert max(world.clock.waits) <= 60


async def test_it_is_left_alone_for_as_long_as_it_asks(world: World) -> None:
    world.emulator.faults.add(Fault(status=429, retry_after="7200"))
    with pytest.raises(Away):
        await world.rows()
    assert world.clock.waits == []


async def test_the_limit_of_the_real_thing_is_outlasted(tmp_path: Path) -> None:
    """Others spend the same account's budget, so that ours is not the only one that counts."""
    async with a_world(tmp_path, limit=5) as world:
        for _ in range(5):
            world.emulator.limit.take()
        assert len(await world.rows()) == 5
        assert world.emulator.limit.refused > 3
        assert sum(world.clock.waits) > 290


@pytest.mark.parametrize("key", ["ITG.revoked", ""])
async def test_a_key_that_is_refused_says_what_to_do_and_a_new_one_is_taken(world: World, key: str) -> None:
    world.key_file.write_text(key)
    with pytest.raises(Refused) as raised:
        await world.rows()
    assert "MATCHBOOK_IT_GLUE_API_KEY_FILE" in str(raised.value)
    assert not key or key not in str(raised.value)
    assert world.clock.waits == []
    world.key_file.write_text(KEY)
    assert len(await world.rows()) == 5


@pytest.mark.parametrize("status", [401, 403])
async def test_refusals_name_the_region_too(world: World, status: int) -> None:
    world.emulator.faults.add(Fault(status=status))
    with pytest.raises(Refused, match=rf"\({status}\).*MATCHBOOK_IT_GLUE_URL"):
        await world.rows()


async def test_a_key_file_that_is_missing_is_named(world: World) -> None:
    world.key_file.unlink()
    with pytest.raises(Refused, match="MATCHBOOK_IT_GLUE_API_KEY_FILE names can't be read: No such file"):
        await world.rows()
    world.key_file.write_text("two\nlines")
    with pytest.raises(Refused, match="nothing else"):
        await world.rows()
    assert world.emulator.requests == []


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ([Fault(body=b'{"data": [')] * 3, "Page 1 of the configurations can't be understood"),
        ([Fault(body=b'{"data": []}')] * 3, "meta: Field required"),
        ([Fault(status=400)], "page 1 of the configurations with status 400"),
        # Where it leads to would answer, and must not be given the key.
        ([Fault(status=302, location="/configurations?page[number]=1")], "status 302"),
    ],
)
async def test_what_can_not_be_used_names_resource_and_page(world: World, faults: list[Fault], why: str) -> None:
    world.emulator.faults.add(*faults)
    with pytest.raises(Unreadable, match=why):
        await world.rows()
    assert world.emulator.faults.waiting == []


async def test_a_host_without_a_trusted_certificate_gets_no_key(world: World) -> None:
    stranger = ItGlue(ItGlueSettings(world.emulator.url, world.key_file), clock=world.clock, pause=world.clock.pause)
    await stranger.start()
    try:
        with pytest.raises(Away, match="Certificate"):
            await stranger.newest("organizations")
    finally:
        await stranger.stop()
    assert world.emulator.requests == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"it_glue_url": "http://api.itglue.com"},
        {"it_glue_url": "https://api.itglue.com/v1"},
        {"it_glue_page_size": 1001},
        {"it_glue_budget": 3001},
        {"it_glue_interval_seconds": 0},
    ],
)
def test_settings_that_break_the_api_s_rules_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"kafka_bootstrap": "k", "database_dsn": "d", **wrong})
