"""Consumers on the embedded broker neither spin nor dawdle."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.consumer.fetcher import Fetcher

from streams.runtime.embedded import EmbeddedBroker
from streams.runtime.patience import PAUSE_SECONDS, be_patient


@pytest.fixture
async def bootstrap() -> AsyncIterator[str]:
    """An embedded broker with the topic ``facts``."""
    async with EmbeddedBroker() as broker:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic("facts", 8, 1)])
        await admin.close()
        yield broker.bootstrap


async def test_a_quiet_topic_costs_little(bootstrap: str) -> None:
    """A second of nothing to read takes less than a fifth of a second of this processor."""
    be_patient()
    async with AIOKafkaConsumer("facts", bootstrap_servers=bootstrap) as consumer:
        await consumer.getmany(timeout_ms=100)
        spent = time.process_time()
        await consumer.getmany(timeout_ms=1_000)
        spent = time.process_time() - spent

    assert spent < 0.2


async def test_a_record_is_read_soon(bootstrap: str) -> None:
    """Ten records, one after the other: each is there within half a second."""
    be_patient()
    async with (
        AIOKafkaProducer(bootstrap_servers=bootstrap) as producer,
        AIOKafkaConsumer("facts", bootstrap_servers=bootstrap) as consumer,
    ):
        await consumer.getmany(timeout_ms=100)
        for number in range(10):
            await producer.send_and_wait("facts", b"%d" % number)
            record = await asyncio.wait_for(consumer.getone(), 0.5)

            assert record.value == b"%d" % number


def test_patience_is_learned_once() -> None:
    """A second call wraps nothing again."""
    be_patient()
    once = Fetcher._proc_fetch_request
    be_patient()

    assert Fetcher._proc_fetch_request is once
    assert PAUSE_SECONDS < 0.1
