"""Facts on their way to the topics: right topic, right partition, right time."""

import asyncio
from collections.abc import Awaitable, Iterable
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaProducer

from schemas.codec import TOPIC_OF, encode
from schemas.facts import AnyFact, Fact, SourceHeartbeat
from schemas.instants import Instant
from schemas.topics import partition_of
from streams.cli.cluster import input_partitions
from streams.config import Settings

LARGEST_BATCH: Final = 900_000
"""Bytes; brokers accept 1 MiB unless told otherwise."""
_MICROS_PER_MILLI: Final = 1_000


class FactSender:
    """Puts facts on the input topics of an app.

    Without idempotence, which not every broker has and nobody here needs: the same fact
    written twice is one fact.
    """

    def __init__(self, settings: Settings) -> None:
        """Remember where to."""
        self._settings = settings
        self._producer: Any = None
        self._partitions = 0
        self._batches: dict[tuple[str, int], Any] = {}
        self._sent: list[Awaitable[Any]] = []

    @property
    def partitions(self) -> int:
        """How many partitions each input has; known once entered."""
        return self._partitions

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            ConfigurationError: A topic is missing, or the inputs differ in partitions.
        """
        self._partitions = await input_partitions(self._settings)
        self._producer = AIOKafkaProducer(
            **self._settings.kafka(), acks="all", max_batch_size=LARGEST_BATCH
        )
        await self._producer.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect; what was not flushed is given up."""
        await self._producer.stop()

    async def put(self, fact: AnyFact, at: Instant | None) -> None:
        """Put a fact in its place; what is told to everybody goes to every partition.

        Args:
            fact: What to send.
            at: The record's timestamp, cut to milliseconds; None: the time of sending.
        """
        topic, value = TOPIC_OF[fact.TYPE], encode(fact)
        if isinstance(fact, Fact):
            key = fact.lead_id.encode()
            await self._append(topic, partition_of(key, self._partitions), key, value, at)
            return
        for partition in range(self._partitions):
            await self._append(topic, partition, fact.TYPE.encode(), value, at)

    async def flush(self) -> None:
        """Send what is waiting, and wait until the brokers have it.

        Raises:
            KafkaError: A record was not acknowledged.
        """
        for topic, partition in list(self._batches):
            await self._send(topic, partition)
        sent, self._sent = self._sent, []
        for acknowledged in await asyncio.gather(*sent):
            assert acknowledged is not None

    async def _append(
        self, topic: str, partition: int, key: bytes, value: bytes, at: Instant | None
    ) -> None:
        timestamp = None if at is None else at // _MICROS_PER_MILLI
        place = (self._settings.topic(topic), partition)
        told = {"key": key, "value": value, "timestamp": timestamp}
        batch = self._batches.get(place)
        if batch is None or batch.append(**told) is None:
            await self._send(*place)
            batch = self._batches[place] = self._producer.create_batch()
            batch.append(**told)

    async def _send(self, topic: str, partition: int) -> None:
        batch = self._batches.pop((topic, partition), None)
        if batch is not None:
            self._sent.append(await self._producer.send_batch(batch, topic, partition=partition))


def heartbeat(origin: str, complete_up_to: Instant) -> SourceHeartbeat:
    """Promise that all facts of an origin up to an instant have been sent."""
    return SourceHeartbeat(
        event_id=f"{origin}:{complete_up_to}",
        occurred_at=complete_up_to,
        origin=origin,
        complete_up_to=complete_up_to,
    )


async def put_all(sender: FactSender, facts: Iterable[tuple[Instant, AnyFact]]) -> None:
    """Put facts, each at its time, and wait until the brokers have them."""
    for at, fact in facts:
        await sender.put(fact, at)
    await sender.flush()
