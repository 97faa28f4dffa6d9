"""What the machine offers: free ports, room on the disk, the certificates it trusts."""

import shutil
import socket
import ssl
from pathlib import Path

from matchbook_local.errors import LocalError

LOOPBACK = "127.0.0.1"
MEGABYTE = 1024 * 1024
# Where Debian, Red Hat and SUSE keep them, for a Python that was built to look elsewhere.
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")


def free_port() -> int:
    """A TCP port on loopback that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are only waiting to time out is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def require_port(port: int, what: str) -> None:
    """Raises LocalError when something else listens on the port."""
    if not port_is_free(port):
        raise LocalError(f"Port {port} on {LOOPBACK} is already in use, so {what} cannot listen there.")


def require_room(folder: Path, megabytes: int) -> None:
    """Create the folder. Raises LocalError when it cannot be written or its disk has less than `megabytes` left."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free // MEGABYTE
    except OSError as error:
        raise LocalError(f"The folder {folder} cannot be used: {error.strerror}.") from error
    if free < megabytes:
        raise LocalError(f"The disk that holds {folder} is full: {free} MB are left and {megabytes} MB are needed.")


def trusted_certificates() -> str | None:
    """The file of certificates this machine trusts, a company's own among them; None where there is no such file."""
    found = ssl.get_default_verify_paths().cafile
    return found or next((bundle for bundle in BUNDLES if Path(bundle).is_file()), None)
