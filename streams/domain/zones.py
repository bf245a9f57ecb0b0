"""Time zones from the `tzdata` package, and local times turned into instants.

The machine's own zone files are never read: two machines would then disagree
about a due instant, and nobody could say which rules a verdict was made with.
"""

from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped] # it ships no types

from schemas.instants import DAY, MINUTE, SECOND, Instant
from streams.errors import ConfigurationError

TZDATA_VERSION: Final[str] = tzdata.IANA_VERSION
"""The IANA release every conversion in this process uses, e.g. ``2026f``."""

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_SECOND: Final = timedelta(seconds=1)


@cache
def zone_names() -> frozenset[str]:
    """All zone names that may stand in an agreement."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def zone_of(name: str) -> ZoneInfo:
    """Load the zone called ``name``, e.g. ``Europe/Berlin``.

    Raises:
        ConfigurationError: There is no zone of this name (upper and lower case count).
    """
    if name not in zone_names():
        raise ConfigurationError(
            f"time zone {name!r} is unknown; write an IANA name as Europe/Berlin"
        )
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with file.open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def local_date(zone: ZoneInfo, at: Instant) -> date:
    """The date that a wall clock in ``zone`` shows at ``at``."""
    return datetime.fromtimestamp(at // SECOND, zone).date()


def opening_instant(zone: ZoneInfo, day: int, minute: int) -> Instant:
    """When a local time begins: its first occurrence where clocks go back over it.

    Args:
        zone: The zone of the wall clock.
        day: Proleptic ordinal of the local date, as `date.toordinal` counts.
        minute: Minutes after that date's 00:00; 1440 and more are the next date.

    Returns:
        The instant; the first one after the gap for a local time that is skipped.
    """
    return _instant(zone, day, minute, fold=0)


def closing_instant(zone: ZoneInfo, day: int, minute: int) -> Instant:
    """When a local time ends: as `opening_instant`, but the second occurrence."""
    return _instant(zone, day, minute, fold=1)


def _instant(zone: ZoneInfo, day: int, minute: int, *, fold: int) -> Instant:
    later, minute = divmod(minute, 1440)
    local = datetime.fromordinal(day + later) + timedelta(minutes=minute)
    first, second = _offset(zone, local, fold=0), _offset(zone, local, fold=1)
    wall = (day + later - _EPOCH_ORDINAL) * DAY + minute * MINUTE
    if first < second:
        # Skipped: clocks went forward over it, from offset `first` to `second`.
        return _change_between(zone, wall // SECOND - second, wall // SECOND - first) * SECOND
    return wall - (second if fold else first) * SECOND


def _offset(zone: ZoneInfo, local: datetime, *, fold: int) -> int:
    offset = zone.utcoffset(local.replace(fold=fold, tzinfo=zone))
    assert offset is not None  # only a zone without any rule has none
    return offset // _SECOND


def _change_between(zone: ZoneInfo, low: int, high: int) -> int:
    """The first second after ``low``, at most ``high``, that has the offset of ``high``."""
    after = _offset_at(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(zone, middle) == after:
            high = middle
        else:
            low = middle
    return high


def _offset_at(zone: ZoneInfo, second: int) -> timedelta | None:
    return datetime.fromtimestamp(second, zone).utcoffset()
