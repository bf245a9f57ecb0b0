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
# datetime.fromisoformat also takes week dates, basic forms, a comma, offsets of 99 minutes
# and, from some Python on, 24:00: not RFC 3339, and not the same on every Python.
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 instant with an offset; digits after the sixth are cut off.

    Raises:
        ValueError: The text is something else, no such instant exists, or it lies
            outside the years 1 to 9999 once its offset is taken away.
    """
    if _RFC3339.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is not an RFC 3339 instant with an offset")
    # The end tells: upper() costs as much as all of this comparison.
    at = micros_of(datetime.fromisoformat(text if text[-1] == "Z" else text.upper()))
    if not _FIRST <= at <= _LAST:
        raise ValueError(f"{text[:40]!r} is not in the years 1 to 9999 of UTC")
    return at


def micros_of(moment: datetime) -> Instant:
    """Convert an aware datetime, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


_FIRST: Final = micros_of(datetime.min.replace(tzinfo=UTC))
_LAST: Final = micros_of(datetime.max.replace(tzinfo=UTC))


def datetime_of(at: Instant) -> datetime:
    """Convert to an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def format_instant(at: Instant) -> str:
    """Write an instant as the contract fixes it: UTC, ``Z``, always six digits."""
    return datetime_of(at).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(length: Micros) -> int | float:
    """Turn microseconds into seconds with at most six decimals; whole ones stay integers."""
    whole, rest = divmod(length, SECOND)
    return length / SECOND if rest else whole


def micros(length_seconds: float) -> Micros:
    """Turn seconds into microseconds, rounded to the nearest."""
    return round(length_seconds * SECOND)
