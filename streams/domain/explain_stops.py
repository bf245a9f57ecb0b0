"""What paused or excluded a clock, and what did not, and why.

Source:
    Domain, c.19, "Pauses, exclusions".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schemas.facts import ClockPaused
from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.clocks.excluded import attributes_of
from streams.domain.exclusions import Exclusion
from streams.domain.explain_time import EXCLUDED, PAUSED, REOPENED, Stop
from streams.domain.history import History
from streams.domain.known import Known
from streams.domain.pauses import Span
from streams.domain.timeline import FOR_EVER

STOPPED: Final = "stopped"
TOOK_BACK: Final = "took_back"
NONE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSeen:
    """A pause of the lead, and what it did for a clock.

    Attributes:
        reason: As it was told.
        from_at: Its beginning.
        to_at: Its end; None: it has none yet.
        why: Why it did not, or not wholly, stop the clock, by code; empty: it did.
    """

    reason: str
    from_at: Instant
    to_at: Instant | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionSeen:
    """A declared exclusion, and what it did for a clock.

    Attributes:
        exclusion: What was declared.
        effect: ``stopped``: its time did not count. ``took_back``: it took a breach back.
            ``none``.
        why: Why it did nothing, by code; empty otherwise.
    """

    exclusion: Exclusion
    effect: str
    why: str = ""


def stops_of(clock: Clock, history: History, known: Known) -> Iterator[Stop]:
    """List what may have stopped a clock: closes that were taken back, pauses, exclusions."""
    cycle = next(one for one in history.cycles if one.number == clock.cycle)
    if cycle.stops:
        yield Stop(why=REOPENED, cause="", spans=tuple(cycle.stops))
    spans: dict[str, list[Span]] = {}
    for pause in _paused(history, clock.commitment.clock):
        if pause.reason in clock.policy.pauses.reasons:
            to_at = FOR_EVER if pause.to_at is None else pause.to_at
            spans.setdefault(pause.reason, []).append((pause.from_at, to_at))
    for reason, paused in spans.items():
        yield Stop(why=PAUSED, cause=reason, spans=tuple(paused))
    for exclusion in known.exclusions.about(clock.policy, attributes_of(clock.opened_at, history)):
        allowed = known.exclusions.stops(exclusion, clock.policy, clock.timeline)
        if allowed:
            yield Stop(why=EXCLUDED, cause=exclusion.id, spans=tuple(allowed))


def pauses_of(clock: Clock, history: History, until: Instant) -> Iterator[PauseSeen]:
    """Say of each pause that was told during a clock whether it stopped it."""
    kind, terms = clock.commitment.clock, clock.policy.pauses
    mine = list(_paused(history, kind))
    others = [
        PauseSeen(reason=fact.reason, from_at=fact.occurred_at, to_at=None, why="other_clock")
        for fact in history.pauses
        if isinstance(fact, ClockPaused) and fact.clock not in (None, kind)
    ]
    for pause in (*mine, *others):
        to_at = FOR_EVER if pause.to_at is None else pause.to_at
        if to_at <= clock.started_at or pause.from_at >= until:
            continue
        if pause.why:
            yield pause
        elif pause.reason not in terms.reasons:
            yield _because(pause, "reason_not_listed")
        elif _covers(clock, (max(pause.from_at, clock.started_at), min(to_at, until))):
            yield pause
        else:
            yield _because(pause, "budget_used")


def exclusions_of(
    clock: Clock, history: History, known: Known, until: Instant
) -> Iterator[ExclusionSeen]:
    """Say of each exclusion that overlaps a clock's time what it did for it."""
    attributes = attributes_of(clock.opened_at, history)
    for one in known.exclusions.declared:
        begin, end = max(one.fact.from_at, clock.opened_at), min(one.fact.to_at, until)
        took_back = clock.reason == f"excluded:{one.id}"
        if begin >= end and not took_back:
            continue
        if took_back:
            yield ExclusionSeen(exclusion=one, effect=TOOK_BACK)
        elif one.fact.reason not in clock.policy.exclusions.reasons:
            yield ExclusionSeen(exclusion=one, effect=NONE, why="reason_not_listed")
        elif not one.is_about(attributes):
            yield ExclusionSeen(exclusion=one, effect=NONE, why="other_leads")
        else:
            yield _tried(one, clock, known, (begin, end))


def _tried(one: Exclusion, clock: Clock, known: Known, span: Span) -> ExclusionSeen:
    begin, end = span
    allowed = [
        (max(from_at, begin), min(to_at, end))
        for from_at, to_at in known.exclusions.stops(one, clock.policy, clock.timeline)
        if from_at < end and to_at > begin
    ]
    due_at = clock.due_at
    if not allowed:
        owned = any(
            one.is_owned(owner) and owner.from_at < end and owner.to_at > begin
            for owner in clock.timeline.spans
        )
        return ExclusionSeen(exclusion=one, effect=NONE, why="cap_used" if owned else "other_owner")
    if all(_covers(clock, span) for span in allowed):
        return ExclusionSeen(exclusion=one, effect=STOPPED)
    if due_at is not None and one.declared_at > due_at + clock.policy.correction_horizon:
        return ExclusionSeen(exclusion=one, effect=NONE, why="declared_too_late")
    return ExclusionSeen(exclusion=one, effect=NONE, why="no_help")


def _covers(clock: Clock, span: Span) -> bool:
    """Tell whether a clock stands still over a span."""
    begin, end = span
    return begin >= end or any(
        from_at <= begin and end <= to_at for from_at, to_at in clock.timeline.stops
    )


def _paused(history: History, kind: str) -> Iterator[PauseSeen]:
    """List the pauses that name a clock kind or none; a second one of a reason says nothing."""
    since: dict[str, Instant] = {}
    for fact in history.pauses:
        if fact.clock not in (None, kind):
            continue
        if isinstance(fact, ClockPaused):
            since.setdefault(fact.reason, fact.occurred_at)
        elif fact.reason in since:
            from_at = since.pop(fact.reason)
            yield PauseSeen(reason=fact.reason, from_at=from_at, to_at=fact.occurred_at)
    for reason, from_at in since.items():
        yield PauseSeen(reason=reason, from_at=from_at, to_at=None)


def _because(pause: PauseSeen, why: str) -> PauseSeen:
    return PauseSeen(reason=pause.reason, from_at=pause.from_at, to_at=pause.to_at, why=why)
