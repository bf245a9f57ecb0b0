"""Short ways to ask what a story leaves in the windows of its reps."""

from typing import Any

from schemas.facts import Fact
from schemas.instants import Instant
from schemas.verdicts import RepScorecard, WindowCounts
from streams.domain.book import Book
from streams.domain.scorecard import cards_of
from tests.support.story import DEPTH, SPEED, agreement, at, book_of, tell

NAMED = {"privacy": {"reps": "named"}}
BODY = agreement(SPEED, DEPTH, **NAMED)
EVENING = "2026-03-10 20:00"


def cards(
    *facts: Fact, until: str = EVENING, body: dict[str, Any] | None = None
) -> dict[tuple[str, str | None], RepScorecard]:
    """Give the scorecards of a story by team and rep."""
    book = book_of(body or BODY)
    tell(book, facts, until)
    return cards_at(book, at(until))


def cards_at(book: Book, instant: Instant) -> dict[tuple[str, str | None], RepScorecard]:
    """Give a book's scorecards by team and rep."""
    return {(card.team_id, card.rep_id): card for card in cards_of(book, instant)}


def today(*facts: Fact, until: str = EVENING, rep: str | None = "anna") -> WindowCounts:
    """Give one rep's day in nord."""
    return cards(*facts, until=until)["nord", rep].windows["today"]


def lead(lead_id: str, *facts: Fact) -> list[Fact]:
    """Let facts be of another lead."""
    return [
        type(one)(
            **{
                **{name: getattr(one, name) for name in one.__struct_fields__},
                "lead_id": lead_id,
                "event_id": f"{lead_id}-{one.event_id}",
            }
        )
        for one in facts
    ]
