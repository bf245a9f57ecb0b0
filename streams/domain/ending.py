"""How a clock ends: by what answered it, or by the end of its cycle, whichever came first.

Source:
    Domain, c.19, "Starting, stopping, ending".
"""

from dataclasses import dataclass
from typing import Final

from schemas.instants import Instant
from streams.domain.depth import Answer
from streams.domain.opening import Opening

REASSIGNED: Final = "reassigned"
"""What ends an owner's clock when somebody else gets the lead."""


@dataclass(frozen=True, slots=True)
class End:
    """How a clock ended, if it did."""

    at: Instant | None = None
    outcome: str | None = None
    answered_at: Instant | None = None
    reason: str | None = None
    publish_at: Instant = 0
    evidence_id: str | None = None


def end_of(opening: Opening, answer: Answer | None, erased_at: Instant | None = None) -> End:
    """Decide between the answer and the end of the cycle: what came first ends the clock.

    What is open when the lead is erased is cancelled.
    """
    cycle, due_at = opening.cycle, opening.due_at
    if answer is not None and (cycle.ended_at is None or answer[0] <= cycle.ended_at):
        in_time = due_at is None or answer[0] <= due_at
        return End(answer[0], "met" if in_time else "met_late", answer[0], evidence_id=answer[2])
    if cycle.ended_at is None:
        return End() if erased_at is None else End(erased_at, "cancelled", reason="erased")
    given_up = cycle.ended_by == "lost"
    too_late = due_at is not None and cycle.ended_at > due_at
    return End(
        cycle.ended_at,
        "unmet" if given_up or too_late else "cancelled",
        None,
        cycle.ended_by,
        # What is handed back cannot be reopened, but ends as a close does.
        0 if cycle.ended_by == REASSIGNED else cycle.ended_at + opening.policy.false_close,
        cycle.end_event_id,
    )
