"""A process that is killed between publishing and committing, and what its successor makes of it."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ingestor_world import DEVICES, TENANTS, Heard, Ingesting, readable

SHORTEST_CANARY = 5


async def run(world: Ingesting, log: Path, **environment: str) -> asyncio.subprocess.Process:
    settings = world.settings
    values = {
        "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "TOPIC_PREFIX": settings.topic_prefix,
        "DATABASE_DSN": settings.database_dsn.get_secret_value(),
        "DATABASE_SCHEMA": settings.database_schema,
        "GRAPH_URL": settings.graph_url,
        "LOGIN_URL": settings.login_url,
        "PARTNER_TENANT_ID": settings.partner_tenant_id,
        "CLIENT_ID": settings.client_id,
        "CERTIFICATE_FILE": str(settings.certificate_file),
        "CA_FILE": str(settings.ca_file),
        "DETAIL_READS_PER_SECOND": "0",
        **environment,
    }
    named = {f"MATCHBOOK_{name}": value for name, value in values.items()}
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from matchbook_graph_ingestor.app import main; main()", "run"),
            env=os.environ | named,
            stderr=file,
        )


async def swept(world: Ingesting) -> bool:
    (row,) = await world.rows(
        "SELECT (SELECT count(*) FROM tenants WHERE due_at <= now()) + (SELECT count(*) FROM open_sweeps) AS left,"
        " (SELECT count(*) FROM tenants) AS tenants"
    )
    return bool(row["tenants"] and not row["left"])


def facts(items: Iterable[Heard]) -> dict[str, set[bytes]]:
    found: dict[str, set[bytes]] = {}
    for item in items:
        found.setdefault(item.event_id, set()).add(item.body)
    return found


async def test_killed_between_publish_and_commit_nothing_is_lost_and_what_comes_twice_is_the_same(
    world: Ingesting, tmp_path: Path
) -> None:
    log = tmp_path / "service.log"
    for _ in range(3):
        process = await run(world, log, FAILPOINTS="ingestor.before_commit")
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL, log.read_text()
    killed = await world.heard(DEVICES)
    assert killed
    assert not await world.rows("SELECT 1 FROM devices")
    process = await run(world, log)
    try:
        await world.until(lambda: swept(world), 60)
    finally:
        process.terminate()
        code = await asyncio.wait_for(process.wait(), 60)
    assert code == 0, log.read_text()
    devices = await world.heard(DEVICES)
    assert {item.event.device_id for item in devices} == {
        device.id for state in readable(world) for device in state.devices
    }
    assert all(item.event.revision == 1 for item in devices)
    assert max(Counter(item.event_id for item in devices).values()) > 1
    for items in (devices, await world.heard(TENANTS)):
        assert all(len(bodies) == 1 for bodies in facts(items).values())
    assert len(facts(devices)) == len({item.key for item in devices})
    _no_personal_data(world, log.read_text())


def _no_personal_data(world: Ingesting, text: str) -> None:
    """Neither names, nor addresses, nor serial numbers of any device in anything that was logged."""
    assert "sweep completed" in text
    for state in readable(world):
        for device in state.devices:
            for canary in (device.user.upn, device.user.name, device.name, device.hardware.serial):
                assert len(canary) < SHORTEST_CANARY or canary not in text
