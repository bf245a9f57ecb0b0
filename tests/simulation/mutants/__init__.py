"""Planted bugs, each of which has to be caught."""

from tests.simulation.mutants import loading, pumping, rebalancing, writing
from tests.simulation.mutants.planting import MUTANTS, Mutant

__all__ = ["MUTANTS", "Mutant", "loading", "pumping", "rebalancing", "writing"]
