"""The part of OData's $filter that Graph's device and partner lists understand."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from .errors import GraphError, bad_request

Test = Callable[[Any], bool]
Read = Callable[[str], Callable[[Any], Any] | None]
"""From a property's name to a function that reads it; None for one that can't be filtered on."""

TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[^\s(),']+))")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "gt": lambda a, b: bool(a > b),
    "ge": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
}
FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda a, b: b in a,
}
LITERALS = {"true": True, "false": False, "null": None}
IGNORED = frozenset({"wiFiMacAddress", "ethernetMacAddress"})
"""Intune drops a comparison with these without a word and returns every device."""


def parse(text: str, read: Read) -> Test:
    """A test of one item. Strings compare without regard to case. Raises GraphError for what is not understood."""
    parser = _Parser(list(_tokens(text)), read)
    test = parser.alternatives()
    if parser.rest:
        raise invalid_filter(text)
    return test


def invalid_filter(text: str) -> GraphError:
    return bad_request(f"Invalid filter clause: '{text}'.")


def _tokens(text: str) -> Iterator[str]:
    position = 0
    text = text.strip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise invalid_filter(text)
        yield match.group().strip()
        position = match.end()


class _Parser:
    """Recursive descent: alternatives are joined by `or`, conjunctions by `and`, which binds tighter."""

    def __init__(self, tokens: list[str], read: Read) -> None:
        self.rest = tokens
        self._read = read
        self._text = " ".join(tokens)

    def alternatives(self) -> Test:
        tests = [self._conjunction()]
        while self._accept("or"):
            tests.append(self._conjunction())
        return tests[0] if len(tests) == 1 else lambda item: any(test(item) for test in tests)

    def _conjunction(self) -> Test:
        tests = [self._term()]
        while self._accept("and"):
            tests.append(self._term())
        return tests[0] if len(tests) == 1 else lambda item: all(test(item) for test in tests)

    def _term(self) -> Test:
        if self._accept("("):
            test = self.alternatives()
            self._expect(")")
            return test
        first = self._take()
        if first.lower() == "not":
            inner = self._term()
            return lambda item: not inner(item)
        return self._function(first) if first.lower() in FUNCTIONS else self._comparison(first)

    def _comparison(self, name: str) -> Test:
        operator = COMPARISONS.get(self._take().lower())
        value = self._literal(self._take())
        if operator is None:
            raise invalid_filter(self._text)
        return self._test(name, operator, value)

    def _function(self, function: str) -> Test:
        self._expect("(")
        name = self._take()
        self._expect(",")
        value = self._literal(self._take())
        self._expect(")")
        return self._test(name, FUNCTIONS[function.lower()], value)

    def _test(self, name: str, compare: Callable[[Any, Any], bool], value: Any) -> Test:
        if name in IGNORED:
            return lambda _: True
        read = self._read(name)
        if read is None:
            raise bad_request(f"Property '{name}' does not support filtering.")
        expected = value.casefold() if isinstance(value, str) else value

        def test(item: Any) -> bool:
            actual = read(item)
            try:
                return compare(actual.casefold() if isinstance(actual, str) else actual, expected)
            except TypeError:
                return False

        return test

    def _literal(self, token: str) -> Any:
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.lower() in LITERALS:
            return LITERALS[token.lower()]
        return int(token) if token.lstrip("-").isdigit() else token

    def _accept(self, token: str) -> bool:
        if self.rest and self.rest[0].lower() == token:
            self.rest = self.rest[1:]
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise invalid_filter(self._text)

    def _take(self) -> str:
        if not self.rest:
            raise invalid_filter(self._text)
        token, self.rest = self.rest[0], self.rest[1:]
        return token
