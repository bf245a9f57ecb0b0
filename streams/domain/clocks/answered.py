"""Clocks of response time: the first qualifying attempt ends them, or the hand-off.

Source:
    Domain, c.19, "Starting, stopping, ending"; c.5.
"""

from typing import Final

from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.clocks.made import Counted, clock_of
from streams.domain.commitment import BURNT
from streams.domain.depth import Answer
from streams.domain.ending import end_of
from streams.domain.history import Cycle, History
from streams.domain.opening import Opening
from streams.domain.qualifying import Qualifies, answering

LATE: Final = "late"


def answered_clocks(opening: Opening, history: History) -> list[Clock]:
    """Judge a clock that the first qualifying attempt of its cycle stops."""
    qualifies = answering(opening.commitment, opening.policy, opening.timeline)
    answers = answers_of(opening, history, qualifies)
    if opening.commitment.clock == BURNT:
        # Nobody has touched it *since* the hand-off: what was done before keeps it from nothing.
        answers = [answer for answer in answers if answer[1] >= opening.opened_at]
    return [clock_of_answers(opening, history, answers)]


def answers_of(opening: Opening, history: History, qualifies: Qualifies) -> list[Answer]:
    """List what qualifies in a cycle, by the instant at which it takes effect."""
    cycle, max_backdate = opening.cycle, opening.policy.max_backdate
    return sorted(
        (attempt.effect_at(max_backdate), attempt.occurred_at, attempt.event_id)
        for attempt in history.attempts
        if cycle.holds(attempt) and qualifies(attempt)
    )


def clock_of_answers(opening: Opening, history: History, answers: list[Answer]) -> Clock:
    """Judge a clock by its answers, the first of which stops it."""
    end = end_of(opening, answers[0] if answers else None, history.erased_at)

    def attempts(at: Instant) -> int:
        return sum(1 for effect_at, _, _ in answers if effect_at <= at)

    kind = BURNT if opening.commitment.clock == BURNT else LATE
    connected = is_connected(opening.cycle, history, end.at)
    return clock_of(opening, end, Counted(attempts, connected, kind))


def is_connected(cycle: Cycle, history: History, ended_at: Instant | None) -> bool:
    """Tell whether the lead was reached in person by the end of its clock."""
    return ended_at is not None and any(
        attempt.occurred_at <= ended_at and attempt.connects and cycle.holds(attempt)
        for attempt in history.attempts
    )


def handed_off_clocks(opening: Opening, history: History) -> list[Clock]:
    """Judge a clock that the first hand-off stops."""
    handoffs = opening.cycle.handoffs
    answer = (handoffs[0].at, handoffs[0].at, handoffs[0].event_id) if handoffs else None
    end = end_of(opening, answer, history.erased_at)
    connected = is_connected(opening.cycle, history, end.at)
    return [clock_of(opening, end, Counted(lambda _at: 0, connected))]
