"""Reads the topics a board shows, from their beginning, committed records only."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final, Self

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams.board.state import (
    BREACHES,
    CONTROL,
    OPEN_LEADS,
    SCORECARDS,
    VERDICTS,
    BoardState,
)
from streams.board.view import Change
from streams.config import Settings
from streams.errors import ConfigurationError

_TOPICS: Final = (CONTROL, OPEN_LEADS, VERDICTS, SCORECARDS, *BREACHES)
_MICROS_PER_MILLI: Final = 1_000
_BATCH: Final = 5_000
_WAIT_SECONDS: Final = 0.02


class BoardReader:
    """Tells a `BoardState` every record, and says what changed.

    It is in no consumer group: any number of boards may watch, and none of
    them leaves a trace on the cluster.
    """

    def __init__(self, settings: Settings, state: BoardState) -> None:
        self._settings = settings
        self._state = state
        self._names = {settings.topic(name): name for name in _TOPICS}
        self._consumer: Any = None

    async def __aenter__(self) -> Self:
        """Connect, and read the agreement first, which decides whose names may be shown.

        Raises:
            ConfigurationError: No broker answers, or a topic is missing.
        """
        self._consumer = AIOKafkaConsumer(
            **self._settings.kafka(),
            client_id="leadclock-board",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        try:
            await self._connect()
            await self._read_control()
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def read(self, wait_millis: int) -> list[Change]:
        """Read what has come, waiting at most so long for the first record.

        Returns:
            What changed, in the order of `Change.at`; a poll may hold several topics.
        """
        polled = await self._consumer.getmany(timeout_ms=wait_millis, max_records=_BATCH)
        changes = [
            change
            for partition, records in polled.items()
            for record in records
            if (change := self._tell(self._names[partition.topic], record)) is not None
        ]
        return sorted(changes, key=lambda change: change.at)

    async def _connect(self) -> None:
        servers = ", ".join(self._settings.bootstrap_servers)
        try:
            await self._consumer.start()
            existing = await self._consumer.topics()
        except KafkaConnectionError as error:
            raise ConfigurationError(
                f"no Kafka broker answers at {servers} (LEADCLOCK_BOOTSTRAP_SERVERS)"
            ) from error
        missing = sorted(self._names.keys() - existing)
        if missing:
            raise ConfigurationError(
                f"topic {missing[0]} is not on {servers}; `leadclock topics create` makes it,"
                " or LEADCLOCK_TOPIC_PREFIX names another app's topics"
            )

    async def _read_control(self) -> None:
        self._consumer.subscribe(list(self._names))
        while len({partition.topic for partition in self._consumer.assignment()}) < len(_TOPICS):  # noqa: ASYNC110 - the client tells nobody
            await asyncio.sleep(_WAIT_SECONDS)
        control = self._settings.topic(CONTROL)
        assigned: set[TopicPartition] = self._consumer.assignment()
        others = [partition for partition in assigned if partition.topic != control]
        self._consumer.pause(*others)
        await self._read_to_end(partition for partition in assigned if partition.topic == control)
        self._consumer.resume(*others)

    async def _read_to_end(self, partitions: Iterable[TopicPartition]) -> None:
        ends = await self._consumer.end_offsets(list(partitions))
        for partition, end in ends.items():
            while await self._consumer.position(partition) < end:
                await self.read(wait_millis=100)

    def _tell(self, topic: str, record: Any) -> Change | None:  # noqa: ANN401 - aiokafka's own
        written_at: int = record.timestamp * _MICROS_PER_MILLI
        key = (record.key or b"").decode(errors="replace")
        try:
            value = None if record.value is None else orjson.loads(record.value)
        except orjson.JSONDecodeError:
            value = ()
        if value is not None and not isinstance(value, dict):
            self._state.tell_unreadable()
            return None
        return self._state.tell(topic, key, value, written_at)
