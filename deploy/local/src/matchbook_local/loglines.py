"""The services' structured log lines, as a person at a terminal wants them. The whole lines stay in the log files."""

import json
from typing import Any

# What every line has and the prefix or the order already says.
LEFT_OUT = (
    "event",
    "level",
    "timestamp",
    "logger",
    "service",
    "instance",
    "color_message",
    "trace_id",
    "frames",
    "stack",
)
QUIET_LOGGERS = ("uvicorn", "aiokafka")
LOUD_LEVELS = ("warning", "error", "critical")


def render(line: str) -> str | None:
    """One line to show, None for one that says nothing to whoever watches. What is not a JSON event is shown as it
    is.
    """
    if not line.startswith("{"):
        return line or None
    try:
        event = json.loads(line)
    except ValueError:
        return line
    if not isinstance(event, dict) or "event" not in event:
        return line
    return _render_event(event)


def _render_event(event: dict[str, Any]) -> str | None:
    level = str(event.get("level", "info"))
    loud = level in LOUD_LEVELS
    if not loud and str(event.get("logger", "")).startswith(QUIET_LOGGERS):
        return None
    details = [f"{key}={value}" for key, value in event.items() if key not in LEFT_OUT and value is not None]
    words = [f"{level.upper()}:"] if loud else []
    # One event is one line here, whatever a library put into its message.
    return " ".join(" ".join([*words, str(event["event"]), *details]).split())
