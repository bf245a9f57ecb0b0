"""Why each clock of a lead says what it says.

What is explained is the very judgement that breaches and verdicts are published from:
the same horizon, the same clocks, the same tests of what counts. Nothing here decides.

Source:
    Domain, (d) 5 and c.19, "Records and replay".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schemas.facts import ContactAttempt, Fact, FactWithdrawn
from schemas.instants import Instant, Micros
from schemas.verdicts import Breach, Verdict
from streams.domain import commitment as kinds
from streams.domain.clock import Clock
from streams.domain.explain_facts import TOLD_AGAIN, TOO_LATE, Touch, too_late_for, touches_of
from streams.domain.explain_stops import (
    ExclusionSeen,
    PauseSeen,
    exclusions_of,
    pauses_of,
    stops_of,
)
from streams.domain.explain_time import Segment, segments_of
from streams.domain.history import Handoff, History, Told
from streams.domain.horizon import Grounds, Horizon
from streams.domain.known import Known
from streams.domain.lead import ClockKey, Lead, Published
from streams.domain.opening import Opening
from streams.domain.silence import verified, waiting_for
from streams.domain.starting import started

RUNNING: Final = "running"
STOPPED: Final = "stopped"
BREACHED: Final = "breached"
UNCERTAIN: Final = "waiting_for_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One clock explained.

    Attributes:
        clock: As the facts give it.
        state: ``running``, ``stopped`` (paused or excluded), ``breached``,
            ``waiting_for_source``, or the outcome of its end.
        opened_by: The fact that opened it; None: it is no longer known.
        until: Up to here its time is explained: its end, or now.
        segments: Where the time went; empty for what is due at an act.
        touches: Every attempt that is known of the lead, as this clock sees it.
        pauses: Every pause of the lead that overlaps its time.
        exclusions: Every declared exclusion that overlaps its time.
        ignored: What was told too late for this clock, attempts excepted, with a code.
        waiting_for: Silent sources that have to speak before it is judged.
        breach: What was last published of its breach.
        verdict: What was last published of its end.
    """

    clock: Clock
    state: str
    opened_by: Fact | None
    until: Instant
    segments: tuple[Segment, ...] = ()
    touches: tuple[Touch, ...] = ()
    pauses: tuple[PauseSeen, ...] = ()
    exclusions: tuple[ExclusionSeen, ...] = ()
    ignored: tuple[tuple[Told, str], ...] = ()
    waiting_for: tuple[str, ...] = ()
    breach: Breach | None = None
    verdict: Verdict | None = None

    @property
    def elapsed(self) -> Micros:
        """Business time from the start to ``until``."""
        return self.clock.elapsed_to(self.until)

    @property
    def left(self) -> Micros | None:
        """Business time until due; less than none once it has passed; None: no due."""
        due_at, timeline = self.clock.due_at, self.clock.timeline
        if due_at is None:
            return None
        if self.until <= due_at:
            return timeline.elapsed(self.until, due_at)
        return -timeline.elapsed(due_at, self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What was said of a clock that the facts no longer give."""

    commitment: str
    clock: str
    cycle: int
    reason: str | None
    breach: Breach | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All that is kept of a lead at one instant, explained.

    Attributes:
        as_of: The instant.
        stories: Its clocks.
        taken_back: What the facts no longer give.
        handoffs: Who got it when.
        withdrawn: Facts that are as never told, with what withdrew them.
        erased_at: The lead's facts have left, and are not told here either.
    """

    as_of: Instant
    stories: tuple[Story, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    handoffs: tuple[Handoff, ...] = ()
    withdrawn: tuple[tuple[Fact, FactWithdrawn], ...] = ()
    erased_at: Instant | None = None


def explain(lead: Lead, known: Known, now: Instant) -> Explained:
    """Explain every clock of a lead.

    Args:
        lead: A copy of its record, judged up to ``now``; it is changed.
        known: Published versions, at least one, exclusions and sources.
        now: The instant up to which it was judged.
    """
    known = known.at(now)
    horizon = Horizon(lead, known, now)
    history = horizon.whole().history
    if history.erased_at is not None:
        return Explained(as_of=now, erased_at=history.erased_at)
    stories, gone = [], []
    for key, grounds in horizon.grounds():
        entry = lead.published.get(key) or Published("", 0)
        if grounds.clock is None:
            gone.append(_taken_back(key, entry))
        else:
            stories.append(_story(grounds.clock, grounds, entry, horizon))
    return Explained(
        as_of=now,
        stories=tuple(sorted(stories, key=_place)),
        taken_back=tuple(gone),
        handoffs=history.handoffs,
        withdrawn=tuple(_withdrawn(lead, now)),
    )


def _story(clock: Clock, grounds: Grounds, entry: Published, horizon: Horizon) -> Story:
    known, now = horizon.known, horizon.now
    waiting: tuple[str, ...] = ()
    if clock.policy.sources:
        judged = verified(clock, entry, known.sources, now)
        if judged is None:
            waiting = tuple(waiting_for(entry, known.sources, now))
        else:
            clock = judged
    history = grounds.history
    until = now if clock.ended_at is None else clock.ended_at
    stops = stops_of(clock, history, known)
    ignored = tuple(_ignored(grounds))
    touches = touches_of(clock, _opening_of(clock, history, known), history)
    return Story(
        clock=clock,
        state=UNCERTAIN if waiting else _state(clock, now),
        opened_by=_opened_by(clock, horizon),
        until=until,
        segments=tuple(segments_of(clock, stops, until)) if clock.has_verdict else (),
        touches=(*touches, *too_late_for(clock, ignored)),
        pauses=tuple(pauses_of(clock, history, until)),
        exclusions=tuple(exclusions_of(clock, history, known, until)),
        ignored=tuple(one for one in ignored if not isinstance(one[0][1], ContactAttempt)),
        waiting_for=waiting,
        breach=entry.breach,
        verdict=entry.verdict,
    )


def _state(clock: Clock, now: Instant) -> str:
    if not clock.has_verdict:
        return BREACHED
    if clock.ended_at is not None:
        return clock.outcome or RUNNING
    if clock.is_breached_at(now):
        return BREACHED
    return STOPPED if clock.timeline.stop_at(now) else RUNNING


def _place(story: Story) -> tuple[int, Instant, str, str]:
    clock = story.clock
    return clock.cycle, clock.opened_at, clock.id, clock.instance


def _opening_of(clock: Clock, history: History, known: Known) -> Opening | None:
    """Start the clock once more; None: what is due at an act starts from nothing."""
    key = (clock.commitment.id, *clock.key[1:])
    for cycle in history.cycles:
        for opening, _ in started(history, cycle, known.policies):
            if (opening.commitment.id, opening.instance, opening.policy.version) == key:
                return opening
    return None


def _opened_by(clock: Clock, horizon: Horizon) -> Fact | None:
    event_id = clock.instance
    if clock.commitment.clock == kinds.NEXT_ATTEMPT:
        event_id = event_id.rpartition(":")[0]
    known = horizon.lead.known_at(horizon.now)
    return next((fact for _, fact in known if fact.event_id == event_id), None)


def _ignored(grounds: Grounds) -> Iterator[tuple[Told, str]]:
    for one in grounds.too_late:
        yield one, TOO_LATE
    for one in grounds.told_again:
        yield one, TOLD_AGAIN


def _taken_back(key: ClockKey, entry: Published) -> TakenBack:
    records = [one for one in (entry.breach, entry.verdict) if one is not None]
    return TakenBack(
        commitment=key[0],
        clock=entry.clock,
        cycle=entry.cycle,
        reason=records[0].reason if records else None,
        breach=entry.breach,
        verdict=entry.verdict,
    )


def _withdrawn(lead: Lead, now: Instant) -> Iterator[tuple[Fact, FactWithdrawn]]:
    """Pair what is as never told with what withdrew it."""
    standing = {fact.event_id: fact for _, fact in lead.known_at(now)}
    for withdrawal in standing.values():
        if not isinstance(withdrawal, FactWithdrawn):
            continue
        told = [fact for at, fact in lead.tellings.get(withdrawal.withdraws, ()) if at <= now]
        if told and withdrawal.withdraws not in standing:
            yield min(told, key=lambda fact: fact.occurred_at), withdrawal
