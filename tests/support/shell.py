"""One partition and what it needs, without a broker."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.instants import SECOND, Instant, format_instant
from schemas.topics import INPUTS
from streams.config import Settings, TimeMode
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.runtime.control import Control
from streams.runtime.now import FactsNow, Now, WallNow
from streams.runtime.partition import Frame, Partition
from streams.runtime.transport import Batch

NOON: Instant = 1_772_000_000 * SECOND
SETTINGS = Settings(bootstrap_servers=("127.0.0.1:9",), topic_prefix="t-", partitions=1)


async def until(holds: Callable[[], bool]) -> None:
    """Let everything else run until something holds, two seconds at most."""
    async with asyncio.timeout(2):
        while not holds():  # noqa: ASYNC110 - what is tested offers no event
            await asyncio.sleep(0.001)


@dataclass(slots=True)
class Clock:
    """A wall clock that tests set."""

    at: Instant = NOON

    def __call__(self) -> Instant:
        """Tell the time."""
        return self.at


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record as aiokafka hands it in."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Bench:
    """A partition under test, and the inputs in front of it."""

    partition: Partition
    clock: Clock
    ends: dict[str, int] = field(default_factory=lambda: dict.fromkeys(INPUTS, 0))
    done: list[str] = field(default_factory=list)

    def bring(self, topic: str, *records: tuple[bytes | None, bytes | None, Instant]) -> None:
        """Append key, value and timestamp to an input and deliver them as one batch."""
        start = self.ends[topic]
        incoming = [
            Incoming(f"t-{topic}", 0, start + index, recorded_at // 1000, key, value)
            for index, (key, value, recorded_at) in enumerate(records)
        ]
        self.ends[topic] = start + len(records)
        self.deliver(topic, start, self.ends[topic], incoming)

    def deliver(self, topic: str, start: int, end: int, records: Sequence[Any] = ()) -> None:
        """Deliver a batch as it is."""
        batch = Batch(topic, 0, start, end, records, 1)
        self.partition.take(batch, lambda: self.done.append(f"{topic}:{end}"))

    def look(self) -> None:
        """Ask where the inputs end, as the pump does."""
        instant = self.partition.wanted()
        if instant is not None:
            self.partition.told_ends(instant, dict(self.ends))


def bench(
    time: TimeMode = TimeMode.WALL,
    *,
    control: Control | None = None,
    now: Instant | None = None,
    partitions: int = 1,
) -> Bench:
    """Build a partition on which nothing has come yet."""
    clock = Clock()
    kept = control or Control()
    positions = dict.fromkeys(INPUTS, 0)
    frame = Frame(
        number=0,
        partitions=partitions,
        time=time,
        names={name: f"t-{name}" for name in INPUTS},
        source="test",
        wall=clock,
    )
    told: Now = WallNow(positions, now)
    if time is TimeMode.FACTS:
        told = FactsNow(positions, now, kept.heartbeats)
    book = Book(Policies())
    book.now = now
    partition = Partition(frame, book=book, control=kept, now=told, positions=positions)
    return Bench(partition, clock)


def fact(lead_id: str, at: Instant, /, **fields: Any) -> tuple[bytes, bytes, Instant]:
    """Tell a fact of a lead as key, value and timestamp."""
    told = {
        "event_id": fields.pop("event_id", f"{lead_id}@{at}"),
        "lead_id": lead_id,
        "occurred_at": format_instant(at),
        **fields,
    }
    return lead_id.encode(), orjson.dumps(told), at


def handed_off(lead_id: str, at: Instant, **fields: Any) -> tuple[bytes, bytes, Instant]:
    """Tell a hand-off to Anna of team nord."""
    return fact(lead_id, at, team_id="nord", rep_id="anna", **fields)


def answered(lead_id: str, at: Instant, **fields: Any) -> tuple[bytes, bytes, Instant]:
    """Tell a call that a machine wrote down."""
    return fact(lead_id, at, channel="call", rep_id="anna", evidence="system", **fields)


def published(body: Mapping[str, Any], at: Instant) -> tuple[bytes, bytes, Instant]:
    """Tell that an agreement was published."""
    told = {
        "type": "policy-published",
        "event_id": f"policy-{body.get('version')}",
        "occurred_at": format_instant(at),
        "version": body.get("version", 1),
        "effective_from": body.get("effective_from", "2020-01-01T00:00:00Z"),
        "body": body,
    }
    return b"policy-published", orjson.dumps(told), at


def heartbeat(origin: str, complete_up_to: Instant) -> tuple[bytes, bytes, Instant]:
    """Tell that an origin is complete up to an instant."""
    told = {
        "type": "source-heartbeat",
        "event_id": f"{origin}@{complete_up_to}",
        "occurred_at": format_instant(complete_up_to),
        "origin": origin,
        "complete_up_to": format_instant(complete_up_to),
    }
    return b"source-heartbeat", orjson.dumps(told), complete_up_to
