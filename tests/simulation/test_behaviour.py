"""The simulated broker and real Kafka behave the same behind the port."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.config import Settings
from streams.runtime.broker import Broker, Place
from streams.runtime.kafka import KafkaBroker
from tests.simulation.behaviour import Behaviours, Scenario
from tests.simulation.broker import Cluster, SimulatedBroker
from tests.simulation.history import History
from tests.simulation.loop import SimulatedLoop
from tests.simulation.network import Weather

NARROW_BYTES = 1_000


@dataclass(slots=True)
class SimulatedBench:
    """A simulated cluster."""

    cluster: Cluster
    changelog: str = "state-changelog"
    output: str = "output"
    narrow: str = "narrow"

    def broker(self) -> Broker:
        """Give another process's port."""
        return SimulatedBroker(self.cluster)

    async def committed(self, place: Place) -> list[bytes | None]:
        """Read as soon as every transaction is ended."""
        await self.pause(0.4)
        log = self.cluster.logs[place]
        return [entry.record.value for entry in log.kept(0, log.stable)]

    async def pause(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    def name(self, word: str) -> str:
        """Make a transactional id."""
        return word


class TestSimulated(Behaviours):
    """The simulated broker, with slow requests and replies, over several seeds."""

    def run(self, scenario: Scenario) -> None:
        """Play it on several clusters."""
        for seed in range(20):
            loop = SimulatedLoop.begin(Random(seed))
            cluster = Cluster.build(
                loop, Random(seed), History(lambda: 0), Weather(slow=0.1 * (seed % 2))
            )
            cluster.rejects = lambda place, records: (
                place.topic == "narrow"
                and sum(len(record.value or b"") for record in records) > NARROW_BYTES
            )

            async def play(cluster: Cluster = cluster) -> None:
                await scenario(SimulatedBench(cluster))

            loop.run(play())


@dataclass(slots=True)
class KafkaBench:
    """A real cluster, with topics of its own."""

    bootstrap: str
    prefix: str = field(default_factory=lambda: f"b{uuid.uuid4().hex[:12]}-")
    brokers: list[KafkaBroker] = field(default_factory=list)

    @property
    def changelog(self) -> str:
        """A topic."""
        return f"{self.prefix}state-changelog"

    @property
    def output(self) -> str:
        """Another."""
        return f"{self.prefix}output"

    @property
    def narrow(self) -> str:
        """One that takes small batches only."""
        return f"{self.prefix}narrow"

    def broker(self) -> Broker:
        """Give another process's port."""
        broker = KafkaBroker(Settings(bootstrap_servers=(self.bootstrap,)))
        self.brokers.append(broker)
        return broker

    async def committed(self, place: Place) -> list[bytes | None]:
        """Read from the beginning to the last record that is there."""
        partition = TopicPartition(*place)
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await reader.start()
        try:
            reader.assign([partition])
            reader.seek(partition, 0)
            found: list[bytes | None] = []
            while True:
                batches = await reader.getmany(partition, timeout_ms=600)
                if not batches:
                    return found
                found += [record.value for batch in batches.values() for record in batch]
        finally:
            await reader.stop()

    async def pause(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    def name(self, word: str) -> str:
        """Make a transactional id."""
        return f"{self.prefix}{word}"


@asynccontextmanager
async def _topics(bench: KafkaBench) -> AsyncIterator[None]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.bootstrap)
    await admin.start()
    try:
        small: Any = {"max.message.bytes": str(NARROW_BYTES)}
        await admin.create_topics(
            [
                NewTopic(bench.changelog, 2, 1),
                NewTopic(bench.output, 2, 1),
                NewTopic(bench.narrow, 2, 1, topic_configs=small),
            ]
        )
        yield
        await admin.delete_topics([bench.changelog, bench.output, bench.narrow])
    finally:
        await admin.close()


@pytest.mark.kafka
class TestKafka(Behaviours):
    """Apache Kafka."""

    bootstrap: str

    @pytest.fixture(autouse=True)
    def _broker(self, kafka_bootstrap: str) -> None:
        self.bootstrap = kafka_bootstrap

    def run(self, scenario: Scenario) -> None:
        """Play it on topics of its own."""

        async def play() -> None:
            bench = KafkaBench(self.bootstrap)
            async with _topics(bench):
                try:
                    await scenario(bench)
                finally:
                    for broker in bench.brokers:
                        await broker.stop()

        asyncio.run(play())
