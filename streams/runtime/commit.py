"""The writer: how state, position and outputs of a partition leave together.

One protocol, two ways to keep it. `streams.runtime.plain` is for brokers without
transactions; `streams.runtime.transactions` is exact.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from streams.config import Settings
from streams.runtime.broker import Place, Producer, Record
from streams.runtime.outputs import Outgoing


class Writer(Protocol):
    """Commits for the partitions of one worker.

    Whatever a method raises, memory may be ahead of what is written, or behind: the
    process has to end, and the next life reads what was really committed.
    """

    keeps_partitions: bool
    """Whether a partition that stays in a rebalance may go on from memory: only if a
    foreign write in between would make the next commit fail."""

    async def prepare(self) -> None:
        """Look around before the worker joins its group.

        Raises:
            ConfigurationError: This worker must not join.
        """

    def check(self, owned: Collection[int]) -> None:
        """Look at an assignment before anything of it is loaded.

        Raises:
            ConfigurationError: This worker must not work on it.
        """

    async def open(self, partitions: Collection[int]) -> None:
        """Become the writer of these partitions.

        On a normal return nobody else can write to them any more, as far as the
        broker can promise it, and what was committed can be read.
        """

    async def commit(
        self, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        """Write one step of a partition.

        Args:
            partition: An opened one; every record goes to this partition of its topic.
            changes: For the changelog: the state's changes, the position last.
            outputs: In order.
        """

    async def release(self, partition: int) -> None:
        """Stop being the writer of a partition."""

    async def stop(self) -> None:
        """Release everything."""


async def hand_over_outputs(
    producer: Producer, settings: Settings, partition: int, outputs: Iterable[Outgoing]
) -> None:
    """Give outputs to a producer, topic by topic, each in its order."""
    by_topic: dict[str, list[Record]] = {}
    for topic, record in outputs:
        by_topic.setdefault(topic, []).append(record)
    for topic, records in by_topic.items():
        await producer.hand_over(Place(settings.topic(topic), partition), records)
