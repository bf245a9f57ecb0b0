"""What a board shows at one instant: plain values, ready to be drawn or tested."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.instants import Instant, Micros
from streams.board.marks import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose lead it is, as the agreement's ``privacy`` lets it be shown.

    Attributes:
        team: Team id; None: nobody has the lead yet.
        rep: Rep as shown; None: the team's queue, or reps are not shown.
    """

    team: str | None
    rep: str | None

    def __str__(self) -> str:
        """Write ``team / rep``, ``team``, or ``nobody yet``."""
        if self.team is None:
            return "nobody yet"
        return self.team if self.rep is None else f"{self.team} / {self.rep}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRow:
    """One team or rep now, and what it has done today.

    Attributes:
        is_whole_team: The row sums up a team; those of its reps and its queue follow.
        open: Leads with a clock that runs or is breached.
        at_risk: Those of them past their first warning, not due yet.
        breached: Those of them with an open breach.
        waited: Business time that the longest wait for an answer has lasted; None: nobody waits.
        left: Business time until the next due; None: nothing is due.
        response: Median of the business time to an answer today, in seconds; None: no answer.
        depth: Mean attempts on today's leads that nobody reached yet; None: all were, or none.
    """

    owner: Owner
    is_whole_team: bool = False
    open: int
    at_risk: int
    breached: int
    waited: Micros | None
    left: Micros | None
    response: float | None
    depth: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """One lead with a due instant ahead.

    Attributes:
        commitment: The one that is due first.
        left: Business time until ``due_at``; never negative.
    """

    lead: str
    owner: Owner
    commitment: str
    mark: Mark
    due_at: Instant
    left: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachRow:
    """One breach in its latest status.

    Attributes:
        lead: The lead, or what else owes.
        overdue: Real time since due while it is open, business time once it is answered;
            None: retracted.
        note: Why it was retracted, or how it ended.
    """

    lead: str
    owner: Owner
    commitment: str
    mark: Mark
    due_at: Instant
    overdue: Micros | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """How many promises were kept.

    Attributes:
        met: Kept in time.
        ended: Kept in time, late or not at all; cancelled and excluded ones do not count.
    """

    met: int
    ended: int

    @property
    def ratio(self) -> float | None:
        """From 0 to 1; None while nothing has ended, which is not the same as 0."""
        return self.met / self.ended if self.ended else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """Everything a board shows at ``now``.

    Attributes:
        now: Wall clock, or how far all sources are complete in an app on facts.
        data_age: Since the newest record was written; None: none was read yet.
        breaches_by_status: Every breach read so far, in its latest status.
        open: Leads with a clock that runs or is breached.
        states: How many of them are within their promise, at risk and breached.
        left: Business time until the next due; None: nothing is due.
        owners: By team, each summed up and then its queue and reps; where reps are not
            shown, the teams.
        due: Soonest first.
        breaches: Latest due first.
        attainment: Of every promise; what is only measured does not count.
        unreadable: Records that are not what the contract says.
    """

    now: Instant
    data_age: Micros | None
    open: int
    states: Mapping[str, int]
    left: Micros | None
    breaches_by_status: dict[str, int]
    attainment: Attainment
    owners: tuple[OwnerRow, ...]
    due: tuple[DueRow, ...]
    breaches: tuple[BreachRow, ...]
    unreadable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that became true; a line where there is no terminal.

    Attributes:
        at: When Leadclock said so; for a clock's start, when it started.
        note: Anything further: an overrun, a reason.
    """

    at: Instant
    mark: Mark
    lead: str
    owner: Owner
    commitment: str
    due_at: Instant | None
    note: str = ""
