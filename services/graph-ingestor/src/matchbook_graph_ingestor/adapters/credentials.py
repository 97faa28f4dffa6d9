"""What the application proves itself with: a certificate, a federated token or, on trial, a client secret."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from matchbook_servicekit.app import ConfigurationError
from matchbook_servicekit.telemetry import get_logger

log = get_logger(__name__)
Credential = Mapping[str, Any] | str
_CERTIFICATE: Final = "MATCHBOOK_CERTIFICATE_FILE"
_FEDERATED: Final = "MATCHBOOK_FEDERATED_TOKEN_FILE"
_SECRET: Final = "MATCHBOOK_CLIENT_SECRET_FILE"  # noqa: S105 - the setting's name
_ALLOWED: Final = "MATCHBOOK_ALLOW_CLIENT_SECRET"


class CredentialUnreadable(Exception):  # noqa: N818 - becomes a classified failure at the edge
    """The federated token's file can't be read at the moment."""


@dataclass(frozen=True, slots=True)
class CredentialFiles:
    """Where the credential is; exactly one is named. A secret also needs `secret_allowed`."""

    certificate: Path | None = None
    federated_token: Path | None = None
    secret: Path | None = None
    secret_allowed: bool = False

    def credential(self) -> Credential:
        """The credential for msal. Raises ConfigurationError, naming the settings, for what can't be used."""
        found = [file for file in (self.certificate, self.federated_token, self.secret) if file is not None]
        if len(found) != 1:
            count = "none is" if not found else f"{len(found)} are"
            raise ConfigurationError(
                f"Set exactly one of {_CERTIFICATE}, {_FEDERATED} and {_SECRET}: {count} set at present."
            )
        if self.certificate is not None:
            return _certificate(self.certificate)
        if self.federated_token is not None:
            return _federated(self.federated_token)
        return self._secret(found[0])

    def _secret(self, file: Path) -> str:
        if not self.secret_allowed:
            raise ConfigurationError(
                f"{_SECRET} is used only together with {_ALLOWED}=true, for trials: "
                f"prefer {_CERTIFICATE} or {_FEDERATED}."
            )
        return _text(file, _SECRET)


class RotatingCredential:
    """The credential, read again when its file changes; what can't be used leaves the one before in use.

    For several threads. Raises ConfigurationError when the first can't be used.
    """

    def __init__(self, files: CredentialFiles) -> None:
        self._files = files
        # A federated token is read for each use anyway.
        self._watched = files.certificate or files.secret
        self._lock = Lock()
        # Before the file is read, so that a change in between is seen later.
        self._stamp = self._stamped()
        self._current = files.credential()

    def current(self) -> Credential:
        """The credential as of now: the same object until it changes."""
        with self._lock:
            stamp = self._stamped()
            if stamp != self._stamp:
                self._stamp = stamp
                self._read_again()
            return self._current

    def _stamped(self) -> tuple[int, ...] | None:
        try:
            found = self._watched.stat() if self._watched else None
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None

    def _read_again(self) -> None:
        try:
            self._current = self._files.credential()
        except ConfigurationError as error:
            log.warning(
                "the credential's file changed and can't be used: the one before stays in use", cause=str(error)
            )
        else:
            log.info("the credential's file changed: new tokens are asked for with it", **_public(self._current))


def _public(credential: Credential) -> Mapping[str, str]:
    """What may be said of a credential: which certificate it is."""
    if isinstance(credential, str):
        return {}
    certificate = load_pem_x509_certificate(credential["public_certificate"].encode())
    return {
        "sha256": certificate.fingerprint(SHA256()).hex(),
        "valid_until": certificate.not_valid_after_utc.isoformat(),
    }


def _certificate(file: Path) -> Mapping[str, Any]:
    """A PEM file with key and certificate.

    The key is given parsed: msal would parse and check the PEM for every tenant and token, which costs 50 ms each time.
    """
    try:
        pem = file.read_bytes()
        certificate = load_pem_x509_certificate(pem)
        key = load_pem_private_key(pem, password=None)
        certified = certificate.public_key()
    except OSError as error:
        raise ConfigurationError(f"{_CERTIFICATE} can't be read: {error.strerror}.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            f"{_CERTIFICATE} must hold a private key without a password and its certificate, both as PEM."
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"{_CERTIFICATE} must hold an RSA key: Microsoft accepts no other.")
    if key.public_key() != certified:
        raise ConfigurationError(f"{_CERTIFICATE} holds a key and a certificate that do not belong together.")
    # What is not ASCII stands in comments, such as a friendly name.
    return {"private_key": key, "public_certificate": pem.decode("ascii", "replace")}


def _federated(file: Path) -> Mapping[str, Callable[[], str]]:
    """A token that somebody else writes and replaces: read each time that Microsoft is asked, about hourly a tenant."""
    _text(file, _FEDERATED)

    def assertion() -> str:
        try:
            return _text(file, _FEDERATED)
        except ConfigurationError as error:
            raise CredentialUnreadable(str(error)) from error

    return {"client_assertion": assertion}


def _text(file: Path, setting: str) -> str:
    try:
        text = file.read_text("ascii").strip()
    except OSError as error:
        raise ConfigurationError(f"{setting} can't be read: {error.strerror}.") from error
    except ValueError:
        # Not chained: the error would carry the bytes.
        raise ConfigurationError(f"{setting} does not hold plain text.") from None
    if not text:
        raise ConfigurationError(f"{setting} is an empty file.")
    return text
