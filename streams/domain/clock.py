"""Clocks: what the facts of a lead, the agreement and an instant say of each promise.

A pure function: the same facts, policies and instant give the same clocks, in
whatever order and however often the facts were told.

Source:
    Domain, c.19, "Starting, stopping, ending" and "Depth"; c.2 to c.5, c.11, c.12.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.instants import Instant, Micros
from streams.domain import commitment as kinds
from streams.domain.calendar import ALWAYS, Calendar
from streams.domain.commitment import START, BusinessDays, Commitment, Target
from streams.domain.depth import Answer, Depth, measure
from streams.domain.history import Cycle, Handoff, History
from streams.domain.lead import ClockKey
from streams.domain.policies import Policies
from streams.domain.policy import Policy
from streams.domain.qualifying import answering, counting
from streams.domain.timeline import FOR_EVER, Ownership, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One promise to one lead in one cycle, as it stands at an instant.

    Attributes:
        id: The commitment's id; over-contact adds ``:max``.
        instance: ``event_id`` of the fact that opened the clock.
        due_at: None where the commitment has no target.
        opened_at: When the opening fact occurred, open hours or not.
        answered_at: The instant of effect of what answered it.
        ended_at: The answer or the end of the cycle; None: it runs or is breached.
        outcome: Of the end; None while open.
        publish_at: From when on the end may be published: a close waits ``false_close``.
        is_breached: Due has passed without an answer in time.
        breach_kind: What the breach is, or would be.
        evidence_id: The fact that answered or ended it.
        attempts: Counted attempts up to an instant.
        target: In ``unit`` s; None for a length of time, which is the span to ``due_at``.
        has_verdict: Over-contact has none.
    """

    commitment: Commitment
    policy: Policy
    id: str
    instance: str
    cycle: int
    timeline: Timeline
    calendar: str | None
    segment: str | None
    opened_at: Instant
    started_at: Instant
    due_at: Instant | None
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    outcome: str | None = None
    reason: str | None = None
    publish_at: Instant = 0
    is_breached: bool = False
    breach_kind: str = "late"
    evidence_id: str | None = None
    attempts: Callable[[Instant], int]
    target: int | None = None
    unit: str = "seconds"
    connected: bool = False
    has_verdict: bool = True

    @property
    def key(self) -> ClockKey:
        """What stays the same however often the clock is judged."""
        return self.id, self.instance, self.policy.version

    @property
    def pre_handoff(self) -> bool:
        """Answered before the clock was opened: the customer was served, no mean includes it."""
        return self.answered_at is not None and self.answered_at < self.opened_at

    @property
    def is_open(self) -> bool:
        """It runs or is breached: neither answered nor ended."""
        return self.has_verdict and self.ended_at is None

    def elapsed_to(self, end: Instant) -> Micros:
        """Measure the business time from the start; zero for an end before it."""
        return self.timeline.elapsed(self.started_at, end)

    def next_change(self, now: Instant) -> Instant | None:
        """Give the next instant at which anything changes if no fact comes; None: never."""
        ahead = []
        if self.ended_at is not None:
            if self.publish_at > now:
                ahead.append(self.publish_at)
            if not self.is_breached:
                return ahead[0] if ahead else None
        if self.due_at is not None and not self.commitment.report_only:
            ahead += [at for at in (self.due_at, self.due_at + self.policy.settle) if at > now]
        return min(ahead) if ahead else None


class _Opening:
    """What a clock starts from, before its commitment's own rules."""

    __slots__ = (
        "calendar",
        "commitment",
        "cycle",
        "due_at",
        "instance",
        "opened_at",
        "policy",
        "segment",
        "started_at",
        "timeline",
    )

    def __init__(
        self,
        commitment: Commitment,
        policy: Policy,
        cycle: Cycle,
        opened: tuple[Instant, str],
        counted_in: "_CountedIn",
    ) -> None:
        """Start the clock: when, and until when."""
        self.commitment = commitment
        self.policy = policy
        self.cycle = cycle
        self.opened_at, self.instance = opened
        self.timeline, self.calendar, self.segment = counted_in
        self.started_at = self.timeline.start(self.opened_at)
        target = commitment.within if commitment.clock == kinds.DEPTH else commitment.target
        self.due_at: Instant | None = None
        if target is not None:
            self.due_at = self.timeline.due(self.started_at, self._length(target))

    def _length(self, target: Target) -> Micros:
        """Turn business days into business time, once, at the start."""
        if not isinstance(target, BusinessDays):
            return target
        first = self.timeline.owner_at(self.started_at)
        calendar = first.calendar if first else ALWAYS
        close_at = calendar.close_of_business_day(self.started_at, target.days)
        return calendar.elapsed(self.started_at, close_at)


_CountedIn = tuple[Timeline, str | None, str | None]
"""Business time, the calendar's name, the lead's segment."""


def judge(history: History, policies: Policies, now: Instant) -> list[Clock]:
    """Judge every clock of a lead at an instant.

    Args:
        history: The facts known at ``now``.
        policies: Published versions; the one in force when a clock opened holds for it.
        now: Facts and deadlines up to here count.

    Returns:
        One clock for each commitment that holds: by cycle, then from creation, speed, depth.
    """
    clocks: list[Clock] = []
    for cycle in history.cycles:
        for opening in _openings(history, cycle, policies):
            if opening.commitment.clock == kinds.DEPTH:
                clocks.extend(_depth_clocks(opening, history, now))
            else:
                clocks.append(_speed_clock(opening, history, now))
    return clocks


def _openings(history: History, cycle: Cycle, policies: Policies) -> Iterator[_Opening]:
    created = history.created
    first = cycle.handoffs[0] if cycle.handoffs else None
    team_id = first.team_id if first else None
    if created is not None and cycle.number == 1:
        at = created.occurred_at
        policy = policies.pinned(at)
        if policy is not None and kinds.SPEED_TO_LEAD in policy.kinds:
            attributes = history.attributes_at(at, team_id)
            chosen = policy.commitment_for(kinds.SPEED_TO_LEAD, attributes)
            if chosen is not None:
                name = chosen.calendar
                calendar = policy.calendars[name] if name else ALWAYS
                counted_in = _timeline(cycle, policy, calendar), name, attributes.get("segment")
                yield _Opening(chosen, policy, cycle, (at, created.event_id), counted_in)
    if first is None:
        return
    policy = policies.pinned(first.at)
    if policy is None:
        return
    attributes = history.attributes_at(first.at, team_id)
    shared: dict[int, Timeline] = {}
    for kind in (kinds.SPEED, kinds.DEPTH):
        chosen = policy.commitment_for(kind, attributes)
        if chosen is None:
            continue
        pinned, name = _pinned(chosen, policy, first)
        timeline = shared.get(id(pinned))
        if timeline is None:
            timeline = shared[id(pinned)] = _timeline(cycle, policy, pinned)
        counted_in = timeline, name, attributes.get("segment")
        yield _Opening(chosen, policy, cycle, (first.at, first.event_id), counted_in)


def _pinned(
    commitment: Commitment, policy: Policy, first: Handoff
) -> tuple[Calendar | None, str | None]:
    """Give the calendar that a commitment pins, if it does, and the name of the first one."""
    team = policy.teams.get(first.team_id)
    first_name = policy.default_calendar if team is None else team.calendar
    if commitment.calendar is None:
        return None, first_name
    if commitment.calendar == START:
        return policy.calendar_of(first.team_id), first_name
    return policy.calendars[commitment.calendar], commitment.calendar


def _timeline(cycle: Cycle, policy: Policy, pinned: Calendar | None) -> Timeline:
    """Put together who owns the lead when; before the first hand-off nobody does."""
    spans: list[Ownership] = []
    handoffs = cycle.handoffs
    if pinned is not None:
        first_at = handoffs[0].at if handoffs else FOR_EVER
        spans.append(Ownership(-FOR_EVER, first_at, pinned, None, None))
    last = len(handoffs) - 1
    for place, handoff in enumerate(handoffs):
        to_at = FOR_EVER if place == last else handoffs[place + 1].at
        if handoff.at < to_at:
            calendar = policy.calendar_of(handoff.team_id) if pinned is None else pinned
            spans.append(Ownership(handoff.at, to_at, calendar, handoff.team_id, handoff.rep_id))
    return Timeline(spans, cycle.stops)


def _speed_clock(opening: _Opening, history: History, now: Instant) -> Clock:
    policy, cycle, commitment = opening.policy, opening.cycle, opening.commitment
    qualifies = answering(commitment, policy, opening.timeline)
    answers = sorted(
        (attempt.effect_at(policy.max_backdate), attempt.occurred_at, attempt.event_id)
        for attempt in history.attempts
        if cycle.holds(attempt) and qualifies(attempt)
    )
    end = _end_of(opening, answers[0] if answers else None)
    ended_at = end.at
    connected = ended_at is not None and any(
        attempt.occurred_at <= ended_at and attempt.connects and cycle.holds(attempt)
        for attempt in history.attempts
    )

    def attempts(at: Instant) -> int:
        return sum(1 for effect_at, _, _ in answers if effect_at <= at)

    return _clock(opening, end, now, _Counted(attempts, connected))


@dataclass(frozen=True, slots=True)
class _End:
    """How a clock ended, if it did."""

    at: Instant | None = None
    outcome: str | None = None
    answered_at: Instant | None = None
    reason: str | None = None
    publish_at: Instant = 0
    evidence_id: str | None = None


def _end_of(opening: _Opening, answer: Answer | None) -> _End:
    """Decide between the answer and the end of the cycle: what came first ends the clock."""
    cycle, due_at = opening.cycle, opening.due_at
    if answer is not None and (cycle.ended_at is None or answer[0] <= cycle.ended_at):
        in_time = due_at is None or answer[0] <= due_at
        return _End(answer[0], "met" if in_time else "met_late", answer[0], evidence_id=answer[2])
    if cycle.ended_at is None:
        return _End()
    given_up = cycle.ended_by == "lost"
    too_late = due_at is not None and cycle.ended_at > due_at
    return _End(
        cycle.ended_at,
        "unmet" if given_up or too_late else "cancelled",
        None,
        cycle.ended_by,
        # What is handed back cannot be reopened, but ends as a close does.
        cycle.ended_at + opening.policy.false_close,
        cycle.end_event_id,
    )


class _Counted(NamedTuple):
    """What a clock says beside its end."""

    attempts: Callable[[Instant], int]
    connected: bool
    breach_kind: str = "late"
    target: int | None = None
    unit: str = "seconds"


def _clock(opening: _Opening, end: _End, now: Instant, counted: _Counted) -> Clock:
    due_at = opening.due_at
    overdue = due_at is not None and now >= due_at and not opening.commitment.report_only
    kept = end.at is not None and due_at is not None and end.at <= due_at
    return Clock(
        commitment=opening.commitment,
        policy=opening.policy,
        id=opening.commitment.id,
        instance=opening.instance,
        cycle=opening.cycle.number,
        timeline=opening.timeline,
        calendar=opening.calendar,
        segment=opening.segment,
        opened_at=opening.opened_at,
        started_at=opening.started_at,
        due_at=due_at,
        answered_at=end.answered_at,
        ended_at=end.at,
        outcome=end.outcome,
        reason=end.reason,
        publish_at=end.publish_at,
        is_breached=overdue and not kept,
        breach_kind=counted.breach_kind,
        evidence_id=end.evidence_id,
        attempts=counted.attempts,
        target=counted.target,
        unit=counted.unit,
        connected=counted.connected,
    )


ATTEMPTS: Final = "attempts"
MAX_SUFFIX: Final = ":max"
"""Over-contact is a breach of its own beside the commitment's clock."""


def _depth_clocks(opening: _Opening, history: History, now: Instant) -> Iterator[Clock]:
    commitment, cycle, due_at = opening.commitment, opening.cycle, opening.due_at
    depth = measure(
        filter(cycle.holds, history.attempts),
        commitment,
        counting(commitment, opening.policy, opening.timeline),
        opening.opened_at,
        opening.policy.double_dial,
    )
    if depth.is_owed:
        end = _end_of(opening, depth.met_by)
        connected = depth.is_connected_at(now if end.at is None else end.at)
        missing = depth.breach_kind_at(now if due_at is None else due_at)
        least = commitment.min_attempts
        counted = _Counted(depth.counted_at, connected, missing, least, ATTEMPTS)
        yield _clock(opening, end, now, counted)
    if commitment.max_attempts is not None and due_at is not None:
        yield _over_contact(opening, depth, due_at, now)


def _over_contact(opening: _Opening, depth: Depth, window_end: Instant, now: Instant) -> Clock:
    """Judge the maximum: due at the first attempt over it within the window."""
    over = depth.first_over(window_end)
    return Clock(
        commitment=opening.commitment,
        policy=opening.policy,
        id=opening.commitment.id + MAX_SUFFIX,
        instance=opening.instance,
        cycle=opening.cycle.number,
        timeline=opening.timeline,
        calendar=opening.calendar,
        segment=opening.segment,
        opened_at=opening.opened_at,
        started_at=opening.started_at,
        due_at=over[0] if over else None,
        is_breached=over is not None and now >= over[0] and not opening.commitment.report_only,
        breach_kind="too_many",
        attempts=depth.counted_at,
        target=opening.commitment.max_attempts,
        unit=ATTEMPTS,
        has_verdict=False,
    )
