"""Warnings and escalation: each once, the highest only when several are jumped."""

from typing import Any

import pytest

from schemas.facts import AnyFact, Fact
from schemas.verdicts import OpenLead
from tests.support.story import (
    DEPTH,
    SPEED,
    agreement,
    at,
    attempt,
    book_of,
    closed,
    control,
    fact,
    handed_off,
    hear,
    tell,
)

WARNED = {**SPEED, "warn_at": [50, 75, 90]}
FLOOR = agreement(WARNED)
HANDOFF = handed_off("2026-03-10 10:00")
CONTACTS = {
    "contacts": {"manager": "head-of-sales"},
    "escalation": [{"at": "100%", "to": "team_lead"}, {"after": "PT30M", "to": "manager"}],
}
LADDER = agreement(SPEED, **CONTACTS)
LADDER["teams"]["nord"]["lead_contact"] = "nord-lead"


def test_each_share_is_warned_of_once_at_its_instant() -> None:
    """1 h from 10:00: at 10:30, 10:45 and 10:54; with owner and due."""
    heard = hear(FLOOR, HANDOFF, until="2026-03-10 12:00")

    assert heard.warned() == [
        ("share_used", "50", "2026-03-10 10:30:00"),
        ("share_used", "75", "2026-03-10 10:45:00"),
        ("share_used", "90", "2026-03-10 10:54:00"),
    ]
    first = heard.warnings[0]
    assert (first.rep_id, first.due_at, first.to) == ("anna", at("2026-03-10 11:00"), None)
    assert len({one.warning_id for one in heard.warnings}) == 3


def test_b7w_shares_are_of_business_time() -> None:
    """Friday 17:00 plus 1 h: three quarters are used on Monday 9:15."""
    body = agreement({**SPEED, "warn_at": [75]})

    heard = hear(body, handed_off("2026-03-13 17:00"), until="2026-03-17 12:00")

    assert heard.warned() == [("share_used", "75", "2026-03-16 09:15:00")]


def test_a_fact_that_jumps_several_warns_of_the_highest_only() -> None:
    """The hand-off of 10:00 is told at 10:50: 75 only, and 90 when it comes."""
    told_late = handed_off("2026-03-10 10:00", seen="2026-03-10 10:50")

    heard = hear(FLOOR, told_late, until="2026-03-10 12:00")

    assert heard.warned() == [
        ("share_used", "75", "2026-03-10 10:50:00"),
        ("share_used", "90", "2026-03-10 10:54:00"),
    ]


def test_the_end_of_a_pause_that_jumps_several_warns_of_the_highest_only() -> None:
    """Paused at 10:15; that it ended at 10:20 is told at 10:55: 75 only, said then."""
    body = agreement(WARNED, pauses={"reasons": ["vacation"]})
    facts = [
        fact("clock-paused", "2026-03-10 10:15", reason="vacation"),
        fact("clock-resumed", "2026-03-10 10:20", reason="vacation", seen="2026-03-10 10:55"),
    ]

    heard = hear(body, HANDOFF, *facts, until="2026-03-10 12:00")

    assert heard.warned() == [
        ("share_used", "75", "2026-03-10 10:55:00"),
        ("share_used", "90", "2026-03-10 10:59:00"),
    ]


def test_warnings_are_recomputed_on_a_pause() -> None:
    """Paused 10:15 to 10:45: half is used at 11:00."""
    body = agreement({**SPEED, "warn_at": [50]}, pauses={"reasons": ["vacation"]})
    facts = [
        fact("clock-paused", "2026-03-10 10:15", reason="vacation"),
        fact("clock-resumed", "2026-03-10 10:45", reason="vacation"),
    ]

    heard = hear(body, HANDOFF, *facts, until="2026-03-10 12:00")

    assert heard.warned() == [("share_used", "50", "2026-03-10 11:00:00")]


def test_a_worker_that_was_away_jumps_no_warning() -> None:
    """One advance over the whole hour says all three, each at its own instant."""
    book = book_of(FLOOR)
    book.tell(HANDOFF, HANDOFF.occurred_at)

    heard = tell(book, [], "2026-03-10 12:00")

    assert [step for _, step, _ in heard.warned()] == ["50", "75", "90"]


def test_no_warning_with_less_than_30_seconds_left_to_act() -> None:
    """5 min: 90% leave exactly 30 s and warn, 95% leave 15 s and do not."""
    body = agreement({**SPEED, "target": "PT5M", "warn_at": [90, 95]})

    heard = hear(body, HANDOFF, until="2026-03-10 12:00")

    assert heard.warned() == [("share_used", "90", "2026-03-10 10:04:30")]


def test_a_share_is_warned_of_once_although_due_moves_away() -> None:
    """Warned at 10:30; a pause 10:05 to 10:25 told at 10:40 moves half to 10:50: said already."""
    body = agreement({**SPEED, "warn_at": [50]}, pauses={"reasons": ["vacation"]})
    facts = [
        fact("clock-paused", "2026-03-10 10:05", reason="vacation", seen="2026-03-10 10:40"),
        fact("clock-resumed", "2026-03-10 10:25", reason="vacation", seen="2026-03-10 10:40"),
    ]

    heard = hear(body, HANDOFF, *facts, until="2026-03-10 12:00")

    assert heard.warned() == [("share_used", "50", "2026-03-10 10:30:00")]


@pytest.mark.parametrize(
    "end", [attempt("2026-03-10 10:20"), closed("2026-03-10 10:20", "disqualified")]
)
def test_a_clock_that_has_ended_is_not_warned_of(end: Fact) -> None:
    """Answered or closed at 10:20."""
    assert hear(FLOOR, HANDOFF, end).warned() == []


def test_report_only_warns_of_nothing() -> None:
    """Nobody is going to be late."""
    heard = hear(agreement({**WARNED, "report_only": True}), HANDOFF, until="2026-03-10 12:00")

    assert heard.warned() == []


def test_each_step_of_the_escalation_is_said_once() -> None:
    """Due 11:00: the team's lead then, the manager 30 business minutes later."""
    heard = hear(LADDER, HANDOFF, until="2026-03-11 12:00")

    assert heard.warned() == [
        ("escalation", "100%", "2026-03-10 11:00:00"),
        ("escalation", "PT30M", "2026-03-10 11:30:00"),
    ]
    assert [one.to for one in heard.warnings] == ["nord-lead", "head-of-sales"]


def test_escalation_after_due_is_business_time() -> None:
    """Due at noon, lunch until 13:00: the manager at 13:30."""
    heard = hear(LADDER, handed_off("2026-03-10 11:00"), until="2026-03-11 12:00")

    assert heard.warned()[-1] == ("escalation", "PT30M", "2026-03-10 13:30:00")


def test_b21_escalation_before_due_never_fires_at_night() -> None:
    """B21: Mon-Fri 8-18, Monday 17:00 plus 4 h; three quarters are used on Tuesday 10:00."""
    body = agreement({**SPEED, "target": "PT4H"}, escalation=[{"at": "75%", "to": "team_lead"}])
    body["calendars"]["floor"]["hours"] = {"mon-fri": ["08:00-18:00"]}

    heard = hear(body, handed_off("2026-03-09 17:00"), until="2026-03-12 12:00")

    assert heard.warned() == [("escalation", "75%", "2026-03-10 10:00:00")]


def test_any_qualifying_attempt_ends_the_escalation() -> None:
    """Called at 11:10: the manager is not told."""
    heard = hear(LADDER, HANDOFF, attempt("2026-03-10 11:10"))

    assert [step for _, step, _ in heard.warned()] == ["100%"]


def test_a_jumped_escalation_tells_the_highest_only() -> None:
    """The hand-off of 10:00 is told at 15:00: the manager, at once."""
    heard = hear(
        LADDER, handed_off("2026-03-10 10:00", seen="2026-03-10 15:00"), until="2026-03-11 00:00"
    )

    assert heard.warned() == [("escalation", "PT30M", "2026-03-10 15:00:00")]


def states(*commitments: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the states of an unanswered lead on 10 March, and when they begin."""
    book = book_of(agreement(*commitments))
    book.tell(HANDOFF, HANDOFF.occurred_at)
    found: list[tuple[str, str]] = []
    while (instant := book.next_instant()) is not None and instant < at("2026-03-11 00:00"):
        for one in book.advance(instant):
            if isinstance(one, OpenLead) and (not found or found[-1][0] != one.state):
                found.append((one.state, minutes_after(instant)))
    return found


def minutes_after(instant: int) -> str:
    """Say how long after the hand-off an instant is."""
    return f"{(instant - HANDOFF.occurred_at) // 60_000_000} min"


def test_a_lead_is_at_risk_from_its_first_warning_on() -> None:
    """Warned at 50: at risk after 30 min; without warnings after 75%; breached at due."""
    assert states(WARNED) == [("within", "0 min"), ("at_risk", "30 min"), ("breached", "60 min")]
    assert states(SPEED) == [("within", "0 min"), ("at_risk", "45 min"), ("breached", "60 min")]


def test_the_state_of_a_lead_is_the_worst_of_its_clocks() -> None:
    """Depth is within for long; speed decides."""
    assert states(SPEED, {**DEPTH, "within": "PT40H"})[-1][0] == "breached"


def test_paused_is_shown_without_a_due_until_it_goes_on() -> None:
    """A storm from 10:15 to 10:45: due 11:30 is not shown in between."""
    body = agreement(SPEED, exclusions={"reasons": ["storm"]})
    storm = control(
        "exclusion-declared",
        "2026-03-10 09:00",
        exclusion_id="x",
        reason="storm",
        **{"from": "2026-03-10T10:15:00+01:00", "to": "2026-03-10T10:45:00+01:00"},
    )
    book = book_of(body)
    shown: list[int | None] = []
    story: list[AnyFact] = [storm, HANDOFF]
    for until in ("2026-03-10 10:10", "2026-03-10 10:20", "2026-03-10 10:50"):
        outputs = tell(book, story, until).outputs
        story.clear()
        shown += [one.next_due_at for one in outputs if isinstance(one, OpenLead)][-1:]

    due = at("2026-03-10 11:30")
    assert shown == [due, None, due]


def test_warnings_survive_a_restart() -> None:
    """Packed and loaded after the first warning: it is not said again, the others are."""
    book = book_of(FLOOR)
    tell(book, [HANDOFF], "2026-03-10 10:35")
    again = book_of(FLOOR)
    for key, packed in book.take_changed():
        assert packed is not None
        again.load(key, packed)

    heard = tell(again, [], "2026-03-10 12:00")

    assert [step for _, step, _ in heard.warned()] == ["75", "90"]
