"""The pump of one partition: waits, asks where the inputs end, steps, commits.

Commits are grouped: whatever comes during one goes into the next. The pause between
two follows from how long they take and how much they hold, so that a lightly loaded
worker answers at once and a heavily loaded one writes few large transactions.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from schemas.instants import SECOND, Instant
from streams.runtime.broker import Record
from streams.runtime.commit import Writer
from streams.runtime.partition import Frame, Step
from streams.runtime.transport import Batch

LEAST_PAUSE_SECONDS: Final = 0.005
MOST_PAUSE_SECONDS: Final = 0.050
PAUSE_PER_COMMIT: Final = 2.0
"""Full commits are followed by pauses so many times as long: at most a third is commits."""
FULL_COMMIT_FACTS: Final = 100
"""After a commit of fewer facts the pause is shorter in proportion: there is time."""
PATIENCE_SECONDS: Final = 30.0
"""A commit that takes longer has better chances in a new process."""
_SMOOTHING: Final = 0.2


class AsksEnds(Protocol):
    """Who knows where the inputs end."""

    async def of(self, partition: int) -> dict[str, int]:
        """Tell where the inputs of a partition end, asked after this call began."""


class Moved(Protocol):
    """A partition of some table, as a pump and an owner see it. Plain calls on memory."""

    @property
    def frame(self) -> Frame:
        """The app around it."""

    @property
    def positions(self) -> Mapping[str, int]:
        """By input, up to where it has been read."""

    @property
    def wants_more(self) -> bool:
        """Tell whether there is room for more records."""

    def __len__(self) -> int:
        """Count what it keeps."""

    def take(self, batch: Batch, done: Callable[[], None]) -> None:
        """Let a batch wait for the next step; ``done`` is called once it is committed."""

    def forget_waiting(self) -> None:
        """Drop what waits."""

    def wanted(self) -> Instant | None:
        """Say for which instant the inputs' ends should be asked now; None: for none."""

    def told_ends(self, instant: Instant, ends: Mapping[str, int]) -> None:
        """Tell where the inputs ended when they were asked for an instant."""

    def wake_at(self) -> Instant | None:
        """Say at which wall instant something is to be done without any record coming."""

    def step(self) -> Step:
        """Read what waits, and say what is to be written."""

    def position(self) -> Record:
        """Give the record that says how far the state goes."""


P = TypeVar("P", bound=Moved)


def _nothing() -> None:
    """Do nothing."""


class Pump(Generic[P]):
    """Moves one partition."""

    def __init__(
        self,
        partition: P,
        *,
        writer: Writer,
        ends: AsksEnds,
        written: Callable[[Step], None],
        settled: Callable[[], None] = _nothing,
    ) -> None:
        """Move this partition once `run` is started.

        Args:
            partition: What is moved.
            writer: Commits its steps; the partition is opened.
            ends: Knows where the inputs end.
            written: Called after each commit.
            settled: Called after each turn, when all of the state is committed.
        """
        self.partition = partition
        self._number = partition.frame.number
        self._writer = writer
        self._ends = ends
        self._written = written
        self._settled = settled
        self._awake = asyncio.Event()
        self._whole = asyncio.Lock()
        self._held = True
        self._commit_seconds = LEAST_PAUSE_SECONDS / PAUSE_PER_COMMIT
        self._fullness = 0.0
        self._rested_at = 0.0

    def wake(self) -> None:
        """Something came."""
        self._awake.set()

    def release(self) -> None:
        """Begin, or go on after `hold`."""
        self._held = False
        self._awake.set()

    async def hold(self) -> None:
        """Finish the commit that is under way, begin no other, and drop what waits."""
        self._held = True
        async with self._whole:
            self.partition.forget_waiting()

    async def run(self) -> None:
        """Move the partition until cancelled.

        Raises:
            Exception: Memory may differ from what is written: end the process.
        """
        while True:
            await self._wait()
            if self._held:
                continue
            await self._rest()
            await self._look()
            async with self._whole:
                if not self._held:
                    await self._turn()

    async def _wait(self) -> None:
        wake_at = None if self._held else self.partition.wake_at()
        seconds = (
            None if wake_at is None else max(0, wake_at - self.partition.frame.wall()) / SECOND
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        self._awake.clear()

    async def _rest(self) -> None:
        pause = self._commit_seconds * PAUSE_PER_COMMIT * self._fullness
        pause = min(max(pause, LEAST_PAUSE_SECONDS), MOST_PAUSE_SECONDS)
        left = self._rested_at + pause - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)

    async def _look(self) -> None:
        instant = self.partition.wanted()
        if instant is not None:
            ends = await self._ends.of(self._number)
            self.partition.told_ends(instant, ends)

    async def _turn(self) -> None:
        step = self.partition.step()
        if step.changes:
            await self._commit(step)
        for finish in step.finished:
            finish()
        self._settled()
        # A heartbeat that was just read wants the ends asked, and nothing else may come.
        if step.more or self.partition.wanted() is not None:
            self._awake.set()

    async def _commit(self, step: Step) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._writer.commit(self._number, step.changes, step.outputs)
        self._rested_at = loop.time()
        took = self._rested_at - began
        self._commit_seconds += _SMOOTHING * (took - self._commit_seconds)
        self._fullness = min(step.facts.total() / FULL_COMMIT_FACTS, 1.0)
        self._written(step)
