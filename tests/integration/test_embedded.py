"""The broker of the demo does what a single worker asks of Kafka."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.errors import ConfigurationError
from streams.runtime.embedded import EmbeddedBroker

PARTITIONS = 8
SENT_AT_MILLIS = 1_700_000_000_000


@pytest.fixture
async def bootstrap() -> AsyncIterator[str]:
    """An embedded broker with the topics ``facts`` and ``changelog``."""
    async with EmbeddedBroker() as broker:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        compacted = {"cleanup.policy": "compact"}
        await admin.create_topics(
            [
                NewTopic("facts", PARTITIONS, 1, topic_configs={"retention.ms": "-1"}),
                NewTopic("changelog", PARTITIONS, 1, topic_configs=compacted),
            ]
        )
        await admin.close()
        yield broker.bootstrap


def _reader(bootstrap: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="none",
        enable_auto_commit=False,
    )


async def test_the_end_offset_counts_every_record_of_a_batch(bootstrap: str) -> None:
    """1 record, then a batch of 100: the end is 101, so a reader knows it is behind."""
    partition = TopicPartition("changelog", 3)
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait("changelog", b"first", key=b"k", partition=3)
        batch = producer.create_batch()
        for number in range(100):
            batch.append(key=b"%d" % number, value=b"v", timestamp=None)
        await (await producer.send_batch(batch, "changelog", partition=3))
    async with _reader(bootstrap) as consumer:
        ends = await consumer.end_offsets([partition, TopicPartition("changelog", 4)])

    assert list(ends.values()) == [101, 0]


async def test_a_record_keeps_its_timestamp_headers_and_tombstone(bootstrap: str) -> None:
    """What a producer states is what a read_committed reader gets."""
    partition = TopicPartition("facts", 0)
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait(
            "facts",
            None,
            key=b"lead-1",
            partition=0,
            timestamp_ms=SENT_AT_MILLIS,
            headers=[("ce_id", b"x:1")],
        )
    async with _reader(bootstrap) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, 0)
        record = await consumer.getone()

    assert (record.key, record.value, record.timestamp) == (b"lead-1", None, SENT_AT_MILLIS)
    assert record.headers == (("ce_id", b"x:1"),)


async def test_a_group_reads_on_where_its_last_life_committed(bootstrap: str) -> None:
    """A member gets all 8 partitions; its next life starts at the commit."""

    def member() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            "facts",
            bootstrap_servers=bootstrap,
            group_id="leadclock",
            group_instance_id="worker-1",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
        )

    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for partition in range(PARTITIONS):
            await producer.send_and_wait("facts", b"before", partition=partition)
        async with member() as first:
            read = [(await first.getone()).partition for _ in range(PARTITIONS)]
            await first.commit()
        await producer.send_and_wait("facts", b"after", partition=5)
    async with member() as second:
        record = await second.getone()

    assert sorted(read) == list(range(PARTITIONS))
    assert (record.partition, record.offset, record.value) == (5, 1, b"after")


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_the_broker_is_gone_when_the_block_ends() -> None:
    """The port that served inside the block refuses right after it."""
    async with EmbeddedBroker() as broker:
        port = int(broker.bootstrap.split(":")[1])
        inside = _accepts(port)

    assert (inside, _accepts(port)) == (True, False)


def test_the_broker_dies_with_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL of the process that entered it leaves no broker behind."""
    program = tmp_path / "parent.py"
    program.write_text(
        textwrap.dedent(
            """
            import asyncio
            from streams.runtime.embedded import EmbeddedBroker

            async def main() -> None:
                async with EmbeddedBroker() as broker:
                    print(broker.bootstrap, flush=True)
                    await asyncio.sleep(60)

            asyncio.run(main())
            """
        ),
        encoding="utf-8",
    )
    root = Path(__file__).parents[2]
    parent = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    with parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline().split(":")[1])
        served = _accepts(port)
        parent.send_signal(signal.SIGKILL)
    patience = time.monotonic() + 10
    while (serves := _accepts(port)) and time.monotonic() < patience:
        time.sleep(0.02)

    assert (served, serves) == (True, False)


async def test_without_the_wheel_one_sentence_names_the_other_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No program, no demo: the error says what to install and how else to go."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    assert not EmbeddedBroker.available()
    with pytest.raises(ConfigurationError, match=r"leadclock\[demo\].*docker compose up"):
        await EmbeddedBroker().__aenter__()


async def test_a_program_that_cannot_run_is_reported_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A wheel whose binary the machine cannot run ends in the same one sentence."""
    package = tmp_path / "__init__.py"
    package.touch()
    program = tmp_path / "noida-db"
    program.write_text("#!/bin/sh\necho 'libc is too old' >&2\nexit 1\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("noida_db", package)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)

    with pytest.raises(ConfigurationError, match=r"libc is too old.*docker compose up"):
        await EmbeddedBroker().__aenter__()
