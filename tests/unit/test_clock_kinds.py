"""The clocks beside speed and depth: owner, qualify, first touch, next attempt, burnt, acts."""

from typing import Any

import pytest

from schemas.facts import Fact
from schemas.instants import format_instant
from schemas.verdicts import record_topic
from tests.support.story import (
    Heard,
    agreement,
    attempt,
    closed,
    created,
    fact,
    handed_off,
    hear,
    local,
)

CREATED = created("2026-03-10 09:00")
HANDOFF = handed_off("2026-03-10 10:00", id="h1")
OWNER = {"id": "owner", "clock": "owner", "target": "PT30M"}
QUALIFY = {"id": "qualify", "clock": "qualify", "calendar": "floor", "target": "PT1H"}
TOUCH = {"id": "touch", "clock": "first_touch", "calendar": "floor", "target": "PT1H"}
NEXT = {"id": "next", "clock": "next_attempt", "target": "PT1H"}
DEPTH = {"id": "depth", "clock": "depth", "within": "PT40H", "min_attempts": 3}
BURNT = {"id": "burnt", "clock": "burnt", "target": "PT10H"}
EARLY = {"id": "early", "clock": "too_early", "stage": ["iql"]}
GATE = {"id": "gate", "clock": "gate", "min_score": 50, "stage": ["mql", "sql"]}


def ends(heard: Heard) -> list[tuple[str, str | None, str, str | None]]:
    """Give each verdict: commitment, rep, outcome, reason."""
    return [(one.commitment, one.rep_id, one.outcome, one.reason) for one in heard.verdicts]


def marketing(*commitments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Build an agreement in which Marketing owes something."""
    return agreement(marketing=list(commitments), **more)


def test_c19_the_owner_clock_restarts_per_segment() -> None:
    """Anna keeps it 20 min and loses it, Ben calls after 10: cancelled, met; two instances."""
    heard = hear(
        agreement(OWNER),
        HANDOFF,
        handed_off("2026-03-10 10:20", rep="ben", id="h2"),
        attempt("2026-03-10 10:30", rep_id="ben"),
    )

    assert ends(heard) == [
        ("owner", "anna", "cancelled", "reassigned"),
        ("owner", "ben", "met", None),
    ]
    assert len({one.verdict_id for one in heard.verdicts}) == 2
    assert local(heard.verdict("owner")["started_at"]) == "2026-03-10 10:20:00"


def test_only_this_reps_attempts_stop_the_owner_clock() -> None:
    """Ben calls Anna's lead: her clock is breached, whoever served the customer."""
    heard = hear(
        agreement(OWNER),
        HANDOFF,
        attempt("2026-03-10 10:10", rep_id="ben"),
        until="2026-03-10 12:00",
    )

    breach = heard.breach("owner")
    assert (breach["status"], breach["rep_id"]) == ("confirmed", "anna")


def test_a_reassignment_after_due_ends_the_owner_clock_unmet() -> None:
    """Due 10:30, taken away at 11:00: unmet, and the breach is resolved at once."""
    heard = hear(
        agreement(OWNER),
        HANDOFF,
        handed_off("2026-03-10 11:00", rep="ben", id="h2"),
        until="2026-03-10 11:10",
    )

    assert ends(heard) == [("owner", "anna", "unmet", "reassigned")]
    assert heard.breach("owner")["status"] == "resolved"


def test_a_second_hand_off_to_the_same_rep_begins_no_segment() -> None:
    """The CRM says it twice: due stays 10:30."""
    heard = hear(
        agreement(OWNER),
        HANDOFF,
        handed_off("2026-03-10 10:20", id="h2"),
        until="2026-03-10 12:00",
    )

    assert {local(format_instant(one.due_at)) for one in heard.breaches} == {"2026-03-10 10:30:00"}


def test_the_queue_owes_nothing_of_the_owner_clock() -> None:
    """Handed to the team's queue, then to Ben at 11:00: one clock, Ben's."""
    heard = hear(
        agreement(OWNER),
        handed_off("2026-03-10 10:00", rep=None, id="h1"),
        handed_off("2026-03-10 11:00", rep="ben", id="h2"),
        until="2026-03-10 12:00",
    )

    assert {one.rep_id for one in heard.breaches} == {"ben"}
    assert local(heard.breach("owner")["due_at"]) == "2026-03-10 11:30:00"


def test_an_attempt_of_the_same_instant_comes_after_the_hand_off() -> None:
    """Anna calls in the second in which Ben gets the lead: her clock had ended."""
    heard = hear(
        agreement(OWNER),
        HANDOFF,
        handed_off("2026-03-10 10:20", rep="ben", id="h2"),
        attempt("2026-03-10 10:20", rep_id="anna"),
        until="2026-03-10 10:25",
    )

    assert ends(heard) == [("owner", "anna", "cancelled", "reassigned")]


@pytest.mark.parametrize(
    ("when", "outcome"), [("2026-03-10 10:00", "met"), ("2026-03-10 10:01", "met_late")]
)
def test_qualify_runs_from_created_to_handed_off(when: str, outcome: str) -> None:
    """Created 9:00, 1 h to hand it off; Marketing owes it."""
    heard = hear(marketing(QUALIFY), CREATED, handed_off(when, id="h"))

    assert heard.outcome("qualify") == outcome
    if outcome == "met_late":
        breach = heard.breaches[-1]
        assert (breach.debtor, breach.creditor) == ("marketing", "sales")
        assert record_topic(breach) == "marketing-breaches"


def test_qualify_of_a_lead_that_is_given_up_is_unmet() -> None:
    """Lost before anybody handed it off."""
    heard = hear(marketing(QUALIFY), CREATED, closed("2026-03-10 09:30", "lost"))

    assert heard.outcome("qualify") == "unmet"


@pytest.mark.parametrize(("party", "outcome"), [("marketing", "met"), ("sales", None)])
def test_c19_qualifying_attempts_are_those_of_the_debtors_party(
    party: str, outcome: str | None
) -> None:
    """first_touch stands under marketing: a call by Sales is no touch of theirs."""
    heard = hear(
        marketing(TOUCH),
        CREATED,
        attempt("2026-03-10 09:30", party=party),
        until="2026-03-10 09:40",
    )

    assert heard.outcome("touch") == outcome


def test_c19_handed_back_ends_the_clocks_of_sales_only() -> None:
    """Sales returns it at 9:40: Marketing's first touch still runs and is due at 10:00."""
    heard = hear(
        marketing(TOUCH),
        CREATED,
        handed_off("2026-03-10 09:30"),
        fact("handed-back", "2026-03-10 09:40", reason="no budget"),
        until="2026-03-10 10:30",
    )

    assert heard.breach("touch")["status"] == "confirmed"


def test_a_close_after_handed_back_ends_the_clocks_of_marketing() -> None:
    """Returned 9:40, disqualified 9:50, before due."""
    heard = hear(
        marketing(TOUCH),
        CREATED,
        handed_off("2026-03-10 09:30"),
        fact("handed-back", "2026-03-10 09:40", reason="no budget"),
        closed("2026-03-10 09:50", "disqualified"),
    )

    assert ends(heard) == [("touch", "anna", "cancelled", "disqualified")]


def test_next_attempt_runs_from_each_counted_attempt_to_the_next() -> None:
    """Three are the minimum: two waits, 1 h each; the second is late, no third begins."""
    heard = hear(
        agreement(DEPTH, NEXT),
        HANDOFF,
        attempt("2026-03-10 10:05"),
        attempt("2026-03-10 10:45"),
        attempt("2026-03-10 14:00"),
        until="2026-03-11 12:00",
    )

    waits = [
        (one.outcome, local(format_instant(one.started_at)))
        for one in heard.verdicts
        if one.commitment == "next"
    ]
    assert waits == [("met", "2026-03-10 10:05:00"), ("met_late", "2026-03-10 10:45:00")]
    assert {one.commitment for one in heard.breaches} == {"next"}


def test_next_attempt_counts_a_double_dial_once() -> None:
    """Called twice within a minute: one attempt, one wait."""
    heard = hear(
        agreement(DEPTH, NEXT),
        HANDOFF,
        attempt("2026-03-10 10:05:00", id="a"),
        attempt("2026-03-10 10:05:30", id="b"),
        until="2026-03-10 10:30",
    )

    assert heard.verdicts == []


def test_next_attempt_ends_when_the_lead_is_reached() -> None:
    """The lead calls back after 20 min: the wait is met, and no other begins."""
    heard = hear(
        agreement(DEPTH, NEXT),
        HANDOFF,
        attempt("2026-03-10 10:05"),
        attempt("2026-03-10 10:25", direction="inbound", outcome="connected"),
        until="2026-03-12 00:00",
    )

    assert [(one.commitment, one.outcome) for one in heard.verdicts] == [
        ("depth", "met"),
        ("next", "met"),
    ]


def test_v18_burnt_is_a_lead_without_any_attempt_since_the_hand_off() -> None:
    """Ten open hours and nobody called: burnt, with the owner's name."""
    heard = hear(agreement(BURNT), HANDOFF, until="2026-03-12 00:00")

    breach = heard.breach("burnt")
    assert (breach["kind"], breach["rep_id"]) == ("burnt", "anna")
    assert record_topic(heard.breaches[-1]) == "speed-breaches"


@pytest.mark.parametrize(("called", "burnt"), [("16:00", False), ("10:00", False), ("09:30", True)])
def test_one_attempt_since_the_hand_off_keeps_a_lead_from_being_burnt(
    called: str, *, burnt: bool
) -> None:
    """Called once, in time; a call before the hand-off is none since."""
    call = attempt(f"2026-03-10 {called}")

    heard = hear(agreement(BURNT), CREATED, HANDOFF, call, until="2026-03-12 00:00")

    assert bool(heard.breaches) is burnt
    assert heard.outcome("burnt") == (None if burnt else "met")


@pytest.mark.parametrize(
    ("story", "breached"),
    [
        ([created("2026-03-10 09:00", stage="iql")], True),
        ([created("2026-03-10 09:00")], False),
        ([], False),
        (
            [
                created("2026-03-10 09:00", stage="iql"),
                fact("lead-updated", "2026-03-10 09:20", stage="mql"),
            ],
            False,
        ),
        (
            [
                created("2026-03-10 09:00", stage="iql"),
                handed_off("2026-03-10 09:20", stage="sql"),
            ],
            False,
        ),
    ],
    ids=["iql", "mql by default", "unknown", "updated", "handed off as sql"],
)
def test_too_early_is_a_sales_contact_while_the_stage_is_listed(
    story: list[Fact], *, breached: bool
) -> None:
    """Called at 9:30: due at the act, ends confirmed, has no verdict."""
    heard = hear(agreement(EARLY), *story, attempt("2026-03-10 09:30"))

    chain = [("provisional", "2026-03-10 09:30:00"), ("confirmed", "2026-03-10 09:30:30")]
    assert heard.chain("early") == (chain if breached else [])
    assert heard.verdicts == []


@pytest.mark.parametrize(
    "told",
    [
        {"party": "marketing"},
        {"direction": "inbound", "outcome": "connected"},
        {"automated": True},
        {"outcome": "bounced"},
    ],
)
def test_what_is_no_sales_contact(told: dict[str, Any]) -> None:
    """Marketing's touch, the lead's own call, a machine's mail, what never arrived."""
    heard = hear(
        agreement(EARLY),
        created("2026-03-10 09:00", stage="iql"),
        attempt("2026-03-10 09:30", **told),
    )

    assert heard.breaches == []


@pytest.mark.parametrize(
    ("lead", "handoff", "kept"),
    [
        ({"score": 70}, {}, True),
        ({"score": 49}, {}, False),
        ({"score": 50}, {}, True),
        ({"score": 70}, {"score": 10}, False),
        ({"score": 10}, {"score": 70}, True),
        ({"score": 70, "stage": "iql"}, {}, False),
        ({"score": 70, "stage": "iql"}, {"stage": "sql"}, True),
        ({}, {}, True),
    ],
)
def test_premature_is_handed_off_below_the_score_or_outside_the_stages(
    lead: dict[str, Any], handoff: dict[str, Any], *, kept: bool
) -> None:
    """Marketing's breach, due at the hand-off; what is not known keeps nothing out."""
    heard = hear(
        marketing(GATE),
        created("2026-03-10 09:00", **lead),
        handed_off("2026-03-10 10:00", **handoff),
    )

    statuses = [status for status, _ in heard.chain("gate")]
    assert statuses == ([] if kept else ["provisional", "confirmed"])
    assert heard.verdicts == []
    if not kept:
        breach = heard.breaches[-1]
        assert (breach.kind, breach.debtor, local(format_instant(breach.due_at))) == (
            "premature",
            "marketing",
            "2026-03-10 10:00:00",
        )


def test_only_the_hand_off_that_opens_the_cycle_passes_the_gate() -> None:
    """Given to Ben within Sales: that is not Marketing's doing."""
    heard = hear(
        marketing(GATE),
        created("2026-03-10 09:00", score=70),
        HANDOFF,
        handed_off("2026-03-10 11:00", rep="ben", score=10),
    )

    assert heard.breaches == []


def test_a_score_told_late_takes_the_breach_back() -> None:
    """The creation told at noon says stage mql and score 70: the gate had been passed."""
    heard = hear(
        marketing(GATE),
        fact("lead-updated", "2026-03-10 09:30", score=10),
        HANDOFF,
        fact("lead-updated", "2026-03-10 09:40", score=70, seen="2026-03-10 12:00"),
    )

    assert [status for status, _ in heard.chain("gate")][-1] == "retracted"
