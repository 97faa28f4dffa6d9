"""Structured log lines, shortened for a person."""

import json

import pytest
from matchbook_local.loglines import render


def line(**fields: object) -> str:
    return json.dumps({"timestamp": "2026-01-01T00:00:00Z", "service": "matcher", "instance": "matcher-1", **fields})


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (line(event="partitions assigned", level="info", logger="ours", group="g"), "partitions assigned group=g"),
        (line(event="slow", level="warning", logger="uvicorn.error"), "WARNING: slow"),
        (line(event="Started", level="info", logger="uvicorn.error"), None),
        (line(event="failed", level="error", failure="KeyError", frames=["a", "b"]), "ERROR: failed failure=KeyError"),
        (line(event="lost\nfuture: x", level="error"), "ERROR: lost future: x"),
        ("plain text", "plain text"),
        ("", None),
        ('{"no": "event"}', '{"no": "event"}'),
        ("{broken", "{broken"),
    ],
)
def test_a_line_is_shortened_and_nothing_unknown_is_lost(said: str, shown: str | None) -> None:
    assert render(said) == shown
