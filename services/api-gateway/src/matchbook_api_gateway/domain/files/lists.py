"""Lists in a cell: `;` between items, `|` between an item's parts, a backslash before either where it is text."""

import re
from typing import Final

ITEMS: Final = ";"
PARTS: Final = "|"
_ESCAPED: Final = re.compile(r"\\([\\;|])")
# Beginning with the sign or the text, an item or a part up to the next sign that no backslash makes text.
_BETWEEN: Final = {sign: re.compile(rf"(?:^|[{sign}])((?:\\[\\;|]|[^{sign}])*)") for sign in (ITEMS, PARTS)}


def escaped(text: str, *signs: str) -> str:
    """The text as it stands between the signs."""
    for sign in ("\\", *signs):
        text = text.replace(sign, f"\\{sign}")
    return text


def plain(text: str) -> str:
    """The text that stands in a list as `text`; a backslash before any other sign is one."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def split(text: str, sign: str) -> list[str]:
    """What stands between the signs, as it is written and without blanks around it."""
    found = _BETWEEN[sign].findall(text) if "\\" in text else text.split(sign)
    return [part.strip() for part in found]
