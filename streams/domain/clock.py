"""One promise to one lead, as the facts and the agreement give it.

A clock says nothing of now: what is true of it at an instant follows from its own
instants. So one judgement serves every step until a further fact is known.

Source:
    Domain, c.2 to c.5; c.19, "Starting, stopping, ending".
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.instants import Instant, Micros
from streams.domain.commitment import Commitment
from streams.domain.lead import ClockKey
from streams.domain.policy import Policy
from streams.domain.timeline import FOR_EVER, Timeline

Found = dict[str, tuple[Instant, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One promise to one lead in one cycle.

    Attributes:
        id: The commitment's id; over-contact adds ``:max``.
        instance: What opened the clock: an ``event_id``, in a chain with its place.
        opened_at: When the opening fact occurred, open hours or not.
        length: The target as business time; None: no target, or due at an act.
        due_at: None where the commitment has no target, or a pause has no end yet.
        answered_at: The instant of effect of what answered it.
        ended_at: The answer or the end of the cycle; None: it runs or is breached.
        outcome: Of the end; None while open.
        publish_at: From when on the end may be published: a close waits ``false_close``.
        breach_kind: What the breach is, or would be.
        evidence_id: The fact that answered or ended it.
        attempts: Counted attempts up to an instant.
        target: In ``unit`` s; None for a length of time, which is the span to ``due_at``.
        actual: What was reached up to an instant, in ``unit`` s.
        has_verdict: What is due at an act has none.
        is_spared: No breach, whatever due says: excluded, or unverified; ``reason`` says why.
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
    length: Micros | None = None
    due_at: Instant | None
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    outcome: str | None = None
    reason: str | None = None
    publish_at: Instant = 0
    breach_kind: str = "late"
    evidence_id: str | None = None
    attempts: Callable[[Instant], int]
    target: int | float | None = None
    actual: Callable[[Instant], int | float | None] | None = None
    unit: str = "seconds"
    connected: bool = False
    has_verdict: bool = True
    is_spared: bool = False
    key: ClockKey = field(init=False)
    # What was found of start, length and due, for those who ask again; a pure memo, which
    # all clocks of one opening share.
    found: Found = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.id, self.instance, self.policy.version))

    @property
    def pre_handoff(self) -> bool:
        """Answered before the clock was opened: the customer was served, no mean includes it."""
        return self.answered_at is not None and self.answered_at < self.opened_at

    @property
    def is_open(self) -> bool:
        """It runs or is breached: neither answered nor ended."""
        return self.has_verdict and self.ended_at is None

    def is_breached_at(self, now: Instant) -> bool:
        """Tell whether due has passed and nothing answered or ended it in time."""
        due_at = self.due_at
        if due_at is None or now < due_at or self.commitment.report_only or self.is_spared:
            return False
        return self.ended_at is None or self.ended_at > due_at

    def elapsed_to(self, end: Instant) -> Micros:
        """Measure the business time from the start; zero for an end before it."""
        return self.timeline.elapsed(self.started_at, end)

    def shown_due_at(self, now: Instant) -> Instant | None:
        """Give due as it may be shown: none while the clock stands still before it."""
        if self.due_at is not None and now < self.due_at and self.timeline.stop_at(now):
            return None
        return self.due_at

    def next_change(self, now: Instant) -> Instant | None:
        """Give the next instant at which anything changes if no fact comes; None: never."""
        ahead = []
        if self.ended_at is not None:
            if self.publish_at > now:
                ahead.append(self.publish_at)
            if not self.is_breached_at(now):
                return ahead[0] if ahead else None
        elif self.timeline.stops and (self.due_at is None or now < self.due_at):
            ahead += [at for stop in self.timeline.stops for at in stop if now < at < FOR_EVER]
        if self.due_at is not None and not self.commitment.report_only:
            ahead += [at for at in (self.due_at, self.due_at + self.policy.settle) if at > now]
        return min(ahead) if ahead else None
