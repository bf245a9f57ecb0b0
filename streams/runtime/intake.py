"""What has come to one partition and waits to be read: whole, in order, once.

A batch says from where to where its input was read, so one that got lost on the way is
noticed before anything after it is believed.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from streams.runtime.transport import Batch

ROOM: Final = 20_000
"""Input records that may wait; above this nothing more is fetched."""


class LostBatchError(Exception):
    """Records between what was taken and what came next are missing."""


@dataclass(slots=True)
class Delivery:
    """A batch that waits.

    Attributes:
        batch: What came.
        done: To be called once all of it is committed.
        taken: How many of its records have been read.
    """

    batch: Batch
    done: Callable[[], None]
    taken: int = 0


class Intake:
    """The taking part of a partition.

    Attributes:
        positions: By input, up to where it has been read.
    """

    def __init__(self, positions: Mapping[str, int]) -> None:
        """Go on from what was committed.

        Args:
            positions: By input, from where to read.
        """
        self.positions = dict(positions)
        self._expected = dict(positions)
        self._facts: deque[Delivery] = deque()
        self._waiting = 0

    @property
    def wants_more(self) -> bool:
        """Tell whether there is room for more records."""
        return self._waiting < ROOM

    def take(self, batch: Batch, done: Callable[[], None]) -> None:
        """Let a batch wait for the next step.

        Args:
            batch: What came.
            done: Called once all of it is committed.

        Raises:
            LostBatchError: A batch before it never came.
        """
        expected = self._expected[batch.topic]
        if batch.start > expected:
            raise LostBatchError(
                f"{batch.topic}/{batch.partition}: offsets {expected} to {batch.start} never came"
            )
        if batch.end <= expected:
            done()
            return
        if batch.start < expected:
            kept = [record for record in batch.records if record.offset >= expected]
            batch = batch._replace(start=expected, records=kept)
        self._expected[batch.topic] = batch.end
        self._waiting += len(batch.records)
        self._inbox_of(batch.topic).append(Delivery(batch, done))

    def forget_waiting(self) -> None:
        """Drop what waits: it will be delivered again from the committed positions."""
        for topic in self.positions:
            self._inbox_of(topic).clear()
        self._waiting = 0
        self._expected = dict(self.positions)

    def _inbox_of(self, topic: str) -> deque[Delivery]:  # noqa: ARG002 - a subclass may have several
        return self._facts

    def _chunks(
        self, inbox: deque[Delivery], room: int, finished: list[Callable[[], None]]
    ) -> Iterator[tuple[str, Sequence[Any], int]]:
        """Give what waits in an inbox, batch by batch; one counts as read once the next is asked.

        Args:
            inbox: Which.
            room: At most so many records.
            finished: Gets what is to be called once all of it is committed.

        Yields:
            The input, records of it (none where there were only markers), and up to where
            it has been read with them.
        """
        while inbox and room > 0:
            delivery = inbox[0]
            batch = delivery.batch
            records = batch.records[delivery.taken : delivery.taken + room]
            is_whole = delivery.taken + len(records) == len(batch.records)
            end = batch.end if is_whole else records[-1].offset + 1
            yield batch.topic, records, end
            delivery.taken += len(records)
            room -= len(records)
            self._waiting -= len(records)
            self.positions[batch.topic] = end
            if is_whole:
                inbox.popleft()
                finished.append(delivery.done)
