"""Partitions taken over, opened, held and let go."""

import asyncio

import pytest

from schemas.instants import HOUR, SECOND
from schemas.topics import INPUTS
from streams.config import Settings, TimeMode
from streams.errors import ConfigurationError
from streams.runtime.broker import Place
from streams.runtime.ends import Ends
from streams.runtime.owned import OwnedPartitions, Parts
from streams.runtime.partition import Partition, Step
from streams.runtime.position import KEY as POSITION_KEY
from streams.runtime.transactions import TransactionalWriter
from streams.runtime.transport import Batch
from tests.support.floor import agreement
from tests.support.memory_broker import MemoryBroker
from tests.support.shell import NOON, Clock, Incoming, handed_off, published, until

SETTINGS = Settings(bootstrap_servers=("127.0.0.1:9",), partitions=2)


class House:
    """An owner in front of a broker in memory."""

    def __init__(self, broker: MemoryBroker | None = None, settings: Settings = SETTINGS) -> None:
        """Own nothing."""
        self.broker = broker or MemoryBroker()
        self.clock = Clock()
        self.settings = settings
        self.steps: list[Step] = []
        self.owner = OwnedPartitions(
            Parts(
                settings=settings,
                broker=self.broker,
                writer=TransactionalWriter(settings, self.broker),
                ends=Ends(self.broker, settings, INPUTS),
                wall=self.clock,
                written=self.written,
                source="test",
            )
        )

    def written(self, partition: Partition, step: Step) -> None:
        """Remember a commit."""
        assert partition.frame.partitions == 2
        self.steps.append(step)

    def bring(
        self, topic: str, number: int, *records: tuple[bytes, bytes, int], generation: int = 1
    ) -> list[str]:
        """Deliver records from offset 0 on; what is given grows when they are done."""
        done: list[str] = []
        incoming = [
            Incoming(topic, number, offset, at // 1000, key, value)
            for offset, (key, value, at) in enumerate(records)
        ]
        batch = Batch(topic, number, 0, len(records), incoming, generation)
        self.owner.take(batch, lambda: done.append(topic))
        return done

    def state(self, number: int) -> list[bytes | None]:
        """Give the keys that were committed to a partition's changelog."""
        place = Place(self.settings.changelog, number)
        return [record.key for record in self.broker.committed(place)]

    async def until_written(self) -> None:
        """Wait for a commit."""
        await until(lambda: bool(self.steps))


async def test_a_first_start_fixes_time_and_partitions() -> None:
    """Nothing there: each partition gets a position, before the first fact."""
    house = House()

    await house.owner.load(frozenset({0, 1}))

    assert house.state(0) == house.state(1) == [POSITION_KEY]
    assert house.owner.generation == -1


async def test_partitions_are_fenced_before_they_are_read() -> None:
    """Else a write of the one before could come behind what was read."""
    house = House()

    await house.owner.load(frozenset({0}))

    assert house.broker.events[:2] == [
        "start leadclock-leads-0",
        "read leadclock-leads-changelog/0",
    ]


async def test_the_next_life_goes_on_where_this_one_ended() -> None:
    """A policy and a lead are committed; another owner knows both, and reads on behind them."""
    house = House()
    await house.owner.load(frozenset({0}))
    house.owner.open(1)
    house.bring("sla-control", 0, published(agreement(), NOON - HOUR))
    house.bring("handed-off", 0, handed_off("L-2", NOON))
    await house.until_written()
    await house.owner.stop()

    again = House(house.broker)
    await again.owner.load(frozenset({0}))

    (partition,) = again.owner.partitions()
    assert partition.has_policy
    assert len(partition.book) == 1
    assert again.owner.positions()[Place("handed-off", 0)] == 1
    assert again.owner.positions()[Place("sla-control", 0)] == 1


async def test_what_was_judged_up_to_is_kept() -> None:
    """Judged up to the millisecond before noon: the next life does not begin before it."""
    house = House()
    await house.owner.load(frozenset({0}))
    house.owner.open(1)
    house.bring("sla-control", 0, published(agreement(), NOON - HOUR))
    house.bring("handed-off", 0, handed_off("L-2", NOON - SECOND))
    await house.until_written()
    (before,) = house.owner.partitions()
    await house.owner.stop()

    again = House(house.broker)
    await again.owner.load(frozenset({0}))

    (after,) = again.owner.partitions()
    assert after.now == before.now == NOON - 1


async def test_batches_of_another_generation_are_dropped() -> None:
    """Fetched before the rebalance, delivered after it: positions were set anew meanwhile."""
    house = House()
    await house.owner.load(frozenset({0}))
    house.owner.open(2)

    done = house.bring("sla-control", 0, published(agreement(), NOON), generation=1)
    done += house.bring("sla-control", 1, published(agreement(), NOON), generation=2)
    await asyncio.sleep(0.03)

    assert house.steps == []
    assert done == []
    assert house.owner.positions()[Place("sla-control", 0)] == 0


async def test_a_partition_that_stays_is_not_loaded_again() -> None:
    """Another one joins in: only its state is read, only its name is taken."""
    house = House()
    await house.owner.load(frozenset({0}))
    house.owner.open(1)
    (kept,) = house.owner.partitions()
    house.broker.events.clear()

    await house.owner.load(frozenset({0, 1}))

    assert [event for event in house.broker.events if event.startswith(("start", "read"))] == [
        "start leadclock-leads-1",
        "read leadclock-leads-changelog/1",
    ]
    assert house.owner.partitions()[0] is kept


async def test_a_partition_that_went_is_forgotten() -> None:
    """Only partition 1 is left: nothing of 0 is wanted, read or told."""
    house = House()
    await house.owner.load(frozenset({0, 1}))
    house.owner.open(1)

    await house.owner.load(frozenset({1}))
    house.owner.open(2)

    assert [one.frame.number for one in house.owner.partitions()] == [1]
    assert not house.owner.wants(0)
    assert house.owner.wants(1)
    assert {place.partition for place in house.owner.positions()} == {1}


async def test_other_settings_than_at_first_are_refused() -> None:
    """Begun on the wall clock, started on the sources' time."""
    house = House()
    await house.owner.load(frozenset({0}))
    facts = Settings(bootstrap_servers=("127.0.0.1:9",), partitions=2, time=TimeMode.FACTS)

    with pytest.raises(ConfigurationError, match="was first started with wall"):
        await House(house.broker, facts).owner.load(frozenset({0}))


async def test_what_expired_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Committed at offset 0, the topic now begins at 5: facts are lost, and a person is told."""
    house = House()
    await house.owner.load(frozenset({0}))

    class Expired(MemoryBroker):
        async def beginnings(self, places: object) -> dict[Place, int]:
            begun = await super().beginnings(places)  # type: ignore[arg-type] # of a test
            return {place: 5 if place.topic == "handed-off" else 0 for place in begun}

    again = House(Expired(house.broker.logs))
    await again.owner.load(frozenset({0}))

    assert again.owner.positions()[Place("handed-off", 0)] == 5
    assert "facts_expired" in caplog.text
