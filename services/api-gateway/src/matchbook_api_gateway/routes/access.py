"""The one dependency by which every route says who may call it."""

from typing import Annotated

from fastapi import Depends, Request

from matchbook_api_gateway.domain.people import Need, Person
from matchbook_api_gateway.errors import forbidden, not_signed_in
from matchbook_api_gateway.services.gateway import Gateway

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WRITE_HEADER = "x-matchbook"


def gateway_of(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway


async def session_of(request: Request) -> Person | None:
    """Who calls; None without a live session."""
    gateway = gateway_of(request)
    return await gateway.signing_in.person(request.cookies.get(gateway.settings.cookie_name))


async def _signed_in(request: Request) -> Person:
    person = await session_of(request)
    if person is None:
        raise not_signed_in()
    return person


class Needs:
    """A route's classification: the role it needs, and for a write the header no other site's page can send."""

    def __init__(self, need: Need) -> None:
        self.need = need

    async def __call__(self, request: Request) -> Person | None:
        """The caller, None on a public route; raises the 401 and 403 problems."""
        person = None if self.need is Need.PUBLIC else await _signed_in(request)
        if request.method not in SAFE_METHODS and WRITE_HEADER not in request.headers:
            raise forbidden("A write needs the header X-Matchbook.")
        if person is not None and not person.may(self.need):
            raise forbidden(f"This needs the role {self.need.name.capitalize()}; yours is {person.role}.")
        return person


Service = Annotated[Gateway, Depends(gateway_of)]
Public = Annotated[None, Depends(Needs(Need.PUBLIC))]
Reader = Annotated[Person, Depends(Needs(Need.READER))]
Manager = Annotated[Person, Depends(Needs(Need.MANAGER))]
Administrator = Annotated[Person, Depends(Needs(Need.ADMINISTRATOR))]
