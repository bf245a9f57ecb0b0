"""Clocks of response time: the first qualifying attempt ends them.

Source:
    Domain, c.19, "Starting, stopping, ending"; c.5.
"""

from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.clocks.made import Counted, clock_of
from streams.domain.ending import end_of
from streams.domain.history import History
from streams.domain.opening import Opening
from streams.domain.qualifying import answering


def answered_clock(opening: Opening, history: History) -> Clock:
    """Judge a clock that the first qualifying attempt of its cycle stops."""
    policy, cycle, commitment = opening.policy, opening.cycle, opening.commitment
    qualifies = answering(commitment, policy, opening.timeline)
    answers = sorted(
        (attempt.effect_at(policy.max_backdate), attempt.occurred_at, attempt.event_id)
        for attempt in history.attempts
        if cycle.holds(attempt) and qualifies(attempt)
    )
    end = end_of(opening, answers[0] if answers else None, history.erased_at)
    ended_at = end.at
    connected = ended_at is not None and any(
        attempt.occurred_at <= ended_at and attempt.connects and cycle.holds(attempt)
        for attempt in history.attempts
    )

    def attempts(at: Instant) -> int:
        return sum(1 for effect_at, _, _ in answers if effect_at <= at)

    return clock_of(opening, end, Counted(attempts, connected))
