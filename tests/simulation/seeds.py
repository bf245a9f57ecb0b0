"""Running many seeds."""

import gc
from collections.abc import Callable, Iterable, Iterator

from tests.simulation.mutants import Mutant
from tests.simulation.plan import Plan, plan_of
from tests.simulation.world import Outcome, simulate

_BETWEEN_COLLECTIONS = 50


def outcomes(plans: Iterable[Plan], mutant: Mutant | None = None) -> Iterator[Outcome]:
    """Simulate plans one after the other.

    The collector rests while a world is alive: it would walk over all of it, and the
    worlds that are over are thrown away together now and then.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for number, plan in enumerate(plans):
            yield simulate(plan) if mutant is None else simulate(plan, mutant.plant)
            if number % _BETWEEN_COLLECTIONS == 0:
                gc.collect()
    finally:
        if was_enabled:
            gc.enable()


def first_violation(
    seeds: Iterable[int],
    mutant: Mutant | None = None,
    draw: Callable[[int], Plan] = plan_of,
) -> Outcome | None:
    """Find the first seed that fails."""
    plans = map(draw if mutant is None else mutant.plan_of, seeds)
    return next((one for one in outcomes(plans, mutant) if one.violation is not None), None)
