"""The counts are made in rounds: each tenant once, however often another one changes meanwhile."""

from collections.abc import AsyncIterator

import pytest
from matchbook_api_gateway.services.counting import Counting
from matchbook_local.testing import Database as Scratch
from matchbook_servicekit.database import Database, DatabaseSettings, migrate

TENANTS = [f"t{number:03}" for number in range(60)]
MARK = "UPDATE tenant_counts SET stale = true WHERE tenant_id = ANY($1)"
STALE = "SELECT tenant_id FROM tenant_counts WHERE stale ORDER BY tenant_id"


@pytest.fixture
async def stale(database: Scratch) -> AsyncIterator[Database]:
    """A read model whose tenants are all to be counted again."""
    settings = DatabaseSettings(database.dsn, database.schema)
    await migrate(settings, "matchbook_api_gateway")
    pool = Database(settings)
    await pool.start()
    async with pool.connection() as connection:
        await connection.execute(
            "INSERT INTO tenant_counts (tenant_id, stale) SELECT tenant_id, true FROM unnest($1::text[]) AS tenant_id",
            TENANTS,
        )
    yield pool
    await pool.stop()


async def test_a_tenant_that_keeps_changing_does_not_hold_up_the_others(stale: Database) -> None:
    counting = Counting(stale)
    last: str | None = ""
    seen = []
    while (last := await counting.count(last or "")) is not None:
        seen.append(last)
        async with stale.connection() as connection:
            await connection.execute(MARK, TENANTS[:1])
    assert seen == [TENANTS[24], TENANTS[49], TENANTS[59]]
    async with stale.connection() as connection:
        assert [row["tenant_id"] for row in await connection.fetch(STALE)] == TENANTS[:1]
    assert await counting.count() == TENANTS[0]
    assert await counting.count() is None


async def test_what_another_replica_counts_is_left_to_it(stale: Database) -> None:
    counting = Counting(stale)
    async with stale.transaction() as connection:
        await connection.execute("SELECT 1 FROM tenant_counts WHERE tenant_id = ANY($1) FOR UPDATE", TENANTS[:30])
        assert await counting.count() == TENANTS[54]
        assert await counting.count(TENANTS[54]) == TENANTS[59]
        assert await counting.count(TENANTS[59]) is None
    assert await counting.count() == TENANTS[24]
