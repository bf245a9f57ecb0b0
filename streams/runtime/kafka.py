"""The port to the broker, kept on Apache Kafka by aiokafka."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.producer import sender

from streams.config import Settings, WriterKind
from streams.runtime.broker import BrokerTroubleError, Kept, Place, Producer, Record

Answer = TypeVar("Answer")

LARGEST_BATCH: Final = 900_000
"""Bytes of a batch; brokers accept 1 MiB unless told otherwise."""
TRANSACTION_TIMEOUT_MILLIS: Final = 10_000
"""A takeover does not wait for it, only readers of a partition nobody owns do."""
_ANSWER_WITHIN_SECONDS: Final = 15.0
_STOP_WITHIN_SECONDS: Final = 2.0

# After a commit is answered, brokers still write its markers, and the next transaction
# is told to come back. aiokafka then sleeps 20 ms, which for a partition that commits
# often is most of its time: 48 transactions a second instead of 223.
sender.BACKOFF_OVERRIDE = 0.003


class KafkaBroker:
    """A cluster, as its settings name it. Connects when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        """Remember how to connect."""
        self._settings = settings
        self._askers: dict[str, AIOKafkaConsumer] = {}
        self._connecting = asyncio.Lock()

    async def plain_producer(self) -> Producer:
        """Start a producer without transactions; idempotent where the broker can be relied on."""
        producer = AIOKafkaProducer(
            **self._settings.kafka(),
            **_producing(),
            # Not every broker has it that has no transactions.
            enable_idempotence=self._settings.writer is WriterKind.TRANSACTIONS,
        )
        await producer.start()
        return KafkaProducer(producer)

    async def transactional_producer(self, name: str, topics: Collection[str]) -> Producer:
        """Start the only producer of this name."""
        producer = AIOKafkaProducer(
            **self._settings.kafka(),
            **_producing(),
            transactional_id=name,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MILLIS,
        )
        try:
            await producer.start()
            for topic in topics:
                # Else the first transaction waits 0.3 s for metadata.
                await producer.partitions_for(topic)
        except BaseException:
            await _stopped(producer)
            raise
        return TransactionalKafkaProducer(producer)

    async def ends(self, places: Collection[Place]) -> dict[Place, int]:
        """Ask for high watermarks, which count what is not committed yet."""
        asker = await self._connected("read_uncommitted")
        return await _answered(lambda: asker.end_offsets(_partitions(places)))

    async def committed_ends(self, places: Collection[Place]) -> dict[Place, int]:
        """Ask up to where records are committed, or taken back.

        Raises:
            BrokerTroubleError: No answer in time.
        """
        asker = await self._connected("read_committed")
        return await _answered(lambda: asker.end_offsets(_partitions(places)))

    async def beginnings(self, places: Collection[Place]) -> dict[Place, int]:
        """Ask for the first offsets that are still kept."""
        asker = await self._connected("read_uncommitted")
        return await _answered(lambda: asker.beginning_offsets(_partitions(places)))

    async def read_back(self, places: Collection[Place]) -> AsyncIterator[tuple[Place, list[Kept]]]:
        """Read committed records from the beginning to the end."""
        reader = AIOKafkaConsumer(
            **self._settings.kafka(),
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="none",
            max_partition_fetch_bytes=8 << 20,
            fetch_max_wait_ms=50,
            retry_backoff_ms=10,
        )
        try:
            await reader.start()
            partitions = _partitions(places)
            ends = await reader.end_offsets(partitions)
            begins = await reader.beginning_offsets(partitions)
            reader.assign(partitions)
            for partition in partitions:
                # Not seek_to_beginning: it races with the automatic reset and may land at
                # the end, and an empty state would be believed. No await in between.
                reader.seek(partition, begins[partition])
            left = {one for one in partitions if begins[one] < ends[one]}
            while left:
                batch = await reader.getmany(*left, timeout_ms=100, max_records=20_000)
                for partition, records in batch.items():
                    kept = [Kept(record.key, record.value) for record in records]
                    yield Place(partition.topic, partition.partition), kept
                # Not the last record's offset: markers and compacted gaps lie behind it.
                left = {one for one in left if await reader.position(one) < ends[one]}
        finally:
            await _stopped(reader)

    @asynccontextmanager
    async def listening(self, place: Place) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
        """Listen to what is committed on a place from now on.

        Yields:
            Waits until a record with this key is there.
        """
        partition = TopicPartition(*place)
        reader = AIOKafkaConsumer(
            **self._settings.kafka(),
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="none",
            retry_backoff_ms=20,
        )

        async def heard(key: bytes) -> None:
            while True:
                batch = await reader.getmany(partition, timeout_ms=1_000)
                if any(record.key == key for record in batch.get(partition, ())):
                    return

        try:
            await reader.start()
            ends = await _answered(lambda: reader.end_offsets([partition]))
            reader.assign([partition])
            reader.seek(partition, ends[place])
            yield heard
        finally:
            await _stopped(reader)

    async def stop(self) -> None:
        """Give back the connections."""
        while self._askers:
            await _stopped(self._askers.popitem()[1])

    async def _connected(self, isolation: str) -> AIOKafkaConsumer:
        async with self._connecting:
            if isolation not in self._askers:
                asker = AIOKafkaConsumer(
                    **self._settings.kafka(),
                    enable_auto_commit=False,
                    isolation_level=isolation,
                    retry_backoff_ms=20,
                )
                await asker.start()
                self._askers[isolation] = asker
            return self._askers[isolation]


class KafkaProducer:
    """A producer without transactions."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        """Take a started one."""
        self._producer = producer
        self._written: list[Awaitable[Any]] = []

    async def begin(self) -> None:
        """There are no transactions."""

    async def hand_over(self, place: Place, records: Sequence[Record]) -> None:
        """Put records into as few batches as they fit in."""
        batch = self._producer.create_batch()
        for key, value, headers in records:
            told = {"key": key, "value": value, "headers": list(headers), "timestamp": None}
            if batch.append(**told) is None:
                await self._send(batch, place)
                batch = self._producer.create_batch()
                batch.append(**told)
        if batch.record_count():
            await self._send(batch, place)

    async def settle(self) -> None:
        """Wait for every acknowledgement.

        Not left to a flush or a commit: aiokafka commits a transaction although one of
        its batches has failed.
        """
        # Partitions may share a producer: one must not take another's batches out of its
        # sight, and a batch that failed is told to everybody.
        written = tuple(self._written)
        for acknowledged in written:
            await asyncio.shield(acknowledged)
        self._written = [one for one in self._written if one not in written]

    async def commit(self) -> None:
        """There are no transactions."""

    async def stop(self) -> None:
        """Give back the connections."""
        await _stopped(self._producer)

    async def _send(self, batch: Any, place: Place) -> None:
        sent = await self._producer.send_batch(batch, place.topic, partition=place.partition)
        self._written.append(sent)


class TransactionalKafkaProducer(KafkaProducer):
    """The only producer of its transactional id."""

    async def begin(self) -> None:
        """Begin a transaction."""
        await self._producer.begin_transaction()

    async def commit(self) -> None:
        """Commit it."""
        await self._producer.commit_transaction()


def _producing() -> dict[str, Any]:
    return {
        "acks": "all",
        "max_batch_size": LARGEST_BATCH,
        "linger_ms": 0,
        "request_timeout_ms": 15_000,
        "retry_backoff_ms": 10,
    }


def _partitions(places: Collection[Place]) -> list[TopicPartition]:
    return [TopicPartition(*place) for place in places]


async def _answered(
    ask: Callable[[], Awaitable[dict[TopicPartition, int]]],
) -> dict[Place, int]:
    try:
        answer = await asyncio.wait_for(ask(), _ANSWER_WITHIN_SECONDS)
    except (KafkaError, TimeoutError) as error:
        raise BrokerTroubleError(f"the broker did not tell its offsets: {error!r}") from error
    return {Place(one.topic, one.partition): offset for one, offset in answer.items()}


async def _stopped(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    # A client that was fenced or has lost its broker may not be able to say goodbye.
    with suppress(KafkaError, TimeoutError, AssertionError, AttributeError):
        await asyncio.wait_for(client.stop(), _STOP_WITHIN_SECONDS)
