"""The clock of attempt depth: what counts, enough, too many, reached."""

from typing import Any

import pytest

from schemas.facts import Fact
from tests.support.story import (
    DEPTH,
    agreement,
    attempt,
    closed,
    created,
    handed_off,
    hear,
    local,
)

HANDOFF = handed_off("2026-03-10 10:00")
THREE = agreement(DEPTH)
MIX = agreement({**DEPTH, "min_attempts": 12, "mix": {"call": 6, "voicemail": 3, "email": 3}})


def attempts(count: int, channel: str = "call", **fields: object) -> list[Fact]:
    """Tell attempts from 10:05 on, five minutes apart, on one channel."""
    return [
        attempt(f"2026-03-10 {10 + n // 12}:{n % 12 * 5:02}", channel=channel, **fields)
        for n in range(1, count + 1)
    ]


def test_too_few_is_breached_when_the_window_ends() -> None:
    """Two of three attempts in 10 h from 10:00: due on Wednesday 13:30, actual 2."""
    heard = hear(THREE, HANDOFF, *attempts(2), until="2026-03-12 00:00")

    breach = heard.breach("depth")
    assert local(breach["due_at"]) == "2026-03-11 13:30:00"
    assert (breach["kind"], breach["actual"], breach["target"]) == ("too_few", 2, 3)
    assert (breach["unit"], breach["clock"]) == ("attempts", "depth")


def test_c19_reaching_the_minimum_after_due_is_met_late() -> None:
    """The third attempt comes a day after due."""
    heard = hear(THREE, HANDOFF, *attempts(2), attempt("2026-03-12 15:00"))

    assert heard.outcome("depth") == "met_late"
    assert [status for status, _ in heard.chain("depth")][-1] == "resolved"


@pytest.mark.parametrize(
    ("told", "met"),
    [
        ({"outcome": "connected"}, True),
        ({"outcome": "appointment_booked"}, True),
        ({"outcome": "connected", "direction": "inbound"}, True),
        ({"outcome": "connected", "party": "marketing"}, True),
        ({"outcome": "connected", "automated": True}, False),
        ({"outcome": "no_answer"}, False),
    ],
)
def test_c19_a_connect_of_any_party_either_way_meets_depth(
    told: dict[str, Any], *, met: bool
) -> None:
    """One attempt is enough if the lead was reached by a person; flag connected."""
    heard = hear(THREE, HANDOFF, attempt("2026-03-10 10:30", **told))

    assert (heard.outcome("depth") == "met") is met
    if met:
        assert heard.verdict("depth")["connected"] is True


def test_c19_a_connect_counts_from_lead_created_on() -> None:
    """Reached at 9:30, between creation and hand-off: met."""
    heard = hear(
        THREE,
        created("2026-03-10 09:00"),
        HANDOFF,
        attempt("2026-03-10 09:30", outcome="connected"),
    )

    assert heard.outcome("depth") == "met"


def test_c19_only_attempts_from_the_handoff_on_count() -> None:
    """Three attempts before the hand-off are none of depth's."""
    heard = hear(
        THREE,
        created("2026-03-10 09:00"),
        HANDOFF,
        *[attempt(f"2026-03-10 09:{n}") for n in (10, 20, 30)],
        until="2026-03-12 00:00",
    )

    assert heard.breach("depth")["actual"] == 0


def test_c19_closed_hours_are_included() -> None:
    """Three attempts at night, while the calendar is closed, meet it."""
    heard = hear(THREE, HANDOFF, *[attempt(f"2026-03-10 22:{n}") for n in (10, 20, 30)])

    assert heard.outcome("depth") == "met"


@pytest.mark.parametrize(
    "told",
    [
        {"direction": "inbound"},
        {"automated": True, "channel": "email"},
        {"outcome": "bounced"},
        {"outcome": "failed"},
        {"party": "service"},
    ],
)
def test_c19_inbound_automated_and_undelivered_attempts_do_not_count(told: dict[str, Any]) -> None:
    """Two that count and one that does not are two."""
    heard = hear(
        THREE, HANDOFF, *attempts(2), attempt("2026-03-10 11:00", **told), until="2026-03-12 00:00"
    )

    assert heard.breach("depth")["actual"] == 2


def test_c19_automated_ones_count_where_automated_lists_the_channel() -> None:
    """With automated: [email] the third, sent by a machine, completes the minimum."""
    body = agreement({**DEPTH, "automated": ["email"]})

    heard = hear(
        body, HANDOFF, *attempts(2), attempt("2026-03-10 11:00", channel="email", automated=True)
    )

    assert heard.outcome("depth") == "met"


@pytest.mark.parametrize(("gap", "counted"), [("10:05:59", 1), ("10:06:00", 1), ("10:06:01", 2)])
def test_c19_a_double_dial_is_that_attempt_again(gap: str, counted: int) -> None:
    """At most 60 s after the last counted one on the same channel."""
    heard = hear(
        THREE,
        HANDOFF,
        attempt("2026-03-10 10:05:00"),
        attempt(f"2026-03-10 {gap}"),
        until="2026-03-12 00:00",
    )

    assert heard.breach("depth")["actual"] == counted


def test_c19_the_last_counted_one_shadows_not_the_last() -> None:
    """Calls at 0, 50 and 100 s: the third is 100 s after the last counted one, so it counts."""
    heard = hear(
        THREE,
        HANDOFF,
        attempt("2026-03-10 10:05:00"),
        attempt("2026-03-10 10:05:50"),
        attempt("2026-03-10 10:06:40"),
        until="2026-03-12 00:00",
    )

    assert heard.breach("depth")["actual"] == 2


def test_c19_failed_ones_do_not_shadow_and_pt0s_turns_it_off() -> None:
    """A call 20 s after a failed one counts; with double_dial PT0S every call does."""
    calls = [attempt("2026-03-10 10:05:00", outcome="failed"), attempt("2026-03-10 10:05:20")]
    twice = [attempt("2026-03-10 10:05:00"), attempt("2026-03-10 10:05:20")]
    off = agreement(DEPTH, double_dial="PT0S")

    failed = hear(THREE, HANDOFF, *calls, until="2026-03-12 00:00")
    each = hear(off, HANDOFF, *twice, until="2026-03-12 00:00")

    assert failed.breach("depth")["actual"] == 1
    assert each.breach("depth")["actual"] == 2


def test_c19_over_contact_is_a_breach_of_its_own() -> None:
    """Five attempts where four are the most: ID:max, due at the fifth, confirmed, no verdict."""
    body = agreement({**DEPTH, "max_attempts": 4})

    heard = hear(body, HANDOFF, *attempts(5))

    breach = heard.breach("depth:max")
    assert [status for status, _ in heard.chain("depth:max")] == ["provisional", "confirmed"]
    assert (breach["kind"], breach["actual"], breach["target"]) == ("too_many", 5, 4)
    assert local(breach["due_at"]) == "2026-03-10 10:25:00"
    assert heard.outcome("depth:max") is None
    assert heard.outcome("depth") == "met"


def test_c19_attempts_after_a_connect_count_towards_the_maximum_after_the_close_do_not() -> None:
    """Reached at once and called four times more: over four; closed in between: not."""
    body = agreement({**DEPTH, "max_attempts": 4})
    first = attempt("2026-03-10 10:03", outcome="connected")

    over = hear(body, HANDOFF, first, *attempts(4))
    ended = hear(body, HANDOFF, first, *attempts(4), closed("2026-03-10 10:12"))

    assert over.breach("depth:max")["kind"] == "too_many"
    assert ended.breaches == []


def test_c19_over_contact_counts_within_the_window() -> None:
    """The fifth attempt comes after due: no breach of the maximum."""
    body = agreement({**DEPTH, "max_attempts": 4})

    heard = hear(body, HANDOFF, *attempts(4), attempt("2026-03-12 10:00"))

    assert heard.breaches == []


@pytest.mark.parametrize(("outcome", "verdict"), [("lost", "unmet"), ("won", "cancelled")])
def test_c19_lost_with_fewer_than_the_minimum_is_unmet(outcome: str, verdict: str) -> None:
    """Given up after one attempt is a miss; won without is not."""
    heard = hear(THREE, HANDOFF, *attempts(1), closed("2026-03-10 16:00", outcome))

    assert heard.outcome("depth") == verdict
    assert heard.breaches == []


def test_c19_lost_with_the_minimum_reached_but_not_the_mix_is_unmet() -> None:
    """Twelve e-mails, then lost: unmet."""
    heard = hear(MIX, HANDOFF, *attempts(12, "email"), closed("2026-03-10 16:00", "lost"))

    assert heard.outcome("depth") == "unmet"


def test_c19_attempts_seen_late_that_complete_the_minimum_retract() -> None:
    """A manual attempt, told two days late: back-dating does not matter; it is the evidence."""
    heard = hear(
        THREE,
        HANDOFF,
        *attempts(2),
        attempt("2026-03-10 15:00", seen="2026-03-12 15:00", evidence="manual", id="third"),
    )

    breach = heard.breach("depth")
    assert (breach["status"], breach["reason"]) == ("retracted", "late_fact")
    assert breach["evidence_id"] == "third"
    assert heard.outcome("depth") == "met"


def test_ten_business_days_run_until_the_close_of_the_tenth_day_after_the_start() -> None:
    """Handed off on Tuesday 10 March: due on Tuesday 24 March at 17:30."""
    body = agreement({**DEPTH, "within": {"business_days": 10}})

    heard = hear(body, HANDOFF)

    assert local(heard.breach("depth")["due_at"]) == "2026-03-24 17:30:00"
