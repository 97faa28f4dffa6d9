"""The gateway's services, together, as its routes find them."""

from dataclasses import dataclass

from matchbook_api_gateway.services.deciding import Deciding
from matchbook_api_gateway.services.exporting import Exporting
from matchbook_api_gateway.services.importing import Importing
from matchbook_api_gateway.services.live import Live
from matchbook_api_gateway.services.policies import Policies
from matchbook_api_gateway.services.reading import Reading
from matchbook_api_gateway.services.signing_in import SigningIn
from matchbook_api_gateway.settings import GatewaySettings


@dataclass(frozen=True, slots=True)
class Gateway:
    """One per process."""

    settings: GatewaySettings
    reading: Reading
    deciding: Deciding
    importing: Importing
    exporting: Exporting
    policies: Policies
    live: Live
    signing_in: SigningIn
