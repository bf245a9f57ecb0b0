"""Mistakes in the pump and in time."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from schemas.instants import Instant
from streams.runtime.broker import Place
from streams.runtime.now import FactsNow, Mark, WallNow
from streams.runtime.partition import Step
from streams.runtime.pump import Pump
from tests.simulation.broker import SimulatedBroker
from tests.simulation.mutants.planting import on_facts, plant, slow
from tests.simulation.violation import Invariant as I  # noqa: N817 - on every second line below
from tests.simulation.world import World


@plant(I.LOST, I.STATE, I.PROGRESS, I.GROUP, I.SAME_AS_REPLAY)
def go_on_after_error(_: World) -> Iterator[None]:
    """A commit that failed is taken for done."""
    real = Pump._commit

    async def commit(self: Any, step: Step) -> None:
        with suppress(Exception):
            await real(self, step)

    with patch.object(Pump, "_commit", commit):
        yield


@plant(I.GROUP, where=slow)
def acknowledge_before_commit(_: World) -> Iterator[None]:
    """Batches are acknowledged before they are committed."""
    real = Pump._commit

    async def commit(self: Any, step: Step) -> None:
        for finish in step.finished:
            finish()
        await real(self, step)

    with patch.object(Pump, "_commit", commit):
        yield


@plant(I.TIME, I.FALSE, I.SAME_AS_REPLAY, where=slow)
def clock_after_ends(_: World) -> Iterator[None]:
    """The clock is read after the ends were asked."""

    async def look(self: Any) -> None:
        if self.partition.wanted() is not None:
            ends = await self._ends.of(self._number)
            self.partition.told_ends(self.partition.frame.wall(), ends)

    with patch.object(Pump, "_look", look):
        yield


@plant(I.TIME, I.FALSE, I.SAME_AS_REPLAY)
def wall_clock_while_behind(_: World) -> Iterator[None]:
    """Now is the wall clock, however far the inputs are behind."""
    real = WallNow.told_ends

    def told_ends(self: Any, mark: Mark) -> None:
        real(self, mark)
        self._reach(mark.instant)

    with patch.object(WallNow, "told_ends", told_ends):
        yield


@plant(I.TIME, where=on_facts)
def promise_at_once(_: World) -> Iterator[None]:
    """A source's promise counts before the other inputs are read so far."""
    real = FactsNow.heard

    def heard(self: Any, origin: str, complete_up_to: Instant) -> None:
        real(self, origin, complete_up_to)
        self._reach(min(self._complete.values()))

    with patch.object(FactsNow, "heard", heard):
        yield


@plant(I.TIME, I.FALSE)
def stable_ends(_: World) -> Iterator[None]:
    """Ends leave out what is in open transactions."""

    async def ends(self: Any, places: Collection[Place]) -> dict[Place, int]:
        found: dict[Place, int] = await self._offsets("ends", places, lambda log: log.stable)
        return found

    with patch.object(SimulatedBroker, "ends", ends):
        yield
