"""A seeded world for the matching benchmark: devices and documentation with the usual dirt, made in a second or two."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from matchbook_contracts.identity import normalise_mac
from matchbook_matcher.domain.forms import serial_key, serial_variant
from matchbook_matcher.domain.records import ConfigurationFacts, DeviceFacts

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_JUNK = ("To Be Filled By O.E.M.", "System Serial Number", "Default string", "N/A", "0123456789")
_MODELS = ("Latitude 5440", "OptiPlex 7010", "20XW00A9US", "HP EliteBook 840 G9", "Surface Pro 9")
CONFIGURATIONS_PER_DEVICE = 1.27


@dataclass
class BenchTenant:
    """A tenant with its organization; configurations are 27 % more than devices, as FACTS have it of the field."""

    tenant_id: str
    organization_id: str
    name: str
    devices: list[DeviceFacts] = field(default_factory=list)
    configurations: list[ConfigurationFacts] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)


def build(devices: int, tenants: int, seed: int = 1) -> list[BenchTenant]:
    """`devices` in all, of which every third tenant has twice as many as the others."""
    rng = Random(seed)
    shares = [2 if number % 3 == 0 else 1 for number in range(tenants)]
    sizes = [devices * share // sum(shares) for share in shares]
    sizes[0] += devices - sum(sizes)
    return [_tenant(rng, number, size) for number, size in enumerate(sizes)]


def _tenant(rng: Random, number: int, size: int) -> BenchTenant:
    tenant = BenchTenant(_guid(rng), f"{1_000_000 + number}", f"Company {_word(rng)} {number}")
    docks = [_mac(rng) for _ in range(1 + size // 20)]
    for count in range(size):
        device, configuration = _machine(rng, tenant, f"C{number:03}-LT-{count:04}", docks)
        tenant.devices.append(device)
        if configuration is not None:
            tenant.configurations.append(configuration)
            tenant.truth[device.device_id] = configuration.configuration_id
    missing = int(size * CONFIGURATIONS_PER_DEVICE) - len(tenant.configurations)
    for count in range(missing):
        tenant.configurations.append(
            _configuration(rng, tenant, f"OLD-{number:03}-{count:04}", _serial(rng), (_mac(rng),))
        )
    rng.shuffle(tenant.devices)
    rng.shuffle(tenant.configurations)
    return tenant


def _machine(
    rng: Random, tenant: BenchTenant, name: str, docks: list[str]
) -> tuple[DeviceFacts, ConfigurationFacts | None]:
    draw = rng.random()
    serial = rng.choice(_JUNK) if draw < 0.03 else _serial(rng)
    wifi = f"02{_mac(rng)[2:]}" if rng.random() < 0.05 else _mac(rng)
    own = _mac(rng)
    ethernet = rng.choice(docks) if rng.random() < 0.05 else own
    model = rng.choice(_MODELS)
    device = DeviceFacts(
        tenant.tenant_id,
        _guid(rng),
        name,
        serial,
        serial_key(serial),
        normalise_mac(wifi),
        normalise_mac(ethernet),
        model,
        1_700_000_000 + rng.random() * 1e6,
    )
    kind = rng.random()
    if kind < 0.10:
        return device, None
    documented = "" if kind < 0.25 else serial.lower() if kind < 0.35 else serial
    macs = (wifi, own) if rng.random() < 0.6 else ()
    named = name if rng.random() < 0.85 or not (documented or macs) else f"Reception {rng.randrange(500)}"
    return device, _configuration(rng, tenant, named, documented, macs, model)


def _configuration(  # noqa: PLR0917
    rng: Random, tenant: BenchTenant, name: str, serial: str, macs: tuple[str, ...], model: str | None = None
) -> ConfigurationFacts:
    key = serial_key(serial)
    variant = None if key is None else serial_variant(key)
    normal = tuple(filter(None, map(normalise_mac, macs)))
    return ConfigurationFacts(
        str(rng.getrandbits(48)), tenant.organization_id, name, None, serial or None, key, variant, normal, model
    )


def _serial(rng: Random) -> str:
    return "".join(rng.choices(_ALPHABET, k=9))


def _mac(rng: Random) -> str:
    return f"3C22FB{rng.getrandbits(24):06X}"


def _guid(rng: Random) -> str:
    value = f"{rng.getrandbits(128):032x}"
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _word(rng: Random) -> str:
    return "".join(rng.choices("abcdefghiklmnoprstuvwz", k=8)).title()


def all_devices(world: list[BenchTenant]) -> Iterator[DeviceFacts]:
    """In the order in which an ingestor with eight workers would publish them."""
    for start in range(0, len(world), 8):
        queues = [list(tenant.devices) for tenant in world[start : start + 8]]
        while any(queues):
            for queue in queues:
                yield from queue[:100]
                del queue[:100]
