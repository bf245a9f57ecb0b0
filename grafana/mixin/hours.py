"""A team's calendar as Alertmanager's time intervals: nobody is called after hours.

The week and dates with hours of their own make the interval in which a route is active.
Closings cannot be taken out of an interval, so they make another one, which mutes.
"""

from collections import defaultdict
from datetime import date
from typing import Any, Final, NamedTuple

from streams.domain.calendar import DAY_MINUTES, Calendar
from streams.domain.spans import Hours
from streams.domain.timetable import DAYS

_LONG_DAYS: Final = dict(
    zip(
        DAYS,
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        strict=True,
    )
)


class Intervals(NamedTuple):
    """Of one calendar; each empty where there is nothing to say.

    Attributes:
        active: When somebody is there.
        muted: Dates, or hours of them, on which nobody is, whatever ``active`` says.
    """

    active: list[dict[str, Any]]
    muted: list[dict[str, Any]]


def intervals(calendar: Calendar, first: date, last: date) -> Intervals:
    """Write a calendar as time intervals.

    Args:
        calendar: The team's.
        first: Dates before are over.
        last: Dates after are not written.

    Returns:
        Nothing at all for a calendar that is round the clock.
    """
    days: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for weekday, hours in calendar.week.items():
        for shift, start, end in _by_day(hours):
            days[(weekday + shift) % 7].append((start, end))
    alike: dict[tuple[tuple[int, int], ...], list[str]] = defaultdict(list)
    for weekday, spans in sorted(days.items()):
        alike[tuple(sorted(spans))].append(_LONG_DAYS[DAYS[weekday]])
    where = {"location": calendar.zone}
    active: list[dict[str, Any]] = [
        {"weekdays": names, "times": _times(spans), **where} for spans, names in alike.items()
    ]
    closed = [day for day in calendar.closed if first <= day <= last]
    muted: list[dict[str, Any]] = [{**dates, **where} for dates in _months(closed)]
    for day, hours in sorted(calendar.open.items()):
        if not first <= day <= last:
            continue
        (dates,) = _months([day])
        spans = [(start, min(end, DAY_MINUTES)) for start, end in hours]
        if spans:
            active.append({**dates, "times": _times(spans), **where})
        if rest := _rest(spans):
            muted.append({**dates, "times": _times(rest), **where})
    is_always = not muted and all(days.get(day) == [(0, DAY_MINUTES)] for day in range(7))
    return Intervals([], []) if is_always else Intervals(active, muted)


def _by_day(hours: Hours) -> list[tuple[int, int, int]]:
    """Cut shifts at midnight: days after, start and end in minutes."""
    found = []
    for start, end in hours:
        found.append((0, start, min(end, DAY_MINUTES)))
        if end > DAY_MINUTES:
            found.append((1, 0, end - DAY_MINUTES))
    return found


def _rest(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give what is left of a day."""
    edges = [0, *(edge for span in sorted(spans) for edge in span), DAY_MINUTES]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]


def _times(spans: Any) -> list[dict[str, str]]:  # noqa: ANN401 - a list or a tuple of pairs
    return [{"start_time": _clock(start), "end_time": _clock(end)} for start, end in spans]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _months(days: list[date]) -> list[dict[str, Any]]:
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for day in sorted(days):
        found[day.year, day.month].append(str(day.day))
    return [
        {"years": [str(year)], "months": [str(month)], "days_of_month": named}
        for (year, month), named in found.items()
    ]
