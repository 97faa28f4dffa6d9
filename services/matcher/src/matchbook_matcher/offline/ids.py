"""Ids as the files write them."""

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal

from matchbook_matcher.offline.lines import Id, Number

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_LONGEST = 40
"""Digits of a whole number; what is longer is compared by its exponent."""


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
    if not isinstance(value, Number):
        return str(value)
    try:
        number = Decimal(value.token).normalize(_EXACT)
    except ArithmeticError:  # an exponent that nothing can hold
        return value.token
    is_whole = number.adjusted() < _LONGEST and number == number.to_integral_value()
    return str(int(number)) if is_whole else str(number)
