"""Faust's part in the life of a worker, stood in for; the overrides of Faust are the real ones.

What runs here of the shell: `BatchConsumer` (drain, delivery, seek), `ConsumerThread`,
`Recovery.on_recovery_completed`, the agent's body and `bind`. What is stood in for:
Faust's life cycle around them, in the order of Faust 0.15.3.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from faust.types import TP

from streams.config import Settings
from streams.runtime.agents import leads, reps
from streams.runtime.broker import Place
from streams.runtime.host import bind
from streams.runtime.owned import OwnedPartitions
from streams.runtime.owned_reps import OwnedReps, OwnedTables
from streams.runtime.recovery import Recovery
from streams.runtime.transport import BatchConsumer, ConsumerThread
from tests.simulation.broker import ClientError, Cluster
from tests.simulation.consumer import SimulatedKafkaConsumer
from tests.simulation.group import Group, Joined, UnknownMemberError
from tests.simulation.network import answering

HEARTBEAT_SECONDS: Final = 0.4
COMMIT_SECONDS: Final = 0.7
_RETRY_SECONDS: Final = 0.1
_QUESTIONS_SECONDS: Final = 0.02


@dataclass(slots=True)
class Surroundings:
    """Where workers live."""

    cluster: Cluster
    group: Group
    settings: Settings
    random: Random
    has_reps: bool = False


class Signal:
    """One of Faust's signals."""

    def __init__(self) -> None:
        self._receivers: list[Callable[..., Awaitable[None]]] = []

    def connect(self, receiver: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Call this whenever it is sent."""
        self._receivers.append(receiver)
        return receiver

    async def send(self, *told: Any) -> None:
        """Call the receivers."""
        for receiver in self._receivers:
            await receiver(self, *told)


class Thread(ConsumerThread):
    """The consumer's thread, without a thread."""

    def __init__(self, consumer: Any, client: SimulatedKafkaConsumer) -> None:
        # Not Faust's: it would start a thread.
        self.consumer = consumer
        self.app = consumer.app
        self._client = client

    def _ensure_consumer(self) -> Any:
        return self._client

    async def call_thread(
        self, fun: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Any:
        """Call a function, and let others go on before and after, as between threads."""
        await asyncio.sleep(0)
        found = await fun(*args, **kwargs)
        await asyncio.sleep(0)
        return found


class Consumer(BatchConsumer):
    """The consumer, on a simulated client."""

    def __init__(self, app: "App", client: SimulatedKafkaConsumer) -> None:
        # Not Faust's: it wants a transport, sensors and a method queue.
        self.app = app
        self._thread = Thread(self, client)
        self._client = client
        self._reader = app.reader
        self._inputs = app.input_names
        self._delivered: dict[Any, deque[int]] = defaultdict(deque)
        self._acked: dict[Any, list[int]] = defaultdict(list)
        self._acked_index: dict[Any, set[int]] = defaultdict(set)
        self._read_offset: dict[Any, int | None] = defaultdict(lambda: None)
        self._committed_offset: dict[Any, int | None] = defaultdict(lambda: None)
        self._gap: dict[Any, Any] = {}
        self._active_partitions: set[Any] = set()
        self._has_dropped = False
        self._paused_partitions: set[Any] = set()
        self._buffered_partitions: set[Any] = set()
        self.can_resume_flow: Any = asyncio.Event()
        self.suspend_flow: Any = asyncio.Event()
        self._stopped: Any = asyncio.Event()
        self.flow_active = True
        self.diag: Any = SimpleNamespace(set_flag=_nothing, unset_flag=_nothing)
        self.callback = app.deliver
        self._on_partitions_revoked = app.on_revoked

    async def wait(self, event: asyncio.Event) -> None:  # type: ignore[override] # one use
        """Wait for an event."""
        await event.wait()

    def assignment(self) -> set[Any]:
        """Give what is assigned."""
        return self._client.assignment()

    def acknowledge(self, place: Any, offset: int) -> None:
        """Take note that a batch is done, as Faust does of a message."""
        committed = self._committed_offset[place]
        if (committed is None or offset >= committed) and offset not in self._acked_index[place]:
            self._acked_index[place].add(offset)
            self._acked[place].append(offset)

    def finished(self) -> dict[Place, int]:
        """Give what may be committed to the group."""
        found = {}
        for place in sorted(self._acked):
            offset = self._new_offset(place)
            if offset is not None:
                self._committed_offset[place] = offset
                found[Place(*place)] = offset
        return found


class FlowControl:
    """Faust's flow control of the agents' queues."""

    def __init__(self) -> None:
        self.queues: list[asyncio.Queue[Any]] = []
        self.is_active = False

    def suspend(self) -> None:
        """Let nothing through."""
        self.is_active = False

    def resume(self) -> None:
        """Let things through again, but nothing that came before."""
        self.is_active = True
        self.clear()

    def clear(self) -> None:
        """Throw away what waits."""
        for queue in self.queues:
            while not queue.empty():
                queue.get_nowait()


class Event:
    """What the agent sees of a batch."""

    def __init__(self, consumer: Consumer, message: Any) -> None:
        self._consumer = consumer
        self.message = message
        self.value = message.value

    def ack(self) -> None:
        """Acknowledge it."""
        self._consumer.acknowledge(self.message.tp, self.message.offset)


class Stream:
    """An agent's stream."""

    def __init__(self, app: "App", queue: "asyncio.Queue[Any]") -> None:
        self._app = app
        self._queue = queue

    def noack(self) -> "Stream":
        """Acknowledge nothing by itself."""
        return self

    async def events(self) -> Any:
        """Give events, without those that a rebalance has overtaken, as Faust does."""
        app = self._app
        while True:
            message = await self._queue.get()
            is_stale = message.generation_id != app.consumer_generation_id
            if app.flow_control.is_active and not is_stale:
                yield Event(app.consumer, message)


class Table:
    """A table; never written to as one."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def on_recovery_completed(self, *_told: Any) -> None:
        """Have nothing to replay."""


class SimulatedRecovery(Recovery):
    """The recovery service's replaced part, and what it needs of the rest."""

    def __init__(self, app: "App", tables: Sequence[str]) -> None:
        # Not Faust's: it wants a table manager and a whole app.
        self.app = app
        self._tables = [Table(name) for name in tables]
        self.tables: Any = SimpleNamespace(
            values=lambda: self._tables,
            on_actives_ready=_nothing,
            on_standbys_ready=_nothing,
        )
        self.actives_for_table: Any = {}
        self.standbys_for_table: Any = {}
        self.completed: Any = asyncio.Event()

    def take_actives(self, settings: Settings, partitions: Collection[int]) -> None:
        """Take the changelog partitions of a generation."""
        self.actives_for_table = {
            table: {TP(settings.changelog_of(table.name), number) for number in partitions}
            for table in self._tables
        }
        self.standbys_for_table = {table: set() for table in self._tables}

    def _set_recovery_ended(self) -> None:
        pass

    def _is_changelog_tp(self, _place: Any) -> bool:
        return False

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's
        await asyncio.wait_for(coro, timeout)


class App:
    """The Faust app of one life."""

    def __init__(
        self,
        around: Surroundings,
        owner: OwnedPartitions | OwnedTables,
        name: str,
        crashed: Callable[[BaseException], None],
    ) -> None:
        self._crashed = crashed
        self._cluster = around.cluster
        self._group = around.group
        self._life = name
        # A static member keeps its name over its lives.
        self._name = around.settings.instance_id or name
        self.settings = settings = around.settings
        self.owner = self.reader = owner
        tables = (OwnedPartitions, OwnedReps) if around.has_reps else (OwnedPartitions,)
        self.input_names = {settings.topic(name): name for table in tables for name in table.inputs}
        self.consumer_generation_id = -1
        self.should_stop = False
        self.conf = SimpleNamespace(broker_request_timeout=30.0)
        self.on_rebalance_complete = Signal()
        self.on_partitions_revoked = Signal()
        self.on_before_shutdown = Signal()
        self.flow_control = FlowControl()
        self._client = SimulatedKafkaConsumer(around.cluster)
        self.consumer = Consumer(self, self._client)
        self.recovery = SimulatedRecovery(self, [table.table for table in tables])
        self._fetcher = SimpleNamespace(maybe_start=self._start_fetching, _stopped=asyncio.Event())
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._agents: dict[str, tuple[Sequence[str], asyncio.Queue[Any], Any]] = {}
        self._recovering: asyncio.Task[None] | None = None
        leads.attach(self, OwnedPartitions.inputs, owner.take)
        if around.has_reps:
            reps.attach(self, OwnedReps.inputs, owner.take)
        bind(self)  # type: ignore[arg-type] # what it uses of a Faust app is here

    # What the shell uses of a Faust app

    def agent(self, topics: Sequence[str], name: str) -> Callable[[Any], Any]:
        """Take an agent's body, to be fed from topics, by catalogue name."""

        def take(body: Any) -> Any:
            queue: asyncio.Queue[Any] = asyncio.Queue()
            self.flow_control.queues.append(queue)
            self._agents[name] = (topics, queue, body)
            return body

        return take

    def on_rebalance_end(self) -> None:
        """Take no notice."""

    def _start_span_from_rebalancing(self, _name: str) -> Any:
        return _Span()

    async def deliver(self, message: Any) -> None:
        """Put a message into the queues of those who read its topic."""
        for topics, queue, _body in self._agents.values():
            if message.value.topic in topics:
                queue.put_nowait(message)

    async def _start_fetching(self) -> None:
        if "fetcher" not in self._tasks:
            self._start("fetcher", self.consumer._drain_messages(self._fetcher))

    # The life cycle

    async def run(self) -> None:
        """Be a worker until the process ends."""
        for name, (_topics, queue, body) in self._agents.items():
            self._start(name, body(Stream(self, queue)))
        self._start("commits", self._commit_now_and_then())
        while True:
            await self._take_part()

    async def stop(self) -> None:
        """Leave in order."""
        self.should_stop = True
        await self.on_before_shutdown.send()
        if self.settings.instance_id is None:
            await self._ask("leave", lambda told: self._group.leave(self._name, told))

    async def on_revoked(self, revoked: set[Any]) -> None:
        """Do what Faust's app does when partitions are taken away."""
        if self.consumer.assignment():
            self.consumer.stop_flow()
            self.flow_control.suspend()
            self.consumer.pause_partitions(self.consumer.assignment())
            self.flow_control.clear()
        await self.on_partitions_revoked.send(revoked)

    async def _take_part(self) -> None:
        joined: Joined = await self._ask(
            "join", lambda told: self._group.join(self._name, self._life, told)
        )
        await self._assigned(joined)
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                has_to_join = await self._ask(
                    "heartbeat",
                    lambda told: self._group.heartbeat(self._name, joined.generation, told),
                )
            except UnknownMemberError:
                break
            if has_to_join:
                break
        revoked = self.consumer.assignment()
        self._client.begin_reassignment()
        await self.consumer.on_partitions_revoked(revoked)

    async def _assigned(self, joined: Joined) -> None:
        places = {
            TP(topic, partition) for topic in self.input_names for partition in joined.partitions
        }
        self._client.reassign(places)
        self.consumer_generation_id = joined.generation
        self.consumer._paused_partitions.intersection_update(places)
        self.consumer._set_active_tps(places)
        await asyncio.sleep(0)
        self.consumer.pause_partitions(places)
        # What was being recovered for the generation before is given up.
        if self._recovering is not None:
            self._recovering.cancel()
        self.recovery.take_actives(self.settings, joined.partitions)
        self._recovering = self._start("recovery", self._recover(joined.generation))

    async def _recover(self, generation: int) -> None:
        # Stock Faust asks the brokers a few things that nobody needs.
        await asyncio.sleep(self._cluster.random.random() * _QUESTIONS_SECONDS)
        # Having nothing to replay, it does this before the callback.
        self.flow_control.resume()
        self.consumer.resume_flow()
        await self.recovery.on_recovery_completed(generation)

    async def _commit_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            generation, offsets = self.consumer_generation_id, self.consumer.finished()
            if offsets:
                await self._ask(
                    "commit offsets", answering(self._group.commit, generation, offsets)
                )

    def _start(self, name: str, body: Any) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = asyncio.create_task(body, name=name)
        self._tasks[name] = task
        task.add_done_callback(self._over)
        return task

    def _over(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crashed(error)

    async def _ask(self, what: str, effect: Callable[[Any], None]) -> Any:
        while True:
            try:
                return await self._cluster.network.ask(what, effect, ClientError)
            except ClientError:
                # As clients of a group do: again, until the session is over.
                await asyncio.sleep(_RETRY_SECONDS)


class _Span:
    """Tracing that traces nothing."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_told: object) -> None:
        pass


def _nothing(*_told: Any) -> None:
    pass
