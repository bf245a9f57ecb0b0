"""A clock put together from where it started and how it ended."""

from collections.abc import Callable
from typing import NamedTuple

from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.ending import End
from streams.domain.opening import Opening


class Counted(NamedTuple):
    """What a clock says beside its end."""

    attempts: Callable[[Instant], int]
    connected: bool
    breach_kind: str = "late"
    target: int | None = None
    unit: str = "seconds"


def clock_of(opening: Opening, end: End, counted: Counted) -> Clock:
    """Put a clock together."""
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
        length=opening.length,
        due_at=opening.due_at,
        answered_at=end.answered_at,
        ended_at=end.at,
        outcome=end.outcome,
        reason=end.reason,
        publish_at=end.publish_at,
        breach_kind=counted.breach_kind,
        evidence_id=end.evidence_id,
        attempts=counted.attempts,
        target=counted.target,
        unit=counted.unit,
        connected=counted.connected,
        found=opening.found,
    )
