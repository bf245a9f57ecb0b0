"""What the shell stands on: behaviours of the port, the same for every broker behind it.

One suite, two brokers: the simulated one takes it in every test run, real Kafka where
there is one. A simulation is worth no more than this likeness.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from streams.runtime.broker import Broker, Kept, Place, Producer, Record


class Bench(Protocol):
    """A cluster with three topics of two partitions."""

    @property
    def changelog(self) -> str:
        """A topic."""

    @property
    def output(self) -> str:
        """Another."""

    @property
    def narrow(self) -> str:
        """One that refuses a batch of more than a thousand bytes."""

    def broker(self) -> Broker:
        """Give another process's port to the cluster."""

    async def committed(self, place: Place) -> list[bytes | None]:
        """Read the values that any reader of committed records gets."""

    async def pause(self, seconds: float) -> None:
        """Let time pass."""

    def name(self, word: str) -> str:
        """Make a transactional id that no other test uses."""


Scenario = Callable[[Bench], Awaitable[None]]


def records(*values: bytes | None) -> list[Record]:
    """Make records under one key."""
    return [Record(b"k", value) for value in values]


async def write(producer: Producer, place: Place, *values: bytes | None) -> None:
    """Hand records over and wait for them."""
    await producer.hand_over(place, records(*values))
    await producer.settle()


async def open_up(bench: Bench, name: str, broker: Broker | None = None) -> Producer:
    """Start a transactional producer, by default of another process."""
    topics = (bench.changelog, bench.output, bench.narrow)
    return await (broker or bench.broker()).transactional_producer(name, topics)


async def read_back(broker: Broker, *places: Place) -> dict[Place, list[Kept]]:
    """Collect all that a load would get."""
    found: dict[Place, list[Kept]] = {place: [] for place in places}
    async for place, kept in broker.read_back(places):
        found[place] += kept
    return found


async def commit_fails(producer: Producer, place: Place) -> bool:
    """Try a whole transaction; tell whether any part of it fails."""
    try:
        await producer.begin()
        await write(producer, place, b"too late")
        await producer.commit()
    except Exception:  # noqa: BLE001 - the port does not say which
        return True
    return False


class Behaviours(ABC):
    """The suite; a subclass says on which broker."""

    @abstractmethod
    def run(self, scenario: Scenario) -> None:
        """Play a scenario on a fresh bench."""

    def test_what_is_committed_is_visible(self) -> None:
        """Two records in two topics, committed: both are read, in their order."""

        async def scenario(bench: Bench) -> None:
            producer = await open_up(bench, bench.name("a"))
            await producer.begin()
            await write(producer, Place(bench.changelog, 0), b"1", b"2")
            await write(producer, Place(bench.output, 0), b"3")
            await producer.commit()

            assert await bench.committed(Place(bench.changelog, 0)) == [b"1", b"2"]
            assert await bench.committed(Place(bench.output, 0)) == [b"3"]

        self.run(scenario)

    def test_an_open_transaction_is_not_visible_but_counts_in_the_ends(self) -> None:
        """Three records acknowledged, not committed: nobody reads them, the end is behind them."""

        async def scenario(bench: Bench) -> None:
            place, broker = Place(bench.changelog, 0), bench.broker()
            producer = await open_up(bench, bench.name("a"))
            await producer.begin()
            await write(producer, place, b"1", b"2", b"3")

            assert await broker.ends([place]) == {place: 3}
            assert await bench.committed(place) == []
            assert await read_back(broker, place) == {place: []}

            await producer.commit()

            assert await bench.committed(place) == [b"1", b"2", b"3"]

        self.run(scenario)

    def test_what_is_given_up_is_never_visible(self) -> None:
        """A producer stops with a transaction open: it is aborted, and the next one goes on."""

        async def scenario(bench: Bench) -> None:
            place, name = Place(bench.changelog, 0), bench.name("a")
            first = await open_up(bench, name)
            await first.begin()
            await write(first, place, b"given up")
            await first.stop()
            second = await open_up(bench, name)
            await second.begin()
            await write(second, place, b"kept")
            await second.commit()

            assert await bench.committed(place) == [b"kept"]

        self.run(scenario)

    def test_a_name_is_taken_from_whoever_had_it(self) -> None:
        """Another process starts the same name: the first can commit nothing any more."""

        async def scenario(bench: Bench) -> None:
            place, name = Place(bench.changelog, 0), bench.name("a")
            first = await open_up(bench, name)
            await first.begin()
            await write(first, place, b"in time")
            await first.commit()
            second = await open_up(bench, name)

            assert await commit_fails(first, place)
            assert await commit_fails(first, place)

            await second.begin()
            await write(second, place, b"successor")
            await second.commit()

            assert await bench.committed(place) == [b"in time", b"successor"]

        self.run(scenario)

    def test_taking_a_name_ends_its_open_transaction_first(self) -> None:
        """After the return a load finds what was really committed, and the ends are final."""

        async def scenario(bench: Bench) -> None:
            place, name, broker = Place(bench.changelog, 0), bench.name("a"), bench.broker()
            first = await open_up(bench, name)
            await first.begin()
            await write(first, place, b"committed")
            await first.commit()
            await first.begin()
            await write(first, place, b"open", b"open too")
            await open_up(bench, name, broker)

            found = await read_back(broker, place)
            ends = await broker.ends([place])
            await bench.pause(0.4)

            assert found == {place: [Kept(b"k", b"committed")]}
            assert await broker.ends([place]) == ends
            with pytest.raises(Exception):  # noqa: B017, PT011 - the port does not say which
                await first.commit()
            assert await bench.committed(place) == [b"committed"]

        self.run(scenario)

    def test_a_commit_that_was_answered_outlives_its_producer(self) -> None:
        """Committed, then fenced at once: a load of the successor finds it whole."""

        async def scenario(bench: Bench) -> None:
            name, broker = bench.name("a"), bench.broker()
            places = [Place(bench.changelog, 0), Place(bench.output, 0)]
            first = await open_up(bench, name)
            await first.begin()
            for place in places:
                await write(first, place, b"1", b"2")
            await first.commit()
            await open_up(bench, name, broker)

            found = await read_back(broker, *places)

            assert found == {place: [Kept(b"k", b"1"), Kept(b"k", b"2")] for place in places}

        self.run(scenario)

    def test_names_do_not_disturb_each_other(self) -> None:
        """Another name is taken: the first goes on."""

        async def scenario(bench: Bench) -> None:
            place = Place(bench.changelog, 0)
            first = await open_up(bench, bench.name("a"))
            await first.begin()
            await write(first, place, b"1")
            await open_up(bench, bench.name("b"))
            await first.commit()

            assert await bench.committed(place) == [b"1"]

        self.run(scenario)

    def test_a_batch_that_failed_is_told_by_settle(self) -> None:
        """A batch too large for its topic: settle raises, and nothing of the step is visible."""

        async def scenario(bench: Bench) -> None:
            name = bench.name("a")
            producer = await open_up(bench, name)
            await producer.begin()
            await producer.hand_over(Place(bench.changelog, 0), records(b"state"))
            await producer.hand_over(Place(bench.narrow, 0), records(b"x" * 5_000))
            with pytest.raises(Exception):  # noqa: B017, PT011 - the port does not say which
                await producer.settle()
            await open_up(bench, name)

            assert await bench.committed(Place(bench.changelog, 0)) == []
            assert await bench.committed(Place(bench.narrow, 0)) == []

        self.run(scenario)

    def test_commit_alone_does_not_notice_a_batch_that_failed(self) -> None:
        """Without settle the rest becomes visible: that is why every batch is awaited."""

        async def scenario(bench: Bench) -> None:
            producer = await open_up(bench, bench.name("a"))
            await producer.begin()
            await producer.hand_over(Place(bench.changelog, 0), records(b"state"))
            await producer.hand_over(Place(bench.narrow, 0), records(b"x" * 5_000))
            await producer.commit()

            assert await bench.committed(Place(bench.changelog, 0)) == [b"state"]
            assert await bench.committed(Place(bench.narrow, 0)) == []

        self.run(scenario)

    def test_a_load_ends_although_markers_are_last(self) -> None:
        """Committed, aborted and empty partitions: each is read to its end, and not beyond."""

        async def scenario(bench: Bench) -> None:
            name, broker = bench.name("a"), bench.broker()
            full, aborted = Place(bench.changelog, 0), Place(bench.changelog, 1)
            empty = Place(bench.output, 1)
            producer = await open_up(bench, name)
            for number in range(5):
                await producer.begin()
                await write(producer, full, b"%d" % number, None)
                await producer.commit()
            await producer.begin()
            await write(producer, aborted, b"never")
            await open_up(bench, name, broker)

            found = await read_back(broker, full, aborted, empty)

            told = [value for number in range(5) for value in (b"%d" % number, None)]
            assert [kept.value for kept in found[full]] == told
            assert found[aborted] == []
            assert found[empty] == []

        self.run(scenario)

    def test_markers_take_offsets(self) -> None:
        """One record in a transaction moves the end by two; the beginning stays."""

        async def scenario(bench: Bench) -> None:
            place, broker = Place(bench.changelog, 0), bench.broker()
            assert await broker.ends([place]) == {place: 0}
            producer = await open_up(bench, bench.name("a"))
            await producer.begin()
            await write(producer, place, b"1")
            await producer.commit()
            await bench.committed(place)
            await bench.pause(0.4)

            assert await broker.ends([place]) == {place: 2}
            assert await broker.beginnings([place]) == {place: 0}

        self.run(scenario)

    def test_a_plain_producer_needs_no_commit(self) -> None:
        """Acknowledged is visible, in the order of handing over."""

        async def scenario(bench: Bench) -> None:
            place = Place(bench.output, 0)
            producer = await bench.broker().plain_producer()
            await producer.begin()
            for number in range(20):
                await producer.hand_over(place, records(b"%d" % number))
            await producer.settle()

            assert await bench.committed(place) == [b"%d" % number for number in range(20)]
            await producer.stop()

        self.run(scenario)

    def test_a_plain_producer_is_told_of_a_batch_that_failed(self) -> None:
        """A batch too large for its topic: settle raises."""

        async def scenario(bench: Bench) -> None:
            producer = await bench.broker().plain_producer()
            await producer.hand_over(Place(bench.narrow, 0), records(b"x" * 5_000))

            with pytest.raises(Exception):  # noqa: B017, PT011 - the port does not say which
                await producer.settle()
            await producer.stop()

        self.run(scenario)

    def test_a_shared_producer_settles_for_everybody(self) -> None:
        """One partition's batch fails, two wait: both are told, and so is who comes later."""

        async def scenario(bench: Bench) -> None:
            producer = await bench.broker().plain_producer()
            await producer.hand_over(Place(bench.output, 0), records(b"good"))
            await producer.hand_over(Place(bench.narrow, 0), records(b"x" * 5_000))

            told = await asyncio.gather(
                producer.settle(), producer.settle(), return_exceptions=True
            )

            assert all(isinstance(one, Exception) for one in told)
            with pytest.raises(Exception):  # noqa: B017, PT011 - the port does not say which
                await producer.settle()
            await producer.stop()

        self.run(scenario)

    def test_many_commits_follow_each_other(self) -> None:
        """Fifty transactions without a pause: all are visible, in order."""

        async def scenario(bench: Bench) -> None:
            place = Place(bench.changelog, 1)
            producer = await open_up(bench, bench.name("a"))
            for number in range(50):
                await producer.begin()
                await write(producer, place, b"%d" % number)
                await producer.commit()
            await bench.pause(0.4)

            assert await bench.committed(place) == [b"%d" % number for number in range(50)]

        self.run(scenario)
