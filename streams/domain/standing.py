"""How a rep stands now: what is open, what has waited longest, what is due next.

Source:
    Contract, section 2, scorecards; section 5.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from schemas.instants import Instant
from streams.domain.panes import Rep


class Waiting(NamedTuple):
    """An open lead, as its owner's standing counts it.

    Attributes:
        rep: Who owns it.
        state: The worst of its clocks: ``within``, ``at_risk`` or ``breached``.
        unanswered_since: Start of its speed clock, if that has not ended.
        next_due_at: The earliest due instant still ahead.
    """

    rep: Rep
    state: str
    unanswered_since: Instant | None
    next_due_at: Instant | None


class Standing(NamedTuple):
    """One rep now, or several together.

    Attributes:
        open: Leads with a clock that runs or is breached.
        at_risk: Those of them past their first warning, not due yet.
        breached: Those of them past due.
        oldest_unanswered_at: Start of the longest wait for an answer.
        next_due_at: The earliest due instant still ahead.
    """

    open: int = 0
    at_risk: int = 0
    breached: int = 0
    oldest_unanswered_at: Instant | None = None
    next_due_at: Instant | None = None


NOBODY_WAITS: Final = Standing()


def merged(standings: Iterable[Standing]) -> Standing:
    """Put standings together; any order and grouping gives the same."""
    standings = list(standings)
    return Standing(
        sum(one.open for one in standings),
        sum(one.at_risk for one in standings),
        sum(one.breached for one in standings),
        _earliest(one.oldest_unanswered_at for one in standings),
        _earliest(one.next_due_at for one in standings),
    )


class Standings:
    """The open leads of one partition, by owner."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._waiting: dict[Rep, dict[str, Waiting]] = {}
        self._touched: set[Rep] = set()

    def move(self, lead_id: str, before: Waiting | None, after: Waiting | None) -> None:
        """Put how a lead waits now in the place of how it waited before."""
        if before == after:
            return
        if before is not None and (after is None or after.rep != before.rep):
            waiting = self._waiting[before.rep]
            del waiting[lead_id]
            if not waiting:
                del self._waiting[before.rep]
            self._touched.add(before.rep)
        if after is not None:
            self._waiting.setdefault(after.rep, {})[lead_id] = after
            self._touched.add(after.rep)

    def reps(self) -> Iterable[Rep]:
        """Give who owns open leads."""
        return self._waiting.keys()

    def of(self, rep: Rep) -> Standing:
        """Tell how a rep stands."""
        waiting = self._waiting.get(rep)
        if not waiting:
            return NOBODY_WAITS
        leads = waiting.values()
        states = [one.state for one in leads]
        return Standing(
            len(states),
            states.count("at_risk"),
            states.count("breached"),
            _earliest(one.unanswered_since for one in leads),
            _earliest(one.next_due_at for one in leads),
        )

    def take_touched(self) -> set[Rep]:
        """Hand over whose standing may have changed since the last call."""
        touched, self._touched = self._touched, set()
        return touched


def _earliest(instants: Iterable[Instant | None]) -> Instant | None:
    return min((at for at in instants if at is not None), default=None)
