"""A bare transactional echo: the least that an exactly-once worker must do.

One transactional producer for each partition; what came is written back in one
transaction, with the position beside it. No facts are read, no state is kept.

    python -m benchmarks.echo BOOTSTRAP PREFIX PARTITION...
"""

import asyncio
import sys
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.producer import sender

INPUT = "echo-in"
OUTPUT = "echo-out"
POSITIONS = "echo-positions"

# As in the worker: a lone producer would otherwise wait 20 ms after each commit.
sender.BACKOFF_OVERRIDE = 0.003


async def echo(bootstrap: str, prefix: str, partition: int) -> None:
    """Echo one partition until cancelled."""
    place = TopicPartition(prefix + INPUT, partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        transactional_id=f"{prefix}echo-{partition}",
        acks="all",
        retry_backoff_ms=10,
    )
    await consumer.start()
    await producer.start()
    consumer.assign([place])
    await consumer.seek_to_beginning(place)
    try:
        while True:
            records = (await consumer.getmany(place, timeout_ms=500)).get(place, [])
            if not records:
                continue
            async with producer.transaction():
                sent = [
                    await producer.send(
                        prefix + OUTPUT, record.value, record.key, partition=partition
                    )
                    for record in records
                ]
                sent.append(
                    await producer.send(
                        prefix + POSITIONS,
                        str(records[-1].offset + 1).encode(),
                        b"position",
                        partition=partition,
                    )
                )
                await asyncio.gather(*sent)
    finally:
        await producer.stop()
        await consumer.stop()


async def main(bootstrap: str, prefix: str, partitions: Sequence[int]) -> None:
    """Echo several partitions in one process."""
    await asyncio.gather(*(echo(bootstrap, prefix, partition) for partition in partitions))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], [int(number) for number in sys.argv[3:]]))
