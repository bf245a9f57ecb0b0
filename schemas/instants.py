"""Instants and lengths: integers inside, RFC 3339 text and seconds at the edge.

Sums of microseconds are exact, compare in one step and pack into eight bytes;
aware datetimes are none of these. Text is read and written here and nowhere else.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

Instant = int
"""Microseconds since 1970-01-01T00:00:00Z. A name ending in ``_at`` is one."""
Micros = int
"""A length in microseconds, real or business time as the name says."""

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# datetime.fromisoformat also takes week dates, basic forms and a comma: not RFC 3339.
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 instant with an offset; digits after the sixth are cut off.

    Raises:
        ValueError: The text is something else, or no such instant exists.
    """
    if _RFC3339.fullmatch(text) is None:
        msg = f"{text[:40]!r} is not an RFC 3339 instant with an offset"
        raise ValueError(msg)
    return micros_of(datetime.fromisoformat(text.upper()))


def micros_of(moment: datetime) -> Instant:
    """Convert an aware datetime, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def datetime_of(at: Instant) -> datetime:
    """Convert to an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def format_instant(at: Instant) -> str:
    """Write an instant as contract.md fixes it: UTC, ``Z``, always six digits."""
    return datetime_of(at).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(length: Micros) -> int | float:
    """Turn microseconds into seconds with at most six decimals; whole ones stay integers."""
    whole, rest = divmod(length, SECOND)
    return length / SECOND if rest else whole


def micros(length_seconds: float) -> Micros:
    """Turn seconds into microseconds, rounded to the nearest."""
    return round(length_seconds * SECOND)
