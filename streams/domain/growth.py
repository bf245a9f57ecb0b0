"""A history that grows by what usually comes next, without being put together again.

Most facts come once, in order, soon after they happened, and are attempts, hand-offs
and closes. What they add to a history is told here; whatever is out of the ordinary
(second thoughts, repeated attempts, pauses, disorder) is left to `history_of`.

Source:
    Domain, c.19, "Records and replay".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.facts import (
    ClockPaused,
    ClockResumed,
    ContactAttempt,
    Fact,
    FactWithdrawn,
    HandedBack,
    HandedOff,
    LeadClosed,
    LeadCreated,
    LeadErased,
)
from schemas.instants import Instant, Micros
from streams.domain.history import (
    HANDED_BACK,
    Attempt,
    Cycle,
    Handoff,
    History,
    Told,
    attempt_of,
    handoff_of,
    rank,
)

_UNUSUAL: Final = (FactWithdrawn, LeadErased, ClockPaused, ClockResumed)
_CYCLES: Final = (LeadCreated, HandedOff, LeadClosed, HandedBack)
"""What cycles are made of."""
_Key = tuple[Instant, int, str]
_NOTHING: Final[_Key] = (-(1 << 63), 0, "")


@dataclass(frozen=True, slots=True)
class Growth:
    """How a history has grown.

    Attributes:
        since: Nothing that came occurred before it.
        handoffs: That came, in order.
    """

    since: Instant
    handoffs: tuple[Handoff, ...] = ()


@dataclass(slots=True)
class Ordinary:
    """What is to be known of a lead to say that what comes next is nothing out of the ordinary.

    Every fact was told once, each attempt by one fact, none is older than ``horizon`` when
    it is told, and nothing happened before the lead was created. So nothing that was said
    of a clock can wait for, or be too late for, a fact that is known already.

    Attributes:
        horizon: The least correction horizon of all agreements.
        created_at: Of lead-created; None: it was not told.
        attempt_ids: Of the attempts.
        last: Place of the last fact of which cycles are made.
    """

    horizon: Micros
    created_at: Instant | None
    attempt_ids: set[str]
    last: _Key

    def grown(self, history: History, told: Sequence[Told]) -> tuple[History, Growth] | None:
        """Add what came, if it is nothing out of the ordinary.

        Args:
            history: Of everything before.
            told: What came, each with an ``event_id`` of its own; at least one.

        Returns:
            The same as `history_of` gives, and how it has grown; None: ask `history_of`.
        """
        in_order = list(told)
        if len(in_order) > 1:
            in_order.sort(key=lambda one: _key(one[1]))
        draft = _Draft(history)
        for seen_at, fact in in_order:
            if not self._expects(seen_at, fact):
                return None
            if isinstance(fact, ContactAttempt):
                draft.attempts.append(attempt_of(seen_at, fact))
            elif not draft.turns(fact):
                return None
        growth = Growth(in_order[0][1].occurred_at, tuple(draft.handoffs))
        return draft.done(), growth

    def _expects(self, seen_at: Instant, fact: Fact) -> bool:
        """Tell whether a fact comes in time, once, and after all of its kind; take note of it."""
        at = fact.occurred_at
        if seen_at - at > self.horizon or (self.created_at is not None and at < self.created_at):
            return False
        if isinstance(fact, ContactAttempt):
            attempt_id = fact.attempt_id or fact.event_id
            is_new = attempt_id not in self.attempt_ids
            self.attempt_ids.add(attempt_id)
            return is_new
        key = _key(fact)
        is_next = key > self.last
        self.last = key
        return is_next


class _Draft:
    """A history while it grows."""

    __slots__ = ("attempts", "cycle", "handoffs", "history")

    def __init__(self, history: History) -> None:
        self.history = history
        self.attempts: list[Attempt] = []
        self.handoffs: list[Handoff] = []
        self.cycle: Cycle | None = None

    def turns(self, fact: Fact) -> bool:
        """Let the last cycle go on, or end; False where the fact does something else."""
        cycles = self.history.cycles
        cycle = self.cycle or (cycles[-1] if cycles else None)
        if cycle is None or cycle.ended_at is not None:
            return False
        if self.cycle is None:
            cycle = self.cycle = cycle.copied()
        if isinstance(fact, HandedOff) and cycle.handoffs:
            cycle.handoffs.append(handoff_of(fact))
            self.handoffs.append(cycle.handoffs[-1])
            return True
        # A close would also end what was handed back and never closed.
        if isinstance(fact, LeadClosed) and all(one.ended_by != HANDED_BACK for one in cycles):
            cycle.ended_at, cycle.ended_by = fact.occurred_at, fact.outcome
            cycle.end_event_id = fact.event_id
            return True
        return False

    def done(self) -> History:
        """Put together what there was and what came."""
        history, cycle = self.history, self.cycle
        attempts = history.attempts
        if self.attempts:
            ordered = [*attempts, *self.attempts]
            ordered.sort(key=_place)
            attempts = tuple(ordered)
        return History(
            created=history.created,
            updates=history.updates,
            cycles=history.cycles if cycle is None else (*history.cycles[:-1], cycle),
            attempts=attempts,
            handoffs=(*history.handoffs, *self.handoffs) if self.handoffs else history.handoffs,
            pauses=history.pauses,
            erased_at=history.erased_at,
        )


def ordinary(told: Iterable[Told], horizon: Micros) -> Ordinary | None:
    """Say what is to be known of a lead; None: something of it is out of the ordinary.

    Args:
        told: All that is known of it, one entry an ``event_id``.
        horizon: The least correction horizon of all agreements.
    """
    created_at: Instant | None = None
    first_at: Instant | None = None
    attempt_ids: set[str] = set()
    attempts = 0
    last = _NOTHING
    for seen_at, fact in told:
        at = fact.occurred_at
        if seen_at - at > horizon or isinstance(fact, _UNUSUAL):
            return None
        if first_at is None or at < first_at:
            first_at = at
        if isinstance(fact, ContactAttempt):
            attempts += 1
            attempt_ids.add(fact.attempt_id or fact.event_id)
        elif isinstance(fact, _CYCLES):
            last = max(last, _key(fact))
            if isinstance(fact, LeadCreated):
                if created_at is not None:
                    return None
                created_at = at
    if attempts != len(attempt_ids):
        return None
    if created_at is not None and first_at is not None and first_at < created_at:
        return None
    return Ordinary(horizon, created_at, attempt_ids, last)


def _key(fact: Fact) -> _Key:
    return fact.occurred_at, rank(fact), fact.event_id


def _place(attempt: Attempt) -> tuple[Instant, str]:
    return attempt.occurred_at, attempt.event_id
