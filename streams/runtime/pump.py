"""The pump of one partition: waits, asks where the inputs end, steps, commits.

Commits are grouped: whatever comes during one goes into the next. The pause between
two follows from how long they take, so that a lightly loaded worker answers at once
and a heavily loaded one writes few large transactions.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from schemas.instants import SECOND
from streams.runtime.commit import Writer
from streams.runtime.partition import Partition, Step

LEAST_PAUSE_SECONDS: Final = 0.005
MOST_PAUSE_SECONDS: Final = 0.050
PAUSE_PER_COMMIT: Final = 2.0
"""Pauses are so many times as long as commits: at most a third of the time is commits."""
PATIENCE_SECONDS: Final = 30.0
"""A commit that takes longer has better chances in a new process."""
_SMOOTHING: Final = 0.2


class AsksEnds(Protocol):
    """Who knows where the inputs end."""

    async def of(self, partition: int) -> dict[str, int]:
        """Tell where the inputs of a partition end, asked after this call began."""


class Pump:
    """Moves one partition."""

    def __init__(
        self,
        partition: Partition,
        *,
        writer: Writer,
        ends: AsksEnds,
        written: Callable[[Step], None],
    ) -> None:
        """Move this partition once `run` is started.

        Args:
            partition: What is moved.
            writer: Commits its steps; the partition is opened.
            ends: Knows where the inputs end.
            written: Called after each commit.
        """
        self.partition = partition
        self._number = partition.frame.number
        self._writer = writer
        self._ends = ends
        self._written = written
        self._awake = asyncio.Event()
        self._whole = asyncio.Lock()
        self._held = True
        self._commit_seconds = LEAST_PAUSE_SECONDS / PAUSE_PER_COMMIT
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
        pause = min(
            max(self._commit_seconds * PAUSE_PER_COMMIT, LEAST_PAUSE_SECONDS), MOST_PAUSE_SECONDS
        )
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
        self._written(step)
