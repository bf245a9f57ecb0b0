"""What a fact told late may still change: provisional, confirmed, resolved, retracted, frozen."""

from schemas.instants import format_instant
from tests.support.story import (
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

FLOOR = agreement(SPEED)
HANDOFF = handed_off("2026-03-10 10:00")


def test_c19_a_system_attempt_told_late_retracts() -> None:
    """Called at 10:40, told at 14:00 by the dialer: the confirmed breach is retracted, met."""
    heard = hear(FLOOR, HANDOFF, attempt("2026-03-10 10:40", seen="2026-03-10 14:00", id="a"))

    assert heard.chain("speed") == [
        ("provisional", "2026-03-10 11:00:00"),
        ("confirmed", "2026-03-10 11:00:30"),
        ("retracted", "2026-03-10 14:00:00"),
    ]
    assert heard.breach("speed")["evidence_id"] == "a"
    assert heard.outcome("speed") == "met"


def test_c19_a_manual_attempt_takes_effect_at_most_max_backdate_before_it_was_told() -> None:
    """Called at 10:40, written down by hand at 14:00: it takes effect at 13:45, late."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:40", seen="2026-03-10 14:00", evidence="manual"),
    )

    verdict = heard.verdict("speed")
    assert (verdict["outcome"], local(verdict["answered_at"])) == (
        "met_late",
        "2026-03-10 13:45:00",
    )


def test_c19_retracted_may_follow_resolved() -> None:
    """Answered at 11:30, then an earlier call of 10:50 is told: resolved, then retracted."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 11:30"),
        attempt("2026-03-10 10:50", seen="2026-03-10 16:00"),
    )

    assert [status for status, _ in heard.chain("speed")] == [
        "provisional",
        "confirmed",
        "resolved",
        "retracted",
    ]
    assert [one.outcome for one in heard.verdicts] == ["met_late", "met"]


def test_c19_the_end_of_the_horizon_counts_and_nothing_after_it() -> None:
    """Due Tuesday 11:00: told Tuesday a week later at 11:00 it retracts, a second later not."""
    in_time = attempt("2026-03-10 10:40", seen="2026-03-17 11:00:00")
    too_late = attempt("2026-03-10 10:40", seen="2026-03-17 11:00:01")

    assert hear(FLOOR, HANDOFF, in_time).breach("speed")["status"] == "retracted"
    assert hear(FLOOR, HANDOFF, too_late).breach("speed")["status"] == "confirmed"


def test_c19_a_late_lead_created_changes_the_commitment() -> None:
    """Breached under speed, then told to be from the website: retracted and judged anew."""
    body = agreement(
        {**SPEED, "id": "website-speed", "applies": {"source": ["website"]}, "target": "PT30M"},
        SPEED,
    )

    heard = hear(
        body,
        HANDOFF,
        created("2026-03-10 09:00", seen="2026-03-10 15:00", source="website"),
        until="2026-03-10 16:00",
    )

    old = heard.breach("speed")
    assert (old["status"], old["reason"]) == ("retracted", "commitment_changed")
    assert heard.chain("website-speed") == [
        ("provisional", "2026-03-10 15:00:00"),
        ("confirmed", "2026-03-10 15:00:00"),
    ]


def test_c19_a_due_instant_that_moves_after_a_breach_retracts_it() -> None:
    """A reopening told late moves due to 11:15, still past: due_moved, then again breached."""
    heard = hear(
        FLOOR,
        HANDOFF,
        closed("2026-03-10 10:20", "disqualified", seen="2026-03-10 12:00"),
        handed_off("2026-03-10 10:35", seen="2026-03-10 12:00"),
        until="2026-03-10 12:30",
    )

    steps = [(one.revision, one.status, one.reason) for one in heard.breaches]
    assert steps == [
        (1, "provisional", None),
        (2, "confirmed", None),
        (3, "retracted", "due_moved"),
        (4, "provisional", None),
        (5, "confirmed", None),
    ]


def test_c19_fact_withdrawn_is_as_never_told_from_then_on() -> None:
    """The call that met it is withdrawn at 12:00: breached, said at 12:00."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:40", id="a"),
        fact("fact-withdrawn", "2026-03-10 12:00", withdraws="a"),
        until="2026-03-10 13:00",
    )

    assert heard.chain("speed") == [
        ("provisional", "2026-03-10 12:00:00"),
        ("confirmed", "2026-03-10 12:00:00"),
    ]


def test_c19_of_two_contents_under_one_id_the_earliest_holds() -> None:
    """The same hand-off told as 10:30 and, ten minutes later, as 10:00: due 11:00."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:30", id="h"),
        handed_off("2026-03-10 10:00", id="h", seen="2026-03-10 10:40"),
        until="2026-03-10 12:00",
    )

    assert [one for one, _ in heard.chain("speed")] == ["provisional", "confirmed"]
    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:00:00"


def test_c19_an_attempt_told_by_several_facts_is_known_since_the_first() -> None:
    """Told by hand at 10:40, by the dialer at 15:00: one attempt, evidence as last told."""
    told = {"attempt_id": "call-1"}

    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:40", id="a", evidence="manual", outcome="no_answer", **told),
        attempt("2026-03-10 10:38", id="b", seen="2026-03-10 15:00", outcome="failed", **told),
    )

    # A re-telling under an attempt_id already used in a verdict never revises it.
    assert [(one.revision, one.outcome) for one in heard.verdicts] == [(1, "met")]


def test_c19_an_old_fact_of_an_unknown_lead_starts_no_clock() -> None:
    """A hand-off told 8 days late for a lead nobody knows: late-facts, nothing else."""
    heard = hear(FLOOR, handed_off("2026-03-10 10:00", seen="2026-03-18 10:00:01", id="h"))

    assert heard.late_facts == ["h"]
    assert heard.breaches == []
    assert heard.verdicts == []


def test_c19_an_old_fact_of_a_frozen_lead_leaves_as_a_late_fact() -> None:
    """Met, the horizon over, then an attempt of day one is told: nothing moves."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:30"),
        attempt("2026-03-10 10:10", seen="2026-03-20 10:00", id="late"),
    )

    assert heard.late_facts == ["late"]
    assert len(heard.verdicts) == 1


def test_a_lead_keeps_at_most_a_thousand_facts() -> None:
    """The 1,001st event_id is refused, by name; a repetition of a kept one is not."""
    facts = [
        attempt("2026-03-10 10:00", id=f"a{number:04}", channel="email") for number in range(1_001)
    ]

    heard = hear(FLOOR, *facts, facts[0])

    assert [(one.reason, one.fact.event_id) for one in heard.refusals] == [
        ("too_many_facts", "a1000")
    ]


def test_an_earlier_fact_takes_the_place_of_the_last() -> None:
    """The first distinct ids by (seen_at, event_id) are kept, in whatever order they are told."""
    book = book_of(FLOOR)
    for number in range(1, 1_001):
        told = attempt("2026-03-10 10:00", id=f"a{number:04}")
        assert book.tell(told, at("2026-03-10 10:00")) is None

    refusal = book.tell(attempt("2026-03-10 10:00", id="a0000"), at("2026-03-10 10:00"))

    assert refusal is not None
    assert refusal.fact.event_id == "a1000"


def test_c19_a_policy_holds_for_clocks_opened_after_its_publication() -> None:
    """Version 2 halves the target from noon on: 10:00 stays due 11:00, 14:00 is due 14:30."""
    newer = {
        **agreement({**SPEED, "target": "PT30M"}),
        "version": 2,
        "effective_from": "2026-03-10T12:00:00+01:00",
    }
    book = book_of(FLOOR, newer)

    heard = tell(
        book,
        [HANDOFF, handed_off("2026-03-10 14:00", lead="M")],
        "2026-03-10 18:00",
    )

    due = {one.lead_id: (one.policy_version, local_of(one.due_at)) for one in heard.breaches}
    assert due == {"L": (1, "11:00"), "M": (2, "14:30")}


def local_of(instant: int) -> str:
    """Write an instant as Berlin local time of day."""
    return local(format_instant(instant))[11:16]


def test_an_erasure_that_a_late_withdrawal_lets_stand_ends_what_is_open() -> None:
    """Erased on the 12th, which was withdrawn; the withdrawal withdrawn on the 20th: from then."""
    heard = hear(
        FLOOR,
        HANDOFF,
        fact("fact-withdrawn", "2026-03-10 10:30", id="w1", withdraws="e"),
        fact("lead-erased", "2026-03-12 09:00", id="e"),
        fact("fact-withdrawn", "2026-03-20 09:00", id="w2", withdraws="w1"),
    )

    assert heard.chain("speed")[2:] == [("resolved", "2026-03-20 09:00:00")]
    verdict = heard.verdict("speed")
    assert (verdict["outcome"], verdict["reason"]) == ("cancelled", "erased")
    # What was left of the day of the hand-off, and seven whole days.
    assert verdict["elapsed_seconds"] == (6.5 + 7 * 7.5) * 3600


def test_what_moved_due_in_time_still_counts_when_the_new_horizon_is_over() -> None:
    """Due on the 11th at 9:30; that sued got it on the 10th at 18:00 is told on the 18th at 9:00.

    Then it was due on the 10th at 18:30, whose horizon was over by then: breached anew, once.
    """
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 17:00"),
        handed_off("2026-03-10 18:00", team="sued", rep="carla", seen="2026-03-18 09:00"),
        *[attempt(f"2026-03-18 1{hour}:00", outcome="bounced") for hour in (1, 2, 3)],
    )

    assert [(one.status, local_of(one.due_at)) for one in heard.breaches] == [
        ("provisional", "09:30"),
        ("confirmed", "09:30"),
        ("retracted", "09:30"),
        ("provisional", "18:30"),
        ("confirmed", "18:30"),
    ]
