"""Weekly local hours turned into spans of instants, year by year.

The one place where local time becomes real time. What comes out are plain
ascending integers with prefix sums, which `streams.domain.calendar` searches.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from itertools import accumulate
from operator import sub
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from schemas.instants import DAY, Instant, Micros
from streams.domain.zones import closing_instant, opening_instant

Hours = tuple[tuple[int, int], ...]
"""Half-open local intervals of one date, in minutes after its 00:00. An end above
1440 lies on the next date: ``((1320, 1800),)`` is 22:00 until 06:00."""

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
# An interval may open 14 hours before its date begins in UTC, and close a day
# after its date ended 12 hours late: so far from its ends a year is not complete.
_MARGIN: Final[Micros] = 3 * DAY


def _year_start(year: int) -> Instant:
    return (date(year, 1, 1).toordinal() - _EPOCH_ORDINAL) * DAY


FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
FIRST: Final[Instant] = _year_start(FIRST_YEAR) + _MARGIN
"""Before this instant calendars count every instant."""
LAST: Final[Instant] = _year_start(LAST_YEAR + 1) - _MARGIN
"""From this instant on calendars count every instant."""


class DatedHours(Protocol):
    """What says which hours a date has."""

    def hours_of(self, day: date) -> Hours:
        """The intervals that open on ``day``, in the local time of the calendar."""


class Spans(NamedTuple):
    """The openings of some adjacent years.

    Attributes:
        first_year: First local year contained.
        last_year: Last local year contained.
        start: From here on (counted) the spans are complete.
        end: Up to here (counted) the spans are complete.
        opens: First instant of each span; spans neither overlap nor touch.
        closes: First instant after each span.
        before: Business time before each span, counted from the first one.
        edges: Openings and closings in turn: an odd number of them up to an instant says
            that it is open.
        bases: By the number of edges up to an instant: the business time until then; while
            it is open, less that instant.
        days: Ordinals of the dates on which at least one interval opens.
        day_closes: The last closing of the intervals of each such date.
    """

    first_year: int
    last_year: int
    start: Instant
    end: Instant
    opens: list[Instant]
    closes: list[Instant]
    before: list[Micros]
    edges: list[Instant]
    bases: list[Micros]
    days: list[int]
    day_closes: list[Instant]

    def position(self, at: Instant) -> Micros:
        """Business time from the first span to ``at``, which lies in [start, end]."""
        passed = bisect_right(self.edges, at)
        return self.bases[passed] + (at if passed & 1 else 0)

    def instant_at(self, position: Micros) -> Instant | None:
        """The least instant at a position above 0; None if it lies beyond these years."""
        index = bisect_left(self.before, position) - 1
        if index >= 0:
            at = self.opens[index] + position - self.before[index]
            if at <= self.closes[index] and at <= self.end:
                return at
        return None


def spans_of_year(calendar: DatedHours, zone: ZoneInfo, year: int) -> Spans:
    """Materialise the intervals that open on the local dates of one year."""
    intervals: list[tuple[Instant, Instant]] = []
    days: list[int] = []
    day_closes: list[Instant] = []
    for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
        of_day = list(_intervals(zone, ordinal, calendar.hours_of(date.fromordinal(ordinal))))
        if of_day:
            intervals += of_day
            days.append(ordinal)
            day_closes.append(max(close for _, close in of_day))
    opens, closes = _merged(intervals)
    start, end = _year_start(year) + _MARGIN, _year_start(year + 1) - _MARGIN
    return Spans(year, year, start, end, *_searched(opens, closes), days, day_closes)


def joined(left: Spans, right: Spans) -> Spans:
    """Put two runs of years together; ``right`` begins the year after ``left`` ends."""
    opens, closes = left.opens, left.closes
    swallowed = 0
    if closes:
        # A shift of New Year's Eve may reach into the first shifts of January.
        last = closes[-1]
        while swallowed < len(right.opens) and right.opens[swallowed] <= last:
            last = max(last, right.closes[swallowed])
            swallowed += 1
        closes = [*closes[:-1], last]
    opens = opens + right.opens[swallowed:]
    closes = closes + right.closes[swallowed:]
    return Spans(
        left.first_year,
        right.last_year,
        left.start,
        right.end,
        *_searched(opens, closes),
        left.days + right.days,
        left.day_closes + right.day_closes,
    )


def _intervals(zone: ZoneInfo, day: int, hours: Hours) -> Iterator[tuple[Instant, Instant]]:
    for start, end in hours:
        opens, closes = opening_instant(zone, day, start), closing_instant(zone, day, end)
        # Nothing is left of hours that a clock change skips altogether.
        if opens < closes:
            yield opens, closes


def _merged(intervals: list[tuple[Instant, Instant]]) -> tuple[list[Instant], list[Instant]]:
    opens: list[Instant] = []
    closes: list[Instant] = []
    for start, end in sorted(intervals):
        if closes and start <= closes[-1]:
            closes[-1] = max(closes[-1], end)
        else:
            opens.append(start)
            closes.append(end)
    return opens, closes


def _searched(
    opens: list[Instant], closes: list[Instant]
) -> tuple[list[Instant], list[Instant], list[Micros], list[Instant], list[Micros]]:
    """Give spans the lists in which they are searched, in the order of `Spans`."""
    sums = list(accumulate(map(sub, closes, opens), initial=0))
    edges = [edge for span in zip(opens, closes, strict=True) for edge in span]
    bases = [0]
    for place, opening in enumerate(opens):
        bases += sums[place] - opening, sums[place + 1]
    return opens, closes, sums[:-1], edges, bases
