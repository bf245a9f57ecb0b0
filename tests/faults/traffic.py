"""A busy floor that goes on whatever breaks: every fact is sent until it is acknowledged."""

import asyncio
import contextlib
import heapq
import time
from collections import deque
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer

from schemas.instants import SECOND, format_instant
from schemas.topics import partition_of
from streams.runtime.wall import wall_now

AGREEMENT: Final = """\
agreement: chaos
version: 1
effective_from: 2020-01-01T00:00:00Z
settle: PT2S
false_close: PT1S
double_dial: PT0S
calendars:
  always: {zone: UTC, hours: {mon-sun: ["00:00-24:00"]}}
teams:
  nord: {calendar: always, reps: [rep-1, rep-2, rep-3]}
  sued: {calendar: always, reps: [rep-4, rep-5]}
sales:
  - {id: speed, clock: speed, target: PT3S, warn_at: [50, 75]}
  - {id: lead-speed, clock: speed_to_lead, calendar: always, target: PT6S}
  - {id: depth, clock: depth, within: PT5S, min_attempts: 2, max_attempts: 3}
"""
LAST_DUE_SECONDS: Final = 6 + 2 + 1
"""After the last fact every clock has been due, settled and closed for good."""

Sent = tuple[str, bytes, bytes]
"""Topic, key and value."""
FACTS_OF_A_LEAD: Final = 5
"""About: created, handed off, attempts, a reassignment or a close now and then."""
_REFUSED_IN: Final = 400
_BATCH_SECONDS: Final = 0.02


class Floor:
    """Makes facts: leads that are answered in time, late, hardly or never."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._heap: list[tuple[float, int, str, str, dict[str, Any]]] = []
        self._number = 0

    def due(self, now: float, budget: int) -> Iterator[Sent]:
        """Give what happens up to now, new leads included, at most so many facts."""
        for _ in range(budget):
            if not self._heap or self._heap[0][0] > now:
                self._new_lead(now)
            at, _, topic, lead, fields = heapq.heappop(self._heap)
            self._number += 1
            told = {
                "event_id": f"e{self._number}",
                "lead_id": lead,
                "occurred_at": format_instant(wall_now() - int(max(0, now - at) * SECOND)),
                **fields,
            }
            value = orjson.dumps(told)
            if self._number % _REFUSED_IN == 0:
                value = value[:-1]
            yield topic, lead.encode(), value

    def _new_lead(self, now: float) -> None:
        rng = self._random
        self._number += 1
        lead = f"lead-{self._number}"
        team, rep = rng.choice((("nord", "rep-1"), ("nord", "rep-2"), ("sued", "rep-4")))
        self._later(now, "lead-created", lead, source=rng.choice(("website", "fair")))
        handed_at = now + rng.uniform(0, 0.5)
        self._later(handed_at, "handed-off", lead, team_id=team, rep_id=rep)
        if rng.random() < 0.1:
            self._later(handed_at + rng.uniform(0, 4), "handed-off", lead, team_id="sued")
        at = handed_at
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4, 5))):
            at += rng.expovariate(0.5)
            told = {"channel": rng.choice(("call", "email")), "evidence": "system"}
            if rng.random() < 0.2:
                told["outcome"] = "connected"
            self._later(at, "contact-attempt", lead, **told)
        if rng.random() < 0.5:
            outcome = rng.choice(("won", "lost", "disqualified"))
            self._later(at + rng.uniform(0, 4), "lead-closed", lead, outcome=outcome)

    def _later(self, at: float, topic: str, lead: str, **fields: Any) -> None:
        self._number += 1
        heapq.heappush(self._heap, (at, self._number, topic, lead, fields))


class Traffic:
    """Sends at a rate until told to stop; what a broken producer held is sent again."""

    def __init__(self, bootstrap: str, prefix: str, partitions: int, rate: int, seed: int) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._partitions = partitions
        self._rate = rate
        self._floor = Floor(seed)
        self._unsent: deque[Sent] = deque()
        self._ended = False
        self.acknowledged = 0
        self.sent_again = 0
        self._more = asyncio.Condition()

    def stop(self) -> None:
        """Make no more facts; what is unacknowledged is still sent."""
        self._ended = True

    async def until(self, facts: int) -> None:
        """Wait until so many are acknowledged."""
        async with self._more:
            await self._more.wait_for(lambda: self.acknowledged >= facts)

    async def run(self) -> None:
        """Send until stopped and everything is acknowledged."""
        last = time.monotonic()
        owed = 0.0
        while not self._ended or self._unsent:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap, acks="all", request_timeout_ms=5_000
            )
            try:
                await producer.start()
                while not self._ended or self._unsent:
                    now = time.monotonic()
                    if not self._ended:
                        owed = min(owed + (now - last) * self._rate, self._rate)
                        self._unsent.extend(self._floor.due(now, int(owed)))
                        owed -= int(owed)
                    last = now
                    await self._send(producer)
                    await asyncio.sleep(_BATCH_SECONDS)
            except Exception:  # noqa: BLE001 - whatever broke: begin again, lose nothing
                await asyncio.sleep(0.5)
            finally:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(producer.stop(), 5)

    async def _send(self, producer: AIOKafkaProducer) -> None:
        batch = list(self._unsent)
        waiting = [
            await producer.send(
                self._prefix + topic, value, key, partition=partition_of(key, self._partitions)
            )
            for topic, key, value in batch
        ]
        results = await asyncio.gather(*waiting, return_exceptions=True)
        # A record whose fate is unknown is sent again: the same fact twice is one fact.
        kept = [one for one, result in zip(batch, results, strict=True) if _failed(result)]
        self._unsent = deque(kept)
        self.acknowledged += len(batch) - len(kept)
        self.sent_again += len(kept)
        async with self._more:
            self._more.notify_all()
        if kept:
            raise ConnectionError(f"{len(kept)} records were not acknowledged")


def _failed(result: object) -> bool:
    return isinstance(result, BaseException)


def environment(bootstrap: str, prefix: str) -> Mapping[str, str]:
    """Give the settings of a worker under chaos."""
    return {
        "LEADCLOCK_BOOTSTRAP_SERVERS": bootstrap,
        "LEADCLOCK_TOPIC_PREFIX": prefix,
        "LEADCLOCK_WRITER": "transactions",
        "LEADCLOCK_SESSION_TIMEOUT": "6",
    }
