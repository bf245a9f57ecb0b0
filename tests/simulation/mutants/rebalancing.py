"""Mistakes in a rebalance."""

import asyncio
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from streams.runtime.owned import OwnedPartitions
from streams.runtime.partition import Partition
from streams.runtime.transport import BatchConsumer
from tests.simulation.mutants.planting import crowded, plant
from tests.simulation.violation import Invariant as I  # noqa: N817 - on every second line below
from tests.simulation.world import World


@plant(
    I.DOUBLED,
    I.POSITION,
    I.PROGRESS,
    where=crowded,
)
def inbox_not_cleared(_: World) -> Iterator[None]:
    """What waits is not dropped when partitions are taken away, and is delivered again."""

    def keep(self: Any) -> None:
        self._expected = dict(self.positions)

    with patch.object(Partition, "forget_waiting", keep):
        yield


@plant(I.STATE, I.LOST, I.PROGRESS, I.GROUP)
def dropped_taken_for_delivered(_: World) -> Iterator[None]:
    """What was dropped in a rebalance is taken for delivered."""

    def forget(self: Any) -> None:
        for topic in self.positions:
            self._inbox_of(topic).clear()
        self._waiting = 0

    with patch.object(Partition, "forget_waiting", forget):
        yield


@plant(I.STATE, I.LOST, I.PROGRESS, I.SAME_AS_REPLAY)
def fetch_outlasts_rebalance(_: World) -> Iterator[None]:
    """What a fetch brought that outlasted a rebalance is not fetched again."""

    async def go_back(self: Any, _active: object, _generation: int) -> None:
        self._has_dropped = False

    with patch.object(BatchConsumer, "_go_back", go_back):
        yield


@plant(I.SOUND, I.PROGRESS)
def opened_late(_: World) -> Iterator[None]:
    """Batches are taken only some time after the inputs have been resumed."""
    real = OwnedPartitions.open

    def opened(self: Any, generation: int) -> None:
        asyncio.get_running_loop().call_later(0.01, real, self, generation)

    with patch.object(OwnedPartitions, "open", opened):
        yield
