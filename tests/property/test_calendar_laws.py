"""Laws of business time, held against a model that looks at every single minute."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.instants import DAY, HOUR, MINUTE, Instant, Micros, micros_of, parse_instant
from streams.domain.calendar import Calendar
from streams.domain.spans import FIRST, LAST, Hours
from streams.domain.zones import zone_of
from tests.support.calendars import FLOOR, UNEVEN

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Kathmandu",
)
# Both clock changes of Berlin, New York, Lord Howe and Havana, New Year, a leap day, a plain week.
DAYS = (
    *(date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1)),
    *(date(2026, 4, 5), date(2026, 10, 4), date(2027, 1, 1), date(2028, 2, 29), date(2026, 6, 17)),
)
BEFORE, AFTER = timedelta(days=2), timedelta(days=3)

timeless = settings(deadline=None)
"""A busy machine is no counter-example."""

instants = st.integers(
    min_value=parse_instant("2025-12-20T00:00:00Z"), max_value=parse_instant("2027-01-10T00:00:00Z")
)
lengths = st.integers(min_value=0, max_value=40 * DAY)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    """None to three intervals of a day, also overlapping ones and some past midnight."""
    starts = draw(st.lists(st.integers(0, 287), max_size=3))
    return tuple((start * 5, start * 5 + draw(st.integers(1, 288)) * 5) for start in starts)


@st.composite
def calendars(draw: st.DrawFn, around: date) -> Calendar:
    """A week in which no day is like another, with dated exceptions near ``around``."""
    week = {day: draw(hours()) for day in range(7)}
    near = st.integers(-2, 2).map(lambda step: around + timedelta(days=step))
    dated = draw(st.dictionaries(near, hours(), max_size=2))
    closed = draw(st.frozensets(near, max_size=2)) - dated.keys()
    week[draw(st.integers(0, 6))] = ((60, 90),)
    return Calendar(zone=draw(st.sampled_from(ZONES)), week=week, closed=closed, open=dated)


@cache
def minutes_around(zone: str, day: date) -> tuple[Instant, tuple[datetime, ...]]:
    """First minute of a few days around ``day``, and what a wall clock shows in each."""
    start = datetime.combine(day - BEFORE, datetime.min.time(), UTC)
    count = (BEFORE + AFTER) // timedelta(minutes=1)
    shown = (
        (start + timedelta(minutes=step)).astimezone(zone_of(zone)).replace(tzinfo=None)
        for step in range(count)
    )
    return micros_of(start), tuple(shown)


def open_minutes(calendar: Calendar, day: date) -> Sequence[bool]:
    """Mark each minute around ``day`` that lies in an interval, by looking at the wall clock.

    An interval begins with the first minute at which the clock shows its start or
    later. It ends with the last one that shows its end; where clocks skip the end,
    after the last one that shows less.
    """
    _, shown = minutes_around(calendar.zone, day)
    marks = [False] * len(shown)
    for step in range(-4, 5):
        opening_day = day + timedelta(days=step)
        midnight = datetime.combine(opening_day, datetime.min.time())
        default = () if opening_day in calendar.closed else calendar.week[opening_day.weekday()]
        for start, end in calendar.open.get(opening_day, default):
            opens, closes = midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)
            inside = [at for at, wall in enumerate(shown) if opens <= wall < closes]
            first = next((at for at, wall in enumerate(shown) if wall >= opens), len(shown))
            last = max((at for at, wall in enumerate(shown) if wall <= closes), default=-1)
            end_at = last if shown[last] == closes else last + 1
            if inside:
                marks[first:end_at] = [True] * (end_at - first)
    return marks


# It looks at 7,200 minutes each time: fewer examples, and no limit to one of them.
@settings(max_examples=60, deadline=None)
@given(data=st.data(), day=st.sampled_from(DAYS))
def test_every_minute_is_counted_as_the_wall_clock_shows(data: st.DataObject, day: date) -> None:
    """In any zone, on both clock changes and over the year: open minutes, one by one."""
    calendar = data.draw(calendars(day))
    start, _ = minutes_around(calendar.zone, day)

    marks = open_minutes(calendar, day)

    ours = [bool(calendar.elapsed(at, at + MINUTE)) for at in _minutes(start, len(marks))]
    # Near the ends the model does not see the whole of an interval.
    assert ours[1440:-1440] == list(marks[1440:-1440])


def _minutes(start: Instant, count: int) -> range:
    return range(start, start + count * MINUTE, MINUTE)


@timeless
@given(st.lists(instants, min_size=3, max_size=3).map(sorted))
def test_business_time_adds_up(abc: list[Instant]) -> None:
    """Splitting a span anywhere neither gains nor loses business time."""
    a, b, c = abc

    assert UNEVEN.elapsed(a, b) + UNEVEN.elapsed(b, c) == UNEVEN.elapsed(a, c)


@timeless
@given(instants, lengths)
def test_business_time_is_bounded_by_real_time(start: Instant, length: Micros) -> None:
    """Never negative, never more than what really passed."""
    assert 0 <= UNEVEN.elapsed(start, start + length) <= length


@timeless
@given(instants, lengths)
def test_after_is_the_inverse_of_elapsed(start: Instant, length: Micros) -> None:
    """The length has passed at that instant, and a microsecond earlier it had not."""
    end = UNEVEN.after(start, length)

    assert UNEVEN.elapsed(start, end) == length
    assert not length or UNEVEN.elapsed(start, end - 1) == length - 1


@timeless
@given(instants, lengths)
def test_elapsed_is_the_inverse_of_after_on_working_instants(start: Instant, real: Micros) -> None:
    """From the last working microsecond of a span the way back is exact."""
    end = UNEVEN.next_open(start + real) + 1

    assert UNEVEN.after(start, UNEVEN.elapsed(start, end)) == end


@timeless
@given(instants)
def test_the_next_opening_is_the_first(at: Instant) -> None:
    """It is open there, nothing counts before, and an open instant is its own."""
    opens = UNEVEN.next_open(at)

    assert UNEVEN.is_open(opens)
    assert UNEVEN.elapsed(at, opens) == 0
    assert UNEVEN.is_open(at) == (opens == at)


@timeless
@given(instants, lengths)
def test_open_spans_are_the_business_time(start: Instant, length: Micros) -> None:
    """In order, disjoint, within the span, open from end to end; together what has elapsed."""
    end = start + length

    spans = list(UNEVEN.open_spans(start, end))

    assert sum(to_at - from_at for from_at, to_at in spans) == UNEVEN.elapsed(start, end)
    assert all(UNEVEN.elapsed(from_at, to_at) == to_at - from_at for from_at, to_at in spans)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(start <= edge <= end for edge in edges)


@timeless
@given(st.integers(0, 3 * 365 * 24 * 60), st.integers(-14 * 60, 14 * 60))
def test_the_zone_in_which_an_instant_is_written_means_nothing(minute: int, offset: int) -> None:
    """An instant written with any offset is the same instant."""
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    sign, (hours_off, minutes_off) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    local = (moment + timedelta(minutes=offset)).strftime("%Y-%m-%dT%H:%M:%S")
    written = parse_instant(f"{local}{sign}{hours_off:02}:{minutes_off:02}")

    assert UNEVEN.after(written, HOUR) == UNEVEN.after(micros_of(moment), HOUR)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(2019, 2033), lengths), min_size=1, max_size=4), instants, lengths
)
def test_c19_what_was_asked_before_changes_no_answer(
    asked: list[tuple[int, Micros]], start: Instant, length: Micros
) -> None:
    """Years are worked out on demand in both directions; their order means nothing."""
    used = Calendar(zone=UNEVEN.zone, week=UNEVEN.week, closed=UNEVEN.closed, open=UNEVEN.open)
    for year, span in asked:
        used.after(micros_of(datetime(year, 1, 1, tzinfo=UTC)), span)
    fresh = Calendar(zone=UNEVEN.zone, week=UNEVEN.week, closed=UNEVEN.closed, open=UNEVEN.open)

    end = fresh.after(start, length)

    assert used.after(start, length) == end
    assert used.elapsed(start, end) == fresh.elapsed(start, end)
    assert used.close_of_business_day(start, 7) == fresh.close_of_business_day(start, 7)


@timeless
@given(instants, st.integers(1, 60))
def test_the_close_of_a_business_day_ends_business_time(start: Instant, days: int) -> None:
    """It lies after the start, later for more days, and the instant before it is open."""
    close = FLOOR.close_of_business_day(start, days)

    assert close > start
    assert FLOOR.is_open(close - 1)
    assert FLOOR.close_of_business_day(start, days + 1) > close


NEAR_FIRST = Calendar(zone="Europe/Berlin", week={0: ((540, 720),), 3: ((1320, 1800),)})


@timeless
@given(st.integers(-400 * DAY, 400 * DAY), lengths)
def test_the_laws_hold_where_calendars_begin(offset: Micros, length: Micros) -> None:
    """Around the first instant of the first year nothing is gained or lost."""
    start = FIRST + offset
    end = NEAR_FIRST.after(start, length)

    assert NEAR_FIRST.elapsed(start, end) == length
    assert NEAR_FIRST.next_open(start) >= start


NEAR_LAST = Calendar(zone="Europe/Berlin", week={0: ((540, 720),), 3: ((1320, 1800),)})


@timeless
@given(st.integers(-400 * DAY, 400 * DAY), lengths)
def test_the_laws_hold_where_calendars_end(offset: Micros, length: Micros) -> None:
    """Around the last instant of the last year nothing is gained or lost."""
    start = LAST + offset
    end = NEAR_LAST.after(start, length)

    assert NEAR_LAST.elapsed(start, end) == length
    assert NEAR_LAST.next_open(start) >= start
