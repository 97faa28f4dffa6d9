"""What a wrong setting is answered with."""

from pathlib import Path
from typing import Any

import pytest
import trustme
from matchbook_graph_ingestor.adapters.credentials import CredentialFiles
from matchbook_graph_ingestor.adapters.tokens import Tokens
from matchbook_graph_ingestor.settings import IngestorSettings
from matchbook_servicekit.app import ConfigurationError
from pydantic import ValidationError

RSA = trustme.KeyType.RSA


def settings(**others: Any) -> IngestorSettings:
    usual: dict[str, Any] = {
        "kafka_bootstrap": "127.0.0.1:9092",
        "database_dsn": "postgresql://127.0.0.1/matchbook",
        "partner_tenant_id": "p",
        "client_id": "c",
        "certificate_file": Path("certificate.pem"),
    }
    return IngestorSettings(**usual | others)


def tokens(file: Path) -> Tokens:
    return Tokens(
        login_url="https://login.example", client_id="c", files=CredentialFiles(file), ca_file=None, scope="s/.default"
    )


def test_microsofts_public_cloud_is_the_default() -> None:
    assert (settings().graph_url, settings().login_url) == (
        "https://graph.microsoft.com",
        "https://login.microsoftonline.com",
    )


@pytest.mark.parametrize(
    "url",
    ["http://graph.example", "https://graph.example/v1.0", "https://a@graph.example", "graph.example", "https://g?x=1"],
)
def test_tokens_go_to_a_bare_https_address_or_nowhere(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(graph_url=url)
    with pytest.raises(ValidationError):
        settings(login_url=url)


def test_an_address_with_a_port_does(tmp_path: Path) -> None:
    assert settings(graph_url="https://127.0.0.1:8443/").graph_url == "https://127.0.0.1:8443"


def test_a_certificate_that_can_not_be_used_is_said_to_be_one(tmp_path: Path) -> None:
    one, two = (trustme.CA().issue_cert("a.example", key_type=RSA) for _ in range(2))
    elliptic = trustme.CA().issue_cert("a.example", key_type=trustme.KeyType.ECDSA)
    contents = {
        "can't be read": None,
        "both as PEM": one.private_key_pem.bytes(),
        "do not belong together": one.private_key_pem.bytes() + two.cert_chain_pems[0].bytes(),
        "RSA": elliptic.private_key_pem.bytes() + elliptic.cert_chain_pems[0].bytes(),
    }
    for sentence, content in contents.items():
        file = tmp_path / f"{len(sentence)}.pem"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ConfigurationError, match=sentence):
            tokens(file)
    good = tmp_path / "good.pem"
    good.write_bytes(one.private_key_pem.bytes() + one.cert_chain_pems[0].bytes())
    tokens(good).close()
