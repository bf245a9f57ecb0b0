"""The clock of attempt depth, and that of over-contact beside it.

Source:
    Domain, c.19, "Depth".
"""

from typing import Final

from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.clocks.made import Counted, clock_of
from streams.domain.depth import Depth, measure
from streams.domain.ending import end_of
from streams.domain.history import History
from streams.domain.opening import Opening
from streams.domain.qualifying import counting
from streams.domain.timeline import FOR_EVER

ATTEMPTS: Final = "attempts"
MAX_SUFFIX: Final = ":max"
"""Over-contact is a breach of its own beside the commitment's clock."""


def depth_clocks(opening: Opening, history: History) -> list[Clock]:
    """Judge the minimum, if there is one, and the maximum, if there is one."""
    commitment, due_at = opening.commitment, opening.due_at
    depth = depth_of(opening, history)
    clocks = []
    if depth.is_owed:
        end = end_of(opening, depth.met_by, history.erased_at)
        connected = end.at is not None and depth.is_connected_at(end.at)
        missing = "too_few" if due_at is None else depth.breach_kind_at(due_at)
        least = commitment.min_attempts
        counted = Counted(depth.counted_at, connected, missing, least, ATTEMPTS)
        clocks.append(clock_of(opening, end, counted))
    # Paused without an end: the window is still open.
    over = depth.first_over(FOR_EVER if due_at is None else due_at)
    if over is not None:
        clocks.append(_over_contact(opening, depth, over[0]))
    return clocks


def depth_of(opening: Opening, history: History) -> Depth:
    """Count the attempts of a cycle as its depth commitment wants them counted."""
    return measure(
        filter(opening.cycle.holds, history.attempts),
        opening.commitment,
        counting(opening.commitment, opening.policy, opening.timeline),
        opening.opened_at,
        opening.policy.double_dial,
    )


def _over_contact(opening: Opening, depth: Depth, over_at: Instant) -> Clock:
    """Judge the maximum: due at the first attempt over it within the window."""
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
        due_at=over_at,
        breach_kind="too_many",
        attempts=depth.counted_at,
        target=opening.commitment.max_attempts,
        unit=ATTEMPTS,
        has_verdict=False,
    )
