"""The bare job: the least that measures response time exactly once, on plain aiokafka.

No agreement, no calendar, no second thoughts: per lead when it was created, handed off
and first attempted, by whom and how often; per rep and hour a count and a sum. What
changed of each lead, the breaches and the positions leave in one transaction every
100 ms. It ends once it has read so many facts, and waits to be ended.

    python -m benchmarks.bare_job BOOTSTRAP PREFIX TOTAL
"""

import asyncio
import struct
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.producer import sender

from streams.runtime.wall import wall_now

INPUTS: Final = ("lead-created", "handed-off", "contact-attempt", "lead-closed")
STATE: Final = "bare-state"
BREACHES: Final = "bare-breaches"
TARGET_SECONDS: Final = 4 * 3_600
COMMIT_SECONDS: Final = 0.1
_HOUR: Final = 3_600
_BATCH_BYTES: Final = 512 * 1024
_PACKED: Final = struct.Struct("<dddHH")

# As in the worker: a lone producer would otherwise wait 20 ms after each commit.
sender.BACKOFF_OVERRIDE = 0.003


class Lead:
    """What the bare job keeps of a lead."""

    __slots__ = ("attempts", "created_at", "first_at", "handed_at", "rep_id")

    def __init__(self) -> None:
        """Know nothing yet."""
        self.created_at = self.handed_at = self.first_at = 0.0
        self.rep_id: str | None = None
        self.attempts = 0

    def packed(self) -> bytes:
        """Write it for the changelog."""
        rep = int(self.rep_id[4:]) if self.rep_id else 0
        return _PACKED.pack(self.created_at, self.handed_at, self.first_at, self.attempts, rep)


class Job:
    """All leads, and the sums of their reps."""

    def __init__(self) -> None:
        """Begin with no lead."""
        self.leads: dict[bytes, Lead] = {}
        self.reps: dict[tuple[str | None, int], list[float]] = {}
        self.breaches: list[tuple[bytes, bytes]] = []

    def take(self, topic: str, key: bytes, value: bytes) -> None:
        """Take one fact."""
        told = orjson.loads(value)
        at = datetime.fromisoformat(told["occurred_at"]).timestamp()
        lead = self.leads.get(key)
        if lead is None:
            lead = self.leads[key] = Lead()
        if topic == "contact-attempt":
            lead.attempts += 1
            if not lead.first_at:
                lead.first_at = at
                if lead.handed_at:
                    self._answered(key, lead)
        elif topic == "handed-off":
            if not lead.handed_at:
                lead.handed_at, lead.rep_id = at, told.get("rep_id")
                if lead.first_at:
                    self._answered(key, lead)
        elif topic == "lead-created":
            lead.created_at = at

    def _answered(self, key: bytes, lead: Lead) -> None:
        took = lead.first_at - lead.handed_at
        sums = self.reps.setdefault((lead.rep_id, int(lead.first_at // _HOUR)), [0.0, 0.0])
        sums[0] += 1
        sums[1] += took
        if took > TARGET_SECONDS:
            told = {"lead_id": key.decode(), "rep_id": lead.rep_id, "took": took}
            self.breaches.append((key, orjson.dumps(told)))


async def run(bootstrap: str, prefix: str, total: int) -> None:
    """Work until so many facts are committed."""
    consumer = AIOKafkaConsumer(
        *(prefix + name for name in INPUTS),
        bootstrap_servers=bootstrap,
        group_id=prefix + "bare",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        fetch_max_wait_ms=50,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        transactional_id=prefix + "bare",
        acks="all",
        linger_ms=20,
        max_batch_size=_BATCH_BYTES,
        retry_backoff_ms=10,
    )
    await consumer.start()
    await producer.start()
    print("ready", flush=True)
    job, read = Job(), 0
    names = {prefix + name: name for name in INPUTS}
    while read < total:
        offsets: dict[TopicPartition, int] = {}
        began = time.monotonic()
        async with producer.transaction():
            while time.monotonic() - began < COMMIT_SECONDS:
                for place, records in (await consumer.getmany(timeout_ms=50)).items():
                    read += len(records)
                    offsets[place] = records[-1].offset + 1
                    await _take(job, producer, names[place.topic], (prefix, place), records)
            if offsets:
                await producer.send_offsets_to_transaction(offsets, prefix + "bare")
    print("done", wall_now(), flush=True)
    await asyncio.Event().wait()


async def _take(
    job: Job,
    producer: AIOKafkaProducer,
    topic: str,
    to: tuple[str, TopicPartition],
    records: Sequence[ConsumerRecord],
) -> None:
    """Take the records of one fetch and hand over what follows from them."""
    prefix, place = to
    touched: dict[bytes, None] = {}
    for record in records:
        job.take(topic, record.key, record.value)
        touched[record.key] = None
    rows = [(key, job.leads[key].packed()) for key in touched]
    await _send(producer, prefix + STATE, place.partition, rows)
    if job.breaches:
        await _send(producer, prefix + BREACHES, place.partition, job.breaches)
        job.breaches.clear()


async def _send(
    producer: AIOKafkaProducer, topic: str, partition: int, rows: list[tuple[bytes, bytes]]
) -> None:
    batch = producer.create_batch()
    for key, value in rows:
        if batch.append(key=key, value=value, timestamp=None) is None:
            batch.close()
            await producer.send_batch(batch, topic, partition=partition)
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None)
    batch.close()
    await producer.send_batch(batch, topic, partition=partition)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3])))
