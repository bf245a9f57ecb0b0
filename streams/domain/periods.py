"""The periods of an agreement: local months, quarters or years."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from schemas.instants import Instant
from streams.domain.zones import local_date, opening_instant, zone_of

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_YEAR: Final = 12


def period_of(zone: str, period: str, at: Instant) -> tuple[Instant, Instant]:
    """Find the period that holds an instant.

    Args:
        zone: IANA name.
        period: ``month``, ``quarter`` or ``year``.
        at: Between 1970 and 2200.

    Returns:
        Its first instant, and its end, not in it.
    """
    today = local_date(zone_of(zone), at)
    months = _MONTHS[period]
    first = (today.year * _YEAR + today.month - 1) // months * months
    return _month_at(zone, first), _month_at(zone, first + months)


def cut_at_periods(
    zone: str, period: str, span: tuple[Instant, Instant]
) -> Iterator[tuple[Instant, Instant, Instant]]:
    """Cut a half-open span where periods begin.

    Returns:
        The first instant of each period, and the part of the span within it.
    """
    at, to_at = span
    while at < to_at:
        begins_at, ends_at = period_of(zone, period, at)
        yield begins_at, at, min(ends_at, to_at)
        at = ends_at


def _month_at(zone: str, month: int) -> Instant:
    year, index = divmod(month, _YEAR)
    return opening_instant(zone_of(zone), date(year, index + 1, 1).toordinal(), 0)
