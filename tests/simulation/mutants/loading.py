"""Mistakes in how a state is loaded."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from streams.runtime.broker import Kept, Place
from streams.runtime.changelog import State
from streams.runtime.owned import OwnedPartitions
from streams.runtime.partition import Partition
from tests.simulation.broker import SimulatedBroker
from tests.simulation.mutants.planting import plant
from tests.simulation.violation import Invariant as I  # noqa: N817 - on every second line below
from tests.simulation.world import World


@plant(I.TIME)
def now_forgotten(_: World) -> Iterator[None]:
    """Now is not kept over a restart."""

    def change(state: State) -> State:
        if state.position is not None:
            state.position = replace(state.position, now=None)
        return state

    with _loaded(lambda _number, state: change(state)):
        yield


@plant(I.POSITION, I.DOUBLED, I.TIME)
def group_offsets(world: World) -> Iterator[None]:
    """Reading starts at the group's offsets instead of the position's."""

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


@plant(
    I.STATE,
    I.LOST,
    I.FALSE,
    I.PROGRESS,
    I.SAME_AS_REPLAY,
)
def seek_to_end(world: World) -> Iterator[None]:
    """Reading starts at the ends of the inputs."""

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


@plant(I.STATE, I.DOUBLED, I.LOST, I.SAME_AS_REPLAY)
def timer_during_load(_: World) -> Iterator[None]:
    """The timer runs while leads are still being loaded."""
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


@plant(I.SOUND, I.POSITION, I.DOUBLED, I.TIME)
def load_ends_early(_: World) -> Iterator[None]:
    """A load ends at the first answer without records."""
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


@plant(I.STATE, I.LOST, I.PROGRESS)
def load_uncommitted(_: World) -> Iterator[None]:
    """A load reads what was never committed."""

    def read(self: Any, place: Place, start: int) -> tuple[int, list[Kept]]:
        log = self._cluster.logs[place]
        return log.stable, [
            Kept(entry.record.key, entry.record.value)
            for entry in log.entries[start : log.stable]
            if entry is not None and not entry.is_marker
        ]

    with patch.object(SimulatedBroker, "_read", read):
        yield


@plant(I.DOUBLED, I.STATE, I.POSITION, I.TIME)
def stale_memory(_: World) -> Iterator[None]:
    """A partition that comes back is not read again."""
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


@contextmanager
def _loaded(change: Callable[[int, State], State]) -> Iterator[None]:
    """Change what a load has found before a partition is made of it."""
    real = OwnedPartitions._partition

    def partition(self: Any, number: int, state: State, begins: Mapping[str, int]) -> Partition:
        return real(self, number, change(number, state), begins)

    with patch.object(OwnedPartitions, "_partition", partition):
        yield
