"""Business time by walking from day to day, for models that must share no code with streams.

Slow on purpose: every question looks at all spans of a hundred days, which begin in March 2026.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""Half-open, in microseconds since 1970."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST_DAY: Final = date(2026, 3, 20)
LAST_DAY: Final = date(2026, 7, 1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment."""
    return (moment - _EPOCH) // _MICROSECOND


def length_of(text: str) -> int:
    """Microseconds of a duration as ``PT1H30M`` or ``PT30S``."""
    found = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", text)
    assert found, text
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return (hours * 3600 + minutes * 60 + seconds) * 1_000_000


class NaiveCalendar:
    """A calendar of a policy body, for a hundred days of spring 2026.

    Attributes:
        spans: All open spans, disjoint, in order.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.zone = ZoneInfo(body["zone"])
        self._week = _week(body["hours"])
        self._closed = {date.fromisoformat(str(day)) for day in body.get("closed", ())}
        self._open = {
            date.fromisoformat(str(day)): tuple(hours)
            for day, hours in body.get("open", {}).items()
        }
        days = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days)]
        self.spans = union([span for day in days for span in self.opening_on(day)])

    def opening_on(self, day: date) -> list[Span]:
        """The spans that open on a local date."""
        if day in self._closed:
            return []
        hours = self._open.get(day, self._week.get(day.weekday(), ()))
        spans = []
        for text in hours:
            start, end = (_minutes(part) for part in text.split("-"))
            end += 1440 if end <= start else 0
            span = self._instant(day, start, first=True), self._instant(day, end, first=False)
            if span[0] < span[1]:
                spans.append(span)
        return spans

    def day_of(self, at: int) -> date:
        """The local date of an instant."""
        return (_EPOCH + at * _MICROSECOND).astimezone(self.zone).date()

    def close_of_business_day(self, at: int, days: int) -> int:
        """The last closing of the ``days``-th business day after the day of an instant."""
        day = self.day_of(at)
        while days:
            day += timedelta(days=1)
            days -= bool(self.opening_on(day))
        return max(end for _, end in self.opening_on(day))

    def _instant(self, day: date, minutes: int, *, first: bool) -> int:
        local = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
        early, late = (
            local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )
        if early.astimezone(self.zone).replace(tzinfo=None) != local:
            # The clock change skips this time: by minutes to the first one that exists.
            while early.astimezone(self.zone).replace(tzinfo=None) != local:
                local += timedelta(minutes=1)
                early = late = local.replace(tzinfo=self.zone).astimezone(UTC)
        return micros(early if first else late)


def union(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same instants as disjoint spans in order."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


@cache
def business(
    owners: tuple[tuple[int, int, NaiveCalendar], ...], gaps: tuple[Span, ...]
) -> tuple[Span, ...]:
    """The spans that count when calendars take turns, less the gaps."""
    found: list[Span] = []
    for start, end, calendar in owners:
        for low, high in calendar.spans:
            pieces = [(max(low, start), min(high, end))]
            for gap in gaps:
                pieces = [piece for whole in pieces for piece in _without(whole, gap)]
            found += [piece for piece in pieces if piece[0] < piece[1]]
    return union(found)


def elapsed(spans: Sequence[Span], start: int, end: int) -> int:
    """How much of [start, end) the spans cover; nothing when it is reversed."""
    return sum(max(0, min(high, end) - max(low, start)) for low, high in spans)


def after(spans: Sequence[Span], start: int, length: int) -> int:
    """The first instant from ``start`` on until which so much has counted."""
    for low, high in spans:
        low = max(low, start)  # noqa: PLW2901 - a model reads best this way
        if high <= low:
            continue
        if high - low >= length:
            return low + length
        length -= high - low
    raise AssertionError("the calendars of the model end in July 2026")


def first_open(spans: Sequence[Span], at: int) -> int:
    """The first instant from ``at`` on that counts."""
    return min(max(low, at) for low, high in spans if high > at)


def _without(span: Span, gap: Span) -> list[Span]:
    return [(span[0], min(span[1], gap[0])), (max(span[0], gap[1]), span[1])]


def _week(hours: Mapping[str, Sequence[str]]) -> dict[int, tuple[str, ...]]:
    week: dict[int, tuple[str, ...]] = {}
    for days, spans in hours.items():
        first, _, last = days.partition("-")
        for day in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
            week[day] = tuple(spans)
    return week


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


ROUND_THE_CLOCK: Final = NaiveCalendar({"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}})
