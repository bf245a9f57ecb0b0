"""The one port to the broker: everything the shell awaits of Kafka passes here.

What moves state (loading, committing, asking for ends) is written against these
protocols. `streams.runtime.kafka` keeps them on a real broker. Facts come in by
another door, Faust's consumer, see `streams.runtime.transport`.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import NamedTuple, Protocol

from streams.errors import LeadclockError


class BrokerTroubleError(LeadclockError):
    """The broker could not answer a question in time; asking again may help."""


class Place(NamedTuple):
    """A partition of a topic, by its full name."""

    topic: str
    partition: int


class Record(NamedTuple):
    """What is written: a value of None is a tombstone."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Kept(NamedTuple):
    """A record as it is read back from a changelog."""

    key: bytes
    value: bytes | None


class Producer(Protocol):
    """One source of records. Whatever it raises, nothing may be assumed of what was written."""

    async def begin(self) -> None:
        """Begin a transaction, where there are any."""

    async def hand_over(self, place: Place, records: Sequence[Record]) -> None:
        """Give records to be written, in this order.

        As few batches as they fit in; a batch is written whole or not at all. A normal
        return promises nothing: see `settle`.
        """

    async def settle(self) -> None:
        """Wait until the brokers have acknowledged all that was handed over.

        Raises:
            Exception: A record was not acknowledged.
        """

    async def commit(self) -> None:
        """Commit the transaction, where there are any. All must be settled before."""

    async def stop(self) -> None:
        """Give back the connections; an open transaction is aborted."""


class Broker(Protocol):
    """A Kafka cluster."""

    async def plain_producer(self) -> Producer:
        """Start a producer without transactions."""

    async def transactional_producer(self, name: str, topics: Collection[str]) -> Producer:
        """Start the only producer of this name: whoever had it before can write no more.

        Returns once an open transaction of the one before is ended, markers and all, so
        that `read_back` afterwards finds what was really committed.

        Args:
            name: The transactional id.
            topics: What it will write to, so that its first transaction need not ask.
        """

    async def ends(self, places: Collection[Place]) -> dict[Place, int]:
        """Ask for the offset behind the last record, committed or not yet.

        What is not committed counts, since it will have an older timestamp than now
        when it becomes visible.

        Raises:
            BrokerTroubleError: No answer in time.
        """

    async def beginnings(self, places: Collection[Place]) -> dict[Place, int]:
        """Ask for the first offset that is still kept.

        Raises:
            BrokerTroubleError: No answer in time.
        """

    def read_back(self, places: Collection[Place]) -> AsyncIterator[tuple[Place, list[Kept]]]:
        """Read committed records from the beginning to the end at the time of the call.

        Yields:
            A place, and its next records in order.
        """

    async def stop(self) -> None:
        """Give back the connections."""
