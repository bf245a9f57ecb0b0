"""Planted bugs: each is a mistake that the shell might have made, and has to be caught."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any, Final
from unittest.mock import patch

from schemas.instants import Instant
from streams.config import Settings, TimeMode, WriterKind
from streams.runtime.broker import Kept, Place, Producer, Record
from streams.runtime.changelog import State
from streams.runtime.commit import hand_over_outputs
from streams.runtime.now import FactsNow, Mark, WallNow
from streams.runtime.outputs import Outgoing
from streams.runtime.owned import OwnedPartitions
from streams.runtime.partition import Partition, Step
from streams.runtime.plain import PlainWriter
from streams.runtime.pump import Pump
from streams.runtime.transactions import TransactionalWriter
from streams.runtime.transport import BatchConsumer
from tests.simulation.broker import SimulatedBroker, SimulatedProducer
from tests.simulation.plan import Event, Mishap, Plan, plan_of
from tests.simulation.violation import Invariant
from tests.simulation.world import World

Planting = Callable[[World], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug.

    Attributes:
        name: For the command line.
        mistake: What is wrong.
        plant: Makes it so, for one world.
        caught_by: Invariants that may notice it.
        where: Changes plans so that the mistake can matter.
    """

    name: str
    mistake: str
    plant: Planting
    caught_by: frozenset[Invariant]
    where: Callable[[Plan], Plan] = lambda plan: plan

    def plan_of(self, seed: int) -> Plan:
        """Draw a plan in which the mistake can matter."""
        return self.where(plan_of(seed))


MUTANTS: dict[str, Mutant] = {}


def _plant(
    mistake: str, *caught_by: Invariant, where: Callable[[Plan], Plan] = lambda plan: plan
) -> Callable[[Callable[[World], Iterator[None]]], Planting]:
    def register(body: Callable[[World], Iterator[None]]) -> Planting:
        plant = contextmanager(body)
        name = body.__name__.replace("_", "-")
        MUTANTS[name] = Mutant(name, mistake, plant, frozenset(caught_by), where)
        return plant

    return register


def _alone(plan: Plan) -> Plan:
    """One worker with the plain writer."""
    events = tuple(
        event for event in plan.events if event.mishap not in {Mishap.JOIN, Mishap.LEAVE}
    )
    return replace(
        plan,
        writer=WriterKind.PLAIN,
        workers=1,
        partitions=3,
        leads=10,
        events=events,
        slow=0.2,
        strikes=0.01,
        lag=0.0,
    )


def _slow(plan: Plan) -> Plan:
    """Requests take long, many fail, and workers die in the middle of them."""
    return replace(
        plan, writer=WriterKind.TRANSACTIONS, slow=0.3, trouble=0.02, strikes=0.005, lag=0.0
    )


def _zombies(plan: Plan) -> Plan:
    """Workers that are frozen until shortly after others have taken over."""
    random = Random(f"zombies {plan.seed}")
    events = tuple(
        Event(at + random.random(), Mishap.FREEZE, random.randrange(3), random.uniform(2.2, 3.2))
        for at in (0.8, 2.4, 4.0)
    )
    return replace(plan, writer=WriterKind.TRANSACTIONS, workers=2, events=events)


def _crowded(plan: Plan) -> Plan:
    """A rebalance finds facts waiting for the first agreement, some of them to be refused."""
    join = Event(1.2, Mishap.JOIN, 0)
    return replace(plan, workers=2, policy_at=2.0, spoiled=20, strikes=0.0, events=(join,))


def _on_facts(plan: Plan) -> Plan:
    """An app on the sources' time."""
    return replace(plan, time=TimeMode.FACTS)


I = Invariant  # noqa: E741 - it stands on every second line below


# The writer


@_plant(
    "a transaction is committed without waiting for its batches",
    I.LOST,
    I.TOGETHER,
    I.STATE,
    I.POSITION,
    I.DOUBLED,
    I.PROGRESS,
    I.GROUP,
)
def commit_before_acknowledged(_: World) -> Iterator[None]:
    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        producer: Producer = self._producers[partition]
        await producer.begin()
        await producer.hand_over(Place(self._settings.changelog, partition), changes)
        await hand_over_outputs(producer, self._settings, partition, outputs)
        await producer.commit()

    with patch.object(TransactionalWriter, "commit", commit):
        yield


@_plant(
    "each life writes under a name of its own, so nobody is fenced",
    I.ONE_WRITER,
    I.DOUBLED,
    I.POSITION,
    I.TIME,
    I.GROUP,
    where=_zombies,
)
def no_fence(_: World) -> Iterator[None]:
    numbers = count()
    real = Settings.transactional_id

    def named(self: Settings, *told: Any) -> str:
        return f"{real(self, *told)}-{next(numbers)}"

    with patch.object(Settings, "transactional_id", named):
        yield


@_plant(
    "the name is taken only with the first commit, after the load",
    I.ONE_WRITER,
    I.DOUBLED,
    I.POSITION,
    I.TIME,
    where=_zombies,
)
def fence_after_load(_: World) -> Iterator[None]:
    real = TransactionalWriter.commit

    async def opened(self: Any, partitions: Collection[int]) -> None:
        for partition in partitions:
            await self.release(partition)

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        if partition not in self._producers:
            await self._start(partition)
        await real(self, partition, changes, outputs)

    with ExitStack() as stack:
        stack.enter_context(patch.object(TransactionalWriter, "open", opened))
        stack.enter_context(patch.object(TransactionalWriter, "commit", commit))
        yield


@_plant("outputs leave before the transaction, by a producer without one", I.DOUBLED)
def outputs_outside(_: World) -> Iterator[None]:
    real = TransactionalWriter.commit

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        producer = await self._broker.plain_producer()
        await hand_over_outputs(producer, self._settings, partition, outputs)
        await producer.settle()
        await real(self, partition, changes, [])

    with patch.object(TransactionalWriter, "commit", commit):
        yield


@_plant("the position follows the state in a transaction of its own", I.TOGETHER)
def position_apart(_: World) -> Iterator[None]:
    real = TransactionalWriter.commit

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        if len(changes) > 1:
            await real(self, partition, changes[:-1], outputs)
            outputs = []
        await real(self, partition, changes[-1:], outputs)

    with patch.object(TransactionalWriter, "commit", commit):
        yield


@_plant(
    "a commit that failed is tried once more",
    I.DOUBLED,
    I.ONE_WRITER,
    I.POSITION,
    I.TIME,
    where=_slow,
)
def commit_again(_: World) -> Iterator[None]:
    real = TransactionalWriter.commit

    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        try:
            await real(self, partition, changes, outputs)
        except Exception:  # noqa: BLE001 - the mistake
            await self.open([partition])
            await real(self, partition, changes, outputs)

    with patch.object(TransactionalWriter, "commit", commit):
        yield


@_plant(
    "the plain writer writes state and position before the outputs",
    I.LOST,
    where=_alone,
)
def state_before_outputs(_: World) -> Iterator[None]:
    async def commit(
        self: Any, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        await self._producer.hand_over(Place(self._settings.changelog, partition), changes)
        await self._producer.settle()
        await hand_over_outputs(self._producer, self._settings, partition, outputs)
        await self._producer.settle()

    with patch.object(PlainWriter, "commit", commit):
        yield


@_plant(
    "whoever settles first takes the batches of all partitions out of the others' sight",
    I.LOST,
    I.GROUP,
    where=_alone,
)
def settle_takes_all(_: World) -> Iterator[None]:
    async def settle(self: Any) -> None:
        unsettled, self._unsettled = self._unsettled, []
        for acknowledged in unsettled:
            await acknowledged

    with patch.object(SimulatedProducer, "settle", settle):
        yield


# The pump


@_plant("a commit that failed is taken for done", I.LOST, I.STATE, I.PROGRESS, I.GROUP)
def go_on_after_error(_: World) -> Iterator[None]:
    real = Pump._commit

    async def commit(self: Any, step: Step) -> None:
        with suppress(Exception):
            await real(self, step)

    with patch.object(Pump, "_commit", commit):
        yield


@_plant("batches are acknowledged before they are committed", I.GROUP, where=_slow)
def acknowledge_before_commit(_: World) -> Iterator[None]:
    real = Pump._commit

    async def commit(self: Any, step: Step) -> None:
        for finish in step.finished:
            finish()
        await real(self, step)

    with patch.object(Pump, "_commit", commit):
        yield


@_plant("the clock is read after the ends were asked", I.TIME, I.FALSE, where=_slow)
def clock_after_ends(_: World) -> Iterator[None]:
    async def look(self: Any) -> None:
        if self.partition.wanted() is not None:
            ends = await self._ends.of(self._number)
            self.partition.told_ends(self.partition.frame.wall(), ends)

    with patch.object(Pump, "_look", look):
        yield


# Time


@_plant("now is the wall clock, however far the inputs are behind", I.TIME, I.FALSE)
def wall_clock_while_behind(_: World) -> Iterator[None]:
    real = WallNow.told_ends

    def told_ends(self: Any, mark: Mark) -> None:
        real(self, mark)
        self._reach(mark.instant)

    with patch.object(WallNow, "told_ends", told_ends):
        yield


@_plant(
    "a source's promise counts before the other inputs are read so far",
    I.TIME,
    where=_on_facts,
)
def promise_at_once(_: World) -> Iterator[None]:
    real = FactsNow.heard

    def heard(self: Any, origin: str, complete_up_to: Instant) -> None:
        real(self, origin, complete_up_to)
        self._reach(min(self._complete.values()))

    with patch.object(FactsNow, "heard", heard):
        yield


@_plant("ends leave out what is in open transactions", I.TIME, I.FALSE)
def stable_ends(_: World) -> Iterator[None]:
    async def ends(self: Any, places: Collection[Place]) -> dict[Place, int]:
        found: dict[Place, int] = await self._offsets("ends", places, lambda log: log.stable)
        return found

    with patch.object(SimulatedBroker, "ends", ends):
        yield


@_plant("now is not kept over a restart", I.TIME)
def now_forgotten(_: World) -> Iterator[None]:
    def change(state: State) -> State:
        if state.position is not None:
            state.position = replace(state.position, now=None)
        return state

    with _loaded(lambda _number, state: change(state)):
        yield


# Loading


@_plant("reading starts at the group's offsets instead of the position's", I.POSITION, I.DOUBLED)
def group_offsets(world: World) -> Iterator[None]:
    def change(number: int, state: State) -> State:
        if state.position is not None:
            offsets = {
                name: world.group.offsets.get(Place(world.settings.topic(name), number), 0)
                for name in state.position.offsets
            }
            state.position = replace(state.position, offsets=offsets)
        return state

    with _loaded(change):
        yield


@_plant(
    "reading starts at the ends of the inputs",
    I.STATE,
    I.LOST,
    I.FALSE,
    I.PROGRESS,
    I.SAME_AS_REPLAY,
)
def seek_to_end(world: World) -> Iterator[None]:
    def change(number: int, state: State) -> State:
        if state.position is not None:
            logs = world.cluster.logs
            offsets = {
                name: max(offset, logs[Place(world.settings.topic(name), number)].stable)
                for name, offset in state.position.offsets.items()
            }
            state.position = replace(state.position, offsets=offsets)
        return state

    with _loaded(change):
        yield


@_plant("the timer runs while leads are still being loaded", I.STATE, I.DOUBLED, I.SAME_AS_REPLAY)
def timer_during_load(_: World) -> Iterator[None]:
    real = OwnedPartitions._partition

    def partition(self: Any, number: int, state: State, begins: Mapping[str, int]) -> Partition:
        leads, state.leads = state.leads, {}
        made = real(self, number, state, begins)

        def load() -> None:
            for key, packed in leads.items():
                made.book.load(key, packed)

        asyncio.get_running_loop().call_later(0.03, load)
        return made

    with patch.object(OwnedPartitions, "_partition", partition):
        yield


@_plant("a load ends at the first answer without records", I.SOUND, I.POSITION, I.DOUBLED, I.TIME)
def load_ends_early(_: World) -> Iterator[None]:
    real = SimulatedBroker.read_back

    async def read_back(
        self: SimulatedBroker, places: Collection[Place]
    ) -> AsyncIterator[tuple[Place, list[Kept]]]:
        async for place, kept in real(self, places):
            if not kept:
                break
            yield place, kept

    with patch.object(SimulatedBroker, "read_back", read_back):
        yield


@_plant("a load reads what was never committed", I.STATE, I.LOST, I.PROGRESS)
def load_uncommitted(_: World) -> Iterator[None]:
    def read(self: Any, place: Place, start: int) -> tuple[int, list[Kept]]:
        log = self._cluster.logs[place]
        return log.stable, [
            Kept(entry.record.key, entry.record.value)
            for entry in log.entries[start : log.stable]
            if entry is not None and not entry.is_marker
        ]

    with patch.object(SimulatedBroker, "_read", read):
        yield


@_plant("a partition that comes back is not read again", I.DOUBLED, I.STATE, I.POSITION, I.TIME)
def stale_memory(_: World) -> Iterator[None]:
    real_drop, real_partition = OwnedPartitions._drop, OwnedPartitions._partition
    memory: dict[tuple[int, int], Partition] = {}

    async def drop(self: Any, number: int) -> None:
        memory[id(self), number] = self._owned[number].pump.partition
        await real_drop(self, number)

    def partition(self: Any, number: int, state: State, begins: Mapping[str, int]) -> Partition:
        kept = memory.get((id(self), number))
        return real_partition(self, number, state, begins) if kept is None else kept

    with ExitStack() as stack:
        stack.enter_context(patch.object(OwnedPartitions, "_drop", drop))
        stack.enter_context(patch.object(OwnedPartitions, "_partition", partition))
        yield


# Rebalances


@_plant(
    "what waits is not dropped when partitions are taken away, and is delivered again",
    I.DOUBLED,
    I.POSITION,
    I.PROGRESS,
    where=_crowded,
)
def inbox_not_cleared(_: World) -> Iterator[None]:
    def keep(self: Any) -> None:
        self._expected = dict(self.positions)

    with patch.object(Partition, "forget_waiting", keep):
        yield


@_plant("what was dropped in a rebalance is taken for delivered", I.STATE, I.PROGRESS, I.GROUP)
def dropped_taken_for_delivered(_: World) -> Iterator[None]:
    def forget(self: Any) -> None:
        for topic in self.positions:
            self._inbox_of(topic).clear()
        self._waiting = 0

    with patch.object(Partition, "forget_waiting", forget):
        yield


@_plant("what a fetch brought that outlasted a rebalance is not fetched again", I.STATE, I.LOST)
def fetch_outlasts_rebalance(_: World) -> Iterator[None]:
    async def go_back(self: Any, _active: object, _generation: int) -> None:
        self._has_dropped = False

    with patch.object(BatchConsumer, "_go_back", go_back):
        yield


@_plant("batches are taken only some time after the inputs have been resumed", I.SOUND, I.PROGRESS)
def opened_late(_: World) -> Iterator[None]:
    real = OwnedPartitions.open

    def opened(self: Any, generation: int) -> None:
        asyncio.get_running_loop().call_later(0.01, real, self, generation)

    with patch.object(OwnedPartitions, "open", opened):
        yield


@contextmanager
def _loaded(change: Callable[[int, State], State]) -> Iterator[None]:
    """Change what a load has found before a partition is made of it."""
    real = OwnedPartitions._partition

    def partition(self: Any, number: int, state: State, begins: Mapping[str, int]) -> Partition:
        return real(self, number, change(number, state), begins)

    with patch.object(OwnedPartitions, "_partition", partition):
        yield


__all__: Final = ["MUTANTS", "Mutant", "Planting"]
