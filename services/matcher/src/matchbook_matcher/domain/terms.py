"""By what devices look for configurations: a changed configuration tells by it whom it concerns.

What `Documents` finds for a device depends on nothing but what is filed under the terms that the device seeks, and on
which of the configurations filed there bear a serial number or a name that devices bear too.
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from matchbook_matcher.domain.compare import cut, may_be_cut
from matchbook_matcher.domain.forms import Kind, letters_and_digits
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.domain.slips import filings


class Term(NamedTuple):
    """A value of one field. A `cut name` is what may be left of a longer one, a `long name` may be cut to the value.

    An `end` is that of serial numbers with a slip, a `longer` and a `shorter` what such a slip leaves; a `word` is of a
    person's name.
    """

    field: Literal["serial", "mac", "name", "long name", "cut name", "numbers", "end", "longer", "shorter", "word"]
    value: Any


def identities(device: Device) -> Iterator[Term]:
    """The values of a device that can turn out to identify nothing."""
    if device.serial_key is not None:
        yield Term("serial", device.serial_key)
    for mac in (device.wifi, device.ethernet):
        if mac is not None:
            yield Term("mac", mac)
    if device.name is not None:
        yield Term("name", device.name.key)


def sought(device: Device, *, doubtful: bool) -> Iterator[Term]:
    """Everything under which a device may find a configuration; `doubtful`: what is looked up where nothing else has
    found any, too.
    """
    yield from identities(device)
    if device.variant is not None:
        yield Term("serial", device.variant)
    name = device.name
    if name is not None and name.identifies:
        if may_be_cut(name.short):
            yield Term("cut name", name.short)
        if (short := cut(name.short)) is not None:
            yield Term("long name", letters_and_digits(short))
        if doubtful and name.kind is Kind.OWN:
            yield Term("numbers", name.numbers)
    if doubtful and device.serial_key is not None:
        end, shorter, longer = filings(device.serial_key)
        yield from (Term("end", end), Term("shorter", shorter), Term("longer", longer))
    if doubtful and device.people is not None:
        yield from (Term("word", word) for word in device.people.words)


def filed(configuration: Configuration) -> Iterator[Term]:
    """Everything under which a configuration may be found."""
    for serial in configuration.serials:
        end, longer, shorter = filings(serial)
        yield from (Term("serial", serial), Term("end", end), Term("longer", longer), Term("shorter", shorter))
    yield from (Term("word", word) for word in configuration.title)
    for mac in configuration.macs:
        yield Term("mac", mac)
    for name in configuration.names:
        if name.identifies:
            yield Term("name", name.key)
            short = cut(name.short)
            yield Term("long name", name.key) if short is None else Term("cut name", short)
            if name.kind is Kind.OWN:
                yield Term("numbers", name.numbers)
