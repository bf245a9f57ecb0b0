"""What the pure core tells of facts, put into the words of the batch job."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson

from schemas.facts import Fact
from schemas.instants import Instant
from schemas.verdicts import OpenLead, OpenLeadEnd, encode_record
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.domain.policy import Policy
from streams.domain.scorecard import scorecards_of
from streams.domain.shown import listed
from streams.metrics.reps import Owned, RepsText, RepView
from tests.support.batch.oracle import Found
from tests.support.batch.told import card_told, gauges_told, lead_told

Told = tuple[Instant, Fact]
"""A fact and when it could be known."""


def lived(
    told: Sequence[Told], policy: Policy, instants: Iterable[Instant]
) -> Iterator[tuple[Instant, Found]]:
    """Let a book live through facts in order, and give what it tells at each instant."""
    book, place = Book(Policies().with_policy(policy, 0)), 0
    open_leads: dict[str, OpenLead] = {}

    def advance(to: Instant) -> None:
        for output in book.advance(to):
            if isinstance(output, OpenLead):
                open_leads[output.lead_id] = output
            elif isinstance(output, OpenLeadEnd):
                open_leads.pop(output.lead_id, None)

    for now in instants:
        while place < len(told) and told[place][0] <= now:
            seen_at, fact = told[place]
            place += 1
            assert book.tell(fact, seen_at) is None
            if place == len(told) or told[place][0] > seen_at:
                advance(seen_at)
        advance(now)
        yield now, found_in(book, policy, now, open_leads)


def found_in(book: Book, policy: Policy, now: Instant, open_leads: Mapping[str, OpenLead]) -> Found:
    """Give what a book tells, as cards, gauges and open leads that others read."""
    scorecards = scorecards_of(book, policy)
    cards = [orjson.loads(encode_record(card)) for card in scorecards.cards(now)]
    known = ((rep, scorecards.windows(rep, now)) for rep in scorecards.reps())
    rows = [(rep, windows) for rep, windows in known if not windows.is_empty]
    owned = Owned(policy, (RepView(now, rows),), listed(policy))
    text = b"".join(RepsText().slices(owned)).decode()
    return Found(
        {(card["team_id"], card["rep_id"] or ""): card_told(card) for card in cards},
        gauges_told([text]),
        {
            lead_id: lead_told(orjson.loads(encode_record(lead)))
            for lead_id, lead in open_leads.items()
        },
    )
