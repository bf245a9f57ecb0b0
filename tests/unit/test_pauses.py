"""Pauses: which spans do not count, for whom, and until the budget is used up."""

from itertools import product
from typing import Any

import pytest

from schemas.facts import Fact
from schemas.instants import MINUTE
from schemas.verdicts import OpenLead
from tests.support.story import (
    DEPTH,
    SPEED,
    agreement,
    at,
    attempt,
    book_of,
    closed,
    created,
    fact,
    handed_off,
    hear,
    local,
    tell,
)

PAUSES = {"reasons": ["vacation", "customer_asked"]}
FLOOR = agreement(SPEED, pauses=PAUSES)
HANDOFF = handed_off("2026-03-10 10:00")


def paused(when: str, reason: str = "vacation", **fields: Any) -> Fact:
    """Tell that a clock is paused."""
    return fact("clock-paused", when, reason=reason, id=f"p {when} {reason}", **fields)


def resumed(when: str, reason: str = "vacation", **fields: Any) -> Fact:
    """Tell that a pause is over."""
    return fact("clock-resumed", when, reason=reason, id=f"r {when} {reason}", **fields)


@pytest.mark.parametrize(
    ("handed_off_at", "pauses", "due"),
    [
        # B17: adding the pause to the deadline would give 12:30, in lunch.
        ("2026-03-10 10:00", [("10 10:15", "10 11:45", "vacation")], "2026-03-10 13:30:00"),
        # B18: over night.
        ("2026-03-10 16:50", [("10 17:00", "11 10:00", "vacation")], "2026-03-11 10:50:00"),
        # B19: union, not sum.
        (
            "2026-03-10 09:00",
            [("10 09:10", "10 09:40", "vacation"), ("10 09:30", "10 10:00", "customer_asked")],
            "2026-03-10 10:50:00",
        ),
    ],
    ids=["B17", "B18", "B19"],
)
def test_b17_b18_b19_a_pause_is_cut_out_of_business_time(
    handed_off_at: str, pauses: list[tuple[str, str, str]], due: str
) -> None:
    """One hour of business time with the pause taken out, never added to the deadline."""
    facts = [handed_off(handed_off_at)]
    for from_at, to_at, reason in pauses:
        facts += [paused(f"2026-03-{from_at}", reason), resumed(f"2026-03-{to_at}", reason)]

    heard = hear(FLOOR, *facts, until="2026-03-12 00:00")

    assert local(heard.breach("speed")["due_at"]) == due


def test_a_pause_without_an_end_has_no_due() -> None:
    """Paused at 10:15 and never resumed: no breach, and no stale due instant anywhere."""
    book = book_of(FLOOR)
    heard = tell(book, [HANDOFF, paused("2026-03-10 10:15")], "2026-03-20 00:00")

    assert heard.breaches == []
    last = [one for one in heard.outputs if isinstance(one, OpenLead)][-1]
    assert (last.next_due_at, last.clocks[0].due_at) == (None, None)


def test_an_answer_during_a_pause_is_met() -> None:
    """Paused at 10:15, called at 14:00: met, after 15 min of business time."""
    heard = hear(FLOOR, HANDOFF, paused("2026-03-10 10:15"), attempt("2026-03-10 14:00"))

    verdict = heard.verdict("speed")
    assert (verdict["outcome"], verdict["elapsed_seconds"]) == ("met", 900)


def test_a_close_during_a_pause_cancels() -> None:
    """Disqualified while paused: due had not come."""
    heard = hear(
        FLOOR, HANDOFF, paused("2026-03-10 10:15"), closed("2026-03-12 14:00", "disqualified")
    )

    assert heard.outcome("speed") == "cancelled"


def test_c19_a_pause_lasts_per_clock_kind_and_reason() -> None:
    """A pause of depth leaves speed alone; one that names no kind is about all."""
    body = agreement(SPEED, DEPTH, pauses=PAUSES)
    of_depth = [paused("2026-03-10 10:15", clock="depth"), resumed("2026-03-10 10:45")]
    of_all = [paused("2026-03-10 10:15"), resumed("2026-03-10 10:45")]

    narrow = hear(body, HANDOFF, *of_depth, until="2026-03-12 00:00")
    wide = hear(body, HANDOFF, *of_all, until="2026-03-12 00:00")

    assert local(narrow.breach("speed")["due_at"]) == "2026-03-10 11:00:00"
    assert local(narrow.breach("depth")["due_at"]) == "2026-03-11 14:00:00"
    assert local(wide.breach("speed")["due_at"]) == "2026-03-10 11:30:00"


def test_c19_resumed_ends_the_pause_of_its_reason_only() -> None:
    """Two reasons pause; the end of the one at 10:20 leaves the other until 10:45."""
    heard = hear(
        FLOOR,
        HANDOFF,
        paused("2026-03-10 10:15"),
        paused("2026-03-10 10:15", "customer_asked"),
        resumed("2026-03-10 10:20"),
        resumed("2026-03-10 10:45", "customer_asked"),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:30:00"


def test_c19_resumed_for_one_kind_leaves_the_others_paused() -> None:
    """All paused at 10:15; only speed goes on at 10:45."""
    body = agreement(SPEED, DEPTH, pauses=PAUSES)
    facts = [paused("2026-03-10 10:15"), resumed("2026-03-10 10:45", clock="speed")]

    heard = hear(body, HANDOFF, *facts, until="2026-03-12 00:00")

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:30:00"
    assert heard.chain("depth") == []


def test_c19_a_second_pause_of_the_same_reason_is_nothing_new() -> None:
    """Paused 10:15 and again 10:30, resumed once at 10:45: 30 min."""
    heard = hear(
        FLOOR,
        HANDOFF,
        paused("2026-03-10 10:15"),
        paused("2026-03-10 10:30"),
        resumed("2026-03-10 10:45"),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:30:00"


def test_c19_a_reason_that_the_policy_does_not_list_pauses_nothing() -> None:
    """Paused for lunch: due at 11:00 as ever."""
    heard = hear(FLOOR, HANDOFF, paused("2026-03-10 10:15", "lunch"), until="2026-03-11 00:00")

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:00:00"


def test_at_one_instant_resumed_comes_before_paused() -> None:
    """Resumed and paused again at 10:30: it stays paused until 10:45."""
    heard = hear(
        FLOOR,
        HANDOFF,
        paused("2026-03-10 10:15"),
        paused("2026-03-10 10:30"),
        resumed("2026-03-10 10:30"),
        resumed("2026-03-10 10:45"),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:30:00"


def test_c19_started_at_is_not_moved_by_a_pause() -> None:
    """Paused since Monday: started at the hand-off, due an hour after the end of the pause."""
    heard = hear(
        FLOOR,
        paused("2026-03-09 10:00"),
        HANDOFF,
        resumed("2026-03-10 13:30"),
        until="2026-03-11 00:00",
    )

    breach = heard.breach("speed")
    assert local(breach["started_at"]) == "2026-03-10 10:00:00"
    assert local(breach["due_at"]) == "2026-03-10 14:30:00"


def test_c19_the_pause_budget_is_business_time_from_the_start_on() -> None:
    """Budget 30 min, paused since Monday 9:00: from the hand-off at 10:00 it lasts to 10:30."""
    body = agreement(SPEED, pauses={**PAUSES, "budget": "PT30M"})

    heard = hear(body, paused("2026-03-09 09:00"), HANDOFF, until="2026-03-11 00:00")

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:30:00"


def test_the_pause_budget_is_business_time() -> None:
    """Budget 2 h, paused 17:00 to next day 10:00: 30 min and 1 h are used, all of it counts."""
    body = agreement(SPEED, pauses={**PAUSES, "budget": "PT2H"})
    facts = [paused("2026-03-10 17:00"), resumed("2026-03-11 10:00")]

    heard = hear(body, handed_off("2026-03-10 16:50"), *facts, until="2026-03-12 00:00")

    assert local(heard.breach("speed")["due_at"]) == "2026-03-11 10:50:00"


def test_c19_the_pause_budget_is_per_commitment_and_cycle() -> None:
    """30 min in each cycle: the second cycle has its own."""
    body = agreement(SPEED, pauses={**PAUSES, "budget": "PT30M"})

    heard = hear(
        body,
        paused("2026-03-09 09:00"),
        HANDOFF,
        closed("2026-03-10 12:00"),
        handed_off("2026-03-11 10:00"),
        until="2026-03-12 00:00",
    )

    due = {one.cycle: local_of(one.due_at) for one in heard.breaches}
    assert due == {1: "10 11:30", 2: "11 11:30"}


def local_of(instant: int) -> str:
    """Write an instant as day of the month and Berlin local time of day."""
    return next(
        f"{day} {hour:02}:{minute:02}"
        for day, hour, minute in product((10, 11), range(9, 18), (0, 15, 30, 45))
        if at(f"2026-03-{day} {hour:02}:{minute:02}") == instant
    )


def test_a_pause_told_late_moves_due() -> None:
    """Breached at 11:00; at 12:00 a pause 10:15 to 10:45 is told: due was 11:30."""
    heard = hear(
        FLOOR,
        HANDOFF,
        paused("2026-03-10 10:15", seen="2026-03-10 12:00"),
        resumed("2026-03-10 10:45", seen="2026-03-10 12:00"),
        until="2026-03-10 13:00",
    )

    steps = [(one.status, one.reason, one.due_at) for one in heard.breaches]
    first, moved = at("2026-03-10 11:00"), at("2026-03-10 11:30")
    assert steps == [
        ("provisional", None, first),
        ("confirmed", None, first),
        ("retracted", "due_moved", first),
        ("provisional", None, moved),
        ("confirmed", None, moved),
    ]


def test_a_pause_told_late_that_has_no_end_takes_the_breach_back() -> None:
    """Breached at 11:00; at 12:00 a pause since 10:15 is told: due has moved to nowhere."""
    heard = hear(
        FLOOR,
        HANDOFF,
        paused("2026-03-10 10:15", seen="2026-03-10 12:00"),
        until="2026-03-10 13:00",
    )

    breach = heard.breach("speed")
    assert (breach["status"], breach["reason"]) == ("retracted", "due_moved")


def test_a_pause_after_due_never_unbreaches() -> None:
    """Paused at 11:10, due 11:00: it stays a breach."""
    heard = hear(FLOOR, HANDOFF, paused("2026-03-10 11:10"), until="2026-03-11 00:00")

    assert heard.breach("speed")["status"] == "confirmed"


def test_a_pause_told_after_the_horizon_changes_nothing() -> None:
    """Told nine days later."""
    late = paused("2026-03-10 10:15", seen="2026-03-19 12:00")

    assert hear(FLOOR, HANDOFF, late).breach("speed")["status"] == "confirmed"


@pytest.mark.parametrize("budget", [None, "PT0S", "PT10M", "PT4H"])
def test_pausing_never_brings_due_closer(budget: str | None) -> None:
    """Whatever is paused and for how long, due is at or after 11:00."""
    clause = PAUSES if budget is None else {**PAUSES, "budget": budget}
    body = agreement(SPEED, pauses=clause)
    dues = []
    for start, length in product((-90, -1, 0, 20, 59, 60, 75), (1, 200)):
        begin = at("2026-03-10 10:00") + start * MINUTE
        story = [
            HANDOFF,
            paused(stamp(begin)),
            resumed(stamp(begin + length * MINUTE)),
        ]
        dues.append(hear(body, *story, until="2026-03-12 00:00").breaches[-1].due_at)

    assert min(dues) == at("2026-03-10 11:00")


def stamp(instant: int) -> str:
    """Write an instant as a story tells it."""
    return "2026-03-10 " + next(
        f"{hour:02}:{minute:02}"
        for hour, minute in product(range(24), range(60))
        if at(f"2026-03-10 {hour:02}:{minute:02}") == instant
    )


def test_a_lead_that_was_warned_of_and_is_paused_keeps_its_promise() -> None:
    """Warned at 10:30, paused 10:40 to 11:00 with a call that failed at 10:50: due at 11:20.

    While it has no due, neither has it a horizon that lead-created could be too late for.
    """
    website = {**SPEED, "id": "web", "applies": {"source": ["website"]}, "warn_at": [50]}
    body = agreement(website, pauses={"reasons": ["vacation"]})

    heard = hear(
        body,
        created("2026-03-10 09:00", source="website"),
        handed_off("2026-03-10 10:00"),
        fact("clock-paused", "2026-03-10 10:40", reason="vacation"),
        attempt("2026-03-10 10:50", outcome="bounced"),
        fact("clock-resumed", "2026-03-10 11:00", reason="vacation"),
        until="2026-03-10 18:00",
    )

    assert heard.chain("web")[0] == ("provisional", "2026-03-10 11:20:00")
