"""Keys on disk: the authority that signs the emulator's TLS certificate, and the application's own certificate."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

KEY_BITS = 2048
APP_CERTIFICATE_DAYS = 730


@dataclass(frozen=True, slots=True)
class TlsFiles:
    ca_file: Path
    """What clients must trust."""
    server_file: Path
    """Private key and certificate chain."""

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.server_file)
        return context


def tls_files(folder: Path, *hosts: str) -> TlsFiles:
    """Keeps the authority that `folder` holds, so that clients of an earlier run still trust it; the leaf is new."""
    files = TlsFiles(folder / "ca.pem", folder / "server.pem")
    ca_key = folder / "ca-key.pem"
    if files.ca_file.exists() and ca_key.exists():
        authority = trustme.CA.from_pem(files.ca_file.read_bytes(), ca_key.read_bytes())
    else:
        authority = trustme.CA(organization_name="Matchbook emulator")
        write_private(ca_key, authority.private_key_pem.bytes())
        files.ca_file.write_bytes(authority.cert_pem.bytes())
    leaf = authority.issue_cert("localhost", "127.0.0.1", "::1", *hosts)
    write_private(files.server_file, leaf.private_key_and_cert_chain_pem.bytes())
    return files


def app_certificate(path: Path) -> x509.Certificate:
    """The certificate in `path`, made when the file is absent. The file holds the private key and the certificate."""
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        certificate = self_signed(key, "Matchbook")
        write_private(path, private_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
    return x509.load_pem_x509_certificate(path.read_bytes())


def self_signed(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=APP_CERTIFICATE_DAYS))
        .sign(key, hashes.SHA256())
    )


def signing_key(path: Path) -> rsa.RSAPrivateKey:
    """The key that signs tokens; kept, so that tokens outlive a restart."""
    if not path.exists():
        write_private(path, private_pem(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)))
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key")
    return key


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_private(path: Path, content: bytes) -> None:
    """Readable by the owner alone from the first moment."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
