"""Batch delivery: one Faust event for each partition and fetch.

Faust delivers record by record, with four tasks for each: about a hundred
microseconds before anything is decoded. Here an event carries all records that one
fetch brought of one partition, and says from where to where the partition was read,
so that a batch that got lost on the way is noticed. A batch without records tells of
transaction markers and compacted gaps, without which an input would never be at its
end. Positions are set from the changelog, never from the group's commits, which only
feed lag monitors.

The overridden methods are Faust 0.15.3's; tests/architecture notices when they drift.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, cast

from aiokafka import TopicPartition
from faust.serializers.schemas import Schema
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.runtime.broker import Place
from streams.runtime.ending import end_unexpectedly
from streams.runtime.logs import library_log

IDLE_SECONDS: Final = 0.1
"""How long a fetch may wait; so late markers without records are noticed at most."""
PAUSE_SECONDS: Final = 0.005
"""After records came, so that the next fetch brings several: at most 200 fetches a second."""
FULL_SECONDS: Final = 0.02


class Batch(NamedTuple):
    """What one fetch brought of one partition of an input.

    Attributes:
        topic: The input's catalogue name.
        partition: Its number.
        start: Offset from which it was read.
        end: Offset up to which it was read, not read itself.
        records: aiokafka's records, in order; their offsets lie in [start, end).
        generation: The group's, when it was fetched.
    """

    topic: str
    partition: int
    start: int
    end: int
    records: Sequence[Any]
    generation: int


class Reader(Protocol):
    """Who takes the batches; the app has one as ``reader``."""

    def wants(self, partition: int) -> bool:
        """Tell whether this partition has room for more."""

    def positions(self) -> Mapping[Place, int]:
        """Tell from where every owned partition of every input has to be read."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, told how to fetch."""

    logger = library_log

    app: Any

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        settings = self.app.settings
        # Faust hard-codes the wait and reads what is not committed. aiokafka takes these
        # when it is started, which happens after this returns.
        consumer._fetch_max_wait_ms = settings.fetch_wait_millis  # noqa: SLF001
        consumer._fetch_min_bytes = settings.fetch_min_bytes  # noqa: SLF001
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        return consumer

    async def settle(self, positions: Mapping[TP, int], unread: Sequence[TP]) -> None:
        """Set every position, and stop fetching what is not read this way."""
        await self.call_thread(self._settle, positions, unread)

    async def _settle(self, positions: Mapping[TP, int], unread: Sequence[TP]) -> None:
        consumer = self._ensure_consumer()
        for place, offset in positions.items():
            consumer.seek(place, offset)
        if unread:
            consumer.pause(*(TopicPartition(*place) for place in unread))

    async def rewind(self, positions: Mapping[TP, int], generation: int) -> None:
        """Set positions back, unless a rebalance has come in between, which sets them anew."""
        await self.call_thread(self._rewind, positions, generation)

    async def _rewind(self, positions: Mapping[TP, int], generation: int) -> None:
        # The generation is set in this thread, so nothing can come in between here.
        if self.app.consumer_generation_id == generation:
            await self._settle(positions, ())

    def position_of(self, place: TP) -> int | None:
        """Tell up to where a partition was handed out; None in the middle of a rebalance.

        aiokafka moves it while it hands out records, so it is only true of what was
        delivered while no fetch is awaited.
        """
        subscription = self._ensure_consumer()._subscription.subscription  # noqa: SLF001
        assignment = subscription.assignment if subscription is not None else None
        state = assignment.state_value(place) if assignment is not None else None
        if state is None or not state.has_valid_position:
            return None
        return cast("int", state.position)


class BatchConsumer(driver.Consumer):
    """Faust's consumer, delivering batches from positions of our own."""

    logger = library_log

    app: Any
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with nothing delivered."""
        super().__init__(*args, **kwargs)
        self._reader: Reader = self.app.reader
        self._inputs: Mapping[str, str] = self.app.input_names
        # Last offsets of the delivered batches, oldest first; what Faust commits is the
        # end of the unbroken run of finished ones.
        self._delivered: dict[TP, deque[int]] = defaultdict(deque)
        self._has_dropped = False

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget what was delivered of partitions that go."""
        await super().on_partitions_revoked(revoked)
        for place in revoked:
            self._delivered.pop(place, None)

    async def perform_seek(self) -> None:
        """Set every input to the position that was committed with the state."""
        positions = {TP(*place): offset for place, offset in self._reader.positions().items()}
        unread = [place for place in self.assignment() if place.topic not in self._inputs]
        await self._thread.settle(positions, unread)
        for place, offset in positions.items():
            self._read_offset[place] = offset
            self._committed_offset[place] = None

    async def verify_all_partitions_active(self) -> None:
        """Leave it to the watchdog: Faust's detector cries over what is paused on purpose."""

    def _new_offset(self, tp: TP) -> int | None:
        finished, delivered, last = self._acked_index[tp], self._delivered[tp], None
        while delivered and delivered[0] in finished:
            last = delivered.popleft()
            finished.discard(last)
        if last is None:
            return None
        self._acked[tp] = sorted(finished)
        return last + 1

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):  # noqa: SLF001
                await self._drain_once()
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise
        except Exception:  # noqa: BLE001 - nothing may be delivered after a gap
            end_unexpectedly("fetch_failed")

    async def _drain_once(self) -> None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type] # as Faust itself does
        active = {
            place
            for place in self._get_active_partitions()
            if place.topic in self._inputs and self._reader.wants(place.partition)
        }
        if not active:
            # aiokafka would take an empty set for all.
            await asyncio.sleep(FULL_SECONDS)
            return
        generation = self.app.consumer_generation_id
        if self._has_dropped:
            await self._go_back(active, generation)
        fetched = await self._getmany(active_partitions=active, timeout=IDLE_SECONDS)
        for place in active:
            if not self.flow_active or self.app.consumer_generation_id != generation:
                # A rebalance began meanwhile, and may even be over: aiokafka's fetch goes on
                # with the new assignment, and what it has handed out now was for nobody.
                self._has_dropped = True
                return
            await self._deliver(place, fetched.get(place, ()), generation)
        if fetched:
            await asyncio.sleep(PAUSE_SECONDS)

    async def _go_back(self, active: Collection[TP], generation: int) -> None:
        """Fetch again what a fetch handed out that outlasted a rebalance."""
        self._has_dropped = False
        offsets = {place: self._read_offset[place] for place in active}
        positions = {place: offset for place, offset in offsets.items() if offset is not None}
        await self._thread.rewind(positions, generation)

    async def _deliver(self, place: TP, records: Sequence[Any], generation: int) -> None:
        start, end = self._read_offset[place], self._thread.position_of(place)
        if start is None or end is None or end <= start:
            return
        batch = Batch(self._inputs[place.topic], place.partition, start, end, records, generation)
        message = ConsumerMessage(
            place.topic,
            place.partition,
            end - 1,
            0.0,
            0,
            None,
            None,
            cast("bytes", batch),
            None,
            None,
            None,
            place,
            generation_id=generation,
        )
        self._delivered[place].append(end - 1)
        self._read_offset[place] = end
        await self.callback(message)


class Transport(driver.Transport):
    """Faust's transport with the consumer above."""

    Consumer = BatchConsumer


class BatchSchema(Schema[Any, Any]):
    """Hands a batch through undecoded: what is refused must keep its bytes."""

    def compile(self, app: Any, **_options: Any) -> Any:
        """Give the decoder that Faust calls for each event."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:  # noqa: ARG001
            return app.create_event(None, message.value, message.headers, message)

        return decode
