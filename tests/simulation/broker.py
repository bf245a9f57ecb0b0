"""The port of `streams.runtime.broker`, kept on a simulated cluster."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from streams.runtime.broker import BrokerTroubleError, Kept, Place, Producer, Record
from tests.simulation.history import History
from tests.simulation.logs import Log, Logs
from tests.simulation.loop import PROCESS, Process, SimulatedLoop
from tests.simulation.network import Network, Weather, answering
from tests.simulation.transactions import Claim, FencedError, TransactionCoordinator

_MOST_IN_A_BATCH: Final = 4
"""Records: few, so that what is handed over at once often takes several batches."""
_MOST_READ_BACK: Final = 7
"""Records of one answer, for the same reason."""
_TWICE: Final = 0.02
"""Share of batches that a producer without idempotence writes twice, when nothing is calm."""


class ClientError(Exception):
    """What a Kafka client raises when a request has failed; whether it had an effect is open."""


class BrokenProducerError(Exception):
    """A producer was used after it had failed for good."""


@dataclass(slots=True)
class Cluster:
    """A simulated Kafka cluster.

    Attributes:
        rejects: Decides whether a batch is refused for what it is, as one too large would be.
        producers: How many were ever started.
    """

    loop: SimulatedLoop
    random: Random
    history: History
    network: Network
    logs: Logs
    transactions: TransactionCoordinator
    rejects: Callable[[Place, Sequence[Record]], bool]
    producers: int = 0

    @classmethod
    def build(
        cls, loop: SimulatedLoop, random: Random, history: History, weather: Weather | None = None
    ) -> "Cluster":
        """Put an empty cluster together."""
        logs = Logs(loop.wall)
        return cls(
            loop=loop,
            random=random,
            history=history,
            network=Network(loop, random, weather or Weather(), history),
            logs=logs,
            transactions=TransactionCoordinator(loop, random, logs),
            rejects=lambda _place, _records: False,
        )


class SimulatedBroker:
    """What one process has of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def plain_producer(self) -> Producer:
        """Start a producer without transactions."""
        await self._cluster.network.ask("connect", answering(dict), ClientError)
        return SimulatedProducer(self._cluster)

    async def transactional_producer(
        self,
        name: str,
        topics: Collection[str],  # noqa: ARG002 - metadata is always there
    ) -> Producer:
        """Start the only producer of this name."""
        cluster = self._cluster
        epoch: int = await cluster.network.ask(
            f"open {name}", lambda told: cluster.transactions.open(name, told), ClientError
        )
        cluster.history.note(_who(), f"opened {name}", f"epoch {epoch}")
        return TransactionalSimulatedProducer(cluster, Claim(name, epoch))

    async def ends(self, places: Collection[Place]) -> dict[Place, int]:
        """Ask for high watermarks."""
        return await self._offsets("ends", places, lambda log: log.end)

    async def beginnings(self, places: Collection[Place]) -> dict[Place, int]:
        """Ask for the first offsets: nothing is ever deleted."""
        return await self._offsets("beginnings", places, lambda _log: 0)

    async def read_back(self, places: Collection[Place]) -> AsyncIterator[tuple[Place, list[Kept]]]:
        """Read committed records from the beginning to the end at the time of the call."""
        ends = await self._offsets(
            "stable ends", places, lambda log: log.stable, trouble=ClientError
        )
        positions = dict.fromkeys(places, 0)
        while left := [place for place in places if positions[place] < ends[place]]:
            place = self._cluster.random.choice(left)
            start = positions[place]
            end, kept = await self._cluster.network.ask(
                f"read {_shown(place)} from {start}",
                answering(self._read, place, start),
                ClientError,
            )
            positions[place] = end
            yield place, kept

    async def stop(self) -> None:
        """There are no connections."""

    def _read(self, place: Place, start: int) -> tuple[int, list[Kept]]:
        log = self._cluster.logs[place]
        end = min(log.stable, start + self._cluster.random.randint(1, _MOST_READ_BACK))
        return end, [
            Kept(entry.record.key or b"", entry.record.value) for entry in log.kept(start, end)
        ]

    async def _offsets(
        self,
        what: str,
        places: Iterable[Place],
        offset: Callable[[Log], int],
        trouble: Callable[[str], Exception] = BrokerTroubleError,
    ) -> dict[Place, int]:
        # Each of several brokers answers for its partitions, at its own time.
        network, logs = self._cluster.network, self._cluster.logs
        parts = _split(self._cluster.random, list(places))
        answers = [
            network.ask(
                what,
                answering(lambda part: {one: offset(logs[one]) for one in part}, part),
                trouble,
            )
            for part in parts
        ]
        found: dict[Place, int] = {}
        for answer in answers:
            found |= await answer
        return found


class SimulatedProducer:
    """A producer without transactions or idempotence: a batch may be written twice."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._process: Process = PROCESS.get() or cluster.loop.world
        cluster.producers += 1
        self._mark = f"{self._process}#{cluster.producers}"
        self._unsettled: list[asyncio.Future[None]] = []
        self._in_flight: dict[Place, asyncio.Future[None]] = {}
        self._is_broken = False

    async def begin(self) -> None:
        """There are no transactions."""

    async def hand_over(self, place: Place, records: Sequence[Record]) -> None:
        """Send records in a few batches, one after the other."""
        await asyncio.sleep(0)
        self._check()
        left = list(records)
        while left:
            size = self._cluster.random.randint(1, _MOST_IN_A_BATCH)
            if place.topic.endswith("-changelog"):
                # A step's state and position stay in one batch: that is what the plain
                # writer stands on, and steps here are far below a batch's size.
                size = len(left)
            batch, left = left[:size], left[size:]
            self._unsettled.append(self._enqueue(place, batch))

    async def settle(self) -> None:
        """Wait for every acknowledgement."""
        unsettled = tuple(self._unsettled)
        for acknowledged in unsettled:
            await asyncio.shield(acknowledged)
        self._unsettled = [one for one in self._unsettled if one not in unsettled]

    async def commit(self) -> None:
        """There are no transactions."""

    async def stop(self) -> None:
        """Wait for what is on its way."""
        await self._flush()
        self._is_broken = True

    def _enqueue(self, place: Place, batch: Sequence[Record]) -> "asyncio.Future[None]":
        acknowledged: asyncio.Future[None] = self._cluster.loop.create_future()
        before = self._in_flight.get(place)
        self._in_flight[place] = acknowledged
        if before is None or before.done():
            self._send(place, batch, acknowledged)
        else:
            # Only one batch of a partition is on its way, so that none overtakes another.
            before.add_done_callback(lambda _: self._send(place, batch, acknowledged))
        return acknowledged

    def _send(
        self, place: Place, batch: Sequence[Record], acknowledged: "asyncio.Future[None]"
    ) -> None:
        cluster = self._cluster
        if cluster.rejects(place, batch):
            cluster.history.note(self._process, "batch refused", _shown(place))
            acknowledged.set_exception(ClientError(f"a batch for {place} was refused"))
            return
        sent = cluster.network.ask(
            f"write {_shown(place)}", lambda told: self._write(place, batch, told), ClientError
        )
        sent.add_done_callback(lambda sent: self._sent(sent, acknowledged))

    def _sent(self, sent: "asyncio.Future[None]", acknowledged: "asyncio.Future[None]") -> None:
        error = sent.exception()
        if isinstance(error, FencedError):
            self._is_broken = True
        if acknowledged.done():
            return
        if error is None:
            acknowledged.set_result(None)
        else:
            acknowledged.set_exception(error)

    def _write(self, place: Place, batch: Sequence[Record], told: "asyncio.Future[None]") -> None:
        cluster = self._cluster
        times = 2 if cluster.network.weather.trouble and cluster.random.random() < _TWICE else 1
        for _ in range(times):
            cluster.logs.append(place, batch, self._mark)
        told.set_result(None)

    async def _flush(self) -> None:
        for acknowledged in list(self._in_flight.values()):
            # What has failed is for `settle` to tell.
            await asyncio.wait([acknowledged])

    def _check(self) -> None:
        if self._is_broken:
            raise BrokenProducerError("the producer has failed before")


class TransactionalSimulatedProducer(SimulatedProducer):
    """The only producer of its name."""

    def __init__(self, cluster: Cluster, claim: Claim) -> None:
        super().__init__(cluster)
        self._claim = claim
        self._is_open = False

    async def begin(self) -> None:
        """Begin a transaction; brokers hear of it with the first record."""
        await asyncio.sleep(0)
        self._check()
        if self._is_open:
            raise BrokenProducerError("a transaction is open")
        self._is_open = True

    async def commit(self) -> None:
        """Commit what was written, like aiokafka even if a batch has failed."""
        self._check()
        await self._flush()
        self._check()
        self._is_open = False
        try:
            await self._end(commit=True)
        except FencedError:
            self._is_broken = True
            raise

    async def stop(self) -> None:
        """Abort an open transaction, if that can be done."""
        is_broken = self._is_broken
        self._is_broken = True
        if self._is_open and not is_broken:
            await asyncio.wait([self._end(commit=False)])

    def _end(self, *, commit: bool) -> "asyncio.Future[None]":
        transactions = self._cluster.transactions
        return self._cluster.network.ask(
            f"{'commit' if commit else 'abort'} {self._claim.name}",
            lambda told: transactions.end(self._claim, told, commit=commit),
            ClientError,
        )

    def _write(self, place: Place, batch: Sequence[Record], told: "asyncio.Future[None]") -> None:
        self._cluster.transactions.write(self._claim, place, batch, self._mark, told)


def _who() -> object:
    return PROCESS.get() or "world"


def _shown(place: Place) -> str:
    return f"{place.topic}/{place.partition}"


def _split(random: Random, places: list[Place]) -> list[list[Place]]:
    if len(places) < 2 or random.random() < 0.5:
        return [places]
    cut = random.randrange(1, len(places))
    return [places[:cut], places[cut:]]
