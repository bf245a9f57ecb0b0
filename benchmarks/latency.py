"""From the append of a hand-off whose due has passed to its breach at a reader.

    python -m benchmarks.latency [--bootstrap HOST:PORT] [--rate 1000] [--seconds 30]

Two workers with transactions share eight partitions; facts come at the rate, and one
in ten is a hand-off whose due has already passed. The same rate then goes through two
processes of a bare transactional echo. Both are read by a read_committed consumer,
and both clocks start when the record is handed to its producer.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.echo import INPUT, OUTPUT, POSITIONS
from benchmarks.stage import PARTITIONS, WORKER, children, prepare, wait_ready
from schemas.instants import SECOND, Instant, format_instant
from schemas.topics import partition_of
from streams.runtime.wall import wall_now
from tests.support.broker import running_broker

WORKERS = 2
ONE_IN = 10
WARM_SECONDS = 5

POLICY = """\
agreement: latency
version: 1
effective_from: 2020-01-01T00:00:00Z
calendars:
  always: {zone: UTC, hours: {mon-sun: ["00:00-24:00"]}}
teams:
  nord: {calendar: always, reps: [rep-anna]}
sales:
  - {id: speed, clock: speed, target: PT1H}
"""


def fact(number: int, now: Instant) -> tuple[str, str, dict[str, object]]:
    """Make a fact: one in ten a hand-off two hours old, the others young leads' traffic."""
    if number % ONE_IN == 0:
        lead, topic, at = f"late-{number}", "handed-off", now - 7_200 * SECOND
        more: dict[str, object] = {"team_id": "nord", "rep_id": "rep-anna"}
    else:
        topics = ("lead-created", "handed-off", "contact-attempt")
        topic, at = topics[number % 3], now
        lead = f"lead-{number // (3 * ONE_IN)}-{number % ONE_IN // 3}"
        more = {"team_id": "nord"} if topic == "handed-off" else {"channel": "call"}
    told = {
        "event_id": f"e{number}",
        "lead_id": lead,
        "occurred_at": format_instant(at),
        **more,
    }
    return topic, lead, told


async def load(bootstrap: str, prefix: str, rate: int, seconds: int, *, echo: bool) -> None:
    """Send at a rate; each record carries when it was handed over."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
    await producer.start()
    began = time.monotonic()
    for number in range(rate * seconds):
        ahead = began + number / rate - time.monotonic()
        if ahead > 0:
            await asyncio.sleep(ahead)
        topic, lead, told = fact(number, wall_now())
        if echo:
            topic = INPUT
            lead = f"late-{number}" if number % ONE_IN == 0 else lead
        await producer.send(
            prefix + topic,
            orjson.dumps(told),
            lead.encode(),
            partition=partition_of(lead.encode(), PARTITIONS),
        )
    await producer.flush()
    await producer.stop()


async def listen(bootstrap: str, topic: str, expected: int, patience: float) -> dict[str, float]:
    """Note when each late lead's first record is seen."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    seen: dict[str, float] = {}
    until = time.monotonic() + patience
    while len(seen) < expected and time.monotonic() < until:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            at = wall_now() / SECOND
            for record in records:
                lead = record.key.decode()
                if lead.startswith("late-"):
                    seen.setdefault(lead, at)
    await consumer.stop()
    return seen


async def sent_at(bootstrap: str, topic: str) -> dict[str, float]:
    """Read when each late lead's record was handed over: its timestamp."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: dict[str, float] = {}
    while records := await consumer.getmany(timeout_ms=1_500, max_records=50_000):
        for batch in records.values():
            for record in batch:
                lead = record.key.decode()
                if lead.startswith("late-"):
                    found[lead] = record.timestamp / 1_000
    await consumer.stop()
    return found


async def measure(
    bootstrap: str, prefix: str, rate: int, seconds: int, *, echo: bool
) -> list[float]:
    """Send, listen, and give the latencies in seconds, ascending, without the warm-up."""
    topics = (INPUT, OUTPUT) if echo else ("handed-off", "speed-breaches")
    expected = rate * seconds // ONE_IN
    listening = asyncio.create_task(listen(bootstrap, prefix + topics[1], expected, seconds + 60))
    await asyncio.sleep(1)
    await load(bootstrap, prefix, rate, seconds, echo=echo)
    seen = await listening
    handed_over = await sent_at(bootstrap, prefix + topics[0])
    if len(seen) < expected:
        raise SystemExit(f"{expected - len(seen)} of {expected} never came")
    warm = min(handed_over.values()) + WARM_SECONDS
    return sorted(seen[lead] - at for lead, at in handed_over.items() if at >= warm)


def row(name: str, latencies: list[float]) -> str:
    """Write one row of the table, in milliseconds."""
    points = [latencies[int(len(latencies) * share)] * 1_000 for share in (0.5, 0.9, 0.99)]
    return f"{name:<28}" + "".join(f"{point:>9.1f}" for point in points) + f"{len(latencies):>9}"


async def create(bootstrap: str, names: Sequence[str]) -> None:
    """Create the echo's topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    await admin.close()


def run(bootstrap: str, rate: int, seconds: int) -> None:
    """Measure both and print them side by side."""
    prefix = f"bench{uuid.uuid4().hex[:8]}-"
    env = {
        "LEADCLOCK_BOOTSTRAP_SERVERS": bootstrap,
        "LEADCLOCK_TOPIC_PREFIX": prefix,
        "LEADCLOCK_WRITER": "transactions",
    }
    prepare(env, POLICY)
    ports = [19_470 + number for number in range(WORKERS)]
    with children([WORKER] * WORKERS, [{**env, "LEADCLOCK_HTTP_PORT": str(p)} for p in ports]):
        wait_ready(ports)
        ours = asyncio.run(measure(bootstrap, prefix, rate, seconds, echo=False))
    asyncio.run(create(bootstrap, [prefix + name for name in (INPUT, OUTPUT, POSITIONS)]))
    shares = [
        [str(number) for number in range(PARTITIONS) if number % WORKERS == mine]
        for mine in range(WORKERS)
    ]
    echoes = [
        [sys.executable, "-m", "benchmarks.echo", bootstrap, prefix, *share] for share in shares
    ]
    with children(echoes, [{}] * WORKERS):
        time.sleep(3)
        bare = asyncio.run(measure(bootstrap, prefix, rate, seconds, echo=True))
    print(f"{rate} facts/s, {PARTITIONS} partitions, {WORKERS} processes each; milliseconds")
    print(f"{'':<28}{'p50':>9}{'p90':>9}{'p99':>9}{'n':>9}")
    print(row("bare transactional echo", bare))
    print(row("late hand-off to breach", ours))
    ratios = [
        ours[int(len(ours) * share)] / bare[int(len(bare) * share)] for share in (0.5, 0.9, 0.99)
    ]
    print(f"{'times the echo':<28}" + "".join(f"{ratio:>9.2f}" for ratio in ratios))


def main() -> None:
    """Read the flags and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bootstrap", help="a real Kafka; without it one is started")
    parser.add_argument("--rate", type=int, default=1_000, help="facts a second")
    parser.add_argument("--seconds", type=int, default=30, help="of each measurement")
    chosen = parser.parse_args()
    if chosen.bootstrap:
        run(chosen.bootstrap, chosen.rate, chosen.seconds)
        return
    with tempfile.TemporaryDirectory() as folder, running_broker(Path(folder)) as bootstrap:
        run(bootstrap, chosen.rate, chosen.seconds)


if __name__ == "__main__":
    main()
