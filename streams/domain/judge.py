"""Judging a lead: what its facts and the agreement say of each promise.

A pure function: the same facts and policies give the same clocks, in whatever order
and however often the facts were told.

Source:
    Domain, c.19; architecture, rule 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.clocks.acts import act_clocks
from streams.domain.clocks.cadence import cadence_openings
from streams.domain.clocks.excluded import Makes, excluded_clocks
from streams.domain.clocks.owner import owner_openings
from streams.domain.commitment import ACTS, NEXT_ATTEMPT, OWNER
from streams.domain.growth import Growth
from streams.domain.history import Cycle, History
from streams.domain.known import Known
from streams.domain.opening import Opening, Reopening
from streams.domain.starting import MAKES, started
from streams.domain.timeline import FOR_EVER


class Row(NamedTuple):
    """What became of one opening.

    Attributes:
        cycle: The cycle for which the opening was made.
        opening: Where the clocks start.
        make: Made them of it.
        clocks: Mostly one.
    """

    cycle: Cycle
    opening: Opening
    make: Makes
    clocks: list[Clock]


class _Stale(Exception):  # noqa: N818 - a way out, not an error
    """What was found before does not do for what has come."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """All clocks of a lead, and where each of them started.

    Attributes:
        history: The facts that are known.
        known: What is known beside them.
        rows: By cycle.
        acts: By cycle the clocks of what is due at an act.
    """

    history: History
    known: Known
    rows: list[list[Row]]
    acts: list[list[Clock]]

    def clocks(self) -> list[Clock]:
        """List the clocks as `judge` gives them."""
        clocks: list[Clock] = []
        for rows, acts in zip(self.rows, self.acts, strict=True):
            for row in rows:
                clocks += row.clocks
            clocks += acts
        return clocks

    def grown(self, history: History, growth: Growth) -> "Judgement | None":
        """Judge again after the history has grown; what cannot have changed is kept.

        Equal to judging everything again, and a clock that is kept is the same object.

        Args:
            history: As it is after.
            growth: How it has grown.

        Returns:
            None where everything has to be judged again.
        """
        if self.known.exclusions.declared or history.pauses:
            return None
        kinds = self.known.policies.kinds
        try:
            rows = [
                self._grown_cycle(place, cycle, history, growth)
                for place, cycle in enumerate(history.cycles)
            ]
        except _Stale:
            return None
        acts = self.acts
        if not kinds.isdisjoint(ACTS):
            acts = [
                list(act_clocks(history, cycle, self.known.policies)) for cycle in history.cycles
            ]
        return Judgement(history, self.known, rows, acts)

    def _grown_cycle(self, place: int, cycle: Cycle, history: History, growth: Growth) -> list[Row]:
        is_same = cycle is self.history.cycles[place]
        fixed = self.rows[place]
        kinds = self.known.policies.kinds
        is_chained = NEXT_ATTEMPT in kinds
        is_owned = OWNER in kinds and not is_same
        if is_chained or is_owned:
            fixed = [row for row in fixed if not _is_made_anew(row, is_owned=is_owned)]
        if is_same:
            rows = [_again(row, cycle, history, growth) for row in fixed]
        else:
            grown = _GrownCycle(self.history.cycles[place], cycle, history, growth)
            rows = [grown.again(row) for row in fixed]
        if not (is_chained or is_owned) or not cycle.handoffs:
            return rows
        policy = self.known.policies.pinned(cycle.handoffs[0].at)
        if policy is None:
            return rows
        if is_owned and OWNER in policy.kinds:
            rows += _rows(cycle, owner_openings(history, cycle, policy), history)
        if is_chained and NEXT_ATTEMPT in policy.kinds:
            rows += _rows(cycle, cadence_openings(history, cycle, policy), history)
        return rows


def judge(history: History, known: Known) -> list[Clock]:
    """Judge every clock of a lead.

    Args:
        history: The facts that are known.
        known: The published versions, of which the one in force when a clock opened holds
            for it, and the declared exclusions.

    Returns:
        The clocks by cycle: those from creation, from the first hand-off (speed, depth,
        burnt), of each owner, between attempts, and what is due at an act.
    """
    return judgement_of(history, known).clocks()


def judgement_of(history: History, known: Known) -> Judgement:
    """Judge every clock of a lead, and keep where each of them started."""
    policies, exclusions = known.policies, known.exclusions
    judged: list[list[Row]] = []
    acts: list[list[Clock]] = []
    for cycle in history.cycles:
        rows = []
        for opening, make in started(history, cycle, policies):
            if exclusions.declared:
                clocks = excluded_clocks(opening, history, make, exclusions)
            else:
                if history.pauses:
                    opening.pause(history)
                clocks = make(opening, history)
            rows.append(Row(cycle, opening, make, clocks))
        judged.append(rows)
        acts.append(list(act_clocks(history, cycle, policies)))
    return Judgement(history, known, judged, acts)


def _rows(cycle: Cycle, openings: Iterable[Opening], history: History) -> list[Row]:
    found = []
    for opening in openings:
        make = MAKES[opening.commitment.clock]
        found.append(Row(cycle, opening, make, make(opening, history)))
    return found


def _is_made_anew(row: Row, *, is_owned: bool) -> bool:
    """Tell whether an opening depends on attempts, or on who came later."""
    kind = row.opening.commitment.clock
    return kind == NEXT_ATTEMPT or (is_owned and kind == OWNER)


def _again(row: Row, cycle: Cycle, history: History, growth: Growth) -> Row:
    """Judge a clock of a cycle to which nothing but attempts has come."""
    if _is_settled(row, growth.since):
        return row
    if row.cycle is not cycle:
        raise _Stale
    return row._replace(clocks=row.make(row.opening, history))


class _GrownCycle:
    """A cycle that was handed on, or closed."""

    def __init__(self, before: Cycle, cycle: Cycle, history: History, growth: Growth) -> None:
        self._before = before
        self._cycle = cycle
        self._history = history
        self._growth = growth
        self._reopening = Reopening(cycle)

    def again(self, row: Row) -> Row:
        """Judge a clock, unless it had ended before."""
        growth, opening = self._growth, row.opening
        is_kept = _are_calendars_kept(opening, growth)
        if _is_settled(row, growth.since):
            for clock in row.clocks:
                latest = max(clock.started_at, clock.due_at or 0)
                if clock.answered_at is None or not (is_kept or latest < growth.since):
                    break
            else:
                return row
        is_current = row.cycle is self._before
        if growth.handoffs or not is_current:
            opening = self._reopening.reopened(opening, is_due_kept=is_kept and is_current)
        else:
            seen = self._cycle.seen_by(opening.commitment.debtor)
            opening = opening.moved(seen, opening.timeline)
        return Row(self._cycle, opening, row.make, row.make(opening, self._history))


def _is_settled(row: Row, since: Instant) -> bool:
    """Tell whether nothing from an instant on can change what became of an opening."""
    if row.opening.commitment.max_attempts is not None:
        return False
    for clock in row.clocks:
        # What was answered before it was opened belongs to whoever had it as it opened.
        if clock.ended_at is None or clock.ended_at >= since or clock.opened_at >= since:
            return False
        # While a source is silent it ends later than its facts say, and what came counts.
        if clock.policy.sources and clock.is_breached_at(FOR_EVER):
            return False
    return True


def _are_calendars_kept(opening: Opening, growth: Growth) -> bool:
    """Tell whether further owners leave start and due where they are."""
    if opening.commitment.calendar is not None:
        return True
    calendar = opening.timeline.spans[-1].calendar
    return all(
        opening.policy.calendar_of(handoff.team_id) is calendar for handoff in growth.handoffs
    )
