"""Ids as the files write them."""

from matchbook_matcher.offline.lines import Id


class Ids:
    """One kind of id. The domain knows texts only; what went in as a number comes back as one.

    `7`, `7.0` and `"7"` are one id, so that files of different origin find each other.
    """

    def __init__(self) -> None:
        self._written: dict[str, Id] = {}

    def text(self, value: Id | None) -> str:
        """The id as text, empty for none; the file that is read first says how it is written."""
        if value is None:
            return ""
        text = id_text(value)
        self._written.setdefault(text, value)
        return text

    def written(self, text: str) -> Id:
        """The id as it went in."""
        return self._written[text]


def id_text(value: Id) -> str:
    """The same for what is the same id."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
