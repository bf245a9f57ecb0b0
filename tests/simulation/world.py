"""A whole simulation: built from a plan, run to its end, judged all the way."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from schemas.instants import SECOND
from schemas.topics import INPUTS
from streams.config import Settings, TimeMode, WriterKind
from streams.runtime.broker import Place, Record
from tests.simulation.broker import Cluster
from tests.simulation.checks import Checks
from tests.simulation.group import SESSION_SECONDS, Group
from tests.simulation.history import LENGTH, History
from tests.simulation.host import Surroundings
from tests.simulation.load import Author, Sources
from tests.simulation.loop import PROCESS, Process, SimulatedLoop, StandstillError
from tests.simulation.network import Moment, Weather
from tests.simulation.plan import Event, Mishap, Plan
from tests.simulation.violation import Invariant, ViolationError
from tests.simulation.worker import Life, Worker, ending_softly

AFTERWARDS_SECONDS: Final = 7.0
"""After the last fact so much is still to happen by itself: every due, settle and false close."""
PATIENCE_SECONDS: Final = 30.0
"""So long healed workers may take to catch up."""
MOST_WORKERS: Final = 4
_LOOK_SECONDS: Final = 0.25
_AFTERTHOUGHT_SECONDS: Final = 1.0
_COMPACT_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a simulation came to.

    Attributes:
        violation: None: every invariant held.
        steps: How many the loop took.
        moments: How many moments there were at which a fault could have struck.
    """

    plan: Plan
    violation: ViolationError | None
    history: History
    steps: int
    moments: int

    def told(self, length: int = LENGTH) -> str:
        """Write a report for a person, with so many events."""
        lines = [f"seed {self.plan.seed}: {self.plan.shown()}", self.history.told(length)]
        lines.append("held" if self.violation is None else f"VIOLATED {self.violation}")
        return "\n".join(lines)


class World:
    """Everything there is in one simulation."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        random = Random(f"world {plan.seed}")
        self.loop = SimulatedLoop.begin(Random(f"loop {plan.seed}"), mixed=plan.mixed)
        self.history = History(lambda: self.loop.now)
        self.settings = Settings(
            bootstrap_servers=("simulated:9092",),
            partitions=plan.partitions,
            time=plan.time,
            writer=plan.writer,
            session_timeout_seconds=SESSION_SECONDS,
        )
        is_plain = plan.writer is WriterKind.PLAIN
        weather = Weather(plan.trouble, plan.slow, late=not is_plain)
        self.cluster = Cluster.build(self.loop, random, self.history, weather)
        self.cluster.rejects = self._rejects
        self.cluster.network.strikes = self
        self.checks = Checks(self.loop, self.cluster.logs, self.settings, self.history, plan)
        self.group = Group(self.loop, random, self.history, plan.partitions)
        self.group.watchers.append(self.checks.watch_group)
        self.sources = Sources(self.loop, self.cluster.logs)
        self._random = Random(f"faults {plan.seed}")
        self._around = Surroundings(
            self.cluster, self.group, self.settings, self._random, plan.has_reps
        )
        self._workers: list[Worker] = []
        self._is_healed = False
        self.moments = 0

    # What goes wrong

    def strike(self, process: Process, what: str, moment: Moment) -> None:
        """Kill or freeze a process at a moment of a request, if the plan wants it."""
        self.moments += 1
        if self._is_healed:
            return
        if self.moments == self.plan.strike_at:
            self.history.note(process, f"struck {moment.value} {what}")
            worker = self._worker_of(process)
            if self.plan.strike_length:
                worker.freeze(self.plan.strike_length)
            else:
                worker.kill()
        elif self.plan.strikes and self._random.random() < self.plan.strikes:
            self.history.note(process, f"struck {moment.value} {what}")
            worker = self._worker_of(process)
            if self._random.random() < 0.7:
                worker.kill()
            else:
                worker.freeze(self._random.choice((0.5, 2.2, 3.0)))

    def _worker_of(self, process: Process) -> Worker:
        return next(
            worker
            for worker in self._workers
            if worker.life is not None and worker.life.process is process
        )

    def life_of(self, process: Process) -> Life | None:
        """Find the life of a process."""
        return next(
            (
                worker.life
                for worker in self._workers
                if worker.life is not None and worker.life.process is process
            ),
            None,
        )

    def _rejects(self, _place: Place, _records: Sequence[Record]) -> bool:
        refusals = self.plan.refusals
        return bool(refusals) and not self._is_healed and self._random.random() < refusals

    def _happen(self, event: Event) -> None:
        alive = [worker for worker in self._workers if worker.is_alive]
        if event.mishap is Mishap.JOIN:
            if len(self._workers) < MOST_WORKERS:
                self._add_worker()
            return
        if not alive:
            return
        worker = alive[event.worker % len(alive)]
        match event.mishap:
            case Mishap.KILL:
                worker.kill()
            case Mishap.FREEZE:
                worker.freeze(event.length)
            case Mishap.STOP:
                worker.stop()
            case Mishap.LEAVE:
                if sum(worker.is_wanted for worker in self._workers) > 1:
                    worker.leave()

    def _heal(self) -> None:
        self._is_healed = True
        self.history.note("world", "is healed")
        self.cluster.network.weather = Weather()
        for worker in self._workers:
            worker.thaw()

    # The course of things

    async def run(self) -> None:
        """Run to the end.

        Raises:
            ViolationError: An invariant does not hold.
        """
        plan, loop = self.plan, self.loop
        for name in INPUTS:
            for number in range(plan.partitions):
                self.cluster.logs[Place(self.settings.topic(name), number)]
        self.sources.tell(Author(plan, self.settings).tellings())
        for _ in range(plan.workers):
            self._add_worker()
        for event in plan.events:
            loop.later(event.seconds, self._happen, event)
        if plan.compacts:
            loop.later(_COMPACT_SECONDS, self._compact)
        healed_at = max([plan.seconds, *(event.seconds for event in plan.events)])
        await asyncio.sleep(healed_at)
        self._heal()
        await self.sources.silent.wait()
        await self._drain()

    async def _drain(self) -> None:
        checks, loop = self.checks, self.loop
        until = loop.wall() + int(AFTERWARDS_SECONDS * SECOND)
        if self.plan.time is TimeMode.FACTS:
            until = min(
                one.seen_at for records in checks.inputs.told.values() for one in records
            ) + int((self.plan.seconds + 50) * SECOND)
        checks.expect(until)
        patience = loop.now + int((AFTERWARDS_SECONDS + PATIENCE_SECONDS) * SECOND)
        while not (checks.states.is_read() and checks.is_complete()):
            if loop.now > patience:
                if checks.states.is_read():
                    checks.finish()
                said = len(checks.said.records)
                raise ViolationError(
                    Invariant.PROGRESS,
                    f"{said} of {len(checks.expected or ())} records after "
                    f"{PATIENCE_SECONDS:.0f} s without faults",
                )
            await asyncio.sleep(_LOOK_SECONDS)
        # What is said once too often, or is only on its way, would come now.
        await asyncio.sleep(_AFTERTHOUGHT_SECONDS)
        checks.finish()

    def _add_worker(self) -> None:
        self._workers.append(
            Worker(self._around, f"w{len(self._workers) + 1}", is_static=self.plan.is_static)
        )

    def _compact(self) -> None:
        for number in range(self.plan.partitions):
            log = self.cluster.logs[Place(self.settings.changelog, number)]
            log.compact(self._random.randint(0, log.stable))
        self.loop.later(_COMPACT_SECONDS, self._compact)


def simulate(
    plan: Plan, plant: "Callable[[World], AbstractContextManager[Any]]" = nullcontext
) -> Outcome:
    """Run a plan.

    Args:
        plan: What happens.
        plant: Plants a bug for the time being.
    """
    world = World(plan)
    violation = None
    with ending_softly(world.life_of), _logging_to(world.history), plant(world):
        try:
            world.loop.run(world.run())
        except ViolationError as error:
            violation = error
        except StandstillError as error:
            violation = ViolationError(Invariant.PROGRESS, str(error))
    return Outcome(plan, violation, world.history, world.loop.steps, world.moments)


@contextmanager
def _logging_to(history: History) -> Iterator[None]:
    """Put what the shell logs into the history."""
    logger = logging.getLogger("streams")
    handler = _Noting(history)
    before, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        logger.propagate = propagate


_USUAL: Final = logging.makeLogRecord({}).__dict__.keys()


class _Noting(logging.Handler):
    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history

    def emit(self, record: logging.LogRecord) -> None:
        more = {
            name: value
            for name, value in record.__dict__.items()
            if name not in _USUAL and name not in {"message", "taskName"}
        }
        if record.exc_info and record.exc_info[1] is not None:
            more["error"] = repr(record.exc_info[1])
        self._history.note(PROCESS.get() or "world", record.getMessage(), more or "")
