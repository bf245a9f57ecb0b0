"""What sources say again, take back, or say in the wrong order; each was once judged wrongly."""

from schemas.verdicts import Breach
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
    tell,
)

FLOOR = agreement(SPEED)
HANDOFF = handed_off("2026-03-10 10:00")
LEAD_SPEED = {"id": "lead", "clock": "speed_to_lead", "calendar": "always", "target": "PT1H"}


def test_a_close_before_the_lead_was_created_closes_nothing() -> None:
    """Closed 09:59, created 10:00: cycle 1 begins with lead-created, and breaches at 11:00."""
    heard = hear(
        agreement(LEAD_SPEED),
        closed("2026-03-10 09:59"),
        created("2026-03-10 10:00"),
        until="2026-03-10 12:00",
    )

    assert heard.chain("lead")[0] == ("provisional", "2026-03-10 11:00:00")


def test_attempts_after_a_handoff_count_though_the_lead_was_created_later() -> None:
    """Handed off 10:00, created 10:30 by the source's clock, told at 10:40 of a call at 10:20."""
    heard = hear(
        FLOOR,
        HANDOFF,
        created("2026-03-10 10:30"),
        attempt("2026-03-10 10:20", seen="2026-03-10 10:40"),
    )

    assert [one.outcome for one in heard.verdicts] == ["met"]


def test_false_close_is_that_of_the_version_that_holds_for_the_cycle() -> None:
    """Version 2, in force after the first cycle, makes 15 minutes 5: a gap of 10 resumes."""
    newer = {
        **FLOOR,
        "version": 2,
        "effective_from": "2026-03-10T12:00:00+01:00",
        "false_close": "PT5M",
    }
    heard = tell(
        book_of(FLOOR, newer),
        [HANDOFF, closed("2026-03-10 10:20"), handed_off("2026-03-10 10:30")],
        "2026-03-10 12:00",
    )

    assert {(one.cycle, one.due_at) for one in heard.breaches} == {(1, at("2026-03-10 11:10"))}


def test_handed_back_after_a_close_the_next_handoff_begins_a_new_cycle() -> None:
    """Closed 10:20, handed back 10:25, handed off 10:30: cycle 2, due 11:30."""
    heard = hear(
        FLOOR,
        HANDOFF,
        closed("2026-03-10 10:20"),
        fact("handed-back", "2026-03-10 10:25", reason="wrong region"),
        handed_off("2026-03-10 10:30"),
        until="2026-03-10 12:00",
    )

    assert {(one.cycle, one.due_at) for one in heard.breaches} == {(2, at("2026-03-10 11:30"))}


def test_a_withdrawal_can_itself_be_withdrawn() -> None:
    """The call of 10:30 is withdrawn at 10:40, the withdrawal at 10:50: met after all."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:30", id="call"),
        fact("fact-withdrawn", "2026-03-10 10:40", id="oops", withdraws="call"),
        fact("fact-withdrawn", "2026-03-10 10:50", withdraws="oops"),
    )

    assert heard.breaches == []
    assert [(one.outcome, one.reason) for one in heard.verdicts] == [
        ("met", None),
        ("cancelled", "withdrawn"),
        ("met", None),
    ]


def test_a_verdict_is_taken_back_when_its_answer_is_withdrawn() -> None:
    """Met at 10:30, withdrawn at 10:45: no reader finds it met and breached at 11:00."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:30", id="call"),
        fact("fact-withdrawn", "2026-03-10 10:45", withdraws="call"),
        until="2026-03-10 12:00",
    )

    assert [(one.revision, one.outcome, one.reason) for one in heard.verdicts] == [
        (1, "met", None),
        (2, "cancelled", "withdrawn"),
    ]
    assert heard.breach("speed")["status"] == "confirmed"


def test_a_clock_that_a_late_reopening_resumed_breaches_at_its_due_instant() -> None:
    """Closed 10:10, said 10:25; reopened 10:20, told 10:40: runs on, and breaches at 11:10."""
    heard = hear(
        FLOOR,
        HANDOFF,
        closed("2026-03-10 10:10"),
        handed_off("2026-03-10 10:20", seen="2026-03-10 10:40"),
        until="2026-03-10 12:00",
    )

    assert [one.reason for one in heard.verdicts] == ["won", "late_fact"]
    assert heard.chain("speed") == [
        ("provisional", "2026-03-10 11:10:00"),
        ("confirmed", "2026-03-10 11:10:30"),
    ]


def test_a_resolved_breach_is_open_again_when_its_answer_is_withdrawn() -> None:
    """Answered late at 11:20, withdrawn at 11:40, answered at 11:50: resolved twice."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 11:20", id="call"),
        fact("fact-withdrawn", "2026-03-10 11:40", withdraws="call"),
        attempt("2026-03-10 11:50"),
    )

    assert [status for status, _ in heard.chain("speed")] == [
        "provisional",
        "confirmed",
        "resolved",
        "confirmed",
        "resolved",
    ]
    assert heard.verdict("speed")["overrun_seconds"] == 3000


def test_c19_another_content_under_a_used_id_is_a_retelling() -> None:
    """Met at 10:30; the same event later says that the call failed: the verdict stands.

    So it does when a fact without any effect is told afterwards.
    """
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:30", id="call"),
        attempt("2026-03-10 10:20", id="call", outcome="failed", seen="2026-03-10 10:40"),
        fact("lead-updated", "2026-03-10 11:05", segment="large"),
        until="2026-03-10 12:00",
    )

    assert [(one.revision, one.outcome) for one in heard.verdicts] == [(1, "met")]
    assert heard.breaches == []


def test_c19_a_retelling_stays_without_effect_when_something_else_revises_the_verdict() -> None:
    """Neither the fact that revises it nor one without any effect lets a re-telling in."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:30", id="call"),
        attempt("2026-03-10 10:05", id="again", attempt_id="call", seen="2026-03-10 10:40"),
        attempt("2026-03-10 10:25", seen="2026-03-10 10:50"),
        attempt("2026-03-10 10:55"),
    )

    assert [one.answered_at for one in heard.verdicts] == [
        at("2026-03-10 10:30"),
        at("2026-03-10 10:25"),
    ]


def test_a_retelling_counts_once_what_was_told_first_is_withdrawn() -> None:
    """Met at 10:30, re-told as 10:20 without effect; the first telling withdrawn: met at 10:20."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:30", id="first", attempt_id="call"),
        attempt("2026-03-10 10:20", id="second", attempt_id="call", seen="2026-03-10 10:40"),
        fact("fact-withdrawn", "2026-03-10 10:45", withdraws="first"),
    )

    assert [(one.outcome, one.answered_at) for one in heard.verdicts] == [
        ("met", at("2026-03-10 10:30")),
        ("met", at("2026-03-10 10:20")),
    ]


def test_a_resolved_breach_gives_an_outcome_and_no_reason() -> None:
    """Closed at 11:20 after due: unmet; ``reason`` says why a breach was retracted, only."""
    heard = hear(FLOOR, HANDOFF, closed("2026-03-10 11:20"))

    breach = heard.breach("speed")
    assert (breach["status"], breach["outcome"], breach["reason"]) == ("resolved", "unmet", None)


def test_every_retraction_names_its_evidence_and_no_longer_an_answer() -> None:
    """Answered late at 11:30; a hand-off of 09:30, told at 12:00, moves due and takes all back."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 11:30"),
        handed_off("2026-03-10 09:30", id="first", seen="2026-03-10 12:00"),
    )

    retracted = next(one for one in heard.breaches if one.status == "retracted")
    assert (retracted.reason, retracted.evidence_id) == ("due_moved", "first")
    assert (retracted.answered_at, retracted.overrun_seconds, retracted.outcome) == (None,) * 3


def test_a_handoff_withdrawn_after_due_retracts_as_withdrawn() -> None:
    """Breached at 11:00; at 12:00 the hand-off is withdrawn, which is the evidence."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00", id="h"),
        fact("fact-withdrawn", "2026-03-10 12:00", id="oops", withdraws="h"),
    )

    breach = heard.breach("speed")
    assert (breach["reason"], breach["evidence_id"]) == ("withdrawn", "oops")


def test_over_contact_withdrawn_has_not_moved() -> None:
    """The fourth of at most three is withdrawn: ``withdrawn``, for there is no due instant."""
    body = agreement({**DEPTH, "max_attempts": 3}, double_dial="PT0S")
    heard = hear(
        body,
        HANDOFF,
        *(attempt(f"2026-03-10 10:{minute}", id=f"a{minute}") for minute in (10, 20, 30, 40)),
        fact("fact-withdrawn", "2026-03-10 11:00", withdraws="a40"),
    )

    assert heard.breach("depth:max")["reason"] == "withdrawn"


def test_a_call_before_the_handoff_is_put_down_to_nobody() -> None:
    """The owner at the answer: in cycle 1 there is none, in cycle 2 it is the last of cycle 1."""
    heard = hear(
        FLOOR,
        attempt("2026-03-10 09:30"),
        HANDOFF,
        closed("2026-03-10 10:20"),
        attempt("2026-03-10 11:00"),
        handed_off("2026-03-10 11:30", team="sued", rep="carla"),
    )

    owners = [(one.cycle, one.team_id, one.rep_id, one.pre_handoff) for one in heard.verdicts]
    assert owners == [(1, None, None, True), (2, "nord", "anna", True)]


def test_a_clock_found_out_after_its_horizon_is_judged_by_what_was_known_then() -> None:
    """A second cycle told 8 days late breaches at once, and stays so when the first is judged."""
    heard = hear(
        agreement(SPEED, {**DEPTH, "within": "PT100H"}),
        HANDOFF,
        closed("2026-03-10 10:10", seen="2026-03-18 12:00"),
        handed_off("2026-03-10 10:40", id="h2", seen="2026-03-18 12:00"),
        until="2026-03-30 00:00",
    )

    statuses = [one.status for one in heard.breaches if one.commitment == "speed"]
    assert statuses == ["provisional", "confirmed"]


def test_a_lead_created_after_the_horizon_changes_no_commitment() -> None:
    """Told 8 days after due to be from the website: the breach under the old promise stands."""
    body = agreement({**SPEED, "id": "website-speed", "applies": {"source": ["website"]}}, SPEED)
    heard = hear(
        body, HANDOFF, created("2026-03-18 13:00", seen="2026-03-18 13:00", source="website")
    )

    assert [one.status for one in heard.breaches] == ["provisional", "confirmed"]
    assert {one.commitment for one in heard.breaches} == {"speed"}


def test_an_erasure_ends_every_chain() -> None:
    """Erased 10 seconds after due: confirmed and resolved at once, cancelled, then nothing."""
    heard = hear(FLOOR, HANDOFF, fact("lead-erased", "2026-03-10 11:00:10"))

    assert heard.chain("speed") == [
        ("provisional", "2026-03-10 11:00:00"),
        ("confirmed", "2026-03-10 11:00:10"),
        ("resolved", "2026-03-10 11:00:10"),
    ]
    assert (heard.outcome("speed"), heard.verdict("speed")["reason"]) == ("cancelled", "erased")


def test_an_erasure_of_before_due_told_later_retracts() -> None:
    """Erased 10:30, told 11:30: as after a close of then, there was no breach."""
    heard = hear(FLOOR, HANDOFF, fact("lead-erased", "2026-03-10 10:30", seen="2026-03-10 11:30"))

    assert heard.breach("speed")["status"] == "retracted"
    assert heard.outcome("speed") == "cancelled"


def test_an_erasure_is_never_too_late() -> None:
    """Met on day one, erased on day 20 by a request of day two: the facts leave."""
    book = book_of(FLOOR)
    tell(
        book,
        [
            HANDOFF,
            attempt("2026-03-10 10:30"),
            fact("lead-erased", "2026-03-11 10:00", seen="2026-03-30 10:00"),
        ],
        "2026-03-30 12:00",
    )

    assert not book.knows("L")


def test_sequence_goes_on_when_a_lead_that_left_comes_back() -> None:
    """Erased at 11:30, handed off anew at 12:00: the greater sequence is still the newer."""
    heard = hear(
        FLOOR,
        HANDOFF,
        fact("lead-erased", "2026-03-10 11:30"),
        handed_off("2026-03-10 12:00"),
    )

    numbers = [one.sequence for one in heard.breaches]
    assert len(numbers) == 5
    assert numbers == sorted(set(numbers))


def test_a_fact_told_ahead_keeps_no_lead_awake() -> None:
    """Dormant for a day, handed off on the fifth: told then or from the first, it is cycle 1."""
    body = agreement(SPEED, dormant="PT24H", correction_horizon="PT1H")
    facts = [HANDOFF, attempt("2026-03-10 10:30"), handed_off("2026-03-16 10:00")]
    book = book_of(body)
    for one in facts:
        book.tell(one, one.occurred_at)

    outputs = [one for one in book.advance(at("2026-03-16 12:00")) if isinstance(one, Breach)]

    assert [one.cycle for one in outputs] == [1, 1]
    assert outputs == hear(body, *facts, until="2026-03-16 12:00").breaches


def test_an_erasure_says_at_once_what_a_close_would_say_later() -> None:
    """Lost at 10:30, erased at 10:35: unmet, not cancelled, and not only at 10:45."""
    heard = hear(
        FLOOR, HANDOFF, closed("2026-03-10 10:30", "lost"), fact("lead-erased", "2026-03-10 10:35")
    )

    assert [(one.outcome, one.detected_at) for one in heard.verdicts] == [
        ("unmet", at("2026-03-10 10:35"))
    ]
    assert not any(isinstance(one, Breach) for one in heard.outputs)


def test_what_never_held_does_not_hold_because_something_else_came_too_late() -> None:
    """Id x is told as lead-created, and 10 min later as a hand-off: y opens cycle 2 all the same.

    Lead-created is about the whole life, so for cycle 1, over for a day, x came too late.
    """
    body = agreement(SPEED, correction_horizon="PT24H")

    heard = hear(
        body,
        created("2026-03-10 09:00"),
        HANDOFF,
        closed("2026-03-10 10:10"),
        created("2026-03-11 12:00", id="x"),
        handed_off("2026-03-11 12:10", id="y"),
        handed_off("2026-03-11 12:10", id="x", seen="2026-03-11 12:11"),
        until="2026-03-11 16:00",
    )

    assert [(one.cycle, one.status) for one in heard.breaches] == [
        (2, "provisional"),
        (2, "confirmed"),
    ]
