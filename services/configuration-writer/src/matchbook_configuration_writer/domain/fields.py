"""A configuration's fields: the documented value, the synced value, which is in force, and the lock.

One rule decides which is in force: the synced value, where there is one and no lock; else the documented value.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias, get_args

from matchbook_contracts.base import FieldChange
from matchbook_contracts.identity import normalise_mac, normalise_serial, serial_is_usable
from matchbook_contracts.states import ConfigurationState, FieldName, FieldValue, Interface, PsaSync

Fields: TypeAlias = Mapping[FieldName, FieldValue]
FIELD_ORDER: Mapping[FieldName, int] = {name: order for order, name in enumerate(get_args(FieldName))}
_EMPTY = FieldValue()
_REST = ("interfaces", "psa_sync", "archived", "device_retired")
_FLAG = {False: "false", True: "true"}


# Documentation repeats itself: a thousand laptops share a manufacturer, and equal values may be one frozen object.
@lru_cache(maxsize=65_536)
def value_of(documented: str | None, synced: str | None, *, locked: bool) -> FieldValue:
    """A field whose value in force follows the rule."""
    in_force = synced is not None and not locked
    return FieldValue(
        documented=documented, synced=synced, in_force="synced" if in_force else "documented", locked=locked
    )


def with_documented(fields: Fields, values: Mapping[FieldName, str]) -> dict[FieldName, FieldValue]:
    """Fields after an import: its values become the documented ones, except where a person holds a lock."""
    after = dict(fields)
    for name, value in values.items():
        before = after.get(name, _EMPTY)
        if not before.locked and before.documented != value:
            after[name] = value_of(value, before.synced, locked=False)
    return after


def with_edits(
    fields: Fields,
    values: Mapping[FieldName, str | None],
    locks: Mapping[FieldName, bool],
    own: Mapping[FieldName, str],
) -> dict[FieldName, FieldValue]:
    """Fields after a person's edit; `own` are the values of the device, if any, that sync writes from.

    Correcting a value that sync wrote, or would have written, locks the field, unless the edit says otherwise, or sync
    would undo the correction. Locking a field without a new value documents the value it shows.
    """
    after = dict(fields)
    for name in {**values, **locks}:
        before = after.get(name, _EMPTY)
        corrected = name in values and values[name] != before.value
        documented = values[name] if corrected else before.documented
        synced = before.synced is not None or own.get(name) not in (None, values.get(name))
        locked = locks.get(name, before.locked or (corrected and synced))
        if locked and not before.locked and not corrected:
            documented = before.value
        after[name] = value_of(documented, before.synced, locked=locked)
    return {name: value for name, value in after.items() if value != _EMPTY}


def with_synced(fields: Fields, values: Mapping[FieldName, str]) -> Fields:
    """Fields after a sync, which leaves locked ones alone; the same object where no value in force changes."""
    changed = [
        name
        for name, value in values.items()
        if (before := fields.get(name, _EMPTY)).value != value and not before.locked
    ]
    if not changed:
        return fields
    after = dict(fields)
    for name, value in values.items():
        before = after.get(name, _EMPTY)
        if not before.locked:
            after[name] = value_of(before.documented, value, locked=False)
    return after


def without_synced(fields: Fields) -> Fields:
    """Fields after a revert: what sync wrote is gone, the documented values are back; the same object if none was."""
    if all(value.synced is None for value in fields.values()):
        return fields
    plain = {name: value_of(value.documented, None, locked=value.locked) for name, value in fields.items()}
    return {name: value for name, value in plain.items() if value != _EMPTY}


def configuration(  # noqa: PLR0913 - the parts of a configuration, named at each call
    configuration_id: str,
    organization_id: str,
    version: int,
    fields: Fields,
    *,
    interfaces: tuple[Interface, ...] = (),
    psa_sync: PsaSync = "released",
    archived: bool = False,
    device_retired: bool = False,
) -> ConfigurationState:
    """A configuration's state from its parts: the values in force at the top, normal forms of what identifies it."""
    shown = {name: value.value for name, value in fields.items()}
    serial = normalise_serial(shown.get("serial_number"))
    return ConfigurationState(
        configuration_id=configuration_id,
        organization_id=organization_id,
        version=version,
        name=shown.get("name") or shown.get("hostname") or configuration_id,
        configuration_type=shown.get("configuration_type"),
        configuration_status=shown.get("configuration_status"),
        serial_number=shown.get("serial_number"),
        serial_normalised=serial,
        serial_usable=serial_is_usable(serial),
        mac_addresses=_mac_addresses(shown.get("mac_address"), interfaces),
        manufacturer=shown.get("manufacturer"),
        model=shown.get("model"),
        operating_system=shown.get("operating_system"),
        psa_sync=psa_sync,
        archived=archived,
        device_retired=device_retired,
        fields={name: fields[name] for name in sorted(fields, key=FIELD_ORDER.__getitem__)},
        interfaces=interfaces,
    )


def _mac_addresses(documented: str | None, interfaces: Iterable[Interface]) -> tuple[str, ...]:
    written = (documented, *(interface.mac_address for interface in interfaces))
    return tuple(dict.fromkeys(address for address in map(normalise_mac, written) if address is not None))


def with_fields(
    state: ConfigurationState,
    fields: Fields,
    *,
    psa_sync: PsaSync | None = None,
    archived: bool | None = None,
    device_retired: bool | None = None,
) -> ConfigurationState:
    """The next version of a configuration; what is None stays as it is."""
    return configuration(
        state.configuration_id,
        state.organization_id,
        state.version + 1,
        fields,
        interfaces=state.interfaces,
        psa_sync=state.psa_sync if psa_sync is None else psa_sync,
        archived=state.archived if archived is None else archived,
        device_retired=state.device_retired if device_retired is None else device_retired,
    )


def changes(before: ConfigurationState | None, after: ConfigurationState) -> tuple[FieldChange, ...]:
    """The values in force that differ, in the order of the fields; then the rest."""
    old = before.fields if before is not None else {}
    # Fields that no one touched are the same objects.
    touched = [
        (name, was.value, now.value)
        for name in FIELD_ORDER
        if (was := old.get(name, _EMPTY)) is not (now := after.fields.get(name, _EMPTY))
    ]
    rest = zip(_REST, _shown(before), _shown(after), strict=True)
    return tuple(_change(name, was, now) for name, was, now in (*touched, *rest) if was != now)


@lru_cache(maxsize=65_536)
def _change(field: str, before: str | None, after: str | None) -> FieldChange:
    return FieldChange(field=field, before=before, after=after)


def _shown(state: ConfigurationState | None) -> tuple[str | None, ...]:
    """What `_REST` names, as text."""
    if state is None:
        return (None, "released", "false", "false")
    interfaces = "; ".join(map(_interface_text, state.interfaces)) or None
    return (interfaces, state.psa_sync, _FLAG[state.archived], _FLAG[state.device_retired])


def _interface_text(interface: Interface) -> str:
    parts = (interface.name, interface.ip_address, interface.mac_address, "primary" if interface.primary else None)
    return " ".join(part for part in parts if part)
