"""Dates as the two systems write them."""

import functools
from datetime import UTC, date, datetime, timedelta

DAY = 86_400
DEFAULT_EPOCH = date(2026, 1, 5)
"""The first day of a world whose epoch nobody chose."""


def seconds_of(day: date) -> int:
    """Midnight UTC of a day, in seconds since 1970-01-01."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def graph_time(seconds: int) -> str:
    """As Graph prints a DateTimeOffset without a fraction."""
    days, rest = divmod(seconds, DAY)
    minutes, second = divmod(rest, 60)
    return f"{documentation_date(days)}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}Z"


@functools.lru_cache(maxsize=16_384)
def documentation_date(days: int) -> str:
    """As the documentation's CSV has it: yyyy-mm-dd. `days` counts from 1970-01-01."""
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
