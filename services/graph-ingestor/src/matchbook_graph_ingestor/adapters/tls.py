"""TLS towards Microsoft: the system's certificate authorities, and one bundle more where it is configured."""

import ssl
from pathlib import Path

from matchbook_graph_ingestor.errors import ConfigurationError


def client_context(ca_file: Path | None) -> ssl.SSLContext:
    """A context that verifies servers; raises ConfigurationError for a bundle that can't be used."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError("MATCHBOOK_CA_FILE can't be read as PEM certificates.") from error
    return context
