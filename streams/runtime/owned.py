"""The partitions this worker owns: taken over, opened, held, let go.

Faust tells which partitions are ours and hands in batches; pumps move them; the
writer commits. This is where they meet.
"""

import asyncio
import gc
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Final, Generic, TypeVar

from schemas.instants import Instant
from schemas.topics import INPUTS
from streams.config import TABLE, Settings, TimeMode
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.errors import ConfigurationError
from streams.runtime.broker import Broker, Place
from streams.runtime.changelog import State, read_states
from streams.runtime.commit import Writer
from streams.runtime.ending import end_misconfigured, end_unexpectedly
from streams.runtime.now import FactsNow, Now, WallNow
from streams.runtime.partials import Partials
from streams.runtime.partition import Frame, Partition, Step
from streams.runtime.policies import policy_told
from streams.runtime.pump import AsksEnds, Moved, Pump
from streams.runtime.teller import Teller
from streams.runtime.transport import Batch

log = logging.getLogger(__name__)

_NO_GENERATION: Final = -1

P = TypeVar("P", bound=Moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Generic[P]):
    """What the owner works with.

    Attributes:
        settings: The app's.
        broker: Where state is read back from.
        writer: Commits.
        ends: Knows where the inputs end.
        wall: The wall clock.
        written: Called after each commit, with the partition.
        source: Who speaks, for the headers of outputs.
    """

    settings: Settings
    broker: Broker
    writer: Writer
    ends: AsksEnds
    wall: Callable[[], Instant]
    written: Callable[[P, Step], None]
    source: str


@dataclass(slots=True)
class _Owned(Generic[P]):
    pump: Pump[P]
    task: "asyncio.Task[None] | None" = field(default=None)


class OwnedTable(ABC, Generic[P]):
    """The partitions of one table that this worker owns.

    Attributes:
        table: Its name.
        inputs: What its agent reads.
    """

    table: ClassVar[str]
    inputs: ClassVar[Sequence[str]]

    def __init__(self, parts: Parts[P]) -> None:
        """Own nothing."""
        self._parts = parts
        self._owned: dict[int, _Owned[P]] = {}
        self._generation = _NO_GENERATION
        self._loading = asyncio.Lock()
        self._is_stopped = False
        self._changelog = parts.settings.changelog_of(self.table)
        self._names = {name: parts.settings.topic(name) for name in self.inputs}

    @property
    def generation(self) -> int:
        """The group's generation for which all is open; -1 while none is."""
        return self._generation

    def partitions(self) -> list[P]:
        """Give the owned partitions by number."""
        return [self._owned[number].pump.partition for number in sorted(self._owned)]

    def wants(self, partition: int) -> bool:
        """Tell whether this partition has room for more."""
        owned = self._owned.get(partition)
        return owned is not None and owned.pump.partition.wants_more

    def positions(self) -> Mapping[Place, int]:
        """Tell from where every input has to be read."""
        return {
            Place(self._names[name], number): offset
            for number, owned in self._owned.items()
            for name, offset in owned.pump.partition.positions.items()
        }

    def take(self, batch: Batch, done: Callable[[], None]) -> None:
        """Let a batch wait in its partition's inbox; one of another generation is dropped."""
        owned = self._owned.get(batch.partition)
        if owned is None or batch.generation != self._generation:
            return
        try:
            owned.pump.partition.take(batch, done)
        except Exception:  # noqa: BLE001 - records are missing: nothing may be judged any more
            end_unexpectedly("batch_lost", partition=batch.partition)
        owned.pump.wake()

    async def load(self, partitions: frozenset[int]) -> None:
        """Own exactly these partitions, as they were committed.

        Raises:
            ConfigurationError: They must not be worked on like this.
        """
        writer = self._parts.writer
        async with self._loading:
            if self._is_stopped:
                return
            await self.hold()
            writer.check(partitions)
            kept = partitions & self._owned.keys() if writer.keeps_partitions else frozenset()
            for number in list(self._owned):
                if number not in kept:
                    await self._drop(number)
            fresh = sorted(partitions - kept)
            await writer.open(fresh)
            states = await read_states(self._parts.broker, self._changelog, fresh)
            await self._begin(states)
        # What was loaded stays: the collector need not look at it again and again.
        gc.freeze()
        log.info(
            "loaded",
            extra={
                "table": self.table,
                "partitions": sorted(partitions),
                "kept": sorted(kept),
                "records": sum(state.records for state in states.values()),
                self.table: sum(map(len, self.partitions())),
            },
        )

    def open(self, generation: int) -> None:
        """Take batches of this generation from now on."""
        if self._is_stopped:
            return
        self._generation = generation
        for owned in self._owned.values():
            if owned.task is None:
                owned.task = asyncio.create_task(self._run(owned))
            owned.pump.release()
        log.info(
            "opened",
            extra={
                "table": self.table,
                "generation": generation,
                "partitions": sorted(self._owned),
            },
        )

    async def hold(self) -> None:
        """Finish what is being committed, begin nothing new, drop what waits."""
        self._generation = _NO_GENERATION
        await asyncio.gather(*(owned.pump.hold() for owned in self._owned.values()))

    async def stop(self) -> None:
        """Finish what is being committed, let everything go, and take nothing over any more."""
        self._is_stopped = True
        # A takeover that is under way would find its producers stopped.
        async with self._loading:
            await self.hold()
            for number in list(self._owned):
                await self._drop(number)
            await self._parts.writer.stop()

    async def _drop(self, number: int) -> None:
        owned = self._owned.pop(number)
        if owned.task is not None:
            owned.task.cancel()
        await self._parts.writer.release(number)

    async def _begin(self, states: Mapping[int, State]) -> None:
        places = [Place(name, number) for number in states for name in self._names.values()]
        beginnings = await self._parts.broker.beginnings(places) if places else {}
        for number, state in states.items():
            begins = {name: beginnings[Place(full, number)] for name, full in self._names.items()}
            partition = self._partition(number, state, begins)
            if state.position is None:
                # From now on the time mode and the number of partitions are fixed.
                await self._parts.writer.commit(number, [partition.position()], [])
            pump = Pump(
                partition,
                writer=self._parts.writer,
                ends=self._parts.ends,
                written=partial(self._parts.written, partition),
                settled=partial(self._settled, number),
            )
            self._owned[number] = _Owned(pump)

    @abstractmethod
    def _partition(self, number: int, state: State, begins: Mapping[str, int]) -> P:
        """Build a partition from what was committed; its inputs begin at ``begins``."""

    def _settled(self, number: int) -> None:
        """All of a partition's state is committed."""

    def _positions(
        self, number: int, state: State, begins: Mapping[str, int]
    ) -> tuple[dict[str, int], Instant | None]:
        """Tell from where to read, and the now that was committed.

        Raises:
            ConfigurationError: The state was made under other settings.
        """
        position = state.position
        positions = dict(begins)
        kept_now = None
        if position is not None:
            position.check(self._parts.settings)
            kept_now = position.now
            for name, offset in position.offsets.items():
                if offset < positions[name]:
                    log.error(
                        "facts_expired",
                        extra={
                            "topic": name,
                            "partition": number,
                            "offset": offset,
                            "begins": positions[name],
                        },
                    )
                positions[name] = max(offset, positions[name])
        return positions, kept_now

    def _frame(self, number: int) -> Frame:
        settings = self._parts.settings
        return Frame(
            number=number,
            partitions=settings.partitions,
            time=settings.time,
            names=self._names,
            source=self._parts.source,
            wall=self._parts.wall,
            accept_misrouted=settings.accept_misrouted,
        )

    async def _run(self, owned: _Owned[P]) -> None:
        number = owned.pump.partition.frame.number
        try:
            await owned.pump.run()
        except asyncio.CancelledError:
            raise
        except ConfigurationError as error:
            end_misconfigured(error)
        except Exception:  # noqa: BLE001 - memory and log may differ: only a new life knows
            if self._owned.get(number) is owned:
                end_unexpectedly("partition_failed", partition=number)


class OwnedPartitions(OwnedTable[Partition]):
    """The partitions of leads; they also tell what they count of their reps."""

    table = TABLE
    inputs = INPUTS

    def __init__(self, parts: Parts[Partition], teller: Teller | None = None) -> None:
        """Own nothing.

        Args:
            parts: What it works with.
            teller: Writes what is counted of reps; None: nobody is told.
        """
        super().__init__(parts)
        self._teller = teller

    def _partition(self, number: int, state: State, begins: Mapping[str, int]) -> Partition:
        settings, control = self._parts.settings, state.control
        positions, kept_now = self._positions(number, state, begins)
        policies = Policies()
        for fact, seen_at in control.policies():
            policies = policies.with_policy(policy_told(fact, Policies()), seen_at)
        book = Book(policies)
        for key, packed in state.leads.items():
            book.load(key, packed)
        book.now = kept_now
        now: Now = WallNow(positions, kept_now)
        if settings.time is TimeMode.FACTS:
            now = FactsNow(positions, kept_now, control.heartbeats)
        frame = self._frame(number)
        partition = Partition(frame, book=book, control=control, now=now, positions=positions)
        if self._teller is not None:
            partition.partials = Partials(number, settings.partitions, state.partials)
        return partition

    def _settled(self, number: int) -> None:
        owned = self._owned.get(number)
        if owned is not None and self._teller is not None:
            self._teller.settled(owned.pump.partition, owned.pump.wake)
