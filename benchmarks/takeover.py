"""From kill -9 of one of two workers until the other works on all partitions.

    python -m benchmarks.takeover [--bootstrap HOST:PORT] [--leads 100000]

All leads are open: their clocks run and nothing is due. The figure stands beside the
session timeout, which has to pass before the group notices.
"""

import argparse
import asyncio
import re
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

import orjson
from aiokafka import AIOKafkaProducer

from benchmarks.stage import PARTITIONS, WORKER, children, prepare, wait_ready
from schemas.instants import format_instant
from schemas.topics import partition_of
from streams.runtime.wall import wall_now
from tests.support.broker import running_broker

SESSION_SECONDS = 6
PORTS = (19_480, 19_481)
POLICY = """\
agreement: takeover
version: 1
effective_from: 2020-01-01T00:00:00Z
calendars:
  always: {zone: UTC, hours: {mon-sun: ["00:00-24:00"]}}
teams:
  nord: {calendar: always, reps: [rep-anna]}
sales:
  - {id: speed, clock: speed, target: PT1000H}
  - {id: depth, clock: depth, within: PT2000H, min_attempts: 6}
"""
_OWNED = re.compile(r"^leadclock_partition_owned\{[^}]*\} 1(?:\.0)?$", re.MULTILINE)
_FACTS = re.compile(r'^leadclock_facts_total\{topic="handed-off"\} (\S+)$', re.MULTILINE)


def metrics(port: int) -> str:
    """Read a worker's metrics; empty while it has none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text
    except OSError:
        return ""


async def load(bootstrap: str, prefix: str, leads: int) -> None:
    """Hand off so many leads."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=20)
    await producer.start()
    for number in range(leads):
        lead = f"lead-{number}"
        told = {
            "event_id": f"e{number}",
            "lead_id": lead,
            "occurred_at": format_instant(wall_now()),
            "team_id": "nord",
            "rep_id": "rep-anna",
        }
        await producer.send(
            prefix + "handed-off",
            orjson.dumps(told),
            lead.encode(),
            partition=partition_of(lead.encode(), PARTITIONS),
        )
    await producer.stop()


def until_read(leads: int) -> None:
    """Wait until the workers have read every hand-off."""
    while True:
        found = [_FACTS.search(metrics(port)) for port in PORTS]
        if sum(float(one[1]) for one in found if one) >= leads:
            return
        time.sleep(0.5)


def run(bootstrap: str, leads: int) -> None:
    """Load, kill one, and say how long the other took."""
    prefix = f"takeover{uuid.uuid4().hex[:8]}-"
    env = {
        "LEADCLOCK_BOOTSTRAP_SERVERS": bootstrap,
        "LEADCLOCK_TOPIC_PREFIX": prefix,
        "LEADCLOCK_SESSION_TIMEOUT": str(SESSION_SECONDS),
    }
    prepare(env, POLICY)
    envs = [{**env, "LEADCLOCK_HTTP_PORT": str(port)} for port in PORTS]
    with children([WORKER] * 2, envs) as workers:
        wait_ready(PORTS)
        asyncio.run(load(bootstrap, prefix, leads))
        until_read(leads)
        time.sleep(2)
        workers[0].kill()
        killed = time.monotonic()
        while len(_OWNED.findall(metrics(PORTS[1]))) < PARTITIONS:
            time.sleep(0.02)
        wait_ready(PORTS[1:])
        took = time.monotonic() - killed
    print(f"{leads:,} open leads, {PARTITIONS} partitions, half of them taken over")
    print(f"kill -9 to ready on all partitions: {took:.2f} s")
    print(
        f"of it beyond the session timeout of {SESSION_SECONDS} s: {took - SESSION_SECONDS:.2f} s"
    )


def main() -> None:
    """Read the flags and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bootstrap", help="a real Kafka; without it one is started")
    parser.add_argument("--leads", type=int, default=100_000)
    chosen = parser.parse_args()
    if chosen.bootstrap:
        run(chosen.bootstrap, chosen.leads)
        return
    with tempfile.TemporaryDirectory() as folder, running_broker(Path(folder)) as bootstrap:
        run(bootstrap, chosen.leads)


if __name__ == "__main__":
    main()
