"""Suggestions and their evidence as lines of text."""

from collections.abc import Iterator, Sequence

from matchbook_matcher.domain.pairs import CandidateData, Evidence
from matchbook_matcher.domain.suggestions import Body

DEVICE_FIELDS = ("serial_number", "mac_address", "device_name", "model", "user")
"""Shown as missing where the evidence does not speak of them."""
_NO_VALUE = "-"


def suggestion_lines(target: str, body: Body | None, fields: Sequence[str]) -> Iterator[str]:
    """Which `target` (a kind of thing) is suggested, or why none is; `body` is as `domain.suggestions` makes it."""
    if body is None:
        yield f"No {target} is suggested: none fits."
        return
    runners = body["runners_up"]
    match body["status"]:
        case "suggested":
            yield from _candidate_lines(f"Suggested {target}", body["candidate"], fields)
            for number, runner in enumerate(runners, 1):
                yield from _candidate_lines(f"Runner-up {number}", runner, fields)
        case "conflict":
            yield f"Conflict, so no {target} is suggested: {_conflict(runners)}"
            for runner in runners:
                yield from _candidate_lines("Candidate", runner, fields)
        case "superseded":
            yield f"No {target} is suggested: device {body['superseded_by']} is a newer enrolment of the same machine."
        case _:
            yield f"No {target} is suggested: none of this organization fits."
    if body["documented_twice"]:
        yield f"Documented more than once, with the same serial number: {', '.join(body['documented_twice'])}"
    if (place := body.get("elsewhere")) is not None:
        yield (
            f"The serial number is documented under another organization, {place['organization_id']} "
            f'"{place["organization_name"]}": {place["configuration_id"]} "{place["configuration_name"]}"'
        )


def evidence_lines(told: Sequence[Evidence], fields: Sequence[str]) -> Iterator[str]:
    """A line for each field: the verdict, both values and the reason."""
    by_field = {entry["field"]: entry for entry in told}
    for field in dict.fromkeys((*fields, *by_field)):
        entry = by_field.get(field)
        if entry is None:
            yield f"    {field:<18}missing"
            continue
        values = f"{entry.get('device_value', _NO_VALUE)} | {entry.get('documented_value', _NO_VALUE)}"
        reason = f" ({entry['reason']})" if "reason" in entry else ""
        yield f"    {field:<18}{entry['verdict'].replace('_', ' '):<10} {values}{reason}"


def _candidate_lines(title: str, data: CandidateData, fields: Sequence[str]) -> Iterator[str]:
    decided = f"confidence {data['confidence']:.4f}, decided by {data['rule']}"
    yield f'{title}: {data["target_id"]} "{data["target_name"]}", {decided}'
    yield from evidence_lines(data["evidence"], fields)


def _conflict(candidates: Sequence[CandidateData]) -> str:
    return "another fits it just as well." if len(candidates) == 1 else "these can't be told apart."
