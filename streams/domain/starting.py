"""Which promises of the agreement a cycle of a lead starts.

Of each clock kind the first commitment that matches holds. The version of the
agreement is pinned by the fact that opened the clock.

Source:
    Contract, section 3; domain, c.2 and c.19.
"""

from collections.abc import Iterator
from typing import Final

from streams.domain import commitment as kinds
from streams.domain.calendar import ALWAYS
from streams.domain.clocks.answered import answered_clocks, handed_off_clocks
from streams.domain.clocks.cadence import cadence_openings, next_attempt_clocks
from streams.domain.clocks.depth import depth_clocks
from streams.domain.clocks.excluded import Makes
from streams.domain.clocks.owner import owner_clocks, owner_openings
from streams.domain.history import Cycle, Handoff, History
from streams.domain.opening import Opening, pinned_by, timeline_of
from streams.domain.policies import Policies
from streams.domain.timeline import Timeline

_Shared = dict[int, Timeline]

MAKES: Final[dict[str, Makes]] = {
    kinds.QUALIFY: handed_off_clocks,
    kinds.DEPTH: depth_clocks,
    kinds.OWNER: owner_clocks,
    kinds.NEXT_ATTEMPT: next_attempt_clocks,
}


def started(history: History, cycle: Cycle, policies: Policies) -> Iterator[tuple[Opening, Makes]]:
    """Give where the clocks of a cycle start, and what makes clocks of it.

    From creation, then from the first hand-off, then those that start again and again.
    """
    first = cycle.handoffs[0] if cycle.handoffs else None
    if history.created is not None and cycle.number == 1:
        for opening in _from_creation(history, cycle, policies, first):
            yield opening, MAKES.get(opening.commitment.clock, answered_clocks)
    if first is not None:
        for opening in _from_handoff(history, cycle, policies, first):
            yield opening, MAKES.get(opening.commitment.clock, answered_clocks)


def _from_creation(
    history: History, cycle: Cycle, policies: Policies, first: Handoff | None
) -> Iterator[Opening]:
    created = history.created
    policy = None if created is None else policies.pinned(created.occurred_at)
    if created is None or policy is None or not policy.from_creation:
        return
    at = created.occurred_at
    attributes = history.attributes_at(at, first.team_id if first else None)
    for kind in policy.from_creation:
        chosen = policy.commitment_for(kind, attributes)
        if chosen is None:
            continue
        # Nobody owns the lead yet: unless the commitment says so, no team's calendar counts.
        name = chosen.calendar
        if name is not None:
            calendar = policy.calendars[name]
        elif kind == kinds.SPEED_TO_LEAD:
            calendar = ALWAYS
        else:
            name, calendar = policy.default_calendar, policy.calendar_of(None)
        seen = cycle.seen_by(chosen.debtor)
        counted_in = timeline_of(seen, policy, calendar), name, attributes.get("segment")
        yield Opening(chosen, policy, seen, (at, created.event_id), counted_in)


def _from_handoff(
    history: History, cycle: Cycle, policies: Policies, first: Handoff
) -> Iterator[Opening]:
    policy = policies.pinned(first.at)
    if policy is None:
        return
    attributes = history.attributes_at(first.at, first.team_id)
    shared: _Shared = {}
    for kind in policy.from_handoff:
        chosen = policy.commitment_for(kind, attributes)
        if chosen is None:
            continue
        pinned, name = pinned_by(chosen, policy, first.team_id)
        seen = cycle.seen_by(chosen.debtor)
        timeline = shared.get(id(pinned))
        if timeline is None:
            timeline = shared[id(pinned)] = timeline_of(seen, policy, pinned)
        counted_in = timeline, name, attributes.get("segment")
        yield Opening(chosen, policy, seen, (first.at, first.event_id), counted_in)
    if kinds.OWNER in policy.kinds:
        yield from owner_openings(history, cycle, policy)
    if kinds.NEXT_ATTEMPT in policy.kinds:
        yield from cadence_openings(history, cycle, policy)
