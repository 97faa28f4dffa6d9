"""How people write identifiers into documentation: other cases, separators, prefixes, old names."""

from random import Random

from . import dirt
from .chance import happens, pick, weighted
from .dirt import JUNK_SERIALS
from .hardware import label_prefix
from .model import Hardware, Staff, Tenant
from .naming import NETBIOS_LENGTH
from .pools import FRIENDLY, slug


def mac(rng: Random, digits: str) -> str:
    """Twelve hexadecimal digits in one of the notations in use."""
    if not digits:
        return ""
    text = digits if happens(rng, 0.6) else digits.lower()
    pairs = [text[i : i + 2] for i in range(0, 12, 2)]
    styles = ((0.45, ":".join(pairs)), (0.25, "-".join(pairs)), (0.2, text))
    return weighted(rng, (*styles, (0.1, f"{text[:4]}.{text[4:8]}.{text[8:]}")))


def serial(rng: Random, hardware: Hardware, flaws: list[str]) -> str:
    """The machine's own serial number, as somebody typed or scanned it."""
    number, prefix = hardware.serial, label_prefix(hardware)
    style = weighted(rng, ((0.80, "exact"), (0.07, "lower"), (0.05, "spaced"), (0.05, "labelled"), (0.03, "scanned")))
    match style:
        case "lower" if number.lower() != number:
            written = number.lower()
        case "spaced":
            written = (
                f" {number[: len(number) // 2]} {number[len(number) // 2 :]}" if happens(rng, 0.3) else f"{number} "
            )
        case "labelled":
            written = pick(rng, ("S/N: ", "SN: ", "S/N ", "Service Tag: ")) + number
        case "scanned" if prefix:
            flaws.append(dirt.LABEL_PREFIX)
            return prefix + number
        case _:
            return number
    flaws.append(dirt.SERIAL_STYLE)
    return written


def worthless_serial(rng: Random, flaws: list[str]) -> str:
    if happens(rng, 0.7):
        return ""
    flaws.append(dirt.DOCUMENTED_JUNK)
    return pick(rng, JUNK_SERIALS)


def recognisable_names(rng: Random, tenant: Tenant, reported: str, full: str) -> tuple[str, str]:
    """(name, hostname), of which one is the device's name but for case, domain or truncation."""
    domain = f"{slug(tenant.short_name)}.local"
    cut = len(full) > NETBIOS_LENGTH and full.startswith(reported)
    if len(reported) > len(full):
        reported = full  # Intune shows a domain behind it, which people leave out or write otherwise
    options = (
        (0.50, (full if cut else reported, "")),
        (0.15, (reported.lower(), "")),
        (0.15, (reported, f"{reported.lower()}.{domain}")),
        (0.10, (f"{reported}.{domain}".lower(), "")),
        (0.10, (friendly(rng), reported)),
    )
    return weighted(rng, options)


def any_names(rng: Random, tenant: Tenant, reported: str, full: str, user: Staff) -> tuple[tuple[str, str], bool]:
    """((name, hostname), drifted): most still name the machine, some have an old or a friendly name instead."""
    style = rng.random()
    if style < 0.76:  # noqa: PLR2004 - shares of three styles
        return recognisable_names(rng, tenant, reported, full), False
    if style < 0.84:  # noqa: PLR2004
        return (f"{reported} ({user.name})", reported), False
    return (drifted(rng, tenant), ""), True


def friendly(rng: Random) -> str:
    return f"{pick(rng, FRIENDLY)} {1 + int(rng.random() * 40)}"


def drifted(rng: Random, tenant: Tenant) -> str:
    """A name that the machine does not bear, or no longer. Nobody numbers machines in the nine thousands."""
    if happens(rng, 0.5):
        return friendly(rng)
    return f"{tenant.short_name}-OLD-{9000 + int(rng.random() * 999)}"
