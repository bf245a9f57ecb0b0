"""The shell keeps its word in a simulated world, whatever goes wrong in it."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.simulation.mutants import MUTANTS
from tests.simulation.plan import Plan, plan_of
from tests.simulation.seeds import first_violation, outcomes
from tests.simulation.world import simulate

SEEDS = 200
CHUNK = 25
SEEDS_FOR_A_MUTANT = 150

# A world costs CPU, not waiting: on a crowded machine these take their time.
pytestmark = pytest.mark.timeout(900)

SMALL = Plan(seed=7, partitions=1, workers=2, leads=2, seconds=3.0)
"""A calm world, in which every moment of every request can be tried."""
PIECES = 4


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_invariant_holds_in_every_seed(first: int) -> None:
    """Kills, zombies, rebalances, lost replies, refused batches: no world is worse off."""
    failed = first_violation(range(first, first + CHUNK))

    assert failed is None, failed.told()


@pytest.mark.parametrize("piece", range(PIECES))
@pytest.mark.parametrize("seconds", [0.0, 2.6], ids=["killed", "frozen"])
def test_a_worker_may_be_struck_at_any_moment(piece: int, seconds: float) -> None:
    """Before, during and after every request of a small world: killed, or frozen for 2.6 s."""
    moments = simulate(SMALL).moments
    plans = (
        replace(SMALL, strike_at=moment, strike_length=seconds)
        for moment in range(1 + piece, moments + 1, PIECES)
    )

    failed = next((one for one in outcomes(plans) if one.violation is not None), None)

    assert failed is None, f"struck at moment {failed.plan.strike_at}\n{failed.told()}"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_caught(name: str) -> None:
    """Within 150 seeds, by an invariant that it breaks."""
    mutant = MUTANTS[name]

    caught = first_violation(range(SEEDS_FOR_A_MUTANT), mutant)

    assert caught is not None, f"nobody noticed that {mutant.mistake}"
    assert caught.violation is not None
    assert caught.violation.invariant in mutant.caught_by, caught.told()


def test_a_seed_replays() -> None:
    """The same seed, twice: the same events at the same microseconds."""
    first, second = (simulate(plan_of(11)) for _ in range(2))

    assert len(first.history) > 20
    assert first.history.told(len(first.history)) == second.history.told(len(second.history))


def test_a_seed_replays_in_another_interpreter() -> None:
    """Texts hash differently there, and nothing else may depend on it."""
    command = [sys.executable, "-m", "tests.simulation", "--seed", "11", "--length", "5000"]
    told = [
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    ]

    assert told[0] == told[1]


def test_a_failure_tells_its_seed_and_a_short_history() -> None:
    """A person reads some forty lines, the violated invariant last."""
    caught = first_violation(range(20), MUTANTS["position-apart"])

    assert caught is not None
    lines = caught.told().splitlines()
    assert lines[0].startswith(f"seed {caught.plan.seed}: ")
    assert len(lines) <= 42
    assert "state and position leave together" in lines[-1]
