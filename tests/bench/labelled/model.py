"""What a labelled world is made of, as plain data. MAC addresses are twelve upper-case hexadecimal digits."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

from matchbook_local.emulator.world.model import Hardware, Staff

if TYPE_CHECKING:
    from .place import Place


class Proof(StrEnum):
    """A field by which a careful person could still tell that the record is this machine's."""

    SERIAL = "serial"
    MAC = "mac"
    NAME = "name"
    TRACE = "trace"
    """A number or name that is nearly right, beside the right user: the last that is left, so nothing more may go."""


@dataclass(slots=True)
class Enrolment:
    """A device as Graph reports it. Times are seconds since 1970-01-01 in UTC."""

    id: str
    name: str
    serial: str
    wifi: str | None
    ethernet: str | None
    user: Staff
    manufacturer: str
    model: str
    platform: str
    enrolled: int
    last_sync: int


@dataclass(slots=True)
class Record:
    """A documented configuration. `mac_style` is a key of `macs.NOTATIONS`."""

    id: int
    organization_id: int
    name: str = ""
    hostname: str = ""
    serial: str = ""
    macs: list[str] = field(default_factory=list)
    manufacturer: str = ""
    model: str = ""
    type: str = "Workstation"
    primary_user: str = ""
    contact: str = ""
    mac_style: str = "colons"


@dataclass(slots=True)
class Case:
    """One enrolment with the record of its machine, and all that is wrong with either.

    `decisive` is the dirt that last took a proof away.
    `name` is the whole name its owner gave the machine; `names_it` whether that name tells it from others.
    """

    rng: Random
    place: "Place"
    hardware: Hardware
    user: Staff
    name: str
    names_it: bool
    enrolment: Enrolment
    record: Record | None = None
    story: str | None = None
    decisive: str | None = None
    dirt: list[str] = field(default_factory=list)
    proof: set[Proof] = field(default_factory=set)
    also: list[int] = field(default_factory=list)

    @property
    def documented(self) -> Record:
        if self.record is None:
            raise ValueError("nobody documented this machine")
        return self.record

    @property
    def is_phone(self) -> bool:
        return self.hardware.platform.is_phone

    @property
    def own_macs(self) -> list[str]:
        """The built-in adapters."""
        return [mac for mac in (self.hardware.wifi_mac, self.hardware.ethernet_mac) if mac]

    @property
    def category(self) -> str:
        return self.story or self.decisive or (self.dirt[0] if self.dirt else "clean")

    def loses(self, proof: Proof) -> bool:
        """Gives up one proof; False, and nothing changes, where it is the last one."""
        if not self.proof - {proof}:
            return False
        self.proof.discard(proof)
        return True

    def keeps_a_trace_of(self, proof: Proof) -> None:
        """The proof is nearly right from now on. Where it was the last one, the record names the user too."""
        self.proof.discard(proof)
        if not self.proof:
            self.proof.add(Proof.TRACE)
            self.documented.contact = self.user.name

    def weigh_macs(self) -> bool:
        """Notes whether the addresses on both sides still prove anything; False where nothing else would."""
        reported = {self.enrolment.wifi, self.enrolment.ethernet}
        if any(mac in reported for mac in self.documented.macs if mac in self.own_macs):
            self.proof.add(Proof.MAC)
            return True
        return self.loses(Proof.MAC)


@dataclass(frozen=True, slots=True)
class Customer:
    """A tenant, and the organization that documents it."""

    tenant_id: str
    display_name: str
    default_domain: str
    verified_domains: tuple[str, ...]
    short_name: str
    city: str
    category: str
    organization_id: int | None
    organization_name: str | None
    devices: int = 0


@dataclass(frozen=True, slots=True)
class Organization:
    id: int
    name: str
