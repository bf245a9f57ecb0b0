"""A broker in memory, behind the port of the shell: logs, transactions, fencing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from streams.runtime.broker import Kept, Place, Producer, Record

Interrupt = Callable[[str], Awaitable[None]]


class FencedError(Exception):
    """Another producer has taken the name."""


class RefusedWriteError(Exception):
    """The broker did not take a batch."""


@dataclass(slots=True)
class Entry:
    """An offset of a log.

    Attributes:
        record: None: a transaction's marker.
        committed: Whether readers of committed records see it; None: not decided.
    """

    record: Record | None
    committed: bool | None = True


@dataclass(slots=True)
class MemoryBroker:
    """A cluster.

    Attributes:
        logs: By place.
        events: What happened, in order, in words.
        refuse: Places that take no batch.
        offset: Of the first record of every log.
    """

    logs: dict[Place, list[Entry]] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    refuse: set[Place] = field(default_factory=set)
    names: dict[str, "MemoryProducer"] = field(default_factory=dict)

    def log(self, place: Place) -> list[Entry]:
        """Give a partition's log."""
        return self.logs.setdefault(place, [])

    def committed(self, place: Place) -> list[Record]:
        """Give what a reader of committed records sees."""
        return [one.record for one in self.log(place) if one.record and one.committed]

    async def plain_producer(self) -> Producer:
        """Start a producer without transactions."""
        return MemoryProducer(self)

    async def transactional_producer(self, name: str, topics: Collection[str]) -> Producer:
        """Start the only producer of a name, and end what the one before left open."""
        assert topics
        before = self.names.get(name)
        if before is not None:
            before.end(committed=False)
        producer = self.names[name] = MemoryProducer(self, name)
        self.events.append(f"start {name}")
        return producer

    async def ends(self, places: Collection[Place]) -> dict[Place, int]:
        """Tell the offsets behind the last records."""
        return {place: len(self.log(place)) for place in places}

    async def beginnings(self, places: Collection[Place]) -> dict[Place, int]:
        """Tell the first offsets."""
        return dict.fromkeys(places, 0)

    async def read_back(self, places: Collection[Place]) -> AsyncIterator[tuple[Place, list[Kept]]]:
        """Read committed records, two at a time."""
        for place in places:
            self.events.append(f"read {place.topic}/{place.partition}")
            records = self.committed(place)
            for start in range(0, len(records), 2):
                yield place, [Kept(one.key or b"", one.value) for one in records[start : start + 2]]

    async def stop(self) -> None:
        """Do nothing."""


class MemoryProducer:
    """A source of records."""

    def __init__(self, broker: MemoryBroker, name: str | None = None) -> None:
        """Write to a broker."""
        self._broker = broker
        self._name = name
        self._open: list[Entry] = []
        self._touched: list[Place] = []
        self._failed: Exception | None = None

    async def begin(self) -> None:
        """Begin a transaction."""
        self._check()

    async def hand_over(self, place: Place, records: Sequence[Record]) -> None:
        """Append a batch, or remember why it could not be."""
        self._check()
        if place in self._broker.refuse:
            self._failed = RefusedWriteError(place)
            return
        decided = None if self._name else True
        entries = [Entry(record, decided) for record in records]
        self._broker.log(place).extend(entries)
        self._broker.events.append(f"write {place.topic}/{place.partition} {len(records)}")
        if self._name:
            self._open += entries
            self._touched.append(place)

    async def settle(self) -> None:
        """Raise what went wrong."""
        self._check()
        if self._failed is not None:
            raise self._failed

    async def commit(self) -> None:
        """Commit, also when a batch has failed: as a real client does."""
        self._check()
        self.end(committed=True)

    async def stop(self) -> None:
        """Abort what is open."""
        if self._name is not None and self._broker.names.get(self._name) is self:
            self.end(committed=False)

    def end(self, *, committed: bool) -> None:
        """Decide the open transaction, and write its markers."""
        for entry in self._open:
            entry.committed = committed
        for place in dict.fromkeys(self._touched):
            self._broker.log(place).append(Entry(None))
        if self._touched:
            self._broker.events.append("commit" if committed else "abort")
        self._open, self._touched = [], []

    def _check(self) -> None:
        if self._name is not None and self._broker.names.get(self._name) is not self:
            raise FencedError(self._name)
