"""What a lead's facts come to, for the oracle: duplicates, withdrawals, attempts, cycles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from schemas.codec import encode
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
from schemas.instants import parse_instant
from tests.support.naive_time import ROUND_THE_CLOCK, NaiveCalendar, Span, length_of


class Telling(NamedTuple):
    """A fact as it was told once."""

    fact: Fact
    seen_at: int


class Agreement:
    """A policy body, read without its checks.

    Attributes:
        body: What was published.
        holds_from: From when on it holds.
    """

    def __init__(self, body: Mapping[str, Any], seen_at: int = -(1 << 60)) -> None:
        self.body = body
        self.version = int(body["version"])
        self.holds_from = max(parse_instant(body["effective_from"]), seen_at)
        self.settle = length_of(body.get("settle", "PT30S"))
        self.horizon = length_of(body.get("correction_horizon", "PT168H"))
        self.false_close = length_of(body.get("false_close", "PT15M"))
        self.max_backdate = length_of(body.get("max_backdate", "PT15M"))
        self.dormant = length_of(body.get("dormant", "PT2160H"))
        self.double_dial = length_of(body.get("double_dial", "PT60S"))
        self.calendars = {name: NaiveCalendar(hours) for name, hours in body["calendars"].items()}

    def commitments(self, clock: str) -> list[dict[str, Any]]:
        """The commitments of a clock kind, each with its ``debtor``."""
        return [
            {**commitment, "debtor": side}
            for side in ("sales", "marketing")
            for commitment in self.body.get(side, ())
            if commitment["clock"] == clock
        ]

    def calendar_of(self, team_id: str) -> NaiveCalendar:
        """The calendar of a team; of an unlisted one the default."""
        team = self.body["teams"].get(team_id)
        name = self.body.get("default_calendar") if team is None else team["calendar"]
        return ROUND_THE_CLOCK if name is None else self.calendars[name]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt, whatever number of facts told of it; ``fact`` is the last told."""

    attempt_id: str
    occurred_at: int
    seen_at: int
    fact: ContactAttempt

    @property
    def is_connect(self) -> bool:
        """Whether somebody was reached in person."""
        return self.fact.outcome in ("connected", "appointment_booked") and not self.fact.automated

    def effect_at(self, max_backdate: int) -> int:
        """When it takes effect: a manual one not long before it was told."""
        if self.fact.evidence == "system":
            return self.occurred_at
        return max(self.occurred_at, self.seen_at - max_backdate)


@dataclass(kw_only=True)
class Cycle:
    """From one reopening to the next.

    Attributes:
        number: From 1.
        handoffs: Those of this cycle, in order.
        earlier: Those of the cycles before, in order.
        after: Attempts after this instant belong to it; None: from ``created_at`` on.
        gaps: From a close to the hand-off that resumed the cycle.
        ended_at: The close or hand-back that ended it; None: it has not ended.
        ended_by: Its outcome.
        end_reason: What a verdict gives as reason.
        handed_back: The next hand-off begins a new cycle at once.
    """

    number: int
    handoffs: list[HandedOff] = field(default_factory=list)
    earlier: list[HandedOff] = field(default_factory=list)
    after: int | None = None
    gaps: list[Span] = field(default_factory=list)
    ended_at: int | None = None
    ended_by: str = ""
    end_reason: str = ""
    handed_back: bool = False


@dataclass(kw_only=True)
class Life:
    """All that is known of a lead."""

    created: LeadCreated | None
    updates: list[LeadUpdated]
    attempts: list[Attempt]
    cycles: list[Cycle]
    erased_at: int | None

    def belongs(self, attempt: Attempt, cycle: Cycle) -> bool:
        """Whether an attempt was made in a cycle, or on the way to it."""
        at = attempt.occurred_at
        if cycle.ended_at is not None and at > cycle.ended_at:
            return False
        if cycle.after is not None:
            return at > cycle.after
        handed_off = bool(cycle.handoffs) and at >= cycle.handoffs[0].occurred_at
        return handed_off or self.created is None or at >= self.created.occurred_at

    def attributes(self, at: int) -> dict[str, str | None]:
        """The lead's attributes for clocks that an instant opens."""
        names = ("source", "segment", "stage", "campaign", "role")
        found = {name: getattr(self.created, name, None) for name in names}
        for update in self.updates:
            if update.occurred_at <= at:
                told = {name: getattr(update, name) for name in names}
                found |= {name: value for name, value in told.items() if value is not None}
        return found


def life_of(agreements: Sequence[Agreement], tellings: Sequence[Telling]) -> Life:
    """Put together what tellings say of a lead."""
    known = _without_withdrawn(_one_per_id(tellings))
    facts = sorted((telling.fact for telling in known), key=_order)
    created = next((fact for fact in facts if isinstance(fact, LeadCreated)), None)
    return Life(
        created=created,
        updates=[fact for fact in facts if isinstance(fact, LeadUpdated)],
        attempts=_attempts(known),
        cycles=_cycles(agreements, facts, created),
        erased_at=min((it.occurred_at for it in facts if isinstance(it, LeadErased)), default=None),
    )


def attempt_id_of(fact: Fact) -> str | None:
    """The attempt a fact tells of; None: it tells of none."""
    return (fact.attempt_id or fact.event_id) if isinstance(fact, ContactAttempt) else None


def without_retellings(tellings: Sequence[Telling], after: int) -> list[Telling]:
    """Leave out what was told after an instant of an attempt that had been told before."""
    stand = {it.fact.event_id for it in _without_withdrawn(_one_per_id(tellings))}
    first: dict[str, int] = {}
    for fact, seen_at in tellings:
        attempt_id = attempt_id_of(fact)
        if attempt_id is not None and fact.event_id in stand:
            first[attempt_id] = min(first.get(attempt_id, seen_at), seen_at)
    return [
        it
        for it in tellings
        if it.seen_at <= max(after, first.get(attempt_id_of(it.fact) or "", it.seen_at))
    ]


def is_replaced(telling: Telling, by: Telling) -> bool:
    """Whether a telling came to an id of which another content held already."""
    mine, other = ((it.fact.occurred_at, _bytes(it.fact)) for it in (telling, by))
    same = telling.fact.event_id == by.fact.event_id
    return same and by.seen_at <= telling.seen_at and other < mine


def withdrawn_target(telling: Telling, tellings: Sequence[Telling]) -> Fact:
    """The fact that a telling is about: for a withdrawal, the one it withdraws."""
    if isinstance(telling.fact, FactWithdrawn):
        for other in _one_per_id(tellings):
            if other.fact.event_id == telling.fact.withdraws:
                return other.fact
    return telling.fact


def pinned(agreements: Sequence[Agreement], opened_at: int) -> Agreement:
    """The version that holds for clocks opened at an instant; the first holds before, too."""
    holding = [agreement for agreement in agreements if agreement.holds_from <= opened_at]
    return max(holding, key=lambda it: it.holds_from) if holding else agreements[0]


@cache
def _bytes(fact: Fact) -> bytes:
    return encode(fact)


def _one_per_id(tellings: Sequence[Telling]) -> list[Telling]:
    """Of contents under one id the earliest, then the smallest; known since the first."""
    by_id: dict[str, list[Telling]] = {}
    for telling in tellings:
        by_id.setdefault(telling.fact.event_id, []).append(telling)
    return [
        Telling(
            min((it.fact for it in same), key=lambda fact: (fact.occurred_at, _bytes(fact))),
            min(it.seen_at for it in same),
        )
        for same in by_id.values()
    ]


def _without_withdrawn(known: Sequence[Telling]) -> list[Telling]:
    withdrawals = [it.fact for it in known if isinstance(it.fact, FactWithdrawn)]

    def stands(event_id: str, *trail: str) -> bool:
        # Withdrawals that withdraw each other in a circle withdraw nothing else.
        return event_id in trail or not any(
            it.withdraws == event_id and stands(it.event_id, event_id, *trail) for it in withdrawals
        )

    return [it for it in known if stands(it.fact.event_id)]


_RANKS = {
    LeadCreated: 0,
    LeadUpdated: 1,
    HandedOff: 2,
    ContactAttempt: 3,
    LeadClosed: 4,
    HandedBack: 4,
}


def _order(fact: Fact) -> tuple[int, int, str]:
    return fact.occurred_at, _RANKS.get(type(fact), 9), fact.event_id


def _attempts(known: Sequence[Telling]) -> list[Attempt]:
    by_id: dict[str, list[tuple[int, bytes, ContactAttempt]]] = {}
    for fact, seen_at in known:
        if isinstance(fact, ContactAttempt):
            told = seen_at, _bytes(fact), fact
            by_id.setdefault(fact.attempt_id or fact.event_id, []).append(told)
    attempts = [
        Attempt(
            attempt_id=attempt_id,
            occurred_at=min(fact.occurred_at for _, _, fact in told),
            seen_at=min(seen_at for seen_at, _, _ in told),
            fact=max(told)[2],
        )
        for attempt_id, told in by_id.items()
    ]
    return sorted(attempts, key=lambda it: (it.occurred_at, it.fact.event_id))


def _cycles(
    agreements: Sequence[Agreement], facts: Sequence[Fact], created: LeadCreated | None
) -> list[Cycle]:
    cycles: list[Cycle] = []
    for fact in facts:
        at = fact.occurred_at
        last = cycles[-1] if cycles else None
        if fact is created and last is None:
            cycles.append(Cycle(number=1))
        elif isinstance(fact, HandedOff):
            _hand_off(agreements, cycles, fact, created)
        elif last is None:
            continue
        elif isinstance(fact, LeadClosed) and last.ended_at is None:
            last.ended_at, last.ended_by, last.end_reason = at, fact.outcome, fact.outcome
        elif isinstance(fact, HandedBack):
            last.handed_back = True
            if last.ended_at is None:
                last.ended_at, last.ended_by, last.end_reason = at, "disqualified", "handed_back"
    return cycles


def _hand_off(
    agreements: Sequence[Agreement],
    cycles: list[Cycle],
    fact: HandedOff,
    created: LeadCreated | None,
) -> None:
    at = fact.occurred_at
    if not cycles:
        cycles.append(Cycle(number=1, handoffs=[fact]))
        return
    last = cycles[-1]
    if last.ended_at is None:
        last.handoffs.append(fact)
        return
    opened = last.handoffs[0] if last.handoffs else created
    assert opened is not None
    false_close = pinned(agreements, opened.occurred_at).false_close
    if at - last.ended_at <= false_close and not last.handed_back:
        last.gaps.append((last.ended_at, at))
        last.ended_at, last.ended_by, last.end_reason = None, "", ""
        last.handoffs.append(fact)
        return
    earlier = last.earlier + last.handoffs
    cycles.append(
        Cycle(number=last.number + 1, handoffs=[fact], earlier=earlier, after=last.ended_at)
    )
