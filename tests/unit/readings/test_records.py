"""How facts are put together, when they count, and what is said of them."""

import orjson
import pytest

from schemas.codec import decode
from schemas.facts import Fact
from schemas.refusals import RefusedError
from streams.domain.book import Book
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


def test_c19_a_verdict_sees_only_what_is_seen_by_then() -> None:
    """Called at 10:40, told at 11:10 by the dialer: breached at 11:00 all the same."""
    call = attempt("2026-03-10 10:40", seen="2026-03-10 11:10")

    at_due = hear(FLOOR, HANDOFF, call, until="2026-03-10 11:09:59")
    known = hear(FLOOR, HANDOFF, call, until="2026-03-10 11:10")

    assert at_due.breach("speed")["status"] == "confirmed"
    assert known.breach("speed")["status"] == "retracted"


@pytest.mark.parametrize("turned", [False, True])
def test_c19_of_two_contents_of_one_instant_the_smallest_bytes_hold(*, turned: bool) -> None:
    """One id, one instant, to Anna and to Ben: Anna comes first in the alphabet."""
    told = [handed_off("2026-03-10 10:00", rep=rep, id="h") for rep in ("anna", "ben")]
    book = book_of(FLOOR)
    for one in reversed(told) if turned else told:
        book.tell(one, one.occurred_at)

    heard = tell(book, [], "2026-03-10 12:00")

    assert heard.breach("speed")["rep_id"] == "anna"


def test_c19_attempt_id_is_by_default_the_event_id() -> None:
    """A second fact that names the first one's event_id tells of the same attempt."""
    heard = hear(
        agreement(DEPTH),
        HANDOFF,
        attempt("2026-03-10 10:10", id="a"),
        attempt("2026-03-10 10:30", id="b", attempt_id="a"),
        until="2026-03-12 00:00",
    )

    assert heard.breach("depth")["actual"] == 1


def test_c19_an_attempt_has_the_outcome_that_was_told_last() -> None:
    """Sent at 10:10, bounced as of 10:40: of two mails one is left; when it occurred stays."""
    heard = hear(
        agreement({**DEPTH, "min_attempts": 2}),
        HANDOFF,
        attempt("2026-03-10 10:10", "email", id="a", attempt_id="m", outcome="sent"),
        attempt("2026-03-10 10:20", "email", id="b"),
        attempt("2026-03-10 10:40", "email", id="c", attempt_id="m", outcome="bounced"),
        until="2026-03-12 00:00",
    )

    # It was met at 10:20, and a re-telling never revises a verdict.
    assert [one.outcome for one in heard.verdicts] == ["met"]
    heard = hear(
        agreement(DEPTH),
        HANDOFF,
        attempt("2026-03-10 10:10", "email", id="a", attempt_id="m", outcome="sent"),
        attempt("2026-03-10 10:20", "email", id="b"),
        attempt("2026-03-10 10:40", "email", id="c", attempt_id="m", outcome="bounced"),
        until="2026-03-12 00:00",
    )
    assert heard.breach("depth")["actual"] == 1


REVISING = {
    "an attempt": (attempt("2026-03-10 10:20", seen="2026-03-10 16:00"), "met", "anna"),
    "a hand-off": (
        handed_off("2026-03-10 10:30", rep="ben", seen="2026-03-10 16:00"),
        "met_late",
        "ben",
    ),
    "a close": (closed("2026-03-10 10:45", seen="2026-03-10 16:00"), "cancelled", "anna"),
    "a pause": (
        fact("clock-paused", "2026-03-10 10:10", seen="2026-03-10 16:00", reason="vacation"),
        "met",
        "anna",
    ),
    "a withdrawal": (fact("fact-withdrawn", "2026-03-10 16:00", withdraws="a"), "unmet", "anna"),
}


@pytest.mark.parametrize("told", REVISING)
def test_c19_a_published_verdict_is_revised_by_what_is_told_within_the_horizon(told: str) -> None:
    """Met late at 11:30 and closed at 15:00: what is told at 16:00 makes it something else."""
    body = agreement(SPEED, pauses={"reasons": ["vacation"]})
    late, outcome, rep = REVISING[told]

    heard = hear(
        body, HANDOFF, attempt("2026-03-10 11:30", id="a"), closed("2026-03-10 15:00"), late
    )

    assert [(one.revision, one.outcome, one.rep_id) for one in heard.verdicts] == [
        (1, "met_late", "anna"),
        (2, outcome, rep),
    ]


def test_c19_of_two_lead_created_the_earliest_holds_with_all_its_fields() -> None:
    """Told at 9:50 to have been created at 9:00: its source holds, and it had no segment."""
    body = agreement({**SPEED, "id": "web", "applies": {"source": ["website"]}}, SPEED)

    heard = hear(
        body,
        created("2026-03-10 09:30", id="1", source="fair", segment="small"),
        created("2026-03-10 09:00", id="2", seen="2026-03-10 09:50", source="website"),
        HANDOFF,
        until="2026-03-10 12:00",
    )

    breach = heard.breach("web")
    assert (breach["status"], breach["segment"]) == ("confirmed", None)


def test_c19_a_verdict_that_has_ended_is_not_revised_by_new_software() -> None:
    """The next release reads the same agreement otherwise: what was said stays, no word more."""
    old = book_of(FLOOR)
    tell(old, [HANDOFF, attempt("2026-03-10 11:30")], "2026-03-10 12:00")
    new = book_of(agreement({**SPEED, "target": "PT4H"}))
    reload(old, new)

    heard = tell(new, [], "2027-03-10 00:00")

    assert (heard.breaches, heard.verdicts) == ([], [])


def test_c19_outputs_are_the_difference_to_what_was_published() -> None:
    """Breached, then read back by another life: only what comes after is said."""
    first = book_of(FLOOR)
    tell(first, [HANDOFF], "2026-03-10 11:10")
    second = book_of(FLOOR)
    reload(first, second)

    heard = tell(second, [attempt("2026-03-10 11:30")], "2026-03-10 12:00")

    assert [(one.status, one.revision) for one in heard.breaches] == [("resolved", 3)]


def reload(old: Book, new: Book) -> None:
    """Let a book begin with what another one kept."""
    for key, packed in old.take_changed():
        assert packed is not None
        new.load(key, packed)
    new.now = old.now


@pytest.mark.parametrize("value", [1200, 1200.5, 0, -1])
@pytest.mark.parametrize("told", [("lead-created", "value"), ("lead-closed", "revenue")])
def test_c19_any_number_for_money_is_refused(told: tuple[str, str], value: float) -> None:
    """Whole or not: money is decimal text."""
    kind, name = told

    with pytest.raises(RefusedError) as refused:
        decode(_told(kind, **{"outcome": "won", name: value}))

    assert refused.value.reason == "bad_money"


@pytest.mark.parametrize("kind", ["clock-paused", "clock-resumed"])
def test_c19_a_pause_and_its_end_need_a_reason(kind: str) -> None:
    """Nobody could say which pause ends."""
    with pytest.raises(RefusedError) as refused:
        decode(_told(kind))

    assert refused.value.reason == "missing_field"
    assert isinstance(decode(_told(kind, reason="vacation")), Fact)


def _told(kind: str, **fields: object) -> bytes:
    common = {"event_id": "e", "lead_id": "L", "occurred_at": "2026-03-10T09:00:00Z"}
    return orjson.dumps({"type": kind, **common, **fields})


def test_c19_retracted_is_the_last_unless_it_is_due_again() -> None:
    """Met by a call told late; the call is withdrawn: breached anew, one revision further."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 10:40", id="a", seen="2026-03-10 11:10"),
        fact("fact-withdrawn", "2026-03-10 11:20", withdraws="a"),
        until="2026-03-10 12:00",
    )

    assert [(one.revision, one.status) for one in heard.breaches] == [
        (1, "provisional"),
        (2, "confirmed"),
        (3, "retracted"),
        (4, "provisional"),
        (5, "confirmed"),
    ]
    assert len({one.breach_id for one in heard.breaches}) == 1


def test_c19_correction_horizon_compares_with_seen_at() -> None:
    """What occurred after the horizon's end is not late; what is told after it is."""
    body = agreement(SPEED, correction_horizon="PT24H")
    story = [HANDOFF, attempt("2026-03-10 11:30", id="a")]

    within = fact("fact-withdrawn", "2026-03-11 11:00", withdraws="a")
    after = fact("fact-withdrawn", "2026-03-11 11:00:01", withdraws="a")

    assert hear(body, *story, within).outcome("speed") == "cancelled"
    assert hear(body, *story, after).outcome("speed") == "met_late"


def test_c19_instants_have_microseconds_and_sums_are_exact() -> None:
    """Answered 0.1 + 0.2 microseconds' worth apart: whole microseconds, no rounding on the way."""
    heard = hear(FLOOR, HANDOFF, attempt("2026-03-10 10:00:00.300001"))

    verdict = heard.verdicts[0]
    assert verdict.answered_at == at("2026-03-10 10:00") + 300_001
    assert heard.verdict("speed")["elapsed_seconds"] == 0.300001
