"""`graph-ingestor test-connection`, as an operator starts it."""

import asyncio
import os
import sys
from pathlib import Path

from ingestor_commands import STEPS, tenant_with, wrong_certificate
from ingestor_world import Ingesting, largest
from matchbook_local.emulator.world.model import Access


async def try_out(world: Ingesting, tenant: str, **environment: str) -> tuple[int | None, str, str]:
    settings = world.settings
    values = {
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "DATABASE_DSN": "postgresql://127.0.0.1:1/nowhere",
        "GRAPH_URL": settings.graph_url,
        "LOGIN_URL": settings.login_url,
        "PARTNER_TENANT_ID": settings.partner_tenant_id,
        "CLIENT_ID": settings.client_id,
        "CERTIFICATE_FILE": str(settings.certificate_file),
        "CA_FILE": str(settings.ca_file),
        **environment,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from matchbook_graph_ingestor.app import main; main()", "test-connection", tenant),
        env=os.environ | {f"MATCHBOOK_{name}": value for name, value in values.items()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    return process.returncode, out.decode(), error.decode()


async def test_a_good_connection_ends_with_0(world: Ingesting) -> None:
    code, out, error = await try_out(world, largest(world)[0])
    assert (code, error) == (0, "")
    assert tuple(line.split()[0] for line in out.splitlines()) == STEPS


async def test_a_bad_one_says_what_to_do_and_ends_with_1(world: Ingesting) -> None:
    code, out, error = await try_out(world, tenant_with(world, Access.NO_LICENCE).domains[0])
    assert (code, error) == (1, "")
    assert "licence       failed       " in out
    assert "has no Intune licence. Assign one" in out


async def test_a_wrong_certificate_is_named(world: Ingesting, tmp_path: Path) -> None:
    code, out, _ = await try_out(world, largest(world)[0], CERTIFICATE_FILE=str(wrong_certificate(tmp_path)))
    assert code == 1
    assert out.startswith("sign_in       failed       Microsoft does not accept Matchbook's credential.")
    assert "(AADSTS700027)" in out


async def test_a_missing_credential_is_one_sentence(world: Ingesting) -> None:
    code, out, error = await try_out(world, largest(world)[0], CERTIFICATE_FILE="")
    assert (code, out) == (1, "")
    assert error.strip().endswith("none is set at present.")
