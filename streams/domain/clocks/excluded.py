"""What exclusions make of a clock: a pause, or the end of a breach.

Declared at or before due an exclusion is a pause. Declared later, within the horizon,
it takes the breach back if with it the clock would not be breached at that moment;
else nothing changes.

Source:
    Domain, c.19, "Pauses, exclusions"; c.15.
"""

from collections.abc import Callable
from dataclasses import replace

from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.exclusions import Exclusion, Exclusions
from streams.domain.history import History
from streams.domain.opening import Opening
from streams.domain.pauses import Spans

Makes = Callable[[Opening, History], list[Clock]]
"""Makes of the facts what becomes of an opening: mostly one clock."""


def excluded_clocks(
    opening: Opening, history: History, make: Makes, exclusions: Exclusions
) -> list[Clock]:
    """Judge a clock under all exclusions that concern its lead, in order of declaration.

    Args:
        opening: Without its pauses; changed in place.
        history: The facts that are known.
        make: Makes the clock.
        exclusions: Those that are known.
    """
    policy = opening.policy
    found = exclusions.about(policy, attributes_of(opening.opened_at, history))
    whole = opening.timeline
    accepted = Spans()
    opening.pause(history)
    for exclusion in found:
        stops = exclusions.stops(exclusion, policy, whole)
        due_at = opening.due_at
        if not stops:
            continue
        if due_at is None or exclusion.declared_at <= due_at:
            accepted += stops
            opening.restart(whole.without(accepted), history)
        elif exclusion.declared_at <= due_at + policy.correction_horizon:
            clocks = make(opening, history)
            opening.restart(whole.without([*accepted, *stops]), history)
            is_kept = _is_kept(clocks, make(opening, history), exclusion)
            opening.restart(whole.without(accepted), history)
            if is_kept:
                return [_excluded(clock, exclusion) for clock in clocks]
    return make(opening, history)


def _is_kept(before: list[Clock], after: list[Clock], exclusion: Exclusion) -> bool:
    """Tell whether the exclusion takes a breach back at the moment it is declared."""
    return _is_breached(before, exclusion) and not _is_breached(after, exclusion)


def _is_breached(clocks: list[Clock], exclusion: Exclusion) -> bool:
    return any(
        clock.has_verdict and clock.is_breached_at(exclusion.declared_at) for clock in clocks
    )


def _excluded(clock: Clock, exclusion: Exclusion) -> Clock:
    """End a breached clock by the exclusion; what had ended keeps its end."""
    if not clock.has_verdict:
        return clock
    has_ended = clock.ended_at is not None and clock.ended_at <= exclusion.declared_at
    return replace(
        clock,
        ended_at=clock.ended_at if has_ended else exclusion.declared_at,
        answered_at=clock.answered_at if has_ended else None,
        outcome="excluded",
        reason=f"excluded:{exclusion.id}",
        publish_at=0,
        evidence_id=exclusion.fact.event_id,
        is_spared=True,
    )


def attributes_of(opened_at: Instant, history: History) -> dict[str, str | None]:
    """Give what a scope looks at: fields of lead-created, as updated when the clock opened."""
    attributes = history.attributes_at(opened_at, None)
    created = history.created
    return {**attributes, "origin": created.origin if created is not None else None}
