"""Where a clock starts: in whose business time it is counted, and until when.

Source:
    Domain, c.19, "Calendars" and "Starting, stopping, ending"; contract, section 3.
"""

from schemas.instants import Instant, Micros
from streams.domain import commitment as kinds
from streams.domain.calendar import ALWAYS, Calendar
from streams.domain.commitment import START, BusinessDays, Commitment, Target
from streams.domain.depth import Answer
from streams.domain.history import Cycle, History
from streams.domain.pauses import pause_spans, within_budget
from streams.domain.policy import Policy
from streams.domain.timeline import FOR_EVER, Ownership, Timeline

CountedIn = tuple[Timeline, str | None, str | None]
"""Business time, the calendar's name, the lead's segment."""
Budgets = dict[str, Instant]
"""By commitment from when on its budget of pauses is used."""
Answers = list[Answer]


class Opening:
    """What a clock starts from, before its commitment's own rules."""

    __slots__ = (
        "answers",
        "budget_from",
        "calendar",
        "commitment",
        "cycle",
        "due_at",
        "found",
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
        # Several clocks of one commitment and cycle share one budget of pauses.
        self.budget_from = self.started_at
        # Of clocks that know from the start what may answer them.
        self.answers: Answers = []
        self.due_at = self._due()
        # What clocks find of their instants; see there.
        self.found: dict[str, tuple[Instant, ...]] = {}

    def moved(self, cycle: Cycle, timeline: Timeline) -> "Opening":
        """Copy it to a cycle that has gone on, where start and due are the same."""
        kept = Opening.__new__(Opening)
        kept.commitment = self.commitment
        kept.policy = self.policy
        kept.cycle = cycle
        kept.opened_at, kept.instance = self.opened_at, self.instance
        kept.timeline, kept.calendar, kept.segment = timeline, self.calendar, self.segment
        kept.started_at = self.started_at
        kept.length = self.length
        kept.budget_from = self.budget_from
        kept.answers = self.answers
        kept.due_at = self.due_at
        kept.found = self.found
        return kept

    def restart(self, timeline: Timeline, history: History) -> None:
        """Count in other business time; that moves due, never the start."""
        self.timeline = timeline
        self.due_at, self.found = self._due(), {}
        self.pause(history)

    def pause(self, history: History) -> None:
        """Let the pauses of this kind of clock not count, as far as their budget goes."""
        terms = self.policy.pauses
        if history.pauses and terms.reasons:
            spans = pause_spans(history.pauses, self.commitment.clock, terms)
            stops = within_budget(spans, terms.budget, self.timeline, self.budget_from)
            self.timeline = self.timeline.without(stops)
            self.due_at, self.found = self._due(), {}

    def _due(self) -> Instant | None:
        return None if self.length is None else self.timeline.due(self.started_at, self.length)

    def _length(self, target: Target) -> Micros:
        """Turn business days into business time, once, at the start."""
        if not isinstance(target, BusinessDays):
            return target
        first = self.timeline.owner_at(self.started_at)
        calendar = first.calendar if first else ALWAYS
        close_at = calendar.close_of_business_day(self.started_at, target.days)
        return calendar.elapsed(self.started_at, close_at)


def opening_at(
    commitment: Commitment,
    policy: Policy,
    cycle: Cycle,
    opened: tuple[Instant, str],
    segment: str | None,
) -> Opening:
    """Start a clock that belongs to the whole cycle, with the first hand-off or later."""
    counted_in = (*counted_in_of(commitment, policy, cycle), segment)
    return Opening(commitment, policy, cycle, opened, counted_in)


class Reopening:
    """Starts the clocks of a cycle again after it was handed on, from the same instants."""

    __slots__ = ("_cycle", "_shared")

    def __init__(self, cycle: Cycle) -> None:
        """Take the cycle as it is now."""
        self._cycle = cycle
        self._shared: dict[int, Timeline] = {}

    def reopened(self, opening: Opening, *, is_due_kept: bool) -> Opening:
        """Start a clock again.

        Args:
            opening: As it was.
            is_due_kept: All further owners have the calendar of the last one before.
        """
        commitment, policy = opening.commitment, opening.policy
        pinned: Calendar | None
        if commitment.clock in kinds.FROM_CREATION:
            pinned = opening.timeline.spans[0].calendar
        else:
            pinned, _ = pinned_by(commitment, policy, self._cycle.handoffs[0].team_id)
        seen = self._cycle.seen_by(commitment.debtor)
        timeline = self._shared.get(id(pinned))
        if timeline is None:
            timeline = self._shared[id(pinned)] = timeline_of(seen, policy, pinned)
        if is_due_kept:
            return opening.moved(seen, timeline)
        counted_in = timeline, opening.calendar, opening.segment
        return Opening(commitment, policy, seen, (opening.opened_at, opening.instance), counted_in)


def counted_in_of(
    commitment: Commitment, policy: Policy, cycle: Cycle
) -> tuple[Timeline, str | None]:
    """Give the business time of a cycle under a commitment, and the calendar's name."""
    pinned, name = pinned_by(commitment, policy, cycle.handoffs[0].team_id)
    return timeline_of(cycle, policy, pinned), name


def pinned_by(
    commitment: Commitment, policy: Policy, team_id: str | None
) -> tuple[Calendar | None, str | None]:
    """Give the calendar that a commitment pins, if it does, and the name of the first one.

    Args:
        commitment: It may name a calendar, or say that the first owner's holds.
        policy: Has the calendars.
        team_id: Of the first owner.
    """
    if commitment.calendar is None:
        return None, policy.calendar_name_of(team_id)
    if commitment.calendar == START:
        return policy.calendar_of(team_id), policy.calendar_name_of(team_id)
    return policy.calendars[commitment.calendar], commitment.calendar


def timeline_of(cycle: Cycle, policy: Policy, pinned: Calendar | None) -> Timeline:
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
