"""Where a clock starts: which commitment holds, in whose business time, and until when.

Source:
    Domain, c.19, "Calendars" and "Starting, stopping, ending"; contract, section 3.
"""

from collections.abc import Iterator

from schemas.instants import Instant, Micros
from streams.domain import commitment as kinds
from streams.domain.calendar import ALWAYS, Calendar
from streams.domain.commitment import START, BusinessDays, Commitment, Target
from streams.domain.history import Cycle, Handoff, History
from streams.domain.policies import Policies
from streams.domain.policy import Policy
from streams.domain.timeline import FOR_EVER, Ownership, Timeline

CountedIn = tuple[Timeline, str | None, str | None]
"""Business time, the calendar's name, the lead's segment."""


class Opening:
    """What a clock starts from, before its commitment's own rules."""

    __slots__ = (
        "calendar",
        "commitment",
        "cycle",
        "due_at",
        "instance",
        "length",
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
        counted_in: CountedIn,
    ) -> None:
        """Start the clock: when, and until when."""
        self.commitment = commitment
        self.policy = policy
        self.cycle = cycle
        self.opened_at, self.instance = opened
        self.timeline, self.calendar, self.segment = counted_in
        self.started_at = self.timeline.start(self.opened_at)
        target = commitment.within if commitment.clock == kinds.DEPTH else commitment.target
        self.length = None if target is None else self._length(target)
        self.due_at: Instant | None = None
        if self.length is not None:
            self.due_at = self.timeline.due(self.started_at, self.length)

    def _length(self, target: Target) -> Micros:
        """Turn business days into business time, once, at the start."""
        if not isinstance(target, BusinessDays):
            return target
        first = self.timeline.owner_at(self.started_at)
        calendar = first.calendar if first else ALWAYS
        close_at = calendar.close_of_business_day(self.started_at, target.days)
        return calendar.elapsed(self.started_at, close_at)


def openings(history: History, cycle: Cycle, policies: Policies) -> Iterator[Opening]:
    """Give what the clocks of a cycle start from: from creation, then speed, depth."""
    first = cycle.handoffs[0] if cycle.handoffs else None
    if history.created is not None and cycle.number == 1:
        yield from _from_creation(history, cycle, policies, first)
    if first is not None:
        yield from _from_handoff(history, cycle, policies, first)


def _from_creation(
    history: History, cycle: Cycle, policies: Policies, first: Handoff | None
) -> Iterator[Opening]:
    created = history.created
    if created is None:
        return
    at = created.occurred_at
    policy = policies.pinned(at)
    if policy is None or kinds.SPEED_TO_LEAD not in policy.kinds:
        return
    attributes = history.attributes_at(at, first.team_id if first else None)
    chosen = policy.commitment_for(kinds.SPEED_TO_LEAD, attributes)
    if chosen is not None:
        name = chosen.calendar
        calendar = policy.calendars[name] if name else ALWAYS
        counted_in = _timeline(cycle, policy, calendar), name, attributes.get("segment")
        yield Opening(chosen, policy, cycle, (at, created.event_id), counted_in)


def _from_handoff(
    history: History, cycle: Cycle, policies: Policies, first: Handoff
) -> Iterator[Opening]:
    policy = policies.pinned(first.at)
    if policy is None:
        return
    attributes = history.attributes_at(first.at, first.team_id)
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
        yield Opening(chosen, policy, cycle, (first.at, first.event_id), counted_in)


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
    handoffs = [*cycle.earlier, *cycle.handoffs] if cycle.earlier else cycle.handoffs
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
