"""Scorecards against an oracle that shares no code, and over restarts and partitions."""

from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.facts import LeadErased
from schemas.instants import DAY, MINUTE
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.domain.scorecard import Scorecards, cards_of, zones_of
from tests.support.batch_cards import by_rep, cards
from tests.support.lives import lives
from tests.support.naive import NaiveLead
from tests.support.naive_lead import Agreement, Telling
from tests.support.naive_rows import rows_of
from tests.support.worlds import START, WORLDS

_IS_LONG: Final = settings.get_current_profile_name() == "long"
_BODIES: dict[str, list[dict[str, Any]]] = {
    world: [{**body, "privacy": {"reps": "named"}} for body in bodies]
    for world, bodies in WORLDS.items()
}
_worlds = st.sampled_from(list(WORLDS))
_instants = st.lists(
    st.integers(0, 40 * 24 * 12).map(lambda n: START + n * 5 * MINUTE),
    min_size=10,
    max_size=10,
    unique=True,
).map(sorted)


def _without_erasure(tellings: list[Telling]) -> list[Telling]:
    # What an erased lead contributed stays, which the oracle, that forgets it, cannot tell.
    return [telling for telling in tellings if not isinstance(telling.fact, LeadErased)]


_leads = st.tuples(lives("lead-1").map(_without_erasure), lives("lead-2").map(_without_erasure))


def _policies(world: str) -> Policies:
    policies = Policies()
    for body in _BODIES[world]:
        policies = policies.with_policy(policy_of(body), 0)
    return policies


def _told(world: str, leads: tuple[list[Telling], ...]) -> Book:
    book = Book(_policies(world))
    for tellings in leads:
        for fact, seen_at in tellings:
            book.tell(fact, seen_at)
    return book


def _zone_of(world: str, now: int, team_id: str) -> str:
    agreements = [Agreement(body) for body in _BODIES[world]]
    body = [it for it in agreements if it.holds_from <= now or it is agreements[0]][-1].body
    team = body["teams"].get(team_id, {})
    name = team.get("calendar", body.get("default_calendar"))
    return "UTC" if name is None else str(body["calendars"][name]["zone"])


# Of a lead that left for being dormant the oracle knows nothing; what it contributed stays.
@given(_worlds.filter(lambda world: world != "narrow"), _leads, _instants)
@settings(max_examples=600 if _IS_LONG else 30)
def test_scorecards_are_those_of_a_batch(
    world: str, leads: tuple[list[Telling], ...], instants: list[int]
) -> None:
    """Every rep and window, whatever was told late, twice or taken back: ten instants each."""
    book = _told(world, leads)
    agreements = [Agreement(body) for body in _BODIES[world]]
    for now in instants:
        book.advance(now)
        naive = [NaiveLead(agreements) for _ in leads]
        for lead, tellings in zip(naive, leads, strict=True):
            list(lead.live(tellings, now))
        rows = rows_of(naive, now)

        def zone_of(team_id: str, now: int = now) -> str:
            return _zone_of(world, now, team_id)

        assert by_rep(cards_of(book, now)) == cards(rows, now, zone_of)


@given(_worlds, _leads, _instants)
@settings(max_examples=300 if _IS_LONG else 15)
def test_scorecards_survive_restarts(
    world: str, leads: tuple[list[Telling], ...], instants: list[int]
) -> None:
    """Loaded from what was kept at each instant: the same cards, then and later."""
    whole, book = _told(world, leads), _told(world, leads)
    kept: dict[bytes, bytes] = {}
    for now in instants:
        whole.advance(now)
        book.advance(now)
        for key, packed in book.take_changed():
            if packed is None:
                kept.pop(key, None)
            else:
                kept[key] = packed
        book = Book(_policies(world))
        for key, packed in kept.items():
            book.load(key, packed)
        book.now = now

        assert cards_of(book, now) == cards_of(whole, now)


@given(_worlds, _leads, _instants)
@settings(max_examples=300 if _IS_LONG else 15)
def test_partitions_put_together_are_the_whole(
    world: str, leads: tuple[list[Telling], ...], instants: list[int]
) -> None:
    """Each lead in a book of its own, told again and again: the cards of one book."""
    whole = _told(world, leads)
    books = [_told(world, (tellings,)) for tellings in leads]
    policy = _policies(world).published[0][0]
    together = Scorecards(zones_of(policy))
    for now in instants:
        whole.advance(now)
        for source, book in enumerate(books):
            book.advance(now)
            for rep, pane in book.panes.take_touched():
                counts = book.panes.totals.get(pane, {}).get(rep, 0)
                together.tell_pane(source, rep, pane, counts)
                together.tell_pane(source, rep, pane, counts)
            for rep in book.standings.take_touched():
                together.tell_standing(source, rep, book.standings.of(rep))
        together.expire(now)
        if world != "changed" or now < START + 2 * DAY:
            assert list(together.cards(now)) == cards_of(whole, now)
