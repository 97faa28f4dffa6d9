"""Normal forms of what identifies a machine, as they stand in events: one definition for all."""

import re
from functools import lru_cache

_SEPARATORS = re.compile(r"[^0-9A-Za-z]")
# At most one sign between two octets, and no colon or plus around: not an IPv6 address, nor a phone number.
_EDGE = "[^0-9A-Za-z:+]*"
_MAC = re.compile(_EDGE + "(?:0[Xx])?" + "[^0-9A-Za-z+]?".join(["([0-9A-Fa-f]{2})"] * 6) + _EDGE)
# macOS and Solaris leave out an octet's leading zero.
_MAC_OF_SHORT_OCTETS = re.compile(_EDGE + ":".join(["([0-9A-Fa-f]{1,2})"] * 6) + _EDGE)
_OCTET = "[0-9A-Fa-f]{2}"
_NORMAL_MAC = re.compile(":".join(["[0-9A-F]{2}"] * 6))
_MAC_IN_TEXT = re.compile(rf"(?<![0-9A-Za-z:.+-]){_OCTET}([:-])(?:{_OCTET}\1){{4}}{_OCTET}(?![0-9A-Za-z:.+-])")
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


def normalise_serial(raw: str | None) -> str | None:
    """Upper case without blanks and punctuation; None where nothing is left."""
    if not raw:
        return None
    return raw.upper() if raw.isascii() and raw.isalnum() else _SEPARATORS.sub("", raw).upper() or None


def serial_is_usable(normalised: str | None) -> bool:
    """Whether a normalised serial number can identify a machine: no placeholder, not one repeated character."""
    if normalised is None or len(normalised) < _SHORTEST_SERIAL or not normalised.strip(normalised[0]):
        return False
    return normalised not in _JUNK_SERIALS


def is_placeholder(text: str) -> bool:
    """Whether a text stands where nobody filled in a value: a manufacturer's placeholder, or nothing but signs."""
    return normalise_serial(text) in _JUNK_SERIALS or not any(map(str.isalnum, text))


def normalise_mac(raw: str | None) -> str | None:
    """`AA:BB:CC:DD:EE:FF` from any notation of six octets; None for what is no MAC address.

    `Wi-Fi 3C:58:C2:1A:2B:3D (built in)` has one, too; of several in one text nobody knows which is meant.
    """
    if not raw:
        return None
    return raw if _NORMAL_MAC.fullmatch(raw) else _mac_in(raw)


# What is documented, discovered and matched is normalised again within moments.
@lru_cache(maxsize=8_192)
def _mac_in(raw: str) -> str | None:
    if (octets := _MAC.fullmatch(raw)) is not None:
        return ":".join(octets.groups()).upper()
    if (octets := _MAC_OF_SHORT_OCTETS.fullmatch(raw)) is not None:
        return ":".join(octet.zfill(2) for octet in octets.groups()).upper()
    found = list(_MAC_IN_TEXT.finditer(raw))
    return found[0][0].replace("-", ":").upper() if len(found) == 1 else None
