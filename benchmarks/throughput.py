"""Facts per CPU second: a whole worker beside a plain aiokafka loop with the bare job.

    python -m benchmarks.throughput [--bootstrap HOST:PORT] [--leads 10000] [--least 0.5]

Both commit transactions on the same real Kafka and read the same facts, eight
partitions each, in turn. The worker judges three clocks a lead in business hours, with
warnings, escalation, windows, open leads and scorecards. What counts is the processor
time of the process from ready until all is committed. Needs Linux: it reads /proc.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.bare_job import BREACHES, INPUTS, STATE
from benchmarks.stage import PARTITIONS, WORKER, children, prepare, wait_ready
from schemas.instants import HOUR, MINUTE, SECOND, Instant, format_instant
from schemas.topics import partition_of
from streams.runtime.wall import wall_now
from tests.support.broker import running_broker

REPS: Final = 200
PATIENCE_SECONDS: Final = 600
_PORT: Final = 19_480
_SEED: Final = 1
_MARK: Final = "leadclock_facts_total{"

POLICY: Final = """\
agreement: throughput
version: 1
effective_from: 2020-01-01T00:00:00Z
default_calendar: floor
calendars:
  floor: {zone: Europe/Amsterdam, hours: {mon-sun: ["00:00-12:00", "12:30-24:00"]}}
teams: {}
escalation:
  - {at: 100%, to: team_lead}
sales:
  - {id: speed, clock: speed, target: PT4H, warn_at: [50%, 75%]}
  - {id: lead-speed, clock: speed_to_lead, calendar: floor, target: PT8H}
  - {id: depth, clock: depth, within: PT20H, min_attempts: 3}
"""


def told(leads: int, now: Instant) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Make up a day: each lead is created, mostly handed off, called one to six times."""
    random = Random(_SEED)  # noqa: S311 - the same day each time, no secret
    facts: list[tuple[Instant, str, str, dict[str, Any]]] = []
    for number in range(leads):
        lead, rep = f"lead-{number:08}", f"rep-{random.randrange(REPS):04}"
        at = now - 20 * HOUR + random.randrange(18 * HOUR)
        facts.append((at, "lead-created", lead, {"source": random.choice(("website", "fair"))}))
        if random.random() < 0.05:  # noqa: PLR2004 - nobody gets these
            continue
        at += random.randrange(10 * MINUTE)
        facts.append((at, "handed-off", lead, {"team_id": f"team-{rep[-1]}", "rep_id": rep}))
        for _ in range(1 + min(5, int(random.expovariate(0.5)))):
            at += int(random.expovariate(1 / (20 * MINUTE)))
            outcome = "connected" if random.random() < 0.3 else "no_answer"  # noqa: PLR2004
            more = {"channel": "call", "rep_id": rep, "outcome": outcome, "evidence": "system"}
            facts.append((at, "contact-attempt", lead, more))
    facts = [one for one in facts if one[0] < now]
    facts.sort(key=lambda one: one[:3])
    for number, (at, topic, lead, more) in enumerate(facts):
        fact = {"event_id": f"e{number}", "lead_id": lead, "occurred_at": format_instant(at)}
        yield topic, lead.encode(), {**fact, **more}


async def load(bootstrap: str, prefix: str, facts: list[tuple[str, bytes, bytes]]) -> None:
    """Write all facts as fast as the broker takes them."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=20)
    await producer.start()
    for topic, key, value in facts:
        where = partition_of(key, PARTITIONS)
        await producer.send(prefix + topic, value, key, partition=where)
    await producer.flush()
    await producer.stop()


async def create(bootstrap: str, names: list[str]) -> None:
    """Create the bare job's topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    await admin.close()


def cpu_seconds(process: int) -> float:
    """Read what a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def facts_committed() -> int:
    """Ask the worker how many facts it has accepted and committed."""
    with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines if line.startswith(_MARK))


def wait(is_done: Callable[[], bool]) -> None:
    """Look once a second, which costs a worker little."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        if time.monotonic() > until:
            raise SystemExit(f"not done within {PATIENCE_SECONDS} s")
        time.sleep(1)


def worker(bootstrap: str, leads: int) -> tuple[int, float]:
    """Measure a worker: facts, and processor seconds."""
    prefix = f"bench{uuid.uuid4().hex[:8]}-"
    env = {
        "LEADCLOCK_BOOTSTRAP_SERVERS": bootstrap,
        "LEADCLOCK_TOPIC_PREFIX": prefix,
        "LEADCLOCK_WRITER": "transactions",
        "LEADCLOCK_HTTP_PORT": str(_PORT),
    }
    prepare(env, POLICY)
    facts = _encoded(leads)
    with children([WORKER], [env]) as [process]:
        wait_ready([_PORT])
        before = cpu_seconds(process.pid)
        asyncio.run(load(bootstrap, prefix, facts))
        wait(lambda: facts_committed() >= len(facts))
        return len(facts), cpu_seconds(process.pid) - before


def bare(bootstrap: str, leads: int) -> tuple[int, float]:
    """Measure the bare job likewise."""
    prefix = f"bench{uuid.uuid4().hex[:8]}-"
    facts = _encoded(leads)
    asyncio.run(create(bootstrap, [prefix + name for name in (*INPUTS, STATE, BREACHES)]))
    command = [sys.executable, "-m", "benchmarks.bare_job", bootstrap, prefix, str(len(facts))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            _read(process, "ready")
            before = cpu_seconds(process.pid)
            asyncio.run(load(bootstrap, prefix, facts))
            _read(process, "done")
            return len(facts), cpu_seconds(process.pid) - before
        finally:
            process.terminate()


def _read(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith(word):
        raise SystemExit(f"the bare job said {line!r} instead of {word}")


def _encoded(leads: int) -> list[tuple[str, bytes, bytes]]:
    facts = told(leads, wall_now() // SECOND * SECOND)
    return [(topic, key, orjson.dumps(fact)) for topic, key, fact in facts]


def run(bootstrap: str, leads: int, rounds: int) -> float:
    """Measure both in turn, print them side by side, and give the ratio."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, measure in (("bare job on aiokafka", bare), ("leadclock worker", worker)):
            facts, used = measure(bootstrap, leads)
            print(f"{name:<24}{facts:>9,} facts{used:>8.2f} CPU s{facts / used:>10,.0f} a CPU s")
            best[name] = max(best.get(name, 0.0), facts / used)
    ratio = best["leadclock worker"] / best["bare job on aiokafka"]
    print(f"the worker does {ratio:.3f} of the bare job's facts in a CPU second")
    return ratio


def main() -> int:
    """Read the flags and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bootstrap", help="a real Kafka; without it one is started")
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1, help="the best of so many counts")
    parser.add_argument("--least", type=float, help="exit with 1 below this ratio")
    chosen = parser.parse_args()
    if chosen.bootstrap:
        ratio = run(chosen.bootstrap, chosen.leads, chosen.rounds)
    else:
        with tempfile.TemporaryDirectory() as folder, running_broker(Path(folder)) as bootstrap:
            ratio = run(bootstrap, chosen.leads, chosen.rounds)
    return 1 if chosen.least is not None and ratio < chosen.least else 0


if __name__ == "__main__":
    sys.exit(main())
