"""Commands that can't be obeyed, and why, in a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matchbook_contracts.connections import RefusalReason

LONGEST_INTERVAL: Final = 30 * 24 * 3600
_TENANT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_SENTENCES: Final[Mapping[RefusalReason, str]] = {
    "tenant_unknown": ("Microsoft knows no tenant {name}. Check the tenant's id, or take one of its verified domains."),
    "not_looked_after": "Matchbook looks after no tenant {name}.",
    "tenant_listed": (
        "{name} is one of the partner's customers and was not added by hand. End the relationship in Partner Center, "
        "or switch off Sync Intune Devices for it."
    ),
    "one_tenant_only": "This is for one tenant at a time.",
    "out_of_range": "An interval is at most 30 days.",
    "nothing_held_back": "That sweep of {name} holds nothing back that could be confirmed.",
    "unavailable": "Microsoft did not answer when asked for the tenant {name}. Try again in a few minutes.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command changes nothing."""

    reason: RefusalReason

    def sentence(self, name: str) -> str:
        """For a person; `name` is the tenant's, or what the command calls it."""
        return _SENTENCES[self.reason].format(name=name)


def tenant_name(text: str) -> str | None:
    """A tenant's id or domain as Microsoft takes it; None for what is neither, such as `common`."""
    name = text.strip().lower()
    return name if _TENANT_ID.fullmatch(name) or _DOMAIN.fullmatch(name) else None


def tenant_of_issuer(issuer: str) -> str | None:
    """The tenant's id in the issuer that its OpenID configuration names."""
    parts = [part for part in issuer.lower().split("/") if _TENANT_ID.fullmatch(part)]
    return parts[0] if len(parts) == 1 else None
