"""The partitions of reps that this worker owns, and both tables as one owner.

Faust assigns partitions of the same number together: who owns the leads of a partition
owns its reps, so that both are loaded, opened and held together.
"""

import asyncio
from collections.abc import Callable, Mapping

from streams.config import REPS_TABLE
from streams.runtime.broker import Place
from streams.runtime.changelog import State
from streams.runtime.owned import OwnedPartitions, OwnedTable
from streams.runtime.partition import Partition
from streams.runtime.reps import RepsPartition
from streams.runtime.teller import TOPIC, Teller
from streams.runtime.transport import Batch


class OwnedReps(OwnedTable[RepsPartition]):
    """The partitions of reps."""

    table = REPS_TABLE
    inputs = (TOPIC,)

    def _partition(self, number: int, state: State, begins: Mapping[str, int]) -> RepsPartition:
        positions, _ = self._positions(number, state, begins)
        return RepsPartition(self._frame(number), rows=state.leads, positions=positions)


class OwnedTables:
    """All that a worker owns; Faust's ``owner`` and ``reader``."""

    def __init__(self, leads: OwnedPartitions, reps: OwnedReps, teller: Teller) -> None:
        """Own nothing.

        Args:
            leads: Judged here.
            reps: What is counted of leads comes together here.
            teller: Carries it from one to the other.
        """
        self.leads = leads
        self.reps = reps
        self._teller = teller

    @property
    def generation(self) -> int:
        """The group's generation for which all is open; -1 while not all is."""
        return min(self.leads.generation, self.reps.generation)

    def partitions(self) -> list[Partition]:
        """Give the owned partitions of leads by number."""
        return self.leads.partitions()

    def wants(self, partition: int) -> bool:
        """Tell whether this partition has room for more, of whatever input."""
        return self.leads.wants(partition) and self.reps.wants(partition)

    def positions(self) -> Mapping[Place, int]:
        """Tell from where every input has to be read."""
        return {**self.leads.positions(), **self.reps.positions()}

    def take(self, batch: Batch, done: Callable[[], None]) -> None:
        """Let a batch wait in the inbox of the partition it is for."""
        owner = self.reps if batch.topic in self.reps.inputs else self.leads
        owner.take(batch, done)

    async def load(self, partitions: frozenset[int]) -> None:
        """Own exactly these partitions, as they were committed.

        Raises:
            ConfigurationError: They must not be worked on like this.
        """
        await asyncio.gather(self.leads.load(partitions), self.reps.load(partitions))

    def open(self, generation: int) -> None:
        """Take batches of this generation from now on."""
        self.reps.open(generation)
        self.leads.open(generation)

    async def hold(self) -> None:
        """Finish what is being committed, begin nothing new, drop what waits."""
        await asyncio.gather(self.leads.hold(), self.reps.hold())

    async def stop(self) -> None:
        """Finish what is being committed, and let everything go."""
        await asyncio.gather(self.leads.stop(), self.reps.stop())
        await self._teller.stop()
