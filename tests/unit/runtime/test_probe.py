"""The prober: whose turn it is, what it tells, and what it counts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from prometheus_client import CollectorRegistry

from schemas.codec import decode
from schemas.instants import SECOND, parse_instant
from schemas.topics import INPUTS
from streams.config import Settings
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.errors import ConfigurationError
from streams.metrics.probes import ProbeCounts
from streams.runtime.broker import Place
from streams.runtime.probe import Prober
from streams.runtime.sender import Sender
from tests.support.floor import agreement
from tests.support.memory_broker import MemoryBroker

if TYPE_CHECKING:
    from streams.runtime.partition import Partition

PARTITIONS = 4
NOW = parse_instant("2026-03-02T10:00:00Z")
"""A round minute; partition 0 has its turn."""
TURN = NOW // (60 * SECOND) % PARTITIONS


class Ear:
    """Hears what it is told to hear."""

    def __init__(self, *, hears: bool = True) -> None:
        """Hear everything, or nothing."""
        self.hears = hears
        self.places: list[Place] = []
        self.keys: list[bytes] = []

    @asynccontextmanager
    async def listening(self, place: Place) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
        """Listen."""
        self.places.append(place)

        async def heard(key: bytes) -> None:
            self.keys.append(key)
            if not self.hears:
                await asyncio.Event().wait()

        yield heard


class Stage:
    """A prober, and what it touches."""

    def __init__(self, ear: Ear, *, every: str = "60", body: dict[str, Any] | None = None) -> None:
        """Own all partitions, at NOW."""
        self.settings = Settings.from_env(
            {
                "LEADCLOCK_BOOTSTRAP_SERVERS": "kafka:9092",
                "LEADCLOCK_PARTITIONS": str(PARTITIONS),
                "LEADCLOCK_PROBE": every,
            }
        )
        self.registry, self.broker = CollectorRegistry(), MemoryBroker()
        policies = Policies().with_policy(policy_of(body or agreement()), 0)
        book = SimpleNamespace(policies=policies)
        self.owned = [
            SimpleNamespace(frame=SimpleNamespace(number=number), book=book)
            for number in range(PARTITIONS)
        ]
        self.now = NOW
        self.prober = Prober(
            owned=lambda: cast("list[Partition]", self.owned),
            sender=Sender(self.settings, self.broker),
            listener=ear,
            counts=ProbeCounts(self.registry, NOW - 1),
            wall=lambda: self.now,
        )

    def told(self) -> Iterator[tuple[int, str, str]]:
        """List partition, type and lead of all that was told."""
        for place, log in self.broker.logs.items():
            for entry in log:
                if entry.record is not None and place.topic in INPUTS:
                    fact: Any = decode(entry.record.value, topic=place.topic)
                    yield place.partition, fact.TYPE, fact.lead_id

    def count(self, name: str, **labels: str) -> float | None:
        """Read a metric."""
        return self.registry.get_sample_value(name, labels)


async def test_a_synthetic_lead_is_told_heard_and_forgotten() -> None:
    """All of its facts on the partition whose turn it is, the erasing last."""
    ear = Ear()
    stage = Stage(ear)
    await stage.prober.turn()

    told = list(stage.told())
    (lead_id,) = {lead for _, _, lead in told}
    assert lead_id.startswith("synthetic:")
    assert {number for number, _, _ in told} == {TURN}
    assert {kind for _, kind, _ in told} == {
        "lead-created",
        "handed-off",
        "contact-attempt",
        "lead-erased",
    }
    assert ear.places == [Place("sla-verdicts", TURN)]
    assert ear.keys == [lead_id.encode()]
    assert stage.count("leadclock_probes_total", outcome="answered") == 1
    assert stage.count("leadclock_probe_seconds_count") == 1
    assert stage.count("leadclock_probe_last_answered_timestamp_seconds") == NOW / SECOND


async def test_each_minute_another_partition_has_its_turn() -> None:
    """Four minutes, four partitions; nobody probes what somebody else owns."""
    ear = Ear()
    stage = Stage(ear)
    for minute in range(PARTITIONS):
        stage.now = NOW + minute * 60 * SECOND
        await stage.prober.turn()
    everywhere = {place.partition for place in ear.places}
    stage.owned = stage.owned[:1]
    for minute in range(PARTITIONS):
        stage.now = NOW + minute * 60 * SECOND
        await stage.prober.turn()

    assert everywhere == set(range(PARTITIONS))
    assert len(ear.places) == PARTITIONS + 1


async def test_silence_is_counted_and_the_lead_forgotten() -> None:
    """No verdict within the time: unanswered, the instant of the last answer stays."""
    stage = Stage(Ear(hears=False), every="0.05")
    stage.owned = [one for one in stage.owned if one.frame.number == NOW // 50_000 % PARTITIONS]
    await stage.prober.turn()

    assert stage.count("leadclock_probes_total", outcome="answered") == 0
    assert stage.count("leadclock_probes_total", outcome="unanswered") == 1
    assert stage.count("leadclock_probe_last_answered_timestamp_seconds") == (NOW - 1) / SECOND
    assert "lead-erased" in {kind for _, kind, _ in stage.told()}


async def test_a_broker_that_takes_nothing_is_counted() -> None:
    """The facts cannot be told: unanswered, and the worker lives on."""
    stage = Stage(Ear())
    for topic in INPUTS:
        stage.broker.refuse.add(Place(topic, TURN))
    await stage.prober.turn()

    assert stage.count("leadclock_probes_total", outcome="unanswered") == 1


async def test_an_agreement_that_cannot_be_probed_is_no_failure() -> None:
    """Nothing that is promised ends by reaching a lead: nothing is told or counted."""
    gate = {"id": "g", "clock": "gate", "min_score": 50}
    stage = Stage(Ear(), body=agreement(sales=[], marketing=[gate]))
    await stage.prober.turn()

    assert list(stage.told()) == []
    assert stage.count("leadclock_probes_total", outcome="unanswered") == 0


def test_histories_are_not_probed() -> None:
    """How long it takes is a matter of the wall clock."""
    with pytest.raises(ConfigurationError, match="LEADCLOCK_PROBE is set"):
        Settings.from_env(
            {
                "LEADCLOCK_BOOTSTRAP_SERVERS": "kafka:9092",
                "LEADCLOCK_PROBE": "60",
                "LEADCLOCK_TIME": "facts",
            }
        )
