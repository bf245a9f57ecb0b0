"""An app on a real broker, as tests see it: tell facts, run workers, read what came out."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.instants import SECOND, Instant, format_instant
from schemas.topics import partition_of
from streams.config import Settings
from streams.runtime.admin import ensure_topics

PARTITIONS = 2
SESSION_SECONDS = 3
_LISTENING = re.compile(r"listening url=(\S+)")


@dataclass(frozen=True, slots=True)
class Read:
    """A record as an outsider reads it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def told(self) -> dict[str, Any]:
        """The value as JSON."""
        assert self.value is not None
        told: dict[str, Any] = orjson.loads(self.value)
        return told


class Worker:
    """A worker in a process of its own."""

    def __init__(self, env: Mapping[str, str], log: Path, *, faust: bool = False) -> None:
        """Start it.

        Args:
            env: Its settings.
            log: Where its log goes.
            faust: Start it as Faust's own command would.
        """
        command = [sys.executable, "-m", "streams.cli", "worker"]
        if faust:
            command = [
                sys.executable,
                "-m",
                "faust",
                "-A",
                "streams.worker",
                "worker",
                "-l",
                "info",
            ]
        self._log = log
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**_inherited(), "LEADCLOCK_HTTP_PORT": "0", **env},
            )

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def url(self) -> str:
        """Where its HTTP door is; empty while it has none."""
        found = _LISTENING.search(self.log)
        return "" if found is None else found[1]

    def get(self, path: str) -> tuple[int, str]:
        """Ask its HTTP door; 0 while it has none."""
        if not self.url:
            return 0, ""
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    async def until(self, holds: Callable[[], bool], within: float = 20.0) -> None:
        """Wait until something holds; fail with the log if the worker ends before."""
        deadline = time.monotonic() + within
        while not holds():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            await asyncio.sleep(0.05)

    async def until_ready(self) -> None:
        """Wait until it says that it is ready."""
        await self.until(lambda: self.get("/-/ready")[0] == 200)

    async def until_ended(self, within: float = 20.0) -> int:
        """Wait until it ends by itself, and tell its exit code."""
        code: int = await asyncio.wait_for(asyncio.to_thread(self._process.wait), within)
        return code

    async def stop(self) -> int:
        """Ask it to stop, and tell its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return await self.until_ended(10.0)

    async def kill(self) -> None:
        """Kill it without a word."""
        self._process.kill()
        await self.until_ended()

    def end(self) -> None:
        """Leave nothing behind."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LEADCLOCK_")}


@dataclass(slots=True)
class Floor:
    """One app with topics of its own."""

    settings: Settings
    env: dict[str, str]
    directory: Path
    workers: list[Worker] = field(default_factory=list)
    _told: int = 0

    def worker(self, *, faust: bool = False, **settings: str) -> Worker:
        """Start a worker; settings by lower case name."""
        env = {**self.env, **_variables(settings)}
        log = self.directory / f"worker-{len(self.workers)}.log"
        worker = Worker(env, log, faust=faust)
        self.workers.append(worker)
        return worker

    async def tell(self, *facts: "Told") -> None:
        """Put facts on their topics, in order, and wait until they are there."""
        producer = AIOKafkaProducer(bootstrap_servers=list(self.settings.bootstrap_servers))
        await producer.start()
        try:
            sent = [
                await producer.send(
                    self.settings.topic(fact.topic),
                    value=fact.value,
                    key=fact.key,
                    partition=partition,
                    timestamp_ms=None if fact.recorded_at is None else fact.recorded_at // 1000,
                )
                for fact in facts
                for partition in fact.partitions(self.settings.partitions)
            ]
            for one in sent:
                await one
        finally:
            await producer.stop()

    async def publish(self, body: Mapping[str, Any], at: Instant | None = None) -> None:
        """Publish an agreement to every partition, recorded at an instant."""
        await self.tell(control("policy-published", at, **_published(body)))

    async def read(self, topic: str) -> list[Read]:
        """Read all that is committed on a topic, partition by partition."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=list(self.settings.bootstrap_servers),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        await consumer.start()
        try:
            full = self.settings.topic(topic)
            places = [TopicPartition(full, number) for number in range(self.settings.partitions)]
            ends = await consumer.end_offsets(places)
            consumer.assign(places)
            for place in places:
                consumer.seek(place, 0)
            read = []
            left = {place for place in places if ends[place]}
            while left:
                for records in (await consumer.getmany(*left, timeout_ms=100)).values():
                    read += [_read(topic, record) for record in records]
                left = {place for place in left if await consumer.position(place) < ends[place]}
        finally:
            await consumer.stop()
        return sorted(read, key=lambda one: (one.partition, one.offset))

    async def until_read(
        self, topic: str, holds: Callable[[list[Read]], bool], within: float = 15.0
    ) -> list[Read]:
        """Read a topic again and again until what is there satisfies."""
        deadline = time.monotonic() + within
        while True:
            read = await self.read(topic)
            if holds(read):
                return read
            assert time.monotonic() < deadline, [one.value for one in read]
            await asyncio.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Told:
    """A record to be put on an input.

    Attributes:
        partition: None: where murmur2 of the key puts it; -1: on every one.
        recorded_at: The record's timestamp; None: now.
    """

    topic: str
    value: bytes | None
    key: bytes | None
    recorded_at: Instant | None = None
    partition: int | None = None

    def partitions(self, number: int) -> list[int]:
        """Tell on which partitions it goes."""
        if self.partition == -1:
            return list(range(number))
        if self.partition is not None:
            return [self.partition]
        return [partition_of(self.key or b"", number)]


def fact(
    topic: str, lead_id: str, at: Instant, recorded_at: Instant | None = None, **fields: Any
) -> Told:
    """Tell a fact of a lead that occurred at an instant and is recorded then, or later."""
    value = {
        "event_id": fields.pop("event_id", f"{topic}:{lead_id}:{at}")[:64],
        "lead_id": lead_id,
        "occurred_at": format_instant(at),
        **fields,
    }
    return Told(topic, orjson.dumps(value), lead_id.encode(), recorded_at or at)


def control(kind: str, at: Instant | None, **fields: Any) -> Told:
    """Tell a control fact to every partition."""
    occurred_at = _now() if at is None else at
    value = {
        "type": kind,
        "event_id": f"{kind}:{occurred_at}",
        "occurred_at": format_instant(occurred_at),
        **fields,
    }
    return Told("sla-control", orjson.dumps(value), kind.encode(), occurred_at, -1)


def agreement(version: int = 1, **changes: Any) -> dict[str, Any]:
    """Build a resolved agreement: speed within two seconds, round the clock, settled in one."""
    return {
        "agreement": "Test",
        "version": version,
        "effective_from": "2020-01-01T00:00:00Z",
        "settle": "PT1S",
        "calendars": {"always": {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}}},
        "teams": {"nord": {"calendar": "always", "reps": ["anna"]}},
        "sales": [{"id": "speed", "clock": "speed", "target": "PT2S"}],
        **changes,
    }


def speed_within(text: str) -> list[dict[str, str]]:
    """Give the ``sales`` side of an agreement: one commitment."""
    return [{"id": "speed", "clock": "speed", "target": text}]


async def open_floor(bootstrap: str, prefix: str, directory: Path, **settings: str) -> Floor:
    """Make an app's topics.

    Args:
        bootstrap: The broker.
        prefix: Of the topics.
        directory: For logs.
        settings: More settings by lower case name.
    """
    env = {
        "LEADCLOCK_BOOTSTRAP_SERVERS": bootstrap,
        "LEADCLOCK_TOPIC_PREFIX": prefix,
        "LEADCLOCK_PARTITIONS": str(PARTITIONS),
        "LEADCLOCK_SESSION_TIMEOUT": str(SESSION_SECONDS),
        **_variables(settings),
    }
    floor = Floor(Settings.from_env(env), env, directory)
    await ensure_topics(floor.settings)
    return floor


@contextmanager
def closing(floor: Floor) -> Iterator[Floor]:
    """End the workers of a floor whatever happens."""
    try:
        yield floor
    finally:
        for worker in floor.workers:
            worker.end()


def _variables(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"LEADCLOCK_{name.upper()}": value for name, value in settings.items()}


def _published(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": body["version"],
        "effective_from": body["effective_from"],
        "body": dict(body),
    }


def _read(topic: str, record: Any) -> Read:
    headers = {name: value.decode() for name, value in record.headers}
    return Read(topic, record.partition, record.offset, record.key, record.value, headers)


def _now() -> Instant:
    return int(time.time_ns() // 1000)  # noqa: TID251 - tests on a real broker live in real time


def now() -> Instant:
    """Read the wall clock, cut to a millisecond as record timestamps are."""
    return _now() // 1000 * 1000


def seconds(number: float) -> int:
    """Give a length in microseconds."""
    return round(number * SECOND)
