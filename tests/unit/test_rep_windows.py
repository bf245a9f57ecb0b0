"""What a lead contributes to the windows of which rep, and when that moves."""

from schemas.instants import MINUTE
from streams.domain.panes import PREFIX, pane_of
from streams.domain.scorecard import cards_of
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
    tell,
)
from tests.support.windows import BODY, EVENING, NAMED, cards, cards_at, lead, today

# Depth


def test_attempts_are_those_that_count_towards_depth() -> None:
    """Inbound, automated, failed, of others, before the hand-off, twice in a minute: not."""
    day = today(
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 09:50"),
        attempt("2026-03-10 10:10"),
        attempt("2026-03-10 10:10:50"),
        attempt("2026-03-10 10:20", "email"),
        attempt("2026-03-10 10:21", "email", automated=True, attempt_id="robot"),
        attempt("2026-03-10 10:30", outcome="voicemail"),
        attempt("2026-03-10 10:40", outcome="failed"),
        attempt("2026-03-10 10:50", direction="inbound"),
        attempt("2026-03-10 10:55", party="marketing"),
    )

    assert day.attempts_by_channel == {"call": 1, "email": 1, "voicemail": 1}
    assert day.attempts == 3


def test_attempts_count_without_a_promise_of_depth() -> None:
    """Where only speed is promised, they are counted as depth would."""
    facts = (
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:10"),
        attempt("2026-03-10 10:10:50"),
        attempt("2026-03-10 10:40", outcome="bounced"),
    )

    card = cards(*facts, body=agreement(SPEED, **NAMED))["nord", "anna"]

    assert card.windows["today"].attempts_by_channel == {"call": 1}


def test_an_attempt_counts_for_who_owned_the_lead_then() -> None:
    """Anna's call stays hers when Ben gets the lead; what is made after is Ben's."""
    found = cards(
        handed_off("2026-03-10 09:00"),
        attempt("2026-03-10 09:10"),
        handed_off("2026-03-10 10:00", rep="ben"),
        attempt("2026-03-10 10:00", "email"),
        attempt("2026-03-10 10:30"),
    )

    assert found["nord", "anna"].windows["today"].attempts == 1
    assert found["nord", "ben"].windows["today"].attempts == 2


def test_c19_an_attempt_counts_in_its_own_pane() -> None:
    """Called at 14:59:59 and 15:00: at 16:00 the hour holds the second only, and 15:45 both."""
    facts = (
        handed_off("2026-03-10 09:00"),
        attempt("2026-03-10 14:59:59"),
        attempt("2026-03-10 15:00", "email"),
    )

    assert cards(*facts, until="2026-03-10 15:59")["nord", "anna"].windows["1h"].attempts == 2
    assert cards(*facts, until="2026-03-10 16:00")["nord", "anna"].windows["1h"].attempts == 1


# Speed


def test_c19_a_lead_counts_in_the_pane_of_its_start_for_who_answered_it() -> None:
    """Handed to the queue at 08:00, started 09:00, taken by Anna at 09:20, answered 09:30."""
    book = book_of(BODY)
    tell(
        book,
        (
            handed_off("2026-03-10 08:00", rep=None),
            handed_off("2026-03-10 09:20", rep="anna"),
            attempt("2026-03-10 09:30"),
            handed_off("2026-03-10 11:00", rep="ben"),
        ),
        EVENING,
    )

    start = book.panes.totals[pane_of(at("2026-03-10 09:00"))]
    assert list(start) == [("nord", "anna")]
    day = cards_at(book, at(EVENING))["nord", "anna"].windows["today"]
    assert (day.leads, day.answered, day.within_target) == (1, 1, 1)
    assert day.response_seconds_sum == 30 * MINUTE
    assert day.response_histogram["1800"] == 1


def test_c19_a_breached_lead_counts_for_who_owned_it_at_due() -> None:
    """Anna lets it run out at 10:00; Ben gets it and answers 10:30: hers, answered late."""
    found = cards(
        handed_off("2026-03-10 09:00"),
        handed_off("2026-03-10 10:10", rep="ben"),
        attempt("2026-03-10 10:30"),
    )

    day = found["nord", "anna"].windows["today"]
    assert (day.leads, day.answered, day.within_target, day.breaches) == (1, 1, 0, 1)
    assert day.response_seconds_sum == 90 * MINUTE
    assert found["nord", "ben"].windows["today"].leads == 0


def test_a_lead_without_an_answer_counts_for_its_current_owner() -> None:
    """Nobody answered yet, nothing is due: it moves with the lead, whole."""
    story = (handed_off("2026-03-10 09:00", rep=None), handed_off("2026-03-10 09:30"))

    before = cards(story[0], until="2026-03-10 09:20")
    after = cards(*story, until="2026-03-10 09:40")

    assert [(rep, card.windows["1h"].leads) for rep, card in before.items()] == [
        (("nord", None), 1)
    ]
    assert [(rep, card.windows["1h"].leads) for rep, card in after.items()] == [
        (("nord", "anna"), 1)
    ]


def test_an_answer_before_the_hand_off_stays_out_of_the_response_time() -> None:
    """Answered and in time, of whoever it was handed to; neither sum nor histogram has it."""
    day = today(
        created("2026-03-10 09:00"),
        attempt("2026-03-10 09:30"),
        handed_off("2026-03-10 10:00"),
    )

    assert (day.leads, day.answered, day.within_target) == (1, 1, 1)
    assert day.response_seconds_sum == 0
    assert not any(day.response_histogram.values())


def test_an_answer_before_opening_takes_no_time() -> None:
    """Handed off at 07:00, called at 07:30, open from 09:00 on: zero seconds, in the histogram."""
    day = today(handed_off("2026-03-10 07:00"), attempt("2026-03-10 07:30"))

    assert (day.answered, day.response_seconds_sum, day.response_histogram["60"]) == (1, 0, 1)


def test_a_lead_given_up_counts_and_is_not_answered() -> None:
    """Lost without an attempt, and a duplicate: two leads, no answer, no breach."""
    day = today(
        *lead("a", handed_off("2026-03-10 09:00"), closed("2026-03-10 09:20", "lost")),
        *lead("b", handed_off("2026-03-10 09:00"), closed("2026-03-10 09:20", "duplicate")),
    )

    assert (day.leads, day.answered, day.breaches) == (2, 0, 0)


def test_a_lead_in_its_second_cycle_counts_again() -> None:
    """Handed off, closed, and handed off anew in the afternoon: two clocks, two leads."""
    day = today(
        handed_off("2026-03-10 09:00"),
        attempt("2026-03-10 09:10"),
        closed("2026-03-10 10:00"),
        handed_off("2026-03-10 14:00"),
        attempt("2026-03-10 14:10"),
    )

    assert (day.leads, day.answered, day.response_seconds_sum) == (2, 2, 20 * MINUTE)


def test_a_synthetic_lead_counts_nowhere() -> None:
    """Its clocks are judged, no window and no standing has it."""
    book = book_of(BODY)
    heard = tell(book, lead("synthetic:1", handed_off("2026-03-10 09:00")), EVENING)

    assert [one.status for one in heard.breaches if one.clock == "speed"]
    assert cards_of(book, at(EVENING)) == []


# What moves, and what stays


def test_a_late_fact_moves_what_was_counted() -> None:
    """Breached for Anna, then a call of 09:40 by the dialer is told: met, no breach, once."""
    facts = (
        handed_off("2026-03-10 09:00"),
        handed_off("2026-03-10 09:50", rep="ben"),
        attempt("2026-03-10 09:40", seen="2026-03-10 14:00"),
    )

    before, after = cards(*facts, until="2026-03-10 13:00"), cards(*facts)

    assert before["nord", "ben"].windows["today"].breaches == 1
    day = after["nord", "anna"].windows["today"]
    assert (day.leads, day.answered, day.within_target, day.breaches) == (1, 1, 1, 0)
    assert ("nord", "ben") not in after or not after["nord", "ben"].windows["today"].leads


def test_a_promise_that_was_never_made_does_not_count() -> None:
    """A late lead-created changes the commitment: one lead under the new one alone."""
    body = agreement(
        {**SPEED, "id": "web", "applies": {"source": ["website"]}, "target": "PT30M"},
        SPEED,
        **NAMED,
    )

    found = cards(
        handed_off("2026-03-10 09:00"),
        attempt("2026-03-10 09:40"),
        created("2026-03-10 08:00", source="website", seen="2026-03-10 12:00"),
        body=body,
    )

    day = found["nord", "anna"].windows["today"]
    assert (day.leads, day.answered, day.within_target, day.breaches) == (1, 1, 0, 1)


def test_c19_what_an_erased_lead_contributed_stays() -> None:
    """The facts leave the table, the sums remain, over a restart too."""
    book = book_of(BODY)
    told = (
        handed_off("2026-03-10 09:00"),
        attempt("2026-03-10 09:10"),
        fact("lead-erased", "2026-03-10 12:00"),
    )
    tell(book, told, EVENING)
    kept = dict(book.take_changed())
    again = book_of(BODY)
    for key, packed in kept.items():
        if packed is not None:
            again.load(key, packed)
    again.advance(at(EVENING))

    assert len(book) == 0
    assert kept[b"L"] is None
    assert [key.startswith(PREFIX) for key in kept] == [False, True]
    assert cards_of(again, at(EVENING)) == cards_of(book, at(EVENING))
    assert cards_at(again, at(EVENING))["nord", "anna"].windows["today"].answered == 1


def test_a_pane_that_no_window_reaches_is_let_go() -> None:
    """32 days after the call its folded pane gets a tombstone and counts no longer."""
    book = book_of(BODY)
    told = (
        handed_off("2026-03-10 09:00"),
        attempt("2026-03-10 09:10"),
        fact("lead-erased", "2026-03-10 12:00"),
    )
    tell(book, told, EVENING)
    ((key, _),) = (one for one in book.take_changed() if one[0] != b"L")

    book.advance(at("2026-04-11 10:14"))
    early = book.take_changed()
    book.advance(at("2026-04-11 10:15"))

    assert (early, book.take_changed()) == ([], [(key, None)])
    assert len(book.panes) == 0
