"""The faults there are, and how they are written down."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from . import answers, clocks, connections, pages
from .base import Fault, FaultError, Parameters

FAULTS: dict[str, type[Parameters]] = {
    fault.name: fault
    for fault in (
        answers.Throttled,
        answers.ServerError,
        answers.HtmlError,
        answers.Redirect,
        answers.ExpiredPageToken,
        answers.ConsentRevoked,
        answers.AccessDenied,
        answers.InvalidToken,
        answers.DeviceNotFound,
        answers.TokenRefused,
        clocks.ClockSkew,
        connections.SlowAnswer,
        connections.StalledHeaders,
        connections.StalledBody,
        connections.ConnectionReset,
        connections.BrokenBody,
        pages.TruncatedJson,
        pages.WrongType,
        pages.LongText,
        pages.ListEndsEarly,
        pages.ShortPage,
        pages.SameNextLink,
        pages.ForeignNextLink,
        pages.EmptyPages,
        pages.DuplicateDevices,
        pages.MovingDevices,
    )
}


def fault_of(written: Any, place: str = "") -> Parameters:
    """A fault from its name and parameters, as JSON has them; `place` stands before a field's name in an error."""
    if not isinstance(written, Mapping):
        raise FaultError(f"{place.rstrip('.') or 'fault'}: must be an object with a name")
    kind = FAULTS.get(str(written.get("name")))
    if kind is None:
        raise FaultError(f"{place}name: there is no fault {written.get('name')!r}, only {', '.join(FAULTS)}")
    try:
        return kind.model_validate({key: value for key, value in written.items() if key != "name"})
    except ValidationError as error:
        first = error.errors()[0]
        raise FaultError(
            f"{place}{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}"
        ) from error


def faults_of(written: Any) -> list[Parameters]:
    if not isinstance(written, list):
        raise FaultError("faults: must be a list")
    return [fault_of(one, f"faults.{number}.") for number, one in enumerate(written)]


def fault_of_text(text: str) -> Parameters:
    """A fault as the command line has it: name[,key=value]…; tenant and path may come several times."""
    name, *pairs = text.split(",")
    written: dict[str, Any] = {"name": name}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise FaultError(f"{pair}: must be key=value")
        if key in ("tenant", "path"):
            written.setdefault(key, []).append(value)
        elif key in written:
            raise FaultError(f"{key}: is given twice")
        else:
            written[key] = value
    return fault_of(written)


def listed() -> Iterable[str]:
    """One line for each fault: its name, what it does, and its own parameters with what they usually are."""
    for name, fault in FAULTS.items():
        shared = Fault.model_fields if issubclass(fault, Fault) else {}
        own = [f"{key}={field.default}" for key, field in fault.model_fields.items() if key not in shared]
        summary = " ".join((fault.__doc__ or "").split())
        yield f"{name:20}{summary}" + (f" [{' '.join(own)}]" if own else "")
