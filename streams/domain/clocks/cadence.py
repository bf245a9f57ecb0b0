"""The clocks between attempts: from each counted attempt to the next.

They go on until the lead is reached in person, or the depth commitment's minimum is.

Source:
    Domain, c.2; contract, section 2, "instance".
"""

from collections.abc import Iterator

from streams.domain.clock import Clock
from streams.domain.clocks.answered import clock_of_answers
from streams.domain.commitment import DEPTH, NEXT_ATTEMPT, Commitment
from streams.domain.depth import Answer, measure
from streams.domain.history import Cycle, History
from streams.domain.opening import Budgets, Opening, counted_in_of, opening_at
from streams.domain.policy import Policy
from streams.domain.qualifying import counting


def cadence_openings(history: History, cycle: Cycle, policy: Policy) -> Iterator[Opening]:
    """Give where each wait for the next attempt starts; the key adds its number."""
    first = cycle.handoffs[0]
    attributes = history.attributes_at(first.at, first.team_id)
    depth = policy.commitment_for(DEPTH, attributes)
    counted = _counted(history, cycle, policy, depth or _any_cadence(policy))
    connect = _connect(history, cycle, policy)
    least = len(counted) + 1 if depth is None else depth.min_attempts
    budgets: Budgets = {}
    for number, (at, _, _) in enumerate(counted[: max(least - 1, 0)], start=1):
        is_over = cycle.ended_at is not None and at > cycle.ended_at
        if is_over or (connect is not None and connect[0] <= at):
            return
        attributes = history.attributes_at(at, first.team_id)
        chosen = policy.commitment_for(NEXT_ATTEMPT, attributes)
        if chosen is None:
            continue
        opened = at, f"{first.event_id}:{number}"
        seen = cycle.seen_by(chosen.debtor)
        opening = opening_at(chosen, policy, seen, opened, attributes.get("segment"))
        opening.budget_from = budgets.setdefault(chosen.id, opening.started_at)
        follows = counted[number : number + 1]
        opening.answers = sorted(follows if connect is None else [*follows, connect])
        yield opening


def next_attempt_clocks(opening: Opening, history: History) -> list[Clock]:
    """Judge the wait for one attempt; reaching the lead in person ends it, too."""
    return [clock_of_answers(opening, history, opening.answers)]


def _any_cadence(policy: Policy) -> Commitment:
    return next(one for one in policy.commitments if one.clock == NEXT_ATTEMPT)


def _counted(
    history: History, cycle: Cycle, policy: Policy, commitment: Commitment
) -> list[Answer]:
    """List the attempts that count for depth, by the instant at which they take effect."""
    timeline, _ = counted_in_of(commitment, policy, cycle)
    depth = measure(
        filter(cycle.holds, history.attempts),
        commitment,
        counting(commitment, policy, timeline),
        cycle.handoffs[0].at,
        policy.double_dial,
    )
    effects = {one.event_id: one.effect_at(policy.max_backdate) for one in history.attempts}
    return sorted((effects[event_id], at, event_id) for at, event_id, _ in depth.counted)


def _connect(history: History, cycle: Cycle, policy: Policy) -> Answer | None:
    return min(
        (
            (attempt.effect_at(policy.max_backdate), attempt.occurred_at, attempt.event_id)
            for attempt in history.attempts
            if attempt.connects and cycle.holds(attempt)
        ),
        default=None,
    )
