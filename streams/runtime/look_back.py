"""Reads the inputs once, from their beginning to where they end, and leaves no trace.

In no consumer group, committed records only, nothing written: for whoever wants to
know what was told, and not to judge it in a worker's place.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import RefusedError, check_future, decode, seen_at_on_kafka
from schemas.facts import AnyFact, Fact
from schemas.instants import Instant
from schemas.topics import INPUTS, partition_of
from streams.config import Settings, TimeMode

_MICROS_PER_MILLI: Final = 1_000


class Told(NamedTuple):
    """A fact as it stands on a topic.

    Attributes:
        seen_at: When it could be known.
        fact: What it tells.
    """

    seen_at: Instant
    fact: AnyFact


class LookBack:
    """One look at the inputs; what is appended after it began is not read."""

    def __init__(self, settings: Settings, partitions: int, read_at: Instant) -> None:
        """Remember where to look.

        Args:
            settings: The app's: brokers, topics, where its now comes from.
            partitions: How many the inputs have.
            read_at: The wall clock.
        """
        self._settings = settings
        self._partitions = partitions
        # In an app on its sources' time the wall clock says nothing of a fact.
        self._bound = read_at if settings.time is TimeMode.WALL else None

    async def read(
        self,
        topics: Iterable[str] = INPUTS,
        *,
        numbers: Collection[int] | None = None,
        keys: Collection[bytes] | None = None,
    ) -> AsyncIterator[Told]:
        """Read facts; what a worker would refuse is passed over.

        Args:
            topics: Which of the inputs, by catalogue name.
            numbers: Which partitions; None: all.
            keys: Pass over records with other keys, unread; None: over none.

        Yields:
            Facts in any order; repeated ones as often as they were told.
        """
        names = {self._settings.topic(name): name for name in topics}
        chosen = range(self._partitions) if numbers is None else numbers
        places = [TopicPartition(full, number) for full in names for number in chosen]
        async for record in self._records(places):
            if keys is not None and record.key not in keys:
                continue
            told = self._told(names[record.topic], record)
            if told is not None:
                yield told

    async def _records(self, places: list[TopicPartition]) -> AsyncIterator[Any]:
        reader = AIOKafkaConsumer(
            **self._settings.kafka(),
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="none",
            max_partition_fetch_bytes=8 << 20,
        )
        try:
            await reader.start()
            ends = await reader.end_offsets(places)
            begins = await reader.beginning_offsets(places)
            reader.assign(places)
            for place in places:
                # Not seek_to_beginning: it races with the automatic reset.
                reader.seek(place, begins[place])
            left = {place for place in places if begins[place] < ends[place]}
            while left:
                batch = await reader.getmany(*left, timeout_ms=100, max_records=20_000)
                for place, records in batch.items():
                    for record in records:
                        if record.offset < ends[place]:
                            yield record
                # Not the last record's offset: markers and compacted gaps lie behind it.
                left = {place for place in left if await reader.position(place) < ends[place]}
        finally:
            await reader.stop()

    def _told(self, topic: str, record: Any) -> Told | None:
        recorded_at: Instant = record.timestamp * _MICROS_PER_MILLI
        try:
            fact = decode(record.value, topic=topic)
            check_future(fact, recorded_at)
        except RefusedError:
            return None
        if isinstance(fact, Fact):
            key = fact.lead_id.encode()
            if record.key != key or partition_of(key, self._partitions) != record.partition:
                return None
        return Told(seen_at_on_kafka(fact, recorded_at, self._bound), fact)
