"""Who has to call whom now: open leads in the order in which their promises run out.

Only what Sales owes is looked at. Time is business time, in the calendars and without
the pauses of the clock itself; what is overdue has less than none left.

Source:
    Contract, section 4, worklist; section 2, open leads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.instants import Instant, Micros
from schemas.verdicts import OpenLead
from streams.domain.clock import Clock

_SALES = "sales"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A lead that somebody has to turn to.

    Attributes:
        lead: What is open of it.
        commitment: The promise that runs out first; None: none has a due.
        clock: Its clock kind.
        due_at: When it does; None likewise.
        left: Business time until then, negative once it is overdue; None likewise.
    """

    lead: OpenLead
    commitment: str | None = None
    clock: str | None = None
    due_at: Instant | None = None
    left: Micros | None = None

    @property
    def is_unassigned(self) -> bool:
        """Nobody in person owns it: it lies in a queue, or not even there."""
        return self.lead.rep_id is None


def task_of(lead: OpenLead, clocks: Sequence[Clock], now: Instant) -> Task | None:
    """Say what is to be done about an open lead; None: Sales owes it nothing now."""
    owed = [clock for clock in clocks if clock.commitment.debtor == _SALES]
    if not owed:
        return None
    task = Task(lead=lead)
    for clock in owed:
        due_at = clock.shown_due_at(now)
        if due_at is None or clock.commitment.report_only:
            continue
        left = _left(clock, now, due_at)
        if task.left is None or task.due_at is None or (left, due_at) < (task.left, task.due_at):
            task = Task(
                lead=lead,
                commitment=clock.id,
                clock=clock.commitment.clock,
                due_at=due_at,
                left=left,
            )
    return task


def ordered(tasks: Iterable[Task]) -> list[Task]:
    """Order tasks: those of nobody first, then by the time that is left, without a due last."""
    return sorted(tasks, key=_urgency)


def _left(clock: Clock, now: Instant, due_at: Instant) -> Micros:
    if due_at >= now:
        return clock.timeline.elapsed(now, due_at)
    return -clock.timeline.elapsed(due_at, now)


def _urgency(task: Task) -> tuple[bool, bool, Micros, Instant, str]:
    left, due_at = task.left or 0, task.due_at or task.lead.waiting_since
    return not task.is_unassigned, task.left is None, left, due_at, task.lead.lead_id
