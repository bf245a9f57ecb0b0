"""What a book keeps follows open and recent leads, not history."""

from typing import Final

from schemas.facts import ContactAttempt, Fact, HandedOff, LeadClosed
from schemas.instants import DAY, HOUR, MINUTE, Instant
from streams.domain.book import Book
from streams.domain.scorecard import cards_of
from tests.support.story import DEPTH, SPEED, agreement, at, book_of

BODY = agreement(SPEED, DEPTH, dormant="PT72H", privacy={"reps": "named"})
FIRST: Final = at("2026-03-02 00:00")
LEADS_A_DAY: Final = 24


def _day(number: int) -> list[Fact]:
    """One day of a floor: a lead an hour, three attempts each, most of them closed next day."""
    facts: list[Fact] = []
    for hour in range(LEADS_A_DAY):
        lead_id, start = f"{number}-{hour}", FIRST + number * DAY + hour * HOUR
        rep_id = "anna" if hour % 2 else "ben"
        facts.append(
            HandedOff(
                event_id="h", lead_id=lead_id, occurred_at=start, team_id="nord", rep_id=rep_id
            )
        )
        for place in range(3):
            occurred_at = start + place * 50 * MINUTE
            facts.append(
                ContactAttempt(
                    event_id=f"a{place}",
                    lead_id=lead_id,
                    occurred_at=occurred_at,
                    channel="call",
                    evidence="system",
                )
            )
        if hour % 5:
            closed_at = start + DAY
            facts.append(
                LeadClosed(event_id="c", lead_id=lead_id, occurred_at=closed_at, outcome="won")
            )
    return facts


def _keeps(book: Book) -> tuple[int, int, int]:
    return len(book), len(book.panes), len(book._heap)


def test_a_book_keeps_no_more_after_two_months_than_after_one() -> None:
    """24 leads a day that lie dormant after three days; panes are kept for 32 days."""
    book = book_of(BODY)
    kept: dict[bytes, bytes] = {}
    counted: dict[int, tuple[int, int, int]] = {}
    records: dict[int, int] = {}
    for number in range(60):
        for one in _day(number):
            book.tell(one, one.occurred_at)
        book.advance(FIRST + (number + 1) * DAY)
        for key, packed in book.take_changed():
            if packed is None:
                kept.pop(key, None)
            else:
                kept[key] = packed
        counted[number], records[number] = _keeps(book), len(kept)
    leads, panes, waiting = zip(*counted.values(), strict=True)

    # From the third week on leads come and go; from the fifth on panes do, too.
    assert max(leads[40:]) <= max(leads[10:40]) <= 7 * LEADS_A_DAY
    assert max(panes[50:]) <= max(panes[34:50]) <= 2 * 33 * 96
    assert max(waiting[40:]) <= 2 * max(waiting[10:40])
    assert max(records.values()) < 7 * LEADS_A_DAY + max(panes)


def test_c19_what_left_still_counts() -> None:
    """Ten days later no lead of the first is kept, and its windows are as if all were."""
    until = FIRST + 12 * DAY
    book, whole = book_of(BODY), book_of({**BODY, "dormant": "PT2160H"})
    for number in range(8):
        for one in _day(number):
            book.tell(one, one.occurred_at)
            whole.tell(one, one.occurred_at)
    book.advance(until)
    whole.advance(until)

    assert len(book) < len(whole) // 4
    assert _counted(book, until) == _counted(whole, until)


def _counted(book: Book, now: Instant) -> list[tuple[str | None, object]]:
    return [(card.rep_id, card.windows) for card in cards_of(book, now)]
