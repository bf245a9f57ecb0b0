"""Workers and their lives: the shell's own parts put together, and a supervisor for them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final, NoReturn
from unittest.mock import patch

from faust.types import TP

from streams.config import WriterKind
from streams.errors import ConfigurationError
from streams.runtime import ending, owned, transport
from streams.runtime.broker import BrokerTroubleError
from streams.runtime.commit import Writer
from streams.runtime.ends import Ends
from streams.runtime.owned import OwnedPartitions, OwnedTable, P, Parts
from streams.runtime.owned_reps import OwnedReps, OwnedTables
from streams.runtime.plain import PlainWriter
from streams.runtime.teller import Teller
from streams.runtime.transactions import TransactionalWriter
from tests.simulation.broker import (
    BrokenProducerError,
    ClientError,
    SimulatedBroker,
)
from tests.simulation.host import App, Surroundings
from tests.simulation.loop import PROCESS, EndedError, Process
from tests.simulation.network import answering
from tests.simulation.transactions import FencedError
from tests.simulation.violation import Invariant, ViolationError

GRACE_SECONDS: Final = 5.0
"""So long a worker that is asked to stop may take before it is killed."""
_EXPECTED: Final = (
    BrokenProducerError,
    BrokerTroubleError,
    ClientError,
    ConfigurationError,
    EndedError,
    FencedError,
    TimeoutError,
)
"""What a life may end of: the broker's trouble, or a successor's."""
_PAUSE_SECONDS: Final = (0.1, 1.2)


class Life:
    """One process of a worker, from its start to its end."""

    def __init__(self, around: Surroundings, name: str, over: Callable[["Life"], None]) -> None:
        self.process = Process(name)
        self._around = around
        self._over = over
        self.app: App
        cluster = around.cluster
        cluster.history.note(name, "starts")
        cluster.loop.create_task(self._main(), context=self.process.context)

    def end(self, why: str) -> None:
        """End it, whatever it is doing."""
        if not self.process.is_dead:
            cluster = self._around.cluster
            cluster.history.note(self.process, why)
            cluster.loop.kill(self.process)
            self._over(self)

    def stop(self) -> None:
        """Ask it to stop, and lose patience at some time."""
        loop = self._around.cluster.loop
        if hasattr(self, "app"):
            self._around.cluster.history.note(self.process, "is asked to stop")
            loop.create_task(self._stop(), context=self.process.context)
        loop.later(GRACE_SECONDS, self.end, "is killed, having been asked to stop")

    async def _stop(self) -> None:
        try:
            await self.app.stop()
        except Exception as error:  # noqa: BLE001 - as Faust would
            self.failed(error)
        else:
            self.end("has stopped")

    async def _main(self) -> None:
        try:
            await self._work()
        except Exception as error:  # noqa: BLE001 - whatever it is, judged there
            self.failed(error)

    async def _work(self) -> None:
        around = self._around
        settings, broker = around.settings, SimulatedBroker(around.cluster)
        leads = self._parts(broker, OwnedPartitions)
        owner: OwnedPartitions | OwnedTables = OwnedPartitions(leads)
        if around.has_reps:
            reps, teller = self._parts(broker, OwnedReps), Teller(settings, broker)
            owner = OwnedTables(OwnedPartitions(leads, teller), OwnedReps(reps), teller)
        await leads.writer.prepare()
        self.app = App(around, owner, self.process.name, self.failed)
        await self.app.run()

    def _parts(self, broker: SimulatedBroker, owned: "type[OwnedTable[P]]") -> "Parts[P]":
        settings, cluster = self._around.settings, self._around.cluster
        return Parts(
            settings=settings,
            broker=broker,
            writer=self._writer(broker, owned.table),
            ends=Ends(broker, settings, owned.inputs),
            wall=cluster.loop.wall,
            written=lambda _partition, _step: None,
            source=f"leadclock/{settings.name}",
        )

    def _writer(self, broker: SimulatedBroker, table: str) -> Writer:
        around = self._around
        if around.settings.writer is WriterKind.TRANSACTIONS:
            return TransactionalWriter(around.settings, broker, table)

        async def members() -> int:
            found: int = await around.cluster.network.ask(
                "members", answering(lambda: len(around.group.members)), ClientError
            )
            return found

        return PlainWriter(around.settings, broker, members, table)

    def failed(self, error: BaseException | None) -> None:
        """End it of an error that reached the app, and say so if it is a defect."""
        if not isinstance(error, _EXPECTED):
            loop = self._around.cluster.loop
            violation = ViolationError(Invariant.SOUND, f"{self.process} ends of {error!r}")
            violation.__cause__ = error
            loop.fail(violation)
        self.end(f"ends of {error!r}")


class Worker:
    """A place for one life after the other, with a supervisor."""

    def __init__(self, around: Surroundings, name: str, *, is_static: bool) -> None:
        settings = replace(around.settings, instance_id=name if is_static else None)
        self._around = replace(around, settings=settings)
        self.name = name
        self._lives = 0
        self.is_wanted = True
        """There will be a further life."""
        self.life: Life | None = None
        self._start()

    @property
    def is_alive(self) -> bool:
        """There is a life, frozen or not."""
        return self.life is not None

    def kill(self) -> None:
        """Kill -9."""
        if self.life is not None:
            self.life.end("is killed")

    def freeze(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after so many seconds."""
        life, cluster = self.life, self._around.cluster
        if life is None or life.process.is_frozen:
            return
        cluster.history.note(life.process, f"freezes for {seconds:.1f} s")
        cluster.loop.freeze(life.process)
        cluster.loop.later(seconds, self._thaw, life)

    def thaw(self) -> None:
        """SIGCONT."""
        if self.life is not None:
            self._thaw(self.life)

    def stop(self) -> None:
        """SIGTERM."""
        if self.life is not None:
            self.life.stop()

    def leave(self) -> None:
        """SIGTERM, and no further life."""
        self.is_wanted = False
        self.stop()

    def _thaw(self, life: Life) -> None:
        if life.process.is_frozen and not life.process.is_dead:
            self._around.cluster.history.note(life.process, "wakes")
            self._around.cluster.loop.thaw(life.process)

    def _start(self) -> None:
        if self.life is None and self.is_wanted:
            self._lives += 1
            self.life = Life(self._around, f"{self.name}.{self._lives}", self._over)

    def _over(self, life: Life) -> None:
        if life is self.life:
            self.life = None
            loop = self._around.cluster.loop
            loop.later(self._around.random.uniform(*_PAUSE_SECONDS), self._start)


@contextmanager
def ending_softly(lives: Callable[[Process], Life | None]) -> Iterator[None]:
    """Let the shell end the life that calls it instead of the interpreter.

    Args:
        lives: Finds the life of a process.
    """

    def leave(_code: int) -> NoReturn:
        process = PROCESS.get()
        life = None if process is None else lives(process)
        assert life is not None
        life.failed(sys.exc_info()[1])
        raise EndedError

    # Places are kept in sets by the shell and by Faust; as texts hash differently in each
    # interpreter, a seed would not replay.
    numbers: dict[str, int] = {}

    def steady(place: TP) -> int:
        return hash((numbers.setdefault(place[0], len(numbers)), place[1]))

    # Nothing is for a person here, and what lives shortly must not be frozen for good.
    quiet: Any = SimpleNamespace(__stderr__=None, exc_info=sys.exc_info)
    calm: Any = SimpleNamespace(freeze=lambda: None)
    with (
        patch.object(TP, "__hash__", steady),
        patch.object(ending, "_leave", leave),
        patch.object(ending, "sys", quiet),
        patch.object(owned, "gc", calm),
        # How often a worker without partitions looks whether it has some; the real pause
        # would cost a third of all steps.
        patch.object(transport, "FULL_SECONDS", 0.15),
    ):
        yield
