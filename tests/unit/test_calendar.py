"""Business time: the worked examples of the sheet, and the settled readings by name."""

from datetime import date

import pytest

from schemas.instants import DAY, HOUR, MINUTE, SECOND, format_instant, parse_instant
from streams.domain.calendar import ALWAYS, Calendar
from streams.domain.spans import FIRST, LAST
from streams.errors import ConfigurationError
from tests.support.calendars import (
    EVERY_DAY,
    FLOOR,
    UNEVEN,
    WEEKDAYS,
    Answer,
    berlin,
    read_answers,
    read_refused,
)

ANSWERS = [answer for answer in read_answers() if not answer.pauses]
PAUSED = [answer for answer in read_answers() if answer.pauses]


def named(answer: Answer) -> str:
    """The name of an example in the test's own name."""
    return answer.name


@pytest.mark.parametrize("answer", ANSWERS, ids=named)
def test_b1_to_b25_due_instants_of_the_sheet(answer: Answer) -> None:
    """So much business time after the start the example says it is due."""
    assert answer.calendar.after(answer.start, answer.length) == answer.end


@pytest.mark.parametrize("answer", ANSWERS, ids=named)
def test_b1_to_b25_elapsed_time_of_the_sheet(answer: Answer) -> None:
    """From the start until it is due exactly the target elapses."""
    assert answer.calendar.elapsed(answer.start, answer.end) == answer.length


@pytest.mark.parametrize("answer", [answer for answer in ANSWERS if answer.opens], ids=named)
def test_b23_to_b25_openings_of_the_sheet(answer: Answer) -> None:
    """The first business instant after the start is where the example says."""
    assert answer.calendar.next_open(answer.start) == answer.opens


@pytest.mark.parametrize("answer", PAUSED, ids=named)
def test_b17_to_b19_pauses_of_the_sheet_leave_the_target(answer: Answer) -> None:
    """Until due, business time less the union of the pauses is the target."""
    calendar, reached, stopped = answer.calendar, answer.start, 0
    for start, end in sorted(answer.pauses):
        stopped += calendar.elapsed(max(start, reached), max(end, reached))
        reached = max(end, reached)

    assert calendar.elapsed(answer.start, answer.end) - stopped == answer.length


def test_b22_a_calendar_that_never_opens_is_refused() -> None:
    """No hours at all: neither round the clock nor an endless search."""
    assert read_refused() == ["B22"]
    with pytest.raises(ConfigurationError, match="never opens"):
        Calendar(zone="Europe/Berlin", week={0: ()})


def test_a_calendar_that_opens_too_rarely_shows_its_longest_wait() -> None:
    """One opening on 2027-06-01 at 08:00, 516 days and 8 hours after New Year 2026."""
    rare = Calendar(zone="UTC", week={}, open={date(2027, 6, 1): ((480, 540),)})

    wait = rare.longest_wait(
        parse_instant("2026-01-01T00:00:00Z"), parse_instant("2026-02-01T00:00:00Z")
    )

    assert wait == 516 * DAY + 8 * HOUR


def test_the_longest_wait_of_a_week_is_its_weekend() -> None:
    """Friday 17:30 to Monday 09:00, and three nights more at Easter."""
    wait = FLOOR.longest_wait(
        parse_instant("2026-03-09T00:00:00Z"), parse_instant("2026-03-16T00:00:00Z")
    )
    easter = FLOOR.longest_wait(
        parse_instant("2026-03-30T00:00:00Z"), parse_instant("2026-04-10T00:00:00Z")
    )

    assert (wait, easter) == (63 * HOUR + 30 * MINUTE, 111 * HOUR + 30 * MINUTE)


def test_dates_without_a_week_never_search_for_ever() -> None:
    """The only opening lies in the past: the next one is where calendars end."""
    once = Calendar(zone="UTC", week={}, open={date(2026, 6, 1): ((480, 540),)})
    start = parse_instant("2026-06-02T00:00:00Z")

    assert format_instant(once.next_open(start))[:4] == "2199"
    assert once.after(start, HOUR) == once.next_open(start) + HOUR


def test_c19_closing_a_date_removes_only_what_opens_on_it() -> None:
    """2026-03-28 closed: the shift of the 27th still ends on the 28th at 06:00."""
    shifts = berlin(EVERY_DAY, (22 * 60, 30 * 60), closed=frozenset({date(2026, 3, 28)}))
    friday, sunday = parse_instant("2026-03-27T21:00:00Z"), parse_instant("2026-03-29T20:00:00Z")

    assert shifts.after(friday, 8 * HOUR) == parse_instant("2026-03-28T05:00:00Z")
    assert shifts.next_open(parse_instant("2026-03-28T05:00:00Z")) == sunday


def test_c19_open_gives_a_date_exactly_those_hours() -> None:
    """Wednesday 2026-03-25 is a closed weekday, open from 08:00 to 08:07."""
    start, end = (
        parse_instant("2026-03-25T00:00:00+01:00"),
        parse_instant("2026-03-26T00:00:00+01:00"),
    )

    assert UNEVEN.elapsed(start, end) == 7 * MINUTE


def test_open_replaces_the_hours_of_the_week() -> None:
    """A Monday with a dated opening has no other hours."""
    monday = berlin(WEEKDAYS, (540, 1020))
    short = Calendar(zone=monday.zone, week=monday.week, open={date(2026, 3, 9): ((600, 660),)})
    start = parse_instant("2026-03-09T00:00:00+01:00")

    assert short.elapsed(start, start + DAY) == HOUR


def test_c19_a_date_is_not_open_and_closed() -> None:
    """Which of both holds would be a guess."""
    with pytest.raises(ConfigurationError, match="open and closed on 2026-12-24"):
        Calendar(
            zone="UTC",
            week={0: ((540, 600),)},
            closed=frozenset({date(2026, 12, 24)}),
            open={date(2026, 12, 24): ((540, 600),)},
        )


@pytest.mark.parametrize("hours", [(540, 540), (600, 540), (-1, 60), (1440, 1500), (60, 1501)])
def test_hours_are_an_interval_of_at_most_a_day(hours: tuple[int, int]) -> None:
    """Empty, reversed, outside the day, longer than a day."""
    with pytest.raises(ConfigurationError, match="no interval"):
        Calendar(zone="UTC", week={0: (hours,)})


def test_overlapping_intervals_count_once() -> None:
    """Monday's shift until 06:00 and Tuesday's from 05:00: 10 hours from 22:00 to 08:00."""
    shifts = Calendar(zone="Europe/Berlin", week={0: ((1320, 1800),), 1: ((300, 480), (420, 480))})
    start = parse_instant("2026-03-09T12:00:00+01:00")

    assert shifts.elapsed(start, start + DAY) == 10 * HOUR


def test_a_shift_on_new_years_eve_belongs_to_its_year() -> None:
    """22:00 until 06:00 at the turn of 2026 is one span, whichever year is asked first."""
    start, end = parse_instant("2026-12-31T21:00:00Z"), parse_instant("2027-01-01T05:00:00Z")
    forward, backward = (berlin(EVERY_DAY, (1320, 1800)) for _ in range(2))
    forward.is_open(start - 200 * DAY)
    backward.is_open(end + 200 * DAY)

    assert forward.elapsed(start, end) == backward.elapsed(start, end) == 8 * HOUR
    assert forward.after(start, 8 * HOUR) == backward.after(start, 8 * HOUR) == end


def test_an_opening_counts_and_a_closing_does_not() -> None:
    """09:00 is open, one microsecond before 12:00 too, 12:00 is not."""
    opening, closing = parse_instant("2026-03-10T08:00:00Z"), parse_instant("2026-03-10T11:00:00Z")

    assert [FLOOR.is_open(at) for at in (opening - 1, opening, closing - 1, closing)] == [
        False,
        True,
        True,
        False,
    ]


def test_next_open_of_an_open_instant_is_itself() -> None:
    """Inside business hours nothing is waited for; in the lunch break until 13:00."""
    inside, lunch = parse_instant("2026-03-10T09:30:00Z"), parse_instant("2026-03-10T11:00:00Z")

    assert FLOOR.next_open(inside) == inside
    assert FLOOR.next_open(lunch) == lunch + HOUR


def test_nothing_takes_no_time_even_when_closed() -> None:
    """A length of zero is over at once, not at the next opening."""
    sunday = parse_instant("2026-03-08T12:00:00Z")

    assert FLOOR.after(sunday, 0) == sunday


def test_ten_business_days_end_at_the_close_of_the_tenth() -> None:
    """From Thursday 2026-03-26: two Easter holidays and three weekends are left out."""
    start = parse_instant("2026-03-26T10:00:00+01:00")

    assert FLOOR.close_of_business_day(start, 10) == parse_instant("2026-04-13T17:30:00+02:00")


def test_business_days_zero_is_the_day_itself() -> None:
    """Tuesday's own close; from a Saturday the next business day's."""
    tuesday, saturday = parse_instant("2026-03-10T08:00:00Z"), parse_instant("2026-03-07T08:00:00Z")

    assert FLOOR.close_of_business_day(tuesday, 0) == parse_instant("2026-03-10T16:30:00Z")
    assert FLOOR.close_of_business_day(saturday, 0) == parse_instant("2026-03-09T16:30:00Z")


def test_c19_the_close_of_a_business_day_may_lie_after_midnight() -> None:
    """Thursday's last interval ends on Friday at 03:00; counted from Tuesday."""
    tuesday = parse_instant("2026-03-10T10:15:00+01:00")

    assert UNEVEN.close_of_business_day(tuesday, 1) == parse_instant("2026-03-13T03:00:00+01:00")


def test_c19_the_day_of_the_start_is_its_local_date() -> None:
    """Friday 00:30 in Thursday's shift: Friday is the day, Saturday the next."""
    friday = parse_instant("2026-03-13T00:30:00+01:00")

    assert UNEVEN.close_of_business_day(friday, 1) == parse_instant("2026-03-14T13:00:00+01:00")


def test_business_days_reach_over_the_year() -> None:
    """The first business day after 2026-12-31 is New Year's Day here."""
    start = parse_instant("2026-12-31T10:00:00+01:00")

    assert FLOOR.close_of_business_day(start, 1) == parse_instant("2027-01-01T17:30:00+01:00")


def test_round_the_clock_counts_everything() -> None:
    """ALWAYS is plain arithmetic, and its day ends at midnight UTC."""
    at = parse_instant("2026-10-25T00:30:00Z")

    assert ALWAYS.after(at, 36 * HOUR) == at + 36 * HOUR
    assert ALWAYS.elapsed(at, at + DAY) == DAY
    assert ALWAYS.next_open(at) == at
    assert ALWAYS.close_of_business_day(at, 1) == parse_instant("2026-10-27T00:00:00Z")
    assert ALWAYS.longest_wait(at, at + 800 * DAY) == 0


def test_round_the_clock_but_one_day_is_not_round_the_clock() -> None:
    """A single closed date stops the clock for its 24 hours."""
    but_one = Calendar(zone="UTC", week=ALWAYS.week, closed=frozenset({date(2026, 3, 10)}))
    start = parse_instant("2026-03-09T12:00:00Z")

    assert but_one.after(start, 24 * HOUR) == start + 48 * HOUR
    assert but_one.longest_wait(start, start + 30 * DAY) == DAY


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9998-01-01T00:00:00Z"]
)
def test_mad_dates_have_an_answer(text: str) -> None:
    """Far outside the years of any agreement every instant counts."""
    at = parse_instant(text)

    assert FLOOR.elapsed(at, at + HOUR) == HOUR
    assert FLOOR.after(at, HOUR) == at + HOUR
    assert FLOOR.next_open(at) == at
    assert FLOOR.close_of_business_day(at, 2) == at + 2 * DAY


def test_time_adds_up_into_the_years_without_hours() -> None:
    """A span from 1960 to 2026 is the part before 1970 and the business time since."""
    early, edge = parse_instant("1960-01-01T00:00:00Z"), parse_instant("1970-01-04T00:00:00Z")
    late = parse_instant("2026-03-10T10:00:00Z")

    whole = FLOOR.elapsed(early, late)

    assert whole == (edge - early) + FLOOR.elapsed(edge, late)
    assert FLOOR.after(early, whole) == late


def test_time_runs_on_past_the_last_year() -> None:
    """A target that is not used up by 2200 is used up after it."""
    edge = parse_instant("2199-12-29T00:00:00Z")
    late = parse_instant("2199-12-01T00:00:00Z")

    rest = FLOOR.elapsed(late, edge)

    assert FLOOR.after(late, rest + DAY) == edge + DAY


def test_a_span_does_not_run_backwards() -> None:
    """Whoever swaps start and end has a defect."""
    with pytest.raises(ValueError, match="before it starts"):
        FLOOR.elapsed(SECOND, 0)


def test_lengths_are_not_negative() -> None:
    """Neither business time nor business days are counted backwards."""
    with pytest.raises(ValueError, match="negative"):
        FLOOR.after(0, -1)
    with pytest.raises(ValueError, match="negative"):
        FLOOR.close_of_business_day(0, -1)


def test_an_unknown_zone_is_refused() -> None:
    """Upper and lower case count."""
    with pytest.raises(ConfigurationError, match="'europe/berlin'"):
        Calendar(zone="europe/berlin", week={0: ((540, 600),)})


def test_a_date_skipped_as_a_whole_has_no_hours() -> None:
    """Samoa had no 2011-12-30; the Friday's hours vanish, Saturday's follow Thursday's."""
    apia = Calendar(zone="Pacific/Apia", week=dict.fromkeys(EVERY_DAY, ((540, 1020),)))
    thursday = parse_instant("2011-12-29T09:00:00-10:00")

    assert apia.after(thursday, 9 * HOUR) == parse_instant("2011-12-31T10:00:00+14:00")
    assert apia.close_of_business_day(thursday, 1) == parse_instant("2011-12-31T17:00:00+14:00")


def test_equal_hours_are_equal_calendars() -> None:
    """Neither the name nor what was asked before makes a difference."""
    first, second = (Calendar(zone="UTC", week={0: ((540, 600),)}, name=name) for name in "ab")
    first.is_open(0)

    assert first == second
    assert hash(first) == hash(second)
    assert first != ALWAYS


def test_open_spans_at_the_ends_of_time() -> None:
    """Before 1970 and from 2200 on every instant counts, and so it does round the clock."""
    early, late = FIRST - DAY, LAST - 40 * DAY

    assert list(ALWAYS.open_spans(early, late)) == [(early, late)]
    for start, end in ((early, FIRST + 9 * DAY), (late, LAST + DAY)):
        spans = list(FLOOR.open_spans(start, end))
        assert sum(to_at - from_at for from_at, to_at in spans) == FLOOR.elapsed(start, end)
    assert list(FLOOR.open_spans(late, late)) == []
