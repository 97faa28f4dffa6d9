"""What the application proves itself with, and that nothing of it is ever said."""

import asyncio
import base64
import logging
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_pem_x509_certificate
from ingestor_commands import wrong_certificate
from ingestor_workload import SECRET, WORKLOAD
from ingestor_world import Ingesting, ingesting, largest, readable
from matchbook_contracts.sync import SyncCompleted, SyncFailed
from matchbook_graph_ingestor.adapters.credentials import CredentialFiles
from matchbook_graph_ingestor.adapters.tokens import Tokens
from matchbook_graph_ingestor.app import build
from matchbook_graph_ingestor.errors import SweepFailed
from matchbook_servicekit.app import ConfigurationError
from structlog.testing import capture_logs


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(WORKLOAD.token())
    return file


def put(file: Path, text: str | None) -> None:
    """As whoever rotates it does; None takes the file away."""
    if text is None:
        file.unlink()
    else:
        file.write_text(text)


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    return file


def tokens_of(world: Ingesting, files: CredentialFiles) -> Tokens:
    microsoft = world.microsoft
    return Tokens(
        login_url=microsoft.url,
        client_id=microsoft.client_id,
        files=files,
        ca_file=microsoft.ca_file,
        scope=f"{microsoft.url}/.default",
    )


async def refused(tokens: Tokens, tenant_id: str) -> Any:
    with pytest.raises(SweepFailed) as caught:
        await tokens.get(tenant_id, renew=True)
    return caught.value.failure


async def test_a_federated_token_is_as_good_as_a_certificate(
    configure: Any, world: Ingesting, token_file: Path
) -> None:
    settings = configure(certificate_file=None, federated_token_file=token_file)
    tenant_id, ids = largest(world)
    async with ingesting(settings, world.microsoft, world.mischief) as federated:
        await federated.customers()
        await federated.sweep(tenant_id)
        run = await federated.last_run(tenant_id)
    assert isinstance(run, SyncCompleted)
    assert run.counts.seen == len(ids)


async def test_a_rotated_federated_token_is_read_anew(world: Ingesting, token_file: Path) -> None:
    """Kubernetes replaces the file; the old token soon is nobody's any more."""
    put(token_file, WORKLOAD.token(exp=1))
    tokens = tokens_of(world, CredentialFiles(federated_token=token_file))
    tenant_id, _ = largest(world)
    assert (await refused(tokens, tenant_id)).reason == "credential_rejected"
    put(token_file, None)
    away = await refused(tokens, tenant_id)
    assert (away.reason, away.loss) == ("unavailable", None)
    put(token_file, WORKLOAD.token())
    assert await tokens.get(tenant_id)
    tokens.close()


async def test_a_replaced_certificate_is_used_from_then_on_and_tokens_stay_good(
    world: Ingesting, tmp_path: Path
) -> None:
    """One that Microsoft does not know stands for any other: it is seen to be used when it is refused."""
    file, other = tmp_path / "certificate.pem", wrong_certificate(tmp_path)
    file.write_bytes(world.microsoft.certificate_file.read_bytes())
    tokens = tokens_of(world, CredentialFiles(file))
    one, two = (state.tenant.tenant_id for state in readable(world)[:2])
    first = await tokens.get(one)
    with capture_logs() as said:
        other.rename(file)
        assert await tokens.get(one) == first
        assert (await refused(tokens, two)).reason == "credential_rejected"
        assert (await refused(tokens, one)).reason == "credential_rejected"
        file.write_bytes(world.microsoft.certificate_file.read_bytes())
        assert await tokens.get(one)
        assert await tokens.get(two)
    assert [line["log_level"] for line in said] == ["info", "info"]
    assert all(line.keys() >= {"sha256", "valid_until"} for line in said)
    tokens.close()


def test_a_key_of_an_unknown_curve_is_refused_in_a_sentence(world: Ingesting, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    unknown = der.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030163"))
    pem = b"-----BEGIN PRIVATE KEY-----\n%b-----END PRIVATE KEY-----\n" % base64.encodebytes(unknown)
    file = tmp_path / "certificate.pem"
    certificate = load_pem_x509_certificate(world.microsoft.certificate_file.read_bytes())
    file.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    with pytest.raises(ConfigurationError, match="MATCHBOOK_CERTIFICATE_FILE"):
        CredentialFiles(file).credential()


def test_a_certificate_may_have_comments_in_any_script(world: Ingesting, tmp_path: Path) -> None:
    file = tmp_path / "certificate.pem"
    file.write_bytes("friendlyName: Zürich\n".encode() + world.microsoft.certificate_file.read_bytes())
    assert CredentialFiles(file).credential()


@pytest.mark.parametrize("content", [None, b"-----BEGIN CERT"])
async def test_a_certificate_that_can_not_be_used_leaves_the_one_before_in_use(
    world: Ingesting, tmp_path: Path, content: bytes | None
) -> None:
    """Whoever replaces it may be half-way."""
    file = tmp_path / "certificate.pem"
    file.write_bytes(world.microsoft.certificate_file.read_bytes())
    tokens = tokens_of(world, CredentialFiles(file))
    file.unlink()
    if content:
        file.write_bytes(content)
    with capture_logs() as said:
        for _ in range(3):
            assert await tokens.get(largest(world)[0], renew=True)
    (line,) = said
    assert line["log_level"] == "warning"
    assert "MATCHBOOK_CERTIFICATE_FILE" in line["cause"]
    tokens.close()


async def test_a_replaced_secret_is_used_and_never_said(world: Ingesting, secret_file: Path) -> None:
    put(secret_file, "wrong-and-secret")
    tokens = tokens_of(world, CredentialFiles(secret=secret_file, secret_allowed=True))
    tenant_id, _ = largest(world)
    with capture_logs() as said:
        assert (await refused(tokens, tenant_id)).reason == "credential_rejected"
        put(secret_file, SECRET)
        assert await tokens.get(tenant_id)
    assert len(said) == 1
    assert SECRET not in str(said)
    tokens.close()


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://other.example"}, {"sub": "system:serviceaccount:default:default"}, {"aud": ["vault"]}],
)
async def test_another_workload_is_refused(world: Ingesting, token_file: Path, claims: dict[str, Any]) -> None:
    put(token_file, WORKLOAD.token(**claims))
    tokens = tokens_of(world, CredentialFiles(federated_token=token_file))
    failure = await refused(tokens, largest(world)[0])
    assert (failure.reason, failure.detail[:9]) == ("credential_rejected", "AADSTS700")
    tokens.close()


async def test_a_workload_with_another_key_is_refused(world: Ingesting, token_file: Path) -> None:
    put(token_file, type(WORKLOAD)().token())
    tokens = tokens_of(world, CredentialFiles(federated_token=token_file))
    assert (await refused(tokens, largest(world)[0])).reason == "credential_rejected"
    tokens.close()


async def test_a_secret_does_where_it_is_allowed(configure: Any, world: Ingesting, secret_file: Path) -> None:
    settings = configure(certificate_file=None, client_secret_file=secret_file, allow_client_secret=True)
    async with ingesting(settings, world.microsoft, world.mischief) as trial:
        await trial.customers()
        assert isinstance(await trial.last_run(world.microsoft.partner_tenant_id), SyncCompleted)


async def test_a_wrong_secret_is_refused_and_never_said(
    configure: Any, world: Ingesting, secret_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    put(secret_file, "wrong-and-secret")
    settings = configure(certificate_file=None, client_secret_file=secret_file, allow_client_secret=True)
    async with ingesting(settings, world.microsoft, world.mischief) as trial:
        await trial.customers()
        run = await trial.last_run(world.microsoft.partner_tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "credential_rejected"
    assert "wrong-and-secret" not in run.body().decode() + caplog.text + repr(settings)


def test_a_secret_that_is_not_allowed_is_refused_at_the_start(configure: Any, secret_file: Path) -> None:
    with pytest.raises(ConfigurationError, match="MATCHBOOK_ALLOW_CLIENT_SECRET=true"):
        build(configure(certificate_file=None, client_secret_file=secret_file))


@pytest.mark.parametrize(("names", "count"), [((), "none is"), (("certificate", "secret"), "2 are")])
def test_exactly_one_credential_is_named(secret_file: Path, names: tuple[str, ...], count: str) -> None:
    with pytest.raises(ConfigurationError, match=count) as caught:
        CredentialFiles(**dict.fromkeys(names, secret_file)).credential()  # type: ignore[arg-type]
    for kind in ("CERTIFICATE_FILE", "FEDERATED_TOKEN_FILE", "CLIENT_SECRET_FILE"):
        assert f"MATCHBOOK_{kind}" in str(caught.value)


@pytest.mark.parametrize(("content", "sentence"), [(None, "can't be read"), (b" \n", "empty"), (b"\xff", "plain text")])
def test_a_file_that_holds_no_token_is_said_to(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=sentence):
        CredentialFiles(federated_token=file).credential()


async def test_a_token_at_hand_takes_no_thread_until_shortly_before_it_expires(
    world: Ingesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = world.parts.graph._tokens
    tenant_id, _ = largest(world)
    begun, acquire, acquired = time.time(), tokens._acquire, list[str]()

    def acquiring(tenant_id: str, renew: bool) -> Any:
        acquired.append(tenant_id)
        return acquire(tenant_id, renew)

    monkeypatch.setattr(tokens, "_acquire", acquiring)
    given = {await tokens.get(tenant_id) for _ in range(3)}
    assert (len(given), len(acquired)) == (1, 1)
    for seconds, times in ((3200, 1), (3400, 2)):
        later = SimpleNamespace(time=lambda now=begun + seconds: now)
        monkeypatch.setattr("matchbook_graph_ingestor.adapters.tokens.time", later)
        await tokens.get(tenant_id)
        assert len(acquired) == times


async def test_a_life_that_is_written_as_text_is_a_number(world: Ingesting) -> None:
    tenant_id, _ = largest(world)
    world.mischief.raw = lambda call, body: (
        re.sub(rb'("expires_in": ?)(\d+)', rb'\1"\2"', body) if call.path.endswith("/token") else None
    )
    assert await world.parts.graph._tokens.get(tenant_id)


async def test_one_application_a_tenant_asks_once_for_its_token(world: Ingesting) -> None:
    tokens = world.parts.graph._tokens
    tenant_id, _ = largest(world)
    world.mischief.calls.clear()
    given = set(await asyncio.gather(*(tokens.get(tenant_id) for _ in range(20))))
    asked = [call for call in world.mischief.calls if call.path.endswith("/token")]
    assert (len(given), len(asked), len(tokens._applications)) == (1, 1, 1)
