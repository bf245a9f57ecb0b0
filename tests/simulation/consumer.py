"""What Faust's consumer thread asks of aiokafka, answered by a simulated cluster."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

from streams.runtime.broker import Place
from tests.simulation.broker import ClientError, Cluster
from tests.simulation.logs import Log
from tests.simulation.loop import PROCESS

IDLE_SECONDS: Final = 1.5
"""How long a fetch of empty partitions waits; longer than a real one, which costs less here."""


class Fetched(NamedTuple):
    """A record as aiokafka gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class State:
    """A partition's position."""

    position: int | None = None

    @property
    def has_valid_position(self) -> bool:
        """It is known from where to read."""
        return self.position is not None


class Assignment:
    """The partitions of one generation."""

    def __init__(self, places: Collection[Any]) -> None:
        self._states = {place: State() for place in places}

    def state_value(self, place: Any) -> State | None:
        """Give a partition's state; None: not assigned."""
        return self._states.get(place)

    def places(self) -> set[Any]:
        """Give what is assigned."""
        return set(self._states)


class Subscription:
    """Holds the assignment; None before the first."""

    def __init__(self) -> None:
        self.assignment: Assignment | None = None


class Subscriptions:
    """Holds the subscription, as aiokafka does."""

    def __init__(self) -> None:
        self.subscription = Subscription()
        self.settled = asyncio.Event()

    @contextmanager
    def fetch_context(self) -> Iterator[None]:
        """Mark that somebody polls."""
        yield


class SimulatedFetcher:
    """Hands out committed records and moves positions, like aiokafka's of one consumer.

    A call that waits while the group rebalances goes on with the new assignment.
    """

    _closed = False

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._subscriptions = Subscriptions()

    async def fetched_records(
        self,
        partitions: Collection[Any],
        timeout: float,  # noqa: ASYNC109 - aiokafka's
        max_records: int | None = None,
    ) -> dict[Any, list[Fetched]]:
        """Wait for records, at most about so long."""
        loop = self._cluster.loop
        until = loop.time() + max(timeout, self._cluster.random.random() * IDLE_SECONDS)
        while True:
            subscriptions = self._subscriptions
            await subscriptions.settled.wait()
            assignment = subscriptions.subscription.assignment
            if assignment is None or not subscriptions.settled.is_set():
                continue
            positions = _positions(assignment, partitions)
            try:
                found = await self._cluster.network.ask(
                    "fetch",
                    partial(_Poll.begin, self._cluster, positions, until - loop.time()),
                    ClientError,
                )
            except ClientError:
                # aiokafka tries again by itself.
                found = {}
            if subscriptions.subscription.assignment is not assignment:
                continue
            drained, has_moved = self._drain(assignment, positions, found, max_records)
            if drained or has_moved or loop.time() >= until:
                return drained

    def _drain(
        self,
        assignment: Assignment,
        positions: dict[Any, int],
        found: dict[Any, int],
        max_records: int | None,
    ) -> tuple[dict[Any, list[Fetched]], bool]:
        drained: dict[Any, list[Fetched]] = {}
        has_moved = False
        for place, end in found.items():
            state = assignment.state_value(place)
            if state is None or state.position != positions[place]:
                # Somebody has set another position meanwhile.
                continue
            log = self._cluster.logs[Place(*place)]
            records = [
                Fetched(place.topic, place.partition, entry.offset, entry.timestamp, *entry.record)
                for entry in log.kept(positions[place], end)
            ]
            if max_records is not None and len(records) > max_records:
                records = records[:max_records]
                end = records[-1].offset + 1  # noqa: PLW2901 - cut short
            state.position = end
            has_moved = True
            self._cluster.history.note(
                PROCESS.get(), f"fetched {place.topic}/{place.partition}", positions[place], end
            )
            if records:
                drained[place] = records
        return drained, has_moved


class _Poll:
    """A fetch that waits at the cluster until there is something or its time is over."""

    def __init__(
        self,
        cluster: Cluster,
        positions: dict[Any, int],
        told: "asyncio.Future[dict[Any, int]]",
    ) -> None:
        self._cluster = cluster
        self._positions = positions
        self._places = {Place(*place): place for place in positions}
        self._told = told

    @classmethod
    def begin(
        cls,
        cluster: Cluster,
        positions: dict[Any, int],
        seconds: float,
        told: "asyncio.Future[dict[Any, int]]",
    ) -> None:
        """Answer at once, or wait for so long."""
        poll = cls(cluster, positions, told)
        if not poll._answer():
            cluster.logs.watchers.append(poll._moved)
            cluster.loop.later(max(0.0, seconds), poll._give_up)

    def _moved(self, log: Log) -> None:
        if log.place in self._places and not self._told.done() and self._answer():
            self._cluster.logs.watchers.remove(self._moved)

    def _give_up(self) -> None:
        if not self._told.done():
            self._cluster.logs.watchers.remove(self._moved)
            self._told.set_result({})

    def _answer(self) -> bool:
        logs, random = self._cluster.logs, self._cluster.random
        found: dict[Any, int] = {}
        for place, start in self._positions.items():
            stable = logs[Place(*place)].stable
            if stable > start:
                # Not always all there is: a fetch has a size.
                found[place] = (
                    stable if random.random() < 0.7 else random.randint(start + 1, stable)
                )
        if found:
            self._told.set_result(found)
        return bool(found)


class SimulatedKafkaConsumer:
    """The consumer of one life of a worker."""

    _closed = False

    def __init__(self, cluster: Cluster) -> None:
        self._fetcher = SimulatedFetcher(cluster)
        self._subscription = self._fetcher._subscriptions
        self._max_poll_records = cluster.random.choice((2, 5, 500))

    def begin_reassignment(self) -> None:
        """Let who polls wait for the next assignment; this one stays readable until then."""
        self._subscription.settled.clear()

    def reassign(self, places: Collection[Any]) -> None:
        """Take over a generation's assignment, without positions yet."""
        self._subscription.subscription.assignment = Assignment(places)
        self._subscription.settled.set()

    def assignment(self) -> set[Any]:
        """Give what is assigned."""
        assignment = self._subscription.subscription.assignment
        return set() if assignment is None else assignment.places()

    def seek(self, place: Any, offset: int) -> None:
        """Set a position."""
        assignment = self._subscription.subscription.assignment
        state = None if assignment is None else assignment.state_value(place)
        if state is None:
            raise ClientError(f"{place} is not assigned")
        state.position = offset

    def pause(self, *_places: Any) -> None:
        """Nothing is fetched of what nobody asks for."""


def _positions(assignment: Assignment, places: Collection[Any]) -> dict[Any, int]:
    return {
        place: state.position
        for place in sorted(places)
        if (state := assignment.state_value(place)) is not None and state.position is not None
    }
