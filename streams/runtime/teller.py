"""Writes what partitions tell of their reps, after their commits and beside them.

An ordinary producer: what it writes are absolute values, so that telling again after
an error, or after another owner did, changes nothing. A partition goes on meanwhile;
what it could not tell stays owed.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from streams.config import Settings
from streams.runtime.broker import Broker, Place, Producer
from streams.runtime.partials import Partials, Telling
from streams.runtime.partition import Partition

log = logging.getLogger(__name__)

TOPIC: Final = "rep-partials"
RETRY_SECONDS: Final = 1.0


class Teller:
    """Writes for all partitions of a worker, one telling after the other."""

    def __init__(self, settings: Settings, broker: Broker) -> None:
        """Begin with nothing to tell.

        Args:
            settings: The app's.
            broker: Where to write.
        """
        self._topic = settings.topic(TOPIC)
        self._broker = broker
        self._waiting: deque[tuple[Partials, Telling, Callable[[], None]]] = deque()
        self._producer: Producer | None = None
        self._task: asyncio.Task[None] | None = None

    def settled(self, partition: Partition, wake: Callable[[], None]) -> None:
        """Take what a partition has to tell; all of its state is committed.

        Args:
            partition: Whose.
            wake: Called once the broker has acknowledged it.
        """
        if partition.partials is None:
            return
        telling = partition.partials.telling(partition.book, partition.frame.wall())
        if telling is None:
            return
        self._waiting.append((partition.partials, telling, wake))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell())

    async def stop(self) -> None:
        """Leave the rest owed."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._let_go()

    async def _tell(self) -> None:
        while self._waiting:
            partials, telling, wake = self._waiting[0]
            try:
                await self._write(telling)
            except Exception as error:  # noqa: BLE001 - told again it says the same
                log.warning("partials_delayed", extra={"detail": repr(error)})
                await self._let_go()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._waiting.popleft()
            partials.told(telling)
            wake()

    async def _write(self, telling: Telling) -> None:
        if self._producer is None:
            self._producer = await self._broker.plain_producer()
        for partition, records in telling.records.items():
            await self._producer.hand_over(Place(self._topic, partition), records)
        await self._producer.settle()

    async def _let_go(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()
