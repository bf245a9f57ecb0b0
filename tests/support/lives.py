"""Whole lives of leads, made up: disorder of seconds to days, duplicates, second thoughts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, Final

from hypothesis import strategies as st

from schemas.facts import (
    ContactAttempt,
    Fact,
    FactWithdrawn,
    HandedBack,
    HandedOff,
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadUpdated,
)
from schemas.instants import DAY, HOUR, MINUTE, SECOND
from schemas.verdicts import Breach, Verdict
from streams.domain.book import Book, LateFact, Output
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from tests.support.naive import BreachRow, NaiveLead, Row
from tests.support.naive_lead import Agreement, Telling
from tests.support.worlds import END, SLEEPING_TOO, START

_AGREEMENTS: Final = {
    name: tuple(Agreement(body) for body in bodies) for name, bodies in SLEEPING_TOO.items()
}


def _policies(bodies: Sequence[dict[str, Any]]) -> Policies:
    policies = Policies()
    for body in bodies:
        policies = policies.with_policy(policy_of(body), 0)
    return policies


POLICIES: Final = {name: _policies(bodies) for name, bodies in SLEEPING_TOO.items()}

# One draw from a table is ten times as fast as ten draws.
_STEPS: Final = (
    # Five-minute steps meet targets, closings and each other.
    *(START + 2 * HOUR + n * 10 * MINUTE for n in range(37)),
    *(START + 2 * HOUR + n * 10 * MINUTE for n in range(37)),
    *(START + n * 15 * MINUTE for n in range(5 * 96)),
    *(START + n * 2 * HOUR for n in range(20 * 12)),
)
_JITTER: Final = (0, 0, 0, 0, 0, 1, -1, 30 * SECOND, 60 * SECOND, 61 * SECOND)
_DELAYS: Final = (
    *(0, 0, 0, 0, 0, 0, 30 * SECOND, 5 * MINUTE, 15 * MINUTE, 20 * MINUTE, HOUR),
    *(3 * HOUR, DAY, 26 * HOUR, 3 * DAY, 7 * DAY, 8 * DAY, 10 * DAY),
)
_TEAMS: Final = ("nord", "nord", "west", "west", "unlisted")
_REPS: Final = (None, "anna", "ben", "carl")
_SOURCES: Final = (None, "web", "fair")
_ATTEMPTS: Final[tuple[dict[str, Any], ...]] = (
    *({"outcome": outcome} for outcome in (None, "no_answer", "voicemail", "sent") * 3),
    {"outcome": "connected"},
    {"outcome": "appointment_booked"},
    {"outcome": "bounced"},
    {"outcome": "failed"},
    {"outcome": "sent", "automated": True},
    {"outcome": "connected", "automated": True},
    {"outcome": "sent", "party": "marketing"},
    {"outcome": "connected", "party": "marketing"},
    {"outcome": None, "direction": "inbound"},
    {"outcome": "connected", "direction": "inbound"},
    {"outcome": "appointment_booked", "direction": "inbound"},
    {"outcome": "failed", "direction": "inbound"},
)
_TELLERS: Final = tuple(
    {"channel": channel, "evidence": evidence, "attempt_id": attempt_id, "rep_id": rep_id}
    for channel, evidence, attempt_id, rep_id in product(
        ("call", "call", "email", "voicemail", "meeting"),
        ("manual", "system"),
        (None, None, None, "a1", "a2"),
        _REPS,
    )
)
_CREATIONS: Final = tuple(
    {"source": source, "stage": stage} for source, stage in product(_SOURCES, ("mql", "sql"))
)
_UPDATES: Final = tuple(
    {"source": source, "segment": segment} for source, segment in product(_SOURCES, _SOURCES)
)
_HANDOFFS: Final = tuple(
    {"team_id": team_id, "rep_id": rep_id} for team_id, rep_id in product(_TEAMS, _REPS)
)
_CLOSES: Final = tuple({"outcome": it} for it in ("won", "lost", "lost", "disqualified"))

_KINDS: Final[tuple[type[Fact], ...]] = (
    *((LeadCreated, HandedOff, ContactAttempt, ContactAttempt, LeadClosed) * 6),
    *(HandedOff, ContactAttempt, LeadUpdated, HandedBack, FactWithdrawn, FactWithdrawn),
)
LASTING: Final[st.SearchStrategy[type[Fact]]] = st.sampled_from(_KINDS)
"""Facts that a lead survives."""
ANY: Final[st.SearchStrategy[type[Fact]]] = st.sampled_from((*_KINDS, LeadErased))
steps: Final = st.sampled_from(_STEPS)
jitters: Final = st.sampled_from(_JITTER)
delays: Final = st.sampled_from(_DELAYS)
_TABLES: Final[dict[type[Fact], Any]] = {
    LeadCreated: st.sampled_from(_CREATIONS),
    LeadUpdated: st.sampled_from(_UPDATES),
    HandedOff: st.sampled_from(_HANDOFFS),
    ContactAttempt: st.tuples(st.sampled_from(_TELLERS), st.sampled_from(_ATTEMPTS)).map(
        lambda drawn: {**drawn[0], **drawn[1]}
    ),
    LeadClosed: st.sampled_from(_CLOSES),
    HandedBack: st.just({"reason": "not ready"}),
    LeadErased: st.just({}),
    FactWithdrawn: st.integers(0, 13).map(lambda number: {"withdraws": f"e{number}"}),
}


@st.composite
def facts(
    draw: st.DrawFn, lead_id: str, number: int, kinds: st.SearchStrategy[type[Fact]] = ANY
) -> Fact:
    """One fact of a lead, under the id that belongs to a number."""
    at = draw(steps) + draw(jitters)
    kind = draw(kinds)
    return kind(
        **draw(_TABLES[kind]),
        event_id=f"e{number}",
        lead_id=lead_id,
        occurred_at=at,
        recorded_at=at + draw(delays),
    )


def seen_at_of(fact: Fact) -> int:
    """When a fact of a file is seen."""
    return max(fact.occurred_at, fact.recorded_at or fact.occurred_at)


@st.composite
def lives(
    draw: st.DrawFn, lead_id: str = "lead-1", kinds: st.SearchStrategy[type[Fact]] = ANY
) -> list[Telling]:
    """Two to fourteen facts of one lead, duplicates and second contents of one id included."""
    count = draw(st.integers(2, 14))
    told = [draw(facts(lead_id, number, kinds)) for number in range(count)]
    for number in draw(st.lists(st.integers(0, count - 1), max_size=2)):
        again = draw(facts(lead_id, number, kinds))
        if not any(isinstance(fact, LeadErased) for fact in (told[number], again)):
            told.append(again)
    tellings = [Telling(fact, seen_at_of(fact)) for fact in told]
    for number in draw(st.lists(st.integers(0, count - 1), max_size=2)):
        fact, seen_at = tellings[number]
        tellings.append(Telling(fact, seen_at + draw(delays)))
    return tellings


def remembered(tellings: Sequence[Telling], world: str) -> list[Telling]:
    """Leave out what is told of an id after its lead may have left and forgotten all ids.

    Who is told all at once knows that it is a repetition; who hears it then cannot.
    """
    kept: list[Telling] = []
    for telling in sorted(tellings, key=lambda it: it.seen_at):
        before = [it for it in kept if it.fact.lead_id == telling.fact.lead_id]
        same = [it for it in before if it.fact.event_id == telling.fact.event_id]
        since = [it for it in before if same and it.seen_at >= same[0].seen_at]
        if not _has_left([*since, telling], world):
            kept.append(telling)
    return [telling for telling in tellings if telling in kept]


def _has_left(told: Sequence[Telling], world: str) -> bool:
    """Tell whether a lead may have left between two tellings, erased or long without a fact."""
    dormant = POLICIES[world].published[0][0].dormant
    return any(
        later.seen_at - earlier.seen_at >= dormant
        or (isinstance(earlier.fact, LeadErased) and earlier.seen_at < later.seen_at)
        for earlier, later in pairwise(told)
    )


@dataclass(frozen=True)
class LateRow:
    """A fact came too late to change anything."""

    event_id: str


def expected(world: str, tellings: Sequence[Telling]) -> list[Row | LateRow]:
    """What the oracle says of a lead."""
    lead = NaiveLead(_AGREEMENTS[world])
    rows = list(lead.live(tellings, END))
    return [*rows, *(LateRow(telling.fact.event_id) for telling in lead.ignored)]


def replayed(world: str, tellings: Sequence[Telling]) -> list[Output]:
    """What the core says of leads, told at once and then stepped through."""
    book = Book(POLICIES[world])
    for fact, seen_at in tellings:
        assert book.tell(fact, seen_at) is None
    return book.advance(END)


_BREACH_FIELDS: Final = (
    *("commitment", "cycle", "revision", "status", "kind", "due_at", "team_id", "rep_id"),
    *("reason", "answered_at", "outcome", "started_at", "segment", "detected_at"),
)
_VERDICT_FIELDS: Final = (
    *("commitment", "cycle", "revision", "outcome", "team_id", "rep_id", "started_at", "due_at"),
    *("answered_at", "attempts", "connected", "pre_handoff", "reason", "segment", "detected_at"),
)


def says(row: Row | LateRow, record: Output) -> bool:
    """Whether a record says what the oracle says."""
    if isinstance(row, LateRow):
        return isinstance(record, LateFact) and record.fact.event_id == row.event_id
    if isinstance(row, BreachRow):
        return (
            isinstance(record, Breach)
            and all(getattr(record, name) == getattr(row, name) for name in _BREACH_FIELDS)
            and (record.overrun_seconds, record.policy_version) == (row.overrun, row.version)
            and record.evidence_id in (row.evidence or {None})
        )
    return (
        isinstance(record, Verdict)
        and all(getattr(record, name) == getattr(row, name) for name in _VERDICT_FIELDS)
        and (record.elapsed_seconds, record.overrun_seconds) == (row.elapsed, row.overrun)
        and record.policy_version == row.version
    )


def differences(
    rows: Sequence[Row | LateRow], records: Sequence[Output]
) -> list[Row | LateRow | Output]:
    """What only one of oracle and core says; empty when they agree."""
    left = [record for record in records if isinstance(record, Breach | Verdict | LateFact)]
    missing: list[Row | LateRow | Output] = []
    for row in rows:
        found = next((record for record in left if says(row, record)), None)
        if found is None:
            missing.append(row)
        else:
            left.remove(found)
    return [*missing, *left]
