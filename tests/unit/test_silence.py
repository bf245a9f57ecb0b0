"""Silent sources: no data is not the same as no attempt."""

from typing import Any

import pytest

from schemas.facts import ControlFact
from schemas.instants import format_instant
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
    local,
    tell,
)

SOURCES = {"dialer": {"max_silence": "PT10M", "clocks": ["speed"]}}
FLOOR = agreement(SPEED, sources=SOURCES)
HANDOFF = handed_off("2026-03-10 10:00", origin="crm")


def heartbeat(when: str, up_to: str, origin: str = "dialer") -> ControlFact:
    """Say that all facts of a source up to a time of 10 March have been sent."""
    day = when if len(when) > 5 else f"2026-03-10 {when}"
    return control(
        "source-heartbeat",
        day,
        origin=origin,
        complete_up_to=format_instant(at(f"2026-03-10 {up_to}")),
    )


def test_c19_a_clock_that_is_due_while_its_source_is_silent_warns_instead_of_breaching() -> None:
    """Last heard of at 10:45, due 11:00, 10 min are allowed: unverified."""
    heard = hear(FLOOR, HANDOFF, heartbeat("10:45", "10:45"), until="2026-03-10 15:00")

    assert heard.breaches == []
    assert heard.warned() == [("unverified", "dialer", "2026-03-10 11:00:00")]


@pytest.mark.parametrize(("last", "silent"), [("10:50", False), ("10:49", True)])
def test_c19_a_source_is_silent_when_it_was_last_heard_of_before_max_silence(
    last: str, *, silent: bool
) -> None:
    """10 min before due: at 10:50 it is not yet."""
    heard = hear(FLOOR, HANDOFF, heartbeat(last, last), until="2026-03-10 15:00")

    assert (heard.breaches == []) is silent


def test_the_facts_of_a_source_break_its_silence_too() -> None:
    """The dialer told of a call for another lead at 10:55: this one is breached."""
    call = attempt("2026-03-10 10:55", lead="M", origin="dialer")

    heard = hear(FLOOR, HANDOFF, call, until="2026-03-10 15:00")

    assert heard.breach("speed")["status"] == "confirmed"


def test_a_source_that_is_not_listed_breaks_no_silence() -> None:
    """The CRM speaks all the time."""
    heard = hear(FLOOR, HANDOFF, heartbeat("10:59", "10:59", "crm"), until="2026-03-10 15:00")

    assert heard.breaches == []


def test_a_clock_that_no_silent_source_lists_is_breached() -> None:
    """The dialer is listed for speed only; depth needs nobody."""
    body = agreement(SPEED, DEPTH, sources=SOURCES)

    heard = hear(body, HANDOFF, until="2026-03-12 00:00")

    assert {one.commitment for one in heard.breaches} == {"depth"}


def test_c19_it_is_judged_as_soon_as_complete_up_to_reaches_due() -> None:
    """At 12:00 the dialer is complete up to 10:59, at 12:10 up to 11:00: breached at 12:10."""
    heard = hear(
        FLOOR,
        HANDOFF,
        heartbeat("12:00", "10:59"),
        heartbeat("12:10", "11:00"),
        until="2026-03-10 15:00",
    )

    assert heard.chain("speed") == [
        ("provisional", "2026-03-10 12:10:00"),
        ("confirmed", "2026-03-10 12:10:00"),
    ]
    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:00:00"


def test_a_call_told_late_meets_it_without_any_breach() -> None:
    """The dialer was away; at 12:00 it tells of a call at 10:40 and is complete."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:40", seen="2026-03-10 12:00", origin="dialer"),
        heartbeat("12:01", "12:00"),
    )

    assert heard.breaches == []
    assert heard.outcome("speed") == "met"


def test_a_late_answer_is_not_judged_before_the_source_is_complete() -> None:
    """Called at 11:30; whether also before 11:00 is known at 12:10: met_late then."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 11:30", origin="crm"),
        heartbeat("12:10", "12:00"),
    )

    (verdict,) = heard.verdicts
    assert (verdict.outcome, verdict.detected_at) == ("met_late", at("2026-03-10 12:10"))


def test_c19_it_ends_unverified_at_due_plus_the_horizon() -> None:
    """A week later nobody knows: unverified, no breach, no open lead."""
    book = book_of(FLOOR)

    heard = tell(book, [HANDOFF], "2026-03-30 00:00")

    assert heard.breaches == []
    (verdict,) = heard.verdicts
    assert (verdict.outcome, verdict.reason) == ("unverified", "silent:dialer")
    assert verdict.detected_at == at("2026-03-17 11:00")
    assert not isinstance(heard.outputs[-1], OpenLead)


def test_a_close_before_due_needs_no_source() -> None:
    """Disqualified in time: cancelled, whatever the dialer did."""
    heard = hear(FLOOR, HANDOFF, closed("2026-03-10 10:30", "disqualified"))

    assert (heard.outcome("speed"), heard.warnings) == ("cancelled", [])


def test_heartbeats_told_ahead_take_effect_when_they_are_seen() -> None:
    """All told before time moves: still breached at 12:10."""
    book = book_of(FLOOR)
    beat = heartbeat("12:10", "11:00")
    book.control(beat, beat.occurred_at)
    book.tell(HANDOFF, HANDOFF.occurred_at)

    heard = tell(book, [], "2026-03-10 15:00")

    assert heard.chain("speed")[0] == ("provisional", "2026-03-10 12:10:00")


def test_a_verdict_that_was_taken_back_is_given_anew_once_the_source_is_complete() -> None:
    """Met, withdrawn, answered late while nobody knows: met_late when a heartbeat told ahead is."""
    book = book_of(FLOOR)
    beat = heartbeat("12:10", "11:00")
    story = [
        HANDOFF,
        attempt("2026-03-10 10:20", id="a"),
        fact("fact-withdrawn", "2026-03-10 10:30", withdraws="a"),
        attempt("2026-03-10 11:30"),
    ]
    book.control(beat, beat.occurred_at)
    for one in story:
        book.tell(one, one.occurred_at)

    ahead = tell(book, [], "2026-03-10 15:00")

    assert [one.outcome for one in ahead.verdicts] == ["met", "cancelled", "met_late"]
    assert ahead.chain("speed") == [
        (status, "2026-03-10 12:10:00") for status in ("provisional", "confirmed", "resolved")
    ]
    assert hear(FLOOR, *story, beat).breaches == ahead.breaches


@pytest.mark.parametrize("split", ["2026-03-10 10:30", "2026-03-10 11:30"])
def test_a_restart_forgets_no_silence(split: str) -> None:
    """Packed before or after due: the next life judges at the heartbeat, and warns once."""
    before = book_of(FLOOR)
    heard = tell(before, [HANDOFF, heartbeat("10:05", "10:05")], split)
    after = book_of(FLOOR)
    for key, packed in before.take_changed():
        assert packed is not None
        after.load(key, packed)
    for key, value in before.take_changed_control():
        after.load_control(key, value)
    after.now = before.now

    heard.outputs += tell(after, [heartbeat("12:10", "11:00")], "2026-03-10 15:00").outputs

    assert [kind for kind, _, _ in heard.warned()] == ["unverified"]
    assert heard.chain("speed")[0] == ("provisional", "2026-03-10 12:10:00")


def test_a_restart_forgets_no_heartbeat_that_was_told_ahead() -> None:
    """Told at 11:30 to be seen at 12:10, packed in between: judged at 12:10 all the same."""
    before = book_of(FLOOR)
    tell(before, [HANDOFF], "2026-03-10 11:30")
    beat = heartbeat("12:10", "11:00")
    before.control(beat, beat.occurred_at)
    after = book_of(FLOOR)
    for key, packed in before.take_changed():
        assert packed is not None
        after.load(key, packed)
    for key, value in before.take_changed_control():
        after.load_control(key, value)
    after.now = before.now

    heard = tell(after, [], "2026-03-10 15:00")

    assert heard.chain("speed")[0] == ("provisional", "2026-03-10 12:10:00")


def test_no_escalation_while_nobody_knows() -> None:
    """Due has passed, but nobody is to blame yet."""
    body: dict[str, Any] = agreement(
        SPEED, sources=SOURCES, escalation=[{"at": "100%", "to": "team_lead"}]
    )

    heard = hear(body, HANDOFF, heartbeat("12:10", "11:00"), until="2026-03-10 15:00")

    assert heard.warned() == [
        ("unverified", "dialer", "2026-03-10 11:00:00"),
        ("escalation", "100%", "2026-03-10 12:10:00"),
    ]
