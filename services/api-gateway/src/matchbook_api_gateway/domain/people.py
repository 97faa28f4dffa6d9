"""Who is signed in, what their role allows, and which organizations they may see."""

from dataclasses import dataclass
from enum import IntEnum

from matchbook_contracts.base import Actor, Role


class Need(IntEnum):
    """What a route asks of the caller; each level includes the ones below it."""

    PUBLIC = 0
    READER = 1
    MANAGER = 2
    ADMINISTRATOR = 3


_LEVELS: dict[Role, Need] = {"Reader": Need.READER, "Manager": Need.MANAGER, "Administrator": Need.ADMINISTRATOR}


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person. `organizations` limits what they see and decide; None means everything."""

    id: str
    name: str
    role: Role
    organizations: tuple[str, ...] | None = None

    @property
    def scope(self) -> list[str] | None:
        """The organization ids as a query parameter."""
        return None if self.organizations is None else list(self.organizations)

    @property
    def actor(self) -> Actor:
        """The person as the actor of a command, with the authority they have now."""
        return Actor(kind="person", id=self.id, name=self.name, role=self.role, organizations=self.organizations)

    def may(self, need: Need) -> bool:
        return _LEVELS[self.role] >= need

    def sees(self, organization_id: str | None) -> bool:
        """Whether something of this organization (None: of no organization) is theirs to see."""
        return self.organizations is None or organization_id in self.organizations


def strongest_role(roles: object) -> Role:
    """The strongest of the roles a token names; a token without one of ours makes a Reader."""
    named: list[Role] = [role for role in _LEVELS if isinstance(roles, list) and role in roles]
    return max(named, key=_LEVELS.__getitem__, default="Reader")
