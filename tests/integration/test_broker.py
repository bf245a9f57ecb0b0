"""The Kafka of the tests is a real one, ready for transactions."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

pytestmark = pytest.mark.kafka


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def test_a_record_comes_back_as_it_was_sent(kafka_bootstrap: str, prefix: str) -> None:
    """Key, value, timestamp and headers of a committed record are read back."""
    topic = f"{prefix}facts"
    partition = TopicPartition(topic, 0)
    await _create(kafka_bootstrap, topic)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, transactional_id=f"{prefix}p0")
    async with producer, producer.transaction():
        await producer.send_and_wait(
            topic,
            b"value",
            key=b"lead-1",
            partition=0,
            timestamp_ms=1_700_000_000_123,
            headers=[("ce_id", b"x:1")],
        )

    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="none",
        enable_auto_commit=False,
    )
    async with consumer:
        consumer.assign([partition])
        consumer.seek(partition, 0)
        record = await consumer.getone()

    assert (record.key, record.value) == (b"lead-1", b"value")
    assert record.timestamp == 1_700_000_000_123
    assert record.headers == (("ce_id", b"x:1"),)
