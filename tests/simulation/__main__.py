"""Simulate faults by hand.

``python -m tests.simulation --seeds 2000`` runs seeds 0 to 1999,
``python -m tests.simulation --seed 1234`` replays one and tells its history,
``python -m tests.simulation --mutants`` shows which invariants catch each planted bug.
"""

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.mutants import MUTANTS
from tests.simulation.plan import plan_of
from tests.simulation.seeds import outcomes

CHUNK = 50
SHOWN = 3
"""So many failed seeds are told in full."""


def main() -> int:
    """Run what the command line asks for; 1 if an invariant was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay this one, and tell its history")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="plant this bug")
    parser.add_argument("--mutants", action="store_true", help="plant each bug in turn")
    parser.add_argument("--length", type=int, default=40, help="events of a history")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    asked = parser.parse_args()
    if asked.seed is not None:
        return _replay(asked.seed, asked.mutant, asked.length)
    if asked.mutants:
        return _mutants(asked.first, min(asked.seeds, 100), asked.jobs)
    return _run(asked.first, asked.seeds, asked.mutant, asked.jobs)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _replay(seed: int, name: str | None, length: int) -> int:
    mutant = MUTANTS[name] if name else None
    plan = plan_of(seed) if mutant is None else mutant.plan_of(seed)
    (outcome,) = outcomes([plan], mutant)
    _say(outcome.told(length))
    return 0 if outcome.violation is None else 1


def _run(first: int, count: int, name: str | None, jobs: int) -> int:
    began = time.monotonic()
    starts = range(first, first + count, CHUNK)
    failed: list[tuple[int, str]] = []
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(
            _chunk, starts, (min(start + CHUNK, first + count) for start in starts),
            (name for _ in starts),
        ):  # fmt: skip
            failed += found
    took = time.monotonic() - began
    for _, told in failed[:SHOWN]:
        _say(told + "\n")
    rate = f"{count} seeds in {took:.1f} s, {count / took:.0f} a second in {jobs} processes"
    if failed:
        seeds = ", ".join(str(seed) for seed, _ in failed)
        _say(f"{rate}: {len(failed)} violated an invariant: {seeds}")
        return 1
    _say(f"{rate}: every invariant held")
    return 0


def _chunk(first: int, end: int, name: str | None) -> list[tuple[int, str]]:
    mutant = MUTANTS[name] if name else None
    plans = (
        plan_of(seed) if mutant is None else mutant.plan_of(seed) for seed in range(first, end)
    )
    return [
        (outcome.plan.seed, outcome.told())
        for outcome in outcomes(plans, mutant)
        if outcome.violation is not None
    ]


def _mutants(first: int, count: int, jobs: int) -> int:
    missed = 0
    with ProcessPoolExecutor(jobs) as pool:
        for name, told, is_caught in pool.map(
            _mutant, MUTANTS, (first for _ in MUTANTS), (count for _ in MUTANTS)
        ):
            missed += not is_caught
            _say(f"{name:28} {told}")
    return 1 if missed else 0


def _mutant(name: str, first: int, count: int) -> tuple[str, str, bool]:
    mutant = MUTANTS[name]
    caught: Counter[str] = Counter()
    earliest = None
    plans = map(mutant.plan_of, range(first, first + count))
    for outcome in outcomes(plans, mutant):
        if outcome.violation is not None:
            caught[outcome.violation.invariant.name] += 1
            earliest = outcome.plan.seed if earliest is None else earliest
    if earliest is None:
        return name, f"MISSED in {count} seeds", False
    by = ", ".join(f"{word} {number}" for word, number in caught.most_common())
    return name, f"{caught.total():3} of {count}, first by seed {earliest}: {by}", True


if __name__ == "__main__":
    sys.exit(main())
