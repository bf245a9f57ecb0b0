"""The transactional writer: the changelog batch is the commit, and it is exact.

One producer for each owned partition, under a name made of app, table and partition.
Starting it takes the name from whoever had it: their open transaction is aborted and
their next write fails. A step's outputs, its state and its position are one
transaction, so that a reader of committed records sees all of it or nothing.
"""

import asyncio
from collections.abc import Collection, Sequence

from schemas.topics import TOPICS
from streams.config import TABLE, Settings
from streams.runtime.broker import Broker, Place, Producer, Record
from streams.runtime.commit import hand_over_outputs
from streams.runtime.outputs import Outgoing


class TransactionalWriter:
    """Writes one transaction for each step."""

    # Had another worker written in between, it would have taken the name, and our next
    # commit would fail.
    keeps_partitions = True

    def __init__(self, settings: Settings, broker: Broker, table: str = TABLE) -> None:
        """Begin with nothing open.

        Args:
            settings: The app's.
            broker: Where to write.
            table: Whose state it is.
        """
        self._settings = settings
        self._broker = broker
        self._table = table
        self._changelog = settings.changelog_of(table)
        self._producers: dict[int, Producer] = {}
        own = (topic.name for topic in TOPICS.values() if topic.written_by == "leadclock")
        self._topics = (self._changelog, *map(settings.topic, own))

    async def prepare(self) -> None:
        """Company is welcome."""

    def check(self, owned: Collection[int]) -> None:
        """Any assignment will do."""

    async def open(self, partitions: Collection[int]) -> None:
        """Take the names of these partitions from whoever had them."""
        for partition in partitions:
            await self.release(partition)
        await asyncio.gather(*map(self._start, partitions))

    async def commit(
        self, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        """Write a step in one transaction."""
        producer = self._producers[partition]
        await producer.begin()
        await producer.hand_over(Place(self._changelog, partition), changes)
        await hand_over_outputs(producer, self._settings, partition, outputs)
        # The commit alone would not notice a batch that failed.
        await producer.settle()
        await producer.commit()

    async def release(self, partition: int) -> None:
        """Stop the producer of a partition, if there is one."""
        producer = self._producers.pop(partition, None)
        if producer is not None:
            await producer.stop()

    async def stop(self) -> None:
        """Stop all producers."""
        await asyncio.gather(*map(self.release, list(self._producers)))

    async def _start(self, partition: int) -> None:
        name = self._settings.transactional_id(partition, self._table)
        self._producers[partition] = await self._broker.transactional_producer(name, self._topics)
