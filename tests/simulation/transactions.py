"""The transaction coordinator of a simulated cluster: names, epochs, fencing, markers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from streams.runtime.broker import Place, Record
from tests.simulation.logs import Logs, Transaction
from tests.simulation.loop import SimulatedLoop

if TYPE_CHECKING:
    import asyncio

TIMEOUT_SECONDS: Final = 10.0
"""An open transaction that lasts longer is aborted."""
_QUICK_MARKER_SECONDS: Final = 0.004
_SLOW_MARKER_SECONDS: Final = 0.3
_SLOW_MARKERS: Final = 0.05


class Claim(NamedTuple):
    """What a producer shows to be let in."""

    name: str
    epoch: int


class FencedError(Exception):
    """Another producer has taken the name."""


@dataclass(slots=True)
class _Name:
    """A transactional id.

    Attributes:
        epoch: Of the only producer that may write.
        current: Its transaction; None: none is open or being ended.
        markers: How many of its markers are still to be written.
        waiting: Those who come back once there is none.
    """

    epoch: int = 0
    current: Transaction | None = None
    markers: int = 0
    waiting: list[Callable[[], None]] = field(default_factory=list)


class TransactionCoordinator:
    """Keeps what Kafka keeps of transactional ids.

    Every request gets a future to answer into, sooner or later.
    """

    def __init__(self, loop: SimulatedLoop, random: Random, logs: Logs) -> None:
        self._loop = loop
        self._random = random
        self._logs = logs
        self._names: dict[str, _Name] = {}

    def open(self, name: str, answer: "asyncio.Future[int]") -> None:
        """Make the asker the only producer of a name; the answer is its epoch.

        Whoever had the name is fenced at once. The answer waits until their transaction
        is ended, markers and all.
        """
        kept = self._names.setdefault(name, _Name())
        if kept.current is None:
            kept.epoch += 1
            if not answer.done():
                answer.set_result(kept.epoch)
            return
        # Clients are told to come back while a transaction is being ended.
        kept.waiting.append(lambda: self.open(name, answer))
        if kept.current.is_committed is None:
            kept.epoch += 1
            self._decide(kept, kept.current, commit=False)

    def write(
        self,
        claim: Claim,
        place: Place,
        records: Sequence[Record],
        writer: str,
        answer: "asyncio.Future[None]",
    ) -> None:
        """Write a batch into the producer's transaction, beginning one if there is none."""
        kept = self._names[claim.name]
        if claim.epoch != kept.epoch:
            _refuse(answer, FencedError(f"{claim.name} has epoch {kept.epoch}, not {claim.epoch}"))
            return
        current = kept.current
        if current is not None and current.is_committed is not None:
            kept.waiting.append(lambda: self.write(claim, place, records, writer, answer))
            return
        if current is None:
            current = kept.current = Transaction(*claim)
            self._loop.later(TIMEOUT_SECONDS, self._expire, kept, current)
        self._logs.append(place, records, writer, current)
        if not answer.done():
            answer.set_result(None)

    def end(self, claim: Claim, answer: "asyncio.Future[None]", *, commit: bool) -> None:
        """Decide on the producer's transaction; the markers follow after the answer."""
        kept = self._names[claim.name]
        if claim.epoch != kept.epoch:
            _refuse(answer, FencedError(f"{claim.name} has epoch {kept.epoch}, not {claim.epoch}"))
            return
        current = kept.current
        if current is not None and current.is_committed is None:
            self._decide(kept, current, commit=commit)
        if not answer.done():
            answer.set_result(None)

    def _decide(self, kept: _Name, current: Transaction, *, commit: bool) -> None:
        current.is_committed = commit
        assert current.places, "a transaction begins with its first record"
        kept.markers = len(current.places)
        # Sorted: sets have another order in each process.
        for place in sorted(current.places):
            slow = self._random.random() < _SLOW_MARKERS
            most = _SLOW_MARKER_SECONDS if slow else _QUICK_MARKER_SECONDS
            self._loop.later(self._random.uniform(0, most), self._mark, kept, current, place)

    def _mark(self, kept: _Name, current: Transaction, place: Place) -> None:
        self._logs.end_transaction(place, current)
        kept.markers -= 1
        if kept.markers == 0:
            kept.current = None
            waiting, kept.waiting = kept.waiting, []
            for come_back in waiting:
                come_back()

    def _expire(self, kept: _Name, transaction: Transaction) -> None:
        if transaction.is_committed is None:
            kept.epoch += 1
            self._decide(kept, transaction, commit=False)


def _refuse(answer: "asyncio.Future[Any]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
