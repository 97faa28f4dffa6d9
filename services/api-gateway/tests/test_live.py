"""The live stream: what changed is told at once, to those who may know, in every replica."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from matchbook_api_gateway.domain.live import MOST_DEVICES, MOST_OUTCOMES, Changes, Event, events_of, render
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.services import live as live_service
from matchbook_api_gateway.services.live import QUEUE_LENGTH

from tests.support.gateway_world import (
    GatewayWorld,
    configuration,
    device,
    match_state,
    matched_event,
    rejected_event,
    running_gateway,
    tenant,
    tenant_matched,
    unique,
)


class Stream:
    """A browser's event stream, read in the background."""

    def __init__(self, response: httpx.Response) -> None:
        self.lines = response.aiter_lines()
        self.seen: list[dict[str, Any]] = []

    async def next(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        async for line in self.lines:
            name, _, value = line.partition(": ")
            if line == "" and found:
                self.seen.append(found)
                return found
            if name == "data":
                found["data"] = json.loads(value)
            elif name in ("event", "id"):
                found[name] = value
        raise EOFError

    async def end(self) -> None:
        """Read on; raises EOFError when the stream ends."""
        while True:
            await self.next()

    async def until(self, kind: str, **data: Any) -> dict[str, Any]:
        """The first event of this kind whose data holds these values, among those seen already or to come."""
        index = 0
        async with asyncio.timeout(60):
            while True:
                event = self.seen[index] if index < len(self.seen) else await self.next()
                index += 1
                if event["event"] == kind and data.items() <= event["data"].items():
                    return event["data"]  # type: ignore[no-any-return]


@contextlib.asynccontextmanager
async def stream(client: httpx.AsyncClient, last: str | None = None) -> AsyncIterator[Stream]:
    headers = {"Last-Event-ID": last} if last is not None else {}
    async with client.stream("GET", "/api/events", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in response.headers
        found = Stream(response)
        assert (await found.next())["event"] == "ready"
        yield found


async def test_a_change_is_told_to_whoever_is_looking(world: GatewayWorld) -> None:
    t, d, c, id_ = unique("t"), unique("d"), unique("c"), unique("decision")
    async with stream(await world.sign_in("Reader")) as events:
        await world.publish(tenant(t), device(t, d))
        await events.until("device", tenant_id=t, device_id=d)
        await world.publish(
            matched_event(match_state(t, d, configuration_id=c), configuration(c, "o"), id_),
            rejected_event(f"{id_}-2", t, d, "No."),
        )
        told = await events.until("decision", decision_id=id_)
        assert (told["status"], told["tenant_id"], told["device_id"]) == ("applied", t, d)
        refused = await events.until("decision", decision_id=f"{id_}-2")
        assert (refused["status"], refused["reason"], refused["message"]) == ("rejected", "configuration_taken", "No.")
        # The counts follow, and are told of.
        await events.until("tenant", tenant_id=t)
        await events.until("summary")


async def test_a_stream_resumes_where_it_broke_off(world: GatewayWorld) -> None:
    t = unique("t")
    client = await world.sign_in("Reader")
    async with stream(client) as events:
        await world.publish(device(t, "first"))
        await events.until("device", device_id="first")
        last = events.seen[-1]["id"]
    await world.publish(device(t, "missed"))
    await world.applied()
    async with stream(client, last) as events:
        await events.until("device", device_id="missed")
        assert not any(event["data"].get("device_id") == "first" for event in events.seen)


@pytest.mark.parametrize("last", ["999999999", "0"])
async def test_a_stream_that_missed_too_much_is_told_to_begin_anew(
    world: GatewayWorld, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = unique("t")
    await world.publish(device(t, "d"))
    await world.applied()
    async with world.parts.database.connection() as connection:
        await connection.execute("DELETE FROM changes WHERE number < (SELECT max(number) FROM changes)")
    async with stream(await world.sign_in("Reader"), last) as events:
        await events.until("reset")


async def test_a_scoped_person_is_told_of_their_own_tenants_only(world: GatewayWorld) -> None:
    own, foreign, o = unique("t"), unique("t"), unique("o")
    await world.publish(tenant(own), tenant_matched(own, o), tenant(foreign), tenant_matched(foreign, unique("o")))
    await world.applied()
    async with stream(await world.sign_in("Manager", [o])) as events:
        await world.publish(
            device(foreign, "f"),
            rejected_event(unique("decision"), foreign, "f"),
            matched_event(match_state(foreign, "f"), configuration("c", "x"), unique("decision"), unique("bulk")),
        )
        await world.applied()
        await world.publish(device(own, "mine"))
        await events.until("device", tenant_id=own)
    assert foreign not in json.dumps(events.seen)
    assert {event["event"] for event in events.seen} <= {"ready", "device", "tenant", "summary"}


async def test_every_replica_tells_what_another_applied(world: GatewayWorld) -> None:
    async with asyncio.timeout(250):
        t = unique("t")
        async with running_gateway(world.settings, topics_exist=True) as second:
            # Partitions are shared between the two; whoever applies the record, both tell of it.
            for client in (await world.sign_in("Reader"), await second.sign_in("Reader")):
                async with stream(client) as events:
                    d = unique("d")
                    await world.publish(device(t, d))
                    await events.until("device", device_id=d)
        # The partitions come back, so that the next test finds them.
        d = unique("d")
        await world.publish(device(t, d))
        await world.applied()


async def test_a_stream_ends_with_its_session(world: GatewayWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_service, "HEARTBEAT_SECONDS", 0.2)
    client = await world.sign_in("Reader")
    async with stream(client) as events:
        await client.post("/auth/sign-out")
        with pytest.raises(EOFError):
            await asyncio.wait_for(events.end(), 60)


async def test_a_browser_that_does_not_read_costs_no_memory(world: GatewayWorld) -> None:
    live = world.parts.gateway.live
    events = live.subscribe(Person("slow", "Slow", "Reader"), None)
    opening = await anext(events)
    assert opening is not None
    t = unique("t")
    for number in range(QUEUE_LENGTH // MOST_DEVICES + 5):
        await world.publish(*(device(t, f"{number}-{index}") for index in range(MOST_DEVICES)))
        await world.applied()
    first = await anext(events)
    assert first is not None
    assert first.kind == "reset"
    await events.aclose()  # type: ignore[attr-defined]


def test_floods_are_told_in_one() -> None:
    crowd = {("t", f"d{number}") for number in range(MOST_DEVICES + 1)}
    outcomes = {
        f"x{number}": {"decision_id": f"x{number}", "bulk_id": "b", "tenant_id": "t", "organization_id": None}
        for number in range(MOST_OUTCOMES + 1)
    }
    alone = {"y": {"decision_id": "y", "bulk_id": None, "tenant_id": "t", "organization_id": None}}
    changes = Changes(devices=crowd | {("other", "d")}, decisions=outcomes | alone, bulks={("b", "t")})
    kinds = [(event.kind, event.data) for event in events_of(7, changes.document())]
    assert kinds == [
        ("decision", alone["y"]),
        ("device", {"tenant_id": "other", "device_id": "d"}),
        ("tenant", {"tenant_id": "t"}),
        ("bulk", {"bulk_id": "b"}),
    ]
    assert not Changes()


def test_an_event_is_one_block_of_text() -> None:
    assert render(Event("device", {"name": "a\nb"}, 3)) == b'id: 3\nevent: device\ndata: {"name":"a\\nb"}\n\n'
