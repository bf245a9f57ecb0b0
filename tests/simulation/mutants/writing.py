"""Mistakes in how a step is written."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from typing import Any
from unittest.mock import patch

from streams.config import Settings
from streams.runtime.broker import Place, Producer, Record
from streams.runtime.commit import hand_over_outputs
from streams.runtime.outputs import Outgoing
from streams.runtime.plain import PlainWriter
from streams.runtime.transactions import TransactionalWriter
from tests.simulation.broker import SimulatedProducer
from tests.simulation.mutants.planting import alone, plant, slow, zombies
from tests.simulation.violation import Invariant as I  # noqa: N817 - on every second line below
from tests.simulation.world import World


@plant(
    I.LOST,
    I.TOGETHER,
    I.STATE,
    I.POSITION,
    I.DOUBLED,
    I.TIME,
    I.PROGRESS,
    I.GROUP,
)
def commit_before_acknowledged(_: World) -> Iterator[None]:
    """A transaction is committed without waiting for its batches."""

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        producer: Producer = self._producers[partition]
        await producer.begin()
        await producer.hand_over(Place(self._changelog, partition), changes)
        await hand_over_outputs(producer, self._settings, partition, outputs)
        await producer.commit()

    with patch.object(TransactionalWriter, "commit", commit):
        yield


@plant(
    I.ONE_WRITER,
    I.DOUBLED,
    I.POSITION,
    I.TIME,
    I.GROUP,
    where=zombies,
)
def no_fence(_: World) -> Iterator[None]:
    """Each life writes under a name of its own, so nobody is fenced."""
    numbers = count()
    real = Settings.transactional_id

    def named(self: Settings, *told: Any) -> str:
        return f"{real(self, *told)}-{next(numbers)}"

    with patch.object(Settings, "transactional_id", named):
        yield


@plant(
    I.ONE_WRITER,
    I.DOUBLED,
    I.POSITION,
    I.TIME,
    where=zombies,
)
def fence_after_load(_: World) -> Iterator[None]:
    """The name is taken only with the first commit, after the load."""
    real = TransactionalWriter.commit

    async def opened(self: Any, partitions: Collection[int]) -> None:
        for partition in partitions:
            await self.release(partition)

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        if partition not in self._producers:
            await self._start(partition)
        await real(self, partition, changes, outputs)

    with ExitStack() as stack:
        stack.enter_context(patch.object(TransactionalWriter, "open", opened))
        stack.enter_context(patch.object(TransactionalWriter, "commit", commit))
        yield


@plant(I.DOUBLED, I.FALSE)
def outputs_outside(_: World) -> Iterator[None]:
    """Outputs leave before the transaction, by a producer without one."""
    real = TransactionalWriter.commit

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        producer = await self._broker.plain_producer()
        await hand_over_outputs(producer, self._settings, partition, outputs)
        await producer.settle()
        await real(self, partition, changes, [])

    with patch.object(TransactionalWriter, "commit", commit):
        yield


@plant(I.TOGETHER, I.DOUBLED)
def position_apart(_: World) -> Iterator[None]:
    """The position follows the state in a transaction of its own."""
    real = TransactionalWriter.commit

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        if len(changes) > 1:
            await real(self, partition, changes[:-1], outputs)
            outputs = []
        await real(self, partition, changes[-1:], outputs)

    with patch.object(TransactionalWriter, "commit", commit):
        yield


@plant(
    I.DOUBLED,
    I.ONE_WRITER,
    I.POSITION,
    I.TIME,
    where=slow,
)
def commit_again(_: World) -> Iterator[None]:
    """A commit that failed is tried once more."""
    real = TransactionalWriter.commit

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        try:
            await real(self, partition, changes, outputs)
        except Exception:  # noqa: BLE001 - the mistake
            await self.open([partition])
            await real(self, partition, changes, outputs)

    with patch.object(TransactionalWriter, "commit", commit):
        yield


@plant(I.LOST, I.FALSE, where=alone)
def state_before_outputs(_: World) -> Iterator[None]:
    """The plain writer writes state and position before the outputs."""

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        await self._producer.hand_over(Place(self._changelog, partition), changes)
        await self._producer.settle()
        await hand_over_outputs(self._producer, self._settings, partition, outputs)
        await self._producer.settle()

    with patch.object(PlainWriter, "commit", commit):
        yield


@plant(I.LOST, I.FALSE, I.GROUP, where=alone)
def settle_takes_all(_: World) -> Iterator[None]:
    """Whoever settles first takes the batches of all partitions out of the others' sight."""

    async def settle(self: Any) -> None:
        unsettled, self._unsettled = self._unsettled, []
        for acknowledged in unsettled:
            await acknowledged

    with patch.object(SimulatedProducer, "settle", settle):
        yield
