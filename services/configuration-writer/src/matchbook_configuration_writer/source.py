"""The port to another documentation system."""

from datetime import datetime
from typing import Protocol

from matchbook_contracts.base import Actor

from matchbook_configuration_writer.domain.documentation import Page, Resource, Unreadable


class Refused(Exception):  # noqa: N818 - an outcome of reading
    """The system does not let us in. The message is a sentence with the remedy: nobody but a person can mend it."""


class Away(Exception):  # noqa: N818 - an outcome of reading
    """The system does not answer for now; reading again later may help."""


class DocumentationSource(Protocol):
    """Reads organizations and configurations by pages. Raises Refused, Away or Unreadable.

    `actor` is whose commands bring in what it reads; its id tells the source's rows from those of others.
    """

    @property
    def actor(self) -> Actor: ...

    async def newest(self, resource: Resource) -> datetime | None:
        """When the record that changed last was changed; None where there is none."""
        ...

    async def page(self, resource: Resource, number: int, *, whole: bool) -> Page:
        """A page of the list: by id where the whole is read, else by time of change; in either case newest first."""
        ...


__all__ = ["Away", "DocumentationSource", "Refused", "Unreadable"]
