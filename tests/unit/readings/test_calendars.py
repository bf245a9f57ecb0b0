"""How calendars and lengths of an agreement are read."""

import pytest

from schemas.instants import HOUR, parse_instant
from streams.domain.agreement import read_agreement
from tests.support.agreements import VALID, only_problem, problems_of
from tests.support.calendars import EVERY_DAY, berlin
from tests.support.story import SPEED, agreement, closed, handed_off, hear, local


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [
        # 02:00 to 03:00 does not exist on 2026-03-29: each such time is 03:00, 01:00Z.
        ((1, 0), (2, 30), 1.0),
        ((2, 30), (4, 0), 1.0),
        ((2, 0), (3, 0), 0.0),
        ((2, 15), (2, 45), 0.0),
    ],
)
def test_c19_a_skipped_local_time_is_the_first_instant_after_the_gap(
    opens: tuple[int, int], closes: tuple[int, int], hours: float
) -> None:
    """For openings and for closings, on the night of 2026-03-29 in Berlin."""
    (start_hour, start_minute), (end_hour, end_minute) = opens, closes
    shift = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    daily = berlin(EVERY_DAY, shift)
    midnight, noon = (
        parse_instant("2026-03-29T00:00:00+01:00"),
        parse_instant("2026-03-29T12:00:00+02:00"),
    )

    assert daily.elapsed(midnight, noon) == hours * HOUR


def test_c19_from_nine_to_nine_is_refused() -> None:
    """Nothing, or a whole day? Round the clock has a form of its own."""
    problem = only_problem('09:00-12:00", "13', '09:00-09:00", "13')

    assert "00:00-24:00" in problem.mend


def test_c19_mon_fri_plus_fri_is_refused() -> None:
    """Friday has two lists of hours then."""
    problem = only_problem("{mon-fri", '{fri: ["09:00-12:00"], mon-fri')

    assert problem.wanted == "each day once"


RARE = """\
agreement: A
version: 1
effective_from: 2026-04-01T00:00:00Z
calendars: {{rare: {{zone: UTC, hours: {{}}, open: {{{dates}}}}}}}
teams: {{nord: {{calendar: rare}}}}
sales: [{{id: speed, clock: speed, target: PT1H}}]
"""


def _rare(*dates: str) -> str:
    return RARE.format(dates=", ".join(f'{date}: ["09:00-10:00"]' for date in dates))


def test_c19_a_calendar_opens_within_400_days_of_every_instant_of_two_years() -> None:
    """Once a year until 2029 will do; without that last one the year 2028 ends in a desert."""
    yearly = "2027-04-01", "2028-03-31", "2029-05-04"

    assert read_agreement(_rare(*yearly), "policy.yaml")
    (problem,) = problems_of(_rare(*yearly[:2], "2029-05-06"))
    assert "400 days" in problem.wanted
    (problem,) = problems_of(_rare("2027-05-07", *yearly[1:]))
    assert "400 days" in problem.wanted


def test_c19_speed_to_lead_with_a_target_needs_a_calendar() -> None:
    """No team owns the lead yet whose calendar could count; only reporting, none is needed."""
    both = "calendar: always, report_only: true"

    problem = only_problem(both, "target: PT5M")

    assert problem.mend.startswith("add `calendar:")
    assert read_agreement(VALID.replace(both, "report_only: true"), "policy.yaml")


def test_c19_a_team_that_is_not_listed_is_counted_in_the_default_calendar() -> None:
    """West is nowhere; by default_calendar floor its Sunday is closed: due on Monday at 10."""
    body = agreement(SPEED, default_calendar="floor")

    heard = hear(body, handed_off("2026-03-08 15:00", team="west"), until="2026-03-10 00:00")

    assert local(heard.breach("speed")["due_at"]) == "2026-03-09 10:00:00"
    assert heard.breach("speed")["team_id"] == "west"


def test_c19_a_business_day_is_a_date_on_which_anything_opens() -> None:
    """Sued opens on Saturdays: the next business day after Friday 13 March ends on Saturday."""
    body = agreement({**SPEED, "target": "end_of_next_business_day"})

    heard = hear(
        body, handed_off("2026-03-13 10:00", team="sued", rep="carla"), until="2026-03-17 00:00"
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-14 20:00:00"


def test_c19_a_target_in_business_days_is_from_the_start_on_a_duration() -> None:
    """Friday 10:00 to Monday 17:30 are 14 h of nord's; sued has 7.5 h left at 17:30: Sat 13:00."""
    body = agreement({**SPEED, "target": "end_of_next_business_day"})

    heard = hear(
        body,
        handed_off("2026-03-13 10:00"),
        handed_off("2026-03-13 17:30", team="sued", rep="carla"),
        until="2026-03-17 00:00",
    )

    breach = heard.breach("speed")
    assert local(breach["due_at"]) == "2026-03-14 13:00:00"
    assert breach["target"] == 14 * 3600


def test_c19_settle_is_elapsed_time_and_a_target_business_time() -> None:
    """Due on Monday at 9:20, 30 min of work after Friday 17:20; settled 9 h later, at 18:20."""
    body = agreement({**SPEED, "target": "PT30M"}, settle="PT9H")

    heard = hear(body, handed_off("2026-03-13 17:20"), until="2026-03-17 00:00")

    assert heard.chain("speed") == [
        ("provisional", "2026-03-16 09:20:00"),
        ("confirmed", "2026-03-16 18:20:00"),
    ]


@pytest.mark.parametrize(("reopened", "cycle"), [("2026-03-14 05:20", 1), ("2026-03-14 05:21", 2)])
def test_c19_false_close_is_elapsed_time(reopened: str, cycle: int) -> None:
    """Closed on Friday at 17:20: twelve hours later it is Saturday night, and they count."""
    body = agreement(SPEED, false_close="PT12H")

    heard = hear(
        body,
        handed_off("2026-03-13 16:00"),
        closed("2026-03-13 17:20", "disqualified"),
        handed_off(reopened),
        until="2026-03-17 00:00",
    )

    assert [one.cycle for one in heard.breaches][-1:] == [cycle]
