"""Normal forms of what identifies a machine, as they stand in events: one definition for all."""

import re
from functools import lru_cache

_SEPARATORS = re.compile(r"[^0-9A-Za-z]")
_HEX12 = re.compile("([0-9A-F]{2})" * 6)
_SHORT_OCTETS = re.compile("[:-]".join(["([0-9A-F]{1,2})"] * 6))
"""As some write an address: without the zero in front of an octet."""
_JUNK_SERIALS = frozenset(
    {
        "NA",
        "NULLSTRING",
        "NULL",
        "INVALID",
        "SYS1234567890",
        "SN12345",
        "0123456789",
        "1234567890",
        "123456789",
        "EVAL",
        "NONE",
        "TOBEFILLEDBYOEM",
        "SYSTEMSERIALNUMBER",
        "SYSTEMSERIALNUMB",
        "NOTSPECIFIED",
        "OEMSERIAL",
        "UNKNOW",
        "UNKNOWN",
        "DEFAULTSTRING",
        "NOTAPPLICABLE",
        "NOTAVAILABLE",
        "CHASSISSERIALNUMBER",
        "BASEBOARDSERIALNUMBER",
        "OEM",
        "TEST",
        "SERIALNUMBER",
    }
)
_SHORTEST_SERIAL = 3


# What is documented, discovered and matched is normalised again within moments.
@lru_cache(maxsize=8_192)
def normalise_serial(raw: str | None) -> str | None:
    """Upper case without blanks and punctuation; None where nothing is left."""
    return (_SEPARATORS.sub("", raw).upper() or None) if raw else None


def serial_is_usable(normalised: str | None) -> bool:
    """Whether a normalised serial number can identify a machine: no placeholder, not one repeated character."""
    if normalised is None or len(normalised) < _SHORTEST_SERIAL or len(set(normalised)) == 1:
        return False
    return normalised not in _JUNK_SERIALS


@lru_cache(maxsize=8_192)
def normalise_mac(raw: str | None) -> str | None:
    """`AA:BB:CC:DD:EE:FF` from any notation; None for what is no MAC address."""
    digits = _SEPARATORS.sub("", raw).upper() if raw else ""
    pairs = _HEX12.fullmatch(digits)
    if pairs is not None:
        return ":".join(pairs.groups())
    octets = _SHORT_OCTETS.fullmatch(raw.strip().upper()) if raw else None
    return ":".join(octet.zfill(2) for octet in octets.groups()) if octets is not None else None
