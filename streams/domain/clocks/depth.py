"""The clock of attempt depth, and that of over-contact beside it.

Source:
    Domain, c.19, "Depth".
"""

from collections.abc import Iterator
from typing import Final

from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.clocks.made import Counted, clock_of
from streams.domain.depth import Depth, measure
from streams.domain.ending import end_of
from streams.domain.history import History
from streams.domain.opening import Opening
from streams.domain.qualifying import counting

ATTEMPTS: Final = "attempts"
MAX_SUFFIX: Final = ":max"
"""Over-contact is a breach of its own beside the commitment's clock."""


def depth_clocks(opening: Opening, history: History) -> Iterator[Clock]:
    """Judge the minimum, if there is one, and the maximum, if there is one."""
    commitment, cycle, due_at = opening.commitment, opening.cycle, opening.due_at
    depth = measure(
        filter(cycle.holds, history.attempts),
        commitment,
        counting(commitment, opening.policy, opening.timeline),
        opening.opened_at,
        opening.policy.double_dial,
    )
    if depth.is_owed:
        end = end_of(opening, depth.met_by, history.erased_at)
        connected = end.at is not None and depth.is_connected_at(end.at)
        missing = "too_few" if due_at is None else depth.breach_kind_at(due_at)
        least = commitment.min_attempts
        yield clock_of(opening, end, Counted(depth.counted_at, connected, missing, least, ATTEMPTS))
    over = None if due_at is None else depth.first_over(due_at)
    if over is not None:
        yield _over_contact(opening, depth, over[0])


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
