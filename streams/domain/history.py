"""What is known of a lead at an instant, put in order: cycles, hand-offs and attempts.

Order and repetition of the telling change nothing here: facts are a set, and what
this module derives are minima, maxima and one sorted walk.

Source:
    Domain, c.19, "Starting, stopping, ending" and "Records and replay"; c.9 and c.11.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from schemas.codec import encode
from schemas.facts import (
    ClockPaused,
    ClockResumed,
    ContactAttempt,
    Fact,
    HandedBack,
    HandedOff,
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadUpdated,
)
from schemas.instants import Instant, Micros
from streams.domain.policies import Policies

CONNECTS: Final = frozenset({"connected", "appointment_booked"})
UNDELIVERED: Final = frozenset({"bounced", "failed"})
HANDED_BACK: Final = "handed_back"
SALES: Final = "sales"

Told = tuple[Instant, Fact]
"""A fact with the instant since which it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt, however many facts told it.

    Attributes:
        event_id: The fact that told it last.
        occurred_at: The earliest told; decides the cycle.
        seen_at: Known since the first telling.
        told: Outcome, evidence and the rest, as last told.
    """

    attempt_id: str
    event_id: str
    occurred_at: Instant
    seen_at: Instant
    told: ContactAttempt

    def effect_at(self, max_backdate: Micros) -> Instant:
        """When it takes effect: a manual one at most ``max_backdate`` before it was told."""
        if self.told.evidence == "manual":
            return max(self.occurred_at, self.seen_at - max_backdate)
        return self.occurred_at

    @property
    def connects(self) -> bool:
        """The lead was reached in person, either way."""
        return not self.told.automated and self.told.outcome in CONNECTS


@dataclass(frozen=True, slots=True)
class Handoff:
    """A hand-off within a cycle; the first opens its clocks."""

    at: Instant
    event_id: str
    team_id: str
    rep_id: str | None
    score: float | None = None
    stage: str | None = None


@dataclass(slots=True)
class Cycle:
    """From lead-created or a hand-off to the close; a later hand-off begins the next.

    Attributes:
        number: From 1.
        after: Attempts that occurred later than this belong here.
        earlier: Hand-offs of the cycles before, in order.
        handoffs: In order; empty while only created.
        ended_at: The close or the return; None: open.
        ended_by: Outcome of the close, or ``handed_back``.
        end_event_id: The fact that ended it.
        is_returned: It was handed back, closed or not: no hand-off resumes it.
        closed: Instant, outcome and ``event_id`` of the close that came after a return.
        stops: Spans between a close and its reopening; they do not count.
    """

    number: int
    after: Instant
    earlier: tuple[Handoff, ...] = ()
    handoffs: list[Handoff] = field(default_factory=list)
    ended_at: Instant | None = None
    ended_by: str | None = None
    end_event_id: str | None = None
    is_returned: bool = False
    closed: tuple[Instant, str, str] | None = None
    stops: list[tuple[Instant, Instant]] = field(default_factory=list)

    def seen_by(self, debtor: str) -> "Cycle":
        """Give the cycle as it is for a party: what Sales returns ends only Sales' clocks."""
        if debtor == SALES or self.ended_by != HANDED_BACK:
            return self
        ended_at, ended_by, event_id = self.closed or (None, None, None)
        return replace(self, ended_at=ended_at, ended_by=ended_by, end_event_id=event_id)

    def copied(self) -> "Cycle":
        """Copy it, so that it can go on while the one before stays as it was."""
        return Cycle(
            self.number,
            self.after,
            self.earlier,
            [*self.handoffs],
            self.ended_at,
            self.ended_by,
            self.end_event_id,
            self.is_returned,
            self.closed,
            [*self.stops],
        )

    def holds(self, attempt: Attempt) -> bool:
        """Tell whether an attempt belongs to this cycle, by when it occurred."""
        return self.after < attempt.occurred_at and (
            self.ended_at is None or attempt.occurred_at <= self.ended_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The ordered story of one lead.

    Attributes:
        created: The earliest lead-created with all its fields.
        attempts: By ``occurred_at``, then ``event_id``.
        handoffs: All of them in order, for ownership.
        pauses: Pauses and their ends, in order.
        erased_at: The lead's facts have left.
    """

    created: LeadCreated | None
    updates: tuple[LeadUpdated, ...]
    cycles: tuple[Cycle, ...]
    attempts: tuple[Attempt, ...]
    handoffs: tuple[Handoff, ...]
    pauses: tuple[ClockPaused | ClockResumed, ...]
    erased_at: Instant | None

    def attributes_at(self, at: Instant, team_id: str | None) -> dict[str, str | None]:
        """Give what ``applies`` looks at for a clock that opens at an instant."""
        found: dict[str, str | None] = {"team_id": team_id}
        if self.created is not None:
            for name in _ATTRIBUTES:
                found[name] = getattr(self.created, name)
        for update in self.updates:
            if update.occurred_at <= at:
                for name in _ATTRIBUTES:
                    value = getattr(update, name)
                    if value is not None:
                        found[name] = value
        return found

    def stage_at(self, at: Instant) -> str | None:
        """Give the stage last told by an instant, by creation, update or hand-off."""
        told = [(one.occurred_at, 0, one.stage) for one in self.updates if one.stage is not None]
        told += [(one.at, 1, one.stage) for one in self.handoffs if one.stage is not None]
        created = None if self.created is None else self.created.stage
        last = max((one for one in told if one[0] <= at), default=None)
        return created if last is None else last[2]


_ATTRIBUTES: Final = ("source", "segment", "stage", "campaign", "role")

# Facts of one lead at one instant apply in this order, then by event_id.
_RANKS: Final[dict[type[Fact], int]] = {
    LeadCreated: 0,
    LeadUpdated: 0,
    HandedOff: 2,
    ClockResumed: 3,
    ClockPaused: 4,
    ContactAttempt: 5,
    LeadClosed: 6,
    HandedBack: 6,
}


_PAUSES: Final = (ClockPaused, ClockResumed)


def rank(fact: Fact) -> int:
    """Give the place of a fact among those of its lead at one instant."""
    return _RANKS.get(type(fact), 4)


def history_of(told: Sequence[Told], policies: Policies) -> History:
    """Put the facts that are known in order.

    Args:
        told: One entry an ``event_id``; withdrawn facts already left out.
        policies: Of the version that holds for a cycle, ``false_close`` says how long
            after a close a hand-off still resumes it.
    """
    facts = sorted(
        (fact for _, fact in told), key=lambda fact: (fact.occurred_at, rank(fact), fact.event_id)
    )
    created = next((fact for fact in facts if isinstance(fact, LeadCreated)), None)
    erased = next((fact.occurred_at for fact in facts if isinstance(fact, LeadErased)), None)
    cycles = _cycles(facts, created, policies)
    return History(
        created=created,
        updates=tuple(fact for fact in facts if isinstance(fact, LeadUpdated)),
        cycles=cycles,
        attempts=_attempts(told),
        handoffs=tuple(handoff for cycle in cycles for handoff in cycle.handoffs),
        pauses=tuple(fact for fact in facts if isinstance(fact, _PAUSES)),
        erased_at=erased,
    )


def _cycles(
    facts: Iterable[Fact], created: LeadCreated | None, policies: Policies
) -> tuple[Cycle, ...]:
    cycles: list[Cycle] = []
    for fact in facts:
        match fact:
            case LeadCreated() if fact is created and not cycles:
                cycles.append(Cycle(1, fact.occurred_at - 1))
            case HandedOff():
                _hand_off(cycles, fact, created, policies)
            case LeadClosed() if cycles:
                _close(cycles, fact)
            case HandedBack() if cycles:
                cycles[-1].is_returned = True
                if cycles[-1].ended_at is None:
                    _end(cycles[-1], fact, HANDED_BACK)
    return tuple(cycles)


def _hand_off(
    cycles: list[Cycle], fact: HandedOff, created: LeadCreated | None, policies: Policies
) -> None:
    handoff = handoff_of(fact)
    if not cycles:
        # Created later than handed off, by its source's clock: from the hand-off on all counts.
        after = _LONG_AGO if created is None else handoff.at - 1
        cycles.append(Cycle(1, after, handoffs=[handoff]))
        return
    cycle = cycles[-1]
    if cycle.ended_at is None:
        cycle.handoffs.append(handoff)
    elif not cycle.is_returned and handoff.at - cycle.ended_at <= _false_close(cycle, policies):
        if handoff.at > cycle.ended_at:
            cycle.stops.append((cycle.ended_at, handoff.at))
        for before in cycles:
            if before.closed is not None and before.closed[2] == cycle.end_event_id:
                before.closed = None
        cycle.ended_at = cycle.ended_by = cycle.end_event_id = None
        cycle.handoffs.append(handoff)
    else:
        earlier = (*cycle.earlier, *cycle.handoffs)
        cycles.append(Cycle(cycle.number + 1, cycle.ended_at, earlier, [handoff]))


def handoff_of(fact: HandedOff) -> Handoff:
    """Read a hand-off."""
    return Handoff(
        fact.occurred_at, fact.event_id, fact.team_id, fact.rep_id, fact.score, fact.stage
    )


def attempt_of(seen_at: Instant, fact: ContactAttempt) -> Attempt:
    """Read an attempt that one fact tells."""
    return Attempt(
        attempt_id=fact.attempt_id or fact.event_id,
        event_id=fact.event_id,
        occurred_at=fact.occurred_at,
        seen_at=seen_at,
        told=fact,
    )


def _false_close(cycle: Cycle, policies: Policies) -> Micros:
    opened_at = cycle.handoffs[0].at if cycle.handoffs else cycle.after + 1
    policy = policies.pinned(opened_at)
    return policy.false_close if policy is not None else 0


def _close(cycles: list[Cycle], fact: LeadClosed) -> None:
    for cycle in cycles:
        if cycle.ended_by == HANDED_BACK and cycle.closed is None:
            cycle.closed = fact.occurred_at, fact.outcome, fact.event_id
    if cycles[-1].ended_at is None:
        _end(cycles[-1], fact, fact.outcome)


def _end(cycle: Cycle, fact: Fact, outcome: str) -> None:
    cycle.ended_at, cycle.ended_by = fact.occurred_at, outcome
    cycle.end_event_id = fact.event_id


_LONG_AGO: Final[Instant] = -(1 << 62)


def _attempts(told: Sequence[Told]) -> tuple[Attempt, ...]:
    by_id: dict[str, list[tuple[Instant, ContactAttempt]]] = {}
    for seen_at, fact in told:
        if isinstance(fact, ContactAttempt):
            by_id.setdefault(fact.attempt_id or fact.event_id, []).append((seen_at, fact))
    attempts = [_attempt(attempt_id, tellings) for attempt_id, tellings in by_id.items()]
    attempts.sort(key=lambda attempt: (attempt.occurred_at, attempt.event_id))
    return tuple(attempts)


def _attempt(attempt_id: str, tellings: list[tuple[Instant, ContactAttempt]]) -> Attempt:
    if len(tellings) == 1:
        return attempt_of(*tellings[0])
    _, last = max(tellings, key=lambda telling: (telling[0], encode(telling[1])))
    return Attempt(
        attempt_id=attempt_id,
        event_id=last.event_id,
        occurred_at=min(fact.occurred_at for _, fact in tellings),
        seen_at=min(seen_at for seen_at, _ in tellings),
        told=last,
    )
