"""What a migration makes of rows that were there before it."""

from uuid import uuid4

import asyncpg
from matchbook_servicekit.database import migrations

from tests.support.gateway_world import suggested


async def test_suggestions_that_stand_keep_their_candidate_and_evidence(postgres_dsn: str) -> None:
    schema = f"gw{uuid4().hex[:10]}"
    connection = await asyncpg.connect(postgres_dsn, server_settings={"search_path": schema})
    try:
        await connection.execute(f'CREATE SCHEMA "{schema}"')
        *before, last = migrations("matchbook_api_gateway")[:6]
        for migration in before:
            await connection.execute(migration.text)
        await connection.executemany(
            "INSERT INTO suggestions (tenant_id, device_id, revision, status, body) VALUES ('t', $1, 1, $2, $3)",
            [("d1", "suggested", suggested("t", "d1", "c1").body()), ("d2", None, b"{}")],
        )
        await connection.execute(last.text)
        rows = await connection.fetch("SELECT target_id, fingerprint FROM suggestions ORDER BY device_id")
    finally:
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        await connection.close()
    assert [tuple(row) for row in rows] == [("c1", "f1"), (None, None)]
