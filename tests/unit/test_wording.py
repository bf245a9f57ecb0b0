"""The agreement in plain words: each promise in a sentence of its own."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.instants import HOUR, MINUTE, SECOND, parse_instant
from schemas.verdicts import VERDICT_OUTCOMES
from streams.domain.calendar import ALWAYS, Calendar
from streams.domain.commitment import KINDS, Commitment
from streams.domain.found import Found, Ledger
from streams.domain.phrases import (
    clock_time,
    counted,
    day,
    length,
    listed,
    moment,
    ordinal,
    percent,
)
from streams.domain.promises import read_commitment
from streams.domain.schedules import Obligation
from streams.domain.wording import OUTCOMES, TITLES, leads, obligation, promise, terms

BERLIN = "Europe/Berlin"


def read(side: Any = "sales", **told: Any) -> Commitment:
    """A commitment as the agreement's reader makes it."""
    ledger = Ledger(lambda _path, _key: (0, 0))
    found = Found({"id": "x", **told}, (), ledger)
    commitment = read_commitment(found, side, calendars=["floor"], teams=["nord", "sued"])
    assert not ledger.problems
    assert commitment is not None
    return commitment


@pytest.mark.parametrize(
    ("side", "told", "said"),
    [
        (
            "sales",
            {"clock": "speed", "target": "PT1H30M"},
            "Sales turns to a lead within 1 h 30 min of business time after the hand-off.",
        ),
        (
            "sales",
            {"clock": "speed", "target": "end_of_next_business_day"},
            "Sales turns to a lead by the close of the next business day after the hand-off.",
        ),
        (
            "sales",
            {"clock": "speed_to_lead", "report_only": True},
            "Measured, not promised: how long after a lead came in Sales turns to it.",
        ),
        (
            "sales",
            {"clock": "speed_to_lead", "report_only": True, "target": "PT5M", "calendar": "floor"},
            (
                "Measured, not promised: Sales turns to a lead within 5 min of business time after "
                "it came in."
            ),
        ),
        (
            "sales",
            {"clock": "owner", "target": "PT2H"},
            (
                "Whoever is given a lead turns to it in person within 2 h of business time after "
                "being given it."
            ),
        ),
        (
            "marketing",
            {"clock": "qualify", "target": {"business_days": 2}},
            "Marketing hands a lead off by the close of the 2nd business day after it came in.",
        ),
        (
            "marketing",
            {"clock": "first_touch", "target": "PT10M"},
            (
                "Marketing touches a lead for the first time within 10 min of business time after "
                "it came in."
            ),
        ),
        (
            "sales",
            {"clock": "next_attempt", "target": "PT8H"},
            (
                "Sales makes the next attempt within 8 h of business time after the one before, "
                "until the lead is reached in person or the attempts are enough."
            ),
        ),
        (
            "sales",
            {"clock": "burnt", "target": "PT40H"},
            (
                "No lead burns: Sales makes a first attempt within 40 h of business time after the "
                "hand-off."
            ),
        ),
        (
            "sales",
            {
                "clock": "depth",
                "within": {"business_days": 10},
                "min_attempts": 6,
                "max_attempts": 12,
                "mix": {"call": 3, "email": 1},
            },
            (
                "Sales tries to reach a lead at least 6 times, among them at least 3 calls and 1 "
                "e-mail, by the close of the 10th business day after the hand-off, unless it is "
                "reached in person before. It tries at most 12 times within that time."
            ),
        ),
        (
            "sales",
            {"clock": "too_early", "stage": ["iql"]},
            "Sales does not turn to a lead while it is information qualified (IQL).",
        ),
        (
            "marketing",
            {"clock": "gate", "min_score": 50, "stage": ["sql", "mql"]},
            (
                "Marketing hands a lead off only with a score of at least 50 and once it is "
                "marketing qualified (MQL) or sales qualified (SQL)."
            ),
        ),
    ],
)
def test_a_promise_is_one_sentence(side: str, told: dict[str, Any], said: str) -> None:
    """Who, what, until when."""
    assert promise(read(side, **told)) == said


def test_what_else_holds_follows() -> None:
    """For which leads, in which hours, whose attempts, how many, and when one is warned."""
    told = read(
        clock="speed",
        target="PT1H",
        applies={"source": ["website", "fair"], "team_id": "nord"},
        calendar="start",
        qualifying={"channels": ["email", "call"], "by": "team"},
        objective="99.50%",
        warn_at=[50, 75],
        buckets=["PT5M", "PT1H"],
    )

    assert terms(told) == [
        "For leads with source fair or website and handed to nord.",
        "Counted in the business hours of the first owner's team.",
        "Only a call or e-mail counts, made by the owner's team.",
        "Objective: 99.5% of these are kept.",
        "A warning is given when 50 and 75% of the time is used up.",
        "Reported: how many within 5 min and 1 h.",
    ]


def test_where_it_is_counted_is_said_of_every_clock_that_runs() -> None:
    """A calendar by name, the owner's, the default one, or round the clock."""
    assert terms(read(clock="burnt", target="PT1H", calendar="floor")) == [
        "Counted in the hours of calendar 'floor'."
    ]
    assert terms(read(clock="qualify", target="PT1H")) == ["Counted in the default calendar."]
    assert terms(read(clock="speed_to_lead", report_only=True)) == ["Counted round the clock."]
    assert terms(read(clock="too_early", stage="iql")) == []


def test_every_clock_and_outcome_has_a_name() -> None:
    """None is shown by its code alone."""
    assert TITLES.keys() >= set(KINDS)
    assert OUTCOMES.keys() == set(VERDICT_OUTCOMES)


def test_an_obligation_names_day_hour_and_receipt() -> None:
    """By weekday and by day of the month."""
    floor = Calendar(zone=BERLIN, week={0: ((540, 1020),)}, name="floor")
    weekly = Obligation(
        id="weekly-report",
        debtor="sales",
        creditor="marketing",
        weekday=0,
        minute=600,
        calendar=floor,
    )
    monthly = Obligation(
        id="list", debtor="marketing", creditor="sales", day=21, minute=545, calendar=ALWAYS
    )

    assert obligation(weekly) == (
        "Sales delivers weekly-report to Marketing every Monday by 10:00 (Europe/Berlin), or at "
        "the next opening in the hours of 'floor'."
    )
    assert "on the 21st of every month by 09:05 (UTC)" in obligation(monthly)


def test_leads_without_a_condition_are_all() -> None:
    """An empty ``applies`` matches every lead."""
    assert leads({}) == "all leads"


@pytest.mark.parametrize(
    ("micros", "said"),
    [
        (0, "0 s"),
        (90 * MINUTE, "1 h 30 min"),
        (45 * SECOND, "45 s"),
        (SECOND // 4, "0.25 s"),
        (25 * HOUR + SECOND, "25 h 1 s"),
        (-MINUTE, "minus 1 min"),
    ],
)
def test_lengths_are_exact(micros: int, said: str) -> None:
    """Hours are not turned into days: a day is no length of business time."""
    assert length(micros) == said


def test_instants_are_local_and_in_english() -> None:
    """The zone decides the date; seconds are said only where there are some."""
    at = parse_instant("2026-03-09T23:30:00Z")

    assert moment(at, BERLIN) == "Tue 10 Mar 2026 00:30"
    assert clock_time(at + 1_500_000, BERLIN) == "00:30:01.5"
    assert day(date(2026, 12, 24)) == "Thu 24 Dec 2026"


def test_small_words() -> None:
    """Lists, numbers, places, per cents."""
    assert [listed([]), listed("a"), listed("ab"), listed("abc", "or")] == [
        *("", "a", "a and b", "a, b or c"),
    ]
    assert [counted(0, "lead"), counted(1, "lead"), counted(2, "lead")] == [
        *("no leads", "1 lead", "2 leads"),
    ]
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"),
    ]
    assert [percent(Decimal(text)) for text in ("90", "99.50", "100")] == [
        *("90%", "99.5%", "100%"),
    ]
