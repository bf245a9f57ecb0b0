"""An event loop without sockets or threads: time is simulated, a seed decides who is next.

The shell's own asyncio code runs on it unchanged. Every step belongs to the process
(a worker's life) whose context it was scheduled in, so that a process can be killed
or frozen between any two steps, with whatever its tasks hold, as a signal would do.
"""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from inspect import CORO_CREATED, getcoroutinestate
from math import ceil
from random import Random
from types import CoroutineType
from typing import Any, Final, TypeVar

from schemas.instants import SECOND, Instant, Micros

START: Final[Instant] = 1_767_949_200 * SECOND
"""The wall clock when a simulation begins: 2026-01-09T09:00:00Z."""
_LONGEST_STEP: Final = 0b11111
"""Microseconds that one step may take, at most."""

T = TypeVar("T")


class StandstillError(Exception):
    """Nobody has anything left to do, and what was waited for has not happened."""


class Step:
    """A callback that waits for its turn; what asyncio calls a handle."""

    __slots__ = ("arguments", "callback", "context", "process")

    def __init__(
        self,
        callback: Callable[..., object],
        arguments: tuple[Any, ...],
        context: Context,
        process: "Process",
    ) -> None:
        self.callback: Callable[..., object] | None = callback
        self.arguments = arguments
        self.context = context
        self.process = process

    def cancel(self) -> None:
        """Do nothing when its turn comes."""
        self.callback = None
        self.arguments = ()

    def cancelled(self) -> bool:
        """Tell whether it was cancelled."""
        return self.callback is None


class Process:
    """What can be killed and frozen: one life of a worker.

    Attributes:
        name: Who, in histories.
        is_dead: It never does anything again.
        is_frozen: It does nothing for now; what it would have done waits.
        waiting: Its steps.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.is_frozen = False
        self.waiting: list[Step] = []
        self.context = copy_context()
        self.context.run(PROCESS.set, self)

    def __repr__(self) -> str:
        return self.name


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)
"""Whose step is running; None: the world's."""


class EndedError(BaseException):
    """The running process has just ended; unwinds to the loop, where it is forgotten."""


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs steps one by one, in an order that follows from a seed.

    A process takes its steps in order, as on a real loop, or in a mixed order, which is
    more than asyncio would ever do. Between processes the order is always mixed.
    """

    def __init__(self, random: Random, *, mixed: bool = False) -> None:
        """Begin at `START`.

        Args:
            random: Decides who is next.
            mixed: Steps within a process are taken in any order, too.
        """
        self._random = random.random
        self._mixed = mixed
        self._micros: Micros = 0
        self._timers: list[tuple[Micros, int, Step]] = []
        self._scheduled = 0
        self._ready: list[Process] = []
        self.failure: BaseException | None = None
        """What ends `run` after the running step."""
        self._graveyard: list[Step] = []
        self.steps = 0
        self.world = Process("world")

    @classmethod
    def begin(cls, random: Random, *, mixed: bool = False) -> "SimulatedLoop":
        """Make a loop; see ``__init__``."""
        # There are no sockets, signals, threads or child processes to have methods for.
        return cls(random, mixed=mixed)

    # What the simulation asks

    @property
    def now(self) -> Micros:
        """Microseconds since the beginning."""
        return self._micros

    def wall(self) -> Instant:
        """Read the wall clock."""
        return START + self._micros

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run until a coroutine of the world is done.

        Raises:
            StandstillError: It never will be.
        """
        asyncio._set_running_loop(self)
        try:
            task = self.create_task(main, context=self.world.context)
            while not task.done():
                self._turn()
                if self.failure is not None:
                    raise self.failure
            return task.result()
        finally:
            asyncio._set_running_loop(None)
            self._bury()

    def fail(self, failure: BaseException) -> None:
        """End `run` with this failure after the running step."""
        if self.failure is None:
            self.failure = failure

    def kill(self, process: Process) -> None:
        """End a process: no step of it runs any more."""
        process.is_dead = True
        self._put_aside(process)
        self._graveyard += process.waiting
        process.waiting.clear()

    def freeze(self, process: Process) -> None:
        """Stop a process for now, as SIGSTOP would."""
        process.is_frozen = True
        self._put_aside(process)

    def thaw(self, process: Process) -> None:
        """Let a frozen process go on as if no time had passed."""
        process.is_frozen = False
        if process.waiting and not process.is_dead:
            self._ready.append(process)

    def later(self, seconds: float, callback: Callable[..., object], *arguments: Any) -> Step:
        """Take a step of the world's own after so many seconds, whoever asks."""
        return self.call_later(seconds, callback, *arguments, context=self.world.context)

    def _put_aside(self, process: Process) -> None:
        if process in self._ready:
            self._ready.remove(process)

    def _bury(self) -> None:
        """Close what the dead never began, which Python would complain of otherwise."""
        for task in asyncio.all_tasks(self):
            body = task.get_coro()
            if isinstance(body, CoroutineType) and getcoroutinestate(body) == CORO_CREATED:
                body.close()
        self._graveyard.clear()

    def _turn(self) -> None:
        timers = self._timers
        if not self._ready:
            if not timers:
                raise StandstillError("nobody has anything left to do")
            self._micros = max(self._micros, timers[0][0])
        while timers and timers[0][0] <= self._micros:
            self._add(heapq.heappop(timers)[2])
        if not self._ready:
            return
        draw = self._random()
        # One draw decides on both: calling the generator is most of a turn's cost.
        self._micros += int(draw * 1e9) & _LONGEST_STEP
        place = int(draw * len(self._ready))
        process = self._ready[place]
        # The world keeps its order: sources and brokers have reasons for theirs.
        is_mixed = self._mixed and process is not self.world
        step = self._next(process, is_mixed=is_mixed)
        if not process.waiting:
            self._ready[place] = self._ready[-1]
            self._ready.pop()
        callback = step.callback
        if callback is not None:
            self.steps += 1
            with suppress(EndedError):
                step.context.run(callback, *step.arguments)

    def _next(self, process: Process, *, is_mixed: bool) -> Step:
        waiting = process.waiting
        if not is_mixed or len(waiting) == 1:
            return waiting.pop(0)
        place = int(self._random() * len(waiting))
        waiting[place], waiting[-1] = waiting[-1], waiting[place]
        return waiting.pop()

    def _add(self, step: Step) -> None:
        process = step.process
        if process.is_dead:
            self._graveyard.append(step)
            return
        if not process.waiting and not process.is_frozen:
            self._ready.append(process)
        process.waiting.append(step)

    def _step(
        self, callback: Callable[..., object], arguments: tuple[Any, ...], context: Context | None
    ) -> Step:
        if context is None:
            context = copy_context()
        return Step(callback, arguments, context, context.get(PROCESS, None) or self.world)

    # What asyncio asks

    def time(self) -> float:
        """Seconds since the beginning."""
        return self._micros / SECOND

    def call_soon(  # type: ignore[override] # a step is all that anybody needs of a handle
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Step:
        """Take a step soon."""
        step = self._step(callback, args, context)
        self._add(step)
        return step

    call_soon_threadsafe = call_soon  # type: ignore[assignment] # there is one thread

    def call_at(  # type: ignore[override] # as above
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Step:
        """Take a step at an instant of `time`."""
        step = self._step(callback, args, context)
        self._scheduled += 1
        # A ten-thousandth of a microsecond is what floats may be off by.
        heapq.heappush(self._timers, (ceil(when * SECOND - 1e-4), self._scheduled, step))
        return step

    def call_later(  # type: ignore[override] # as above
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Step:
        """Take a step after so many seconds."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def create_future(self) -> "asyncio.Future[Any]":
        """Make a future."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override] # no generators, no eager tasks
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> "asyncio.Task[T]":
        """Start a coroutine in the process that calls this, or whose context it is."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        # Tasks of the killed are left as they are; that is what killing means.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        return task

    def get_debug(self) -> bool:
        """Say no."""
        return False

    def is_running(self) -> bool:
        """Say yes."""
        return True

    def is_closed(self) -> bool:
        """Say no: what is thrown away with a seed may still give back its locks."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Say nothing: whose exception nobody wanted is dead, or its life would have ended."""
