"""Reopening, cycles and the time between a close and its reopening."""

from tests.support.story import (
    SPEED,
    agreement,
    attempt,
    closed,
    created,
    fact,
    handed_off,
    hear,
    local,
)

FLOOR = agreement(SPEED)


def test_c19_a_handoff_within_false_close_resumes_the_cycle() -> None:
    """Closed 10:20, handed off again 10:35, 15 min later: cycle 1 goes on, due 15 min later."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00"),
        closed("2026-03-10 10:20", "disqualified"),
        handed_off("2026-03-10 10:35"),
        until="2026-03-10 12:00",
    )

    breach = heard.breach("speed")
    assert heard.verdicts == []
    assert (breach["cycle"], local(breach["due_at"])) == (1, "2026-03-10 11:15:00")


def test_c19_a_handoff_later_than_false_close_begins_the_next_cycle() -> None:
    """One second later it is cycle 2 with a clock of its own, and cycle 1 stays cancelled."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00"),
        closed("2026-03-10 10:20", "disqualified"),
        handed_off("2026-03-10 10:35:01"),
        attempt("2026-03-10 10:40"),
    )

    assert [(one.cycle, one.outcome) for one in heard.verdicts] == [(1, "cancelled"), (2, "met")]


def test_c19_attempts_in_a_gap_that_was_resumed_count() -> None:
    """Called at 10:25, between close and reopening: met."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00"),
        closed("2026-03-10 10:20", "disqualified"),
        attempt("2026-03-10 10:25"),
        handed_off("2026-03-10 10:35"),
    )

    assert heard.outcome("speed") == "met"


def test_c19_attempts_after_the_close_change_no_ended_clock() -> None:
    """Lost at 10:30 untouched is a miss, whoever calls afterwards."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00"),
        closed("2026-03-10 10:30", "lost"),
        attempt("2026-03-10 10:50"),
    )

    assert heard.outcome("speed") == "unmet"


def test_c19_a_second_close_of_a_closed_lead_says_nothing_new() -> None:
    """Disqualified stays disqualified when the CRM closes it as lost later."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00"),
        closed("2026-03-10 10:30", "disqualified"),
        closed("2026-03-10 10:40", "lost"),
    )

    assert [(one.outcome, one.reason) for one in heard.verdicts] == [("cancelled", "disqualified")]


def test_c19_in_later_cycles_attempts_count_from_the_close_before() -> None:
    """A call between close and the next hand-off answers cycle 2 with 0 s."""
    heard = hear(
        FLOOR,
        created("2026-03-10 09:00"),
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:10"),
        closed("2026-03-10 11:00"),
        attempt("2026-03-12 09:30"),
        handed_off("2026-03-12 10:00"),
    )

    second = heard.verdict("speed")
    assert (second["cycle"], second["outcome"], second["pre_handoff"]) == (2, "met", True)


def test_c19_facts_at_one_instant_apply_in_their_order() -> None:
    """Handed off, attempted and closed in one second: the attempt came before the close."""
    heard = hear(
        FLOOR,
        closed("2026-03-10 10:00", id="1"),
        attempt("2026-03-10 10:00", id="2"),
        handed_off("2026-03-10 10:00", id="3"),
    )

    assert heard.outcome("speed") == "met"


def test_c19_an_erased_lead_cancels_open_clocks_and_leaves() -> None:
    """lead-erased at 10:30: cancelled with reason erased, nothing breaches afterwards."""
    heard = hear(FLOOR, handed_off("2026-03-10 10:00"), fact("lead-erased", "2026-03-10 10:30"))

    assert [(one.outcome, one.reason) for one in heard.verdicts] == [("cancelled", "erased")]
    assert heard.breaches == []
