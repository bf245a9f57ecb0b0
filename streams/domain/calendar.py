"""Business time: which instants count, how many passed, and when enough have.

Every question is a binary search over spans of instants. Real seconds are
counted, so a night on which clocks change is an hour shorter or longer.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from schemas.instants import DAY, Instant, Micros
from streams.domain.spans import (
    FIRST,
    FIRST_YEAR,
    LAST,
    LAST_YEAR,
    Hours,
    Spans,
    joined,
    spans_of_year,
)
from streams.domain.zones import local_date, zone_of
from streams.errors import ConfigurationError

DAY_MINUTES: Final = 1440
_WEEKDAYS: Final = range(7)
_NEVER: Final[Instant] = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The business hours of a team, or of a commitment.

    Two calendars are equal when they are written alike, whatever they are called.
    Before 1970 and from 2200 on every instant counts: no agreement reaches there,
    and a fact with a mad date must not cost more than any other.

    Attributes:
        zone: IANA name of the zone in which the hours are written.
        week: Hours by weekday, Monday is 0; a weekday left out is closed.
        closed: Dates on which nothing opens.
        open: Dates that have exactly these hours, whatever the week says.
        name: What the agreement calls it.

    Raises:
        ConfigurationError: It never opens; or an interval is empty, reversed or
            longer than a day; or a date is both open and closed.
    """

    zone: str
    week: Mapping[int, Hours]
    closed: frozenset[date] = frozenset()
    open: Mapping[date, Hours] = field(default_factory=dict, hash=False)
    name: str = field(default="", compare=False)
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _always: bool = field(init=False, repr=False, compare=False)
    # The one thing that changes. What was asked before decides how many years are
    # at hand, never an answer, so the methods stay pure functions. It is replaced
    # whole: a reader in another thread sees all of a year or nothing of it.
    _spans: Spans | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for label, hours in (*self.week.items(), *self.open.items()):
            _check_hours(f"calendar {self.name!r}, {label}", hours)
        if both := self.closed & self.open.keys():
            raise ConfigurationError(f"calendar {self.name!r} is open and closed on {min(both)}")
        if not any(self.week.values()) and not any(self.open.values()):
            raise ConfigurationError(f"calendar {self.name!r} never opens")
        always = not self.closed and all(
            _is_whole_day(hours)
            for hours in (*(self.week.get(day, ()) for day in _WEEKDAYS), *self.open.values())
        )
        object.__setattr__(self, "_zone", zone_of(self.zone))
        object.__setattr__(self, "_always", always)

    def __hash__(self) -> int:
        # Equal calendars have equal weekdays; the hours of each need not be hashed.
        return hash((self.zone, self.closed, frozenset(self.week), frozenset(self.open)))

    def hours_of(self, day: date) -> Hours:
        """The intervals that open on the local date ``day``."""
        if day in self.open:
            return self.open[day]
        return () if day in self.closed else self.week.get(day.weekday(), ())

    def elapsed(self, start: Instant, end: Instant) -> Micros:
        """Measure the business time in the half-open span [start, end).

        Returns:
            Between zero and ``end - start``, exact to the microsecond.

        Raises:
            ValueError: ``end`` is before ``start``.
        """
        spans = self._spans
        if spans is not None and spans.start <= start <= end <= spans.end:
            # As `Spans.position` twice, without two calls: judging asks nothing as often.
            edges, bases = spans.edges, spans.bases
            first = bisect_right(edges, start)
            last = bisect_right(edges, end, first)
            passed = bases[last] - bases[first]
            return passed + (end if last & 1 else 0) - (start if first & 1 else 0)
        if end < start:
            raise ValueError(f"a span ends at {end}, before it starts at {start}")
        if self._always or end <= FIRST or start >= LAST:
            return end - start
        inner_start, inner_end = _clamped(start), _clamped(end)
        spans = self._covering(inner_start, inner_end)
        inner = spans.position(inner_end) - spans.position(inner_start)
        return (inner_start - start) + inner + (end - inner_end)

    def after(self, start: Instant, length: Micros) -> Instant:
        """Find when ``length`` of business time has passed since ``start``.

        Returns:
            The least instant t >= start with ``elapsed(start, t) == length``: the
            closing, never the next opening, when the length ends on both.

        Raises:
            ValueError: ``length`` is negative.
        """
        spans = self._spans
        if spans is not None and length > 0 and spans.start <= start <= spans.end:
            at = spans.instant_at(spans.position(start) + length)
            if at is not None:
                return at
        if length < 0:
            raise ValueError(f"business time cannot be negative: {length}")
        if self._always or not length or start >= LAST or start + length <= FIRST:
            return start + length
        inner_start = _clamped(start)
        length -= inner_start - start
        spans = self._covering(inner_start, inner_start)
        while True:
            target = spans.position(inner_start) + length
            at = spans.instant_at(target)
            if at is not None:
                return at
            if spans.last_year == LAST_YEAR:
                return LAST + target - spans.position(LAST)
            spans = self._with_next_year(spans)

    def next_open(self, at: Instant) -> Instant:
        """Find the first instant at or after ``at`` that counts as business time."""
        if self._always or not FIRST <= at < LAST:
            return at
        spans = self._covering(at, at)
        while True:
            index = bisect_right(spans.closes, at)
            if index < len(spans.opens) and spans.opens[index] <= spans.end:
                return max(at, spans.opens[index])
            if spans.last_year == LAST_YEAR:
                return LAST
            spans = self._with_next_year(spans)

    def is_open(self, at: Instant) -> bool:
        """Say whether ``at`` counts: an opening does, a closing does not."""
        return self.next_open(at) == at

    def open_spans(self, start: Instant, end: Instant) -> Iterator[tuple[Instant, Instant]]:
        """List what is open of the half-open span [start, end), in order.

        The lengths add up to `elapsed`. Spans may touch where nothing closes between them.
        """
        at = start
        while at < end:
            opens = self.next_open(at)
            if opens >= end:
                return
            closes = min(self._closing_after(opens), end)
            yield opens, closes
            at = closes

    def close_of_business_day(self, start: Instant, days: int) -> Instant:
        """Find the close of the ``days``-th business day after the day of ``start``.

        A business day is a date on which at least one interval opens; its close
        is the last closing of those intervals, also after midnight.

        Args:
            start: Its local date is the day from which the count starts.
            days: How many; 0 is that day itself, or the next business day when it
                is none.

        Raises:
            ValueError: ``days`` is negative.
        """
        if days < 0:
            raise ValueError(f"business days cannot be negative: {days}")
        if not FIRST <= start < LAST:
            return start + days * DAY
        today = local_date(self._zone, start).toordinal()
        spans = self._covering(start, start)
        while True:
            if days:
                index = bisect_right(spans.days, today) + days - 1
            else:
                index = bisect_left(spans.days, today)
            if index < len(spans.days):
                return spans.day_closes[index]
            if spans.last_year == LAST_YEAR:
                return LAST
            spans = self._with_next_year(spans)

    def longest_wait(self, start: Instant, end: Instant) -> Micros:
        """Measure the longest time from any instant in [start, end] to the next opening."""
        longest, at = 0, max(start, FIRST)
        while not self._always and at <= min(end, LAST - 1):
            opens = self.next_open(at)
            longest = max(longest, opens - at)
            if opens == LAST:
                break
            spans = self._covering(opens, opens)
            at = spans.closes[bisect_right(spans.closes, opens)]
        return longest

    def _closing_after(self, opens: Instant) -> Instant:
        """Find until when it is open without a break, from an open instant on."""
        if self._always or opens >= LAST:
            return _NEVER
        if opens < FIRST:
            return FIRST
        spans = self._covering(opens, opens)
        while True:
            closes = spans.closes[bisect_right(spans.closes, opens)]
            if closes <= spans.end or spans.last_year == LAST_YEAR:
                return min(closes, LAST)
            spans = self._with_next_year(spans)

    def _covering(self, start: Instant, end: Instant) -> Spans:
        """Make the years at hand that are complete over [start, end], within the limits."""
        spans = self._spans
        if spans is None:
            year = local_date(self._zone, start).year
            spans = self._keep(self._year(min(max(year, FIRST_YEAR), LAST_YEAR)))
        while start < spans.start:
            spans = self._keep(joined(self._year(spans.first_year - 1), spans))
        while end > spans.end:
            spans = self._with_next_year(spans)
        return spans

    def _with_next_year(self, spans: Spans) -> Spans:
        return self._keep(joined(spans, self._year(spans.last_year + 1)))

    def _year(self, year: int) -> Spans:
        return spans_of_year(self, self._zone, year)

    def _keep(self, spans: Spans) -> Spans:
        object.__setattr__(self, "_spans", spans)
        return spans


def _clamped(at: Instant) -> Instant:
    return min(max(at, FIRST), LAST)


def _check_hours(where: str, hours: Hours) -> None:
    for start, end in hours:
        if not (0 <= start < DAY_MINUTES and start < end <= start + DAY_MINUTES):
            raise ConfigurationError(
                f"{where}: minutes {start} to {end} are no interval of at most a day"
            )


def _is_whole_day(hours: Iterable[tuple[int, int]]) -> bool:
    covered = 0
    for start, end in sorted(hours):
        if start > covered:
            return False
        covered = max(covered, end)
    return covered >= DAY_MINUTES


ALWAYS: Final = Calendar(
    zone="UTC", week=dict.fromkeys(_WEEKDAYS, ((0, DAY_MINUTES),)), name="round the clock"
)
"""Every instant counts; what holds where an agreement names no calendar."""
