"""The logs of a simulated cluster: offsets, timestamps, markers, and who may see what."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.instants import Instant
from streams.runtime.broker import Place, Record

MILLI: Final = 1_000


class Stamp(NamedTuple):
    """Who wrote a record and when, for the checks only: no reader of a log sees it.

    Attributes:
        writer: A producer of a worker's life, or a source.
        batch: Counts the batches of the whole cluster; a batch is seen whole or not at all.
        appended_at: By the wall clock, whatever the timestamp says.
    """

    writer: str
    batch: int
    appended_at: Instant


@dataclass(slots=True, eq=False)
class Transaction:
    """One transaction.

    Attributes:
        name: The transactional id.
        epoch: Of the producer.
        places: What it has written to.
        is_committed: None while that is open.
    """

    name: str
    epoch: int
    places: set[Place] = field(default_factory=set)
    is_committed: bool | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in its log.

    Attributes:
        timestamp: In milliseconds, as brokers keep it.
        transaction: None: written without one.
        is_marker: It ends a transaction and has no contents.
    """

    offset: int
    record: Record
    timestamp: int
    stamp: Stamp
    transaction: Transaction | None = None
    is_marker: bool = False

    @property
    def recorded_at(self) -> Instant:
        """The timestamp as an instant."""
        return self.timestamp * MILLI

    @property
    def is_kept(self) -> bool:
        """It is a record, and its transaction was not aborted."""
        return not self.is_marker and (
            self.transaction is None or self.transaction.is_committed is True
        )


_NOTHING: Final = Record(None, None)


class Log:
    """One partition of a topic."""

    __slots__ = ("_first_of", "entries", "place")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.entries: list[Entry | None] = []
        self._first_of: dict[Transaction, int] = {}

    @property
    def end(self) -> int:
        """The offset behind the last record, committed or not yet."""
        return len(self.entries)

    @property
    def stable(self) -> int:
        """The offset up to which every transaction is ended; a committed reader gets no further."""
        first_of = self._first_of
        return min(first_of.values()) if first_of else len(self.entries)

    def append(
        self,
        records: Sequence[Record],
        timestamp: int,
        stamp: Stamp,
        transaction: Transaction | None = None,
    ) -> None:
        """Write a batch."""
        offset = len(self.entries)
        if transaction is not None:
            transaction.places.add(self.place)
            self._first_of.setdefault(transaction, offset)
        self.entries += [
            Entry(offset + place, record, timestamp, stamp, transaction)
            for place, record in enumerate(records)
        ]

    def end_transaction(self, transaction: Transaction, timestamp: int) -> None:
        """Write the marker of a transaction that is decided."""
        stamp = Stamp("marker", -1, timestamp * MILLI)
        self.entries.append(
            Entry(len(self.entries), _NOTHING, timestamp, stamp, transaction, is_marker=True)
        )
        self._first_of.pop(transaction, None)

    def kept(self, start: int, end: int) -> Iterator[Entry]:
        """Give what a committed reader gets of [start, end); ``end`` is at most `stable`."""
        for entry in self.entries[start:end]:
            if entry is not None and entry.is_kept:
                yield entry

    def compact(self, before: int) -> None:
        """Forget what is superseded, aborted or a marker, below an offset; offsets stay."""
        before = min(before, self.stable)
        last = {entry.record.key: entry.offset for entry in self.kept(0, before)}
        for offset in range(before):
            entry = self.entries[offset]
            if entry is not None and (not entry.is_kept or last[entry.record.key] != entry.offset):
                self.entries[offset] = None


class Logs:
    """All logs of a cluster, and who wants to know when one moves."""

    def __init__(self, clock: Callable[[], Instant]) -> None:
        """Begin empty.

        Args:
            clock: The brokers'.
        """
        self._clock = clock
        self._logs: dict[Place, Log] = {}
        self._batches = 0
        self.watchers: list[Callable[[Log], None]] = []
        """Called whenever more of a log can be seen by a committed reader, or might be."""

    def __getitem__(self, place: Place) -> Log:
        log = self._logs.get(place)
        if log is None:
            log = self._logs[place] = Log(place)
        return log

    def __iter__(self) -> Iterator[Log]:
        return iter(self._logs.values())

    def append(
        self,
        place: Place,
        records: Sequence[Record],
        writer: str,
        transaction: Transaction | None = None,
        stamped_at: Instant | None = None,
    ) -> None:
        """Write a batch.

        Args:
            place: Where.
            records: What.
            writer: Who.
            transaction: None: without one.
            stamped_at: The writer's own timestamp; None: the broker's.
        """
        log, now = self[place], self._clock()
        self._batches += 1
        timestamp = (now if stamped_at is None else stamped_at) // MILLI
        log.append(records, timestamp, Stamp(writer, self._batches, now), transaction)
        if transaction is None:
            self.moved(log)

    def end_transaction(self, place: Place, transaction: Transaction) -> None:
        """Write a transaction's marker."""
        log = self[place]
        log.end_transaction(transaction, self._clock() // MILLI)
        self.moved(log)

    def moved(self, log: Log) -> None:
        """Tell those who want to know."""
        for watcher in tuple(self.watchers):
            watcher(log)
