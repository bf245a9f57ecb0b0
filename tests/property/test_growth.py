"""Leads that are told fact by fact, as things usually go, against the same judged anew."""

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.facts import ContactAttempt, Fact, HandedOff, LeadClosed, LeadCreated, LeadUpdated
from schemas.instants import HOUR, MINUTE, SECOND
from streams.domain.book import Book, Output
from streams.domain.clock import Clock
from streams.domain.history import history_of
from streams.domain.horizon import Memo
from streams.domain.judge import judge
from streams.domain.known import Known
from streams.domain.lead import Lead
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from tests.support.lives import POLICIES as OF_WORLDS
from tests.support.lives import facts
from tests.support.naive_lead import Telling
from tests.support.worlds import END, PLAIN, START

_IS_LONG: Final = settings.get_current_profile_name() == "long"
many = settings(
    max_examples=25_000 if _IS_LONG else 500, suppress_health_check=[HealthCheck.too_slow]
)

# Every clock kind, people who are told, and a source of which nobody hears.
_WHOLE: Final = {
    **PLAIN,
    "agreement": "whole",
    "escalation": [{"at": "80%", "to": "team_lead"}, {"after": "PT30M", "to": "team_lead"}],
    "sources": {"dialer": {"max_silence": "PT2H", "clocks": ["speed", "owner"]}},
    "sales": [
        {"id": "speed", "clock": "speed", "target": "PT1H", "warn_at": ["50%", "75%"]},
        {"id": "lead", "clock": "speed_to_lead", "calendar": "always", "target": "PT2H"},
        {"id": "owner", "clock": "owner", "target": "PT90M"},
        {"id": "next", "clock": "next_attempt", "target": "PT3H"},
        {"id": "burnt", "clock": "burnt", "target": "PT6H"},
        {"id": "early", "clock": "too_early", "stage": ["mql"]},
        {"id": "depth", "clock": "depth", "within": {"business_days": 3}, "min_attempts": 4},
    ],
    "marketing": [
        {"id": "qualify", "clock": "qualify", "target": "PT3H"},
        {"id": "gate", "clock": "gate", "min_score": 20, "stage": ["sql"]},
    ],
}
POLICIES: Final = {
    **OF_WORLDS,
    "whole": Policies().with_policy(policy_of(_WHOLE), 0),
    "heard": Policies().with_policy(
        policy_of({key: part for key, part in _WHOLE.items() if key != "sources"}), 0
    ),
}
worlds = pytest.mark.parametrize("world", POLICIES)

_KINDS: Final[st.SearchStrategy[type[Fact]]] = st.sampled_from(
    (*((HandedOff, ContactAttempt, ContactAttempt, ContactAttempt) * 4), LeadClosed, LeadUpdated)
)
_BEGINNINGS: Final[tuple[tuple[type[Fact], ...], ...]] = (
    (LeadCreated, HandedOff),
    (LeadCreated,),
    (HandedOff,),
    (LeadCreated, LeadCreated),
)
_GAPS: Final = st.sampled_from(
    (0, 0, 1, SECOND, 5 * MINUTE, 20 * MINUTE, HOUR, 5 * HOUR, 26 * HOUR, 80 * HOUR)
)
_DELAYS: Final = st.sampled_from((0, 0, 0, 0, SECOND, 5 * MINUTE, HOUR, 30 * HOUR))


@st.composite
def usual_lives(draw: st.DrawFn) -> list[Telling]:
    """Creation and hand-off mostly first, each thing once, nearly in order and soon told."""
    kinds: list[type[Fact]] = [
        *draw(st.sampled_from(_BEGINNINGS)),
        *draw(st.lists(_KINDS, min_size=1, max_size=14)),
    ]
    at, told = START + draw(st.integers(0, 100)) * HOUR, list[Telling]()
    for number, kind in enumerate(kinds):
        fact: Fact = draw(facts("lead-1", number, st.just(kind)))
        if isinstance(fact, ContactAttempt) and draw(st.integers(0, 9)):
            fact = replace(fact, attempt_id=None)
        at += draw(_GAPS)
        seen_at = at + draw(_DELAYS)
        told.append(Telling(replace(fact, occurred_at=at, recorded_at=seen_at), seen_at))
    return sorted(told, key=lambda one: (one[1], one[0].event_id))


def _seen_in_turn(world: str, tellings: list[Telling]) -> tuple[list[Output], Book]:
    """Tell each fact when it is seen, not before."""
    book, outputs = Book(POLICIES[world]), list[Output]()
    for fact, seen_at in tellings:
        outputs += book.advance(seen_at - 1)
        assert book.tell(fact, seen_at) is None
    return outputs + book.advance(END), book


@worlds
@many
@given(tellings=usual_lives())
def test_a_lead_that_grows_is_judged_as_one_that_is_judged_anew(
    world: str, tellings: list[Telling]
) -> None:
    """Every record, and what is kept."""
    anew = Book(POLICIES[world])
    for fact, seen_at in tellings:
        anew.tell(fact, seen_at)
    expected = []
    for at in sorted({seen_at for _, seen_at in tellings}):
        expected += anew.advance(at - 1)
        lead = anew._leads.get("lead-1")
        if isinstance(lead, Lead):
            lead.memo = None
    expected += anew.advance(END)
    outputs, in_turn = _seen_in_turn(world, tellings)

    assert outputs == expected
    assert in_turn.take_changed() == anew.take_changed()


@worlds
@many
@given(tellings=usual_lives())
def test_what_a_lead_has_grown_to_is_what_all_its_facts_give(
    world: str, tellings: list[Telling]
) -> None:
    """After each fact the history and every clock equal those judged from nothing."""
    book = Book(POLICIES[world])
    known = Known(POLICIES[world])
    for fact, seen_at in tellings:
        book.tell(fact, seen_at)
        book.advance(seen_at)
        lead = book._leads.get("lead-1")
        if not isinstance(lead, Lead) or not isinstance(lead.memo, Memo):
            continue
        history = history_of(lead.known_at(seen_at), known.policies)

        assert lead.memo.history == history
        assert list(map(_shown, lead.memo.clocks.values())) == list(
            map(_shown, judge(history, known))
        )


def _shown(clock: Clock) -> dict[str, object]:
    """Give all of a clock that is plain data."""
    names = (
        *("id", "instance", "cycle", "calendar", "segment", "opened_at", "started_at", "length"),
        *("due_at", "answered_at", "ended_at", "outcome", "reason", "publish_at"),
        *("evidence_id", "target", "unit", "connected", "has_verdict", "is_spared"),
    )
    shown = {name: getattr(clock, name) for name in names}
    # Where there is no breach nobody asks what is missing.
    return {**shown, "breach_kind": clock.is_breached_at(END) and clock.breach_kind}
