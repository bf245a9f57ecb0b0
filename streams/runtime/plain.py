"""The plain writer: for a broker without transactions, one worker, not exactly once.

Outputs go first, then state and position in one batch, which is written whole or not
at all. A worker that dies in between writes the outputs again in its next life, under
the same ids. Two workers would overwrite each other's state, and nobody would notice:
so it refuses company.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final

from streams.config import TABLE, Settings
from streams.errors import ConfigurationError
from streams.runtime.broker import Broker, Place, Producer, Record
from streams.runtime.commit import hand_over_outputs
from streams.runtime.outputs import Outgoing

log = logging.getLogger(__name__)

MARGIN_SECONDS: Final = 3.0
"""Beyond the session timeout, after which a killed worker is surely out of the group."""
_LOOK_AGAIN_SECONDS: Final = 0.5

Members = Callable[[], Awaitable[int]]


class PlainWriter:
    """Writes without transactions."""

    keeps_partitions = False

    def __init__(
        self, settings: Settings, broker: Broker, members: Members, table: str = TABLE
    ) -> None:
        """Begin with nothing open.

        Args:
            settings: The app's.
            broker: Where to write.
            members: Counts the members of the app's group.
            table: Whose state it is.
        """
        self._settings = settings
        self._changelog = settings.changelog_of(table)
        self._broker = broker
        self._members = members
        self._producer: Producer | None = None
        # One writer of a worker speaks for all.
        self._said = table != TABLE

    async def prepare(self) -> None:
        """Wait until no other worker is in the group, as long as a dead one may take.

        Raises:
            ConfigurationError: One is alive.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.session_timeout_seconds + MARGIN_SECONDS
        # A static member comes back under its own name, and evicts itself.
        alone = 1 if self._settings.instance_id else 0
        while await self._members() > alone:
            if loop.time() > until:
                raise self._company()
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def check(self, owned: Collection[int]) -> None:
        """Refuse anything but all partitions.

        Raises:
            ConfigurationError: Another worker has the rest.
        """
        if len(owned) != self._settings.partitions:
            raise self._company()
        if not self._said:
            self._said = True
            log.warning(
                "not_exactly_once",
                extra={
                    "writer": "plain",
                    "detail": "after a crash outputs may be written twice; for real use set "
                    "LEADCLOCK_WRITER=transactions on a broker that has them",
                },
            )

    async def open(self, partitions: Collection[int]) -> None:
        """Start the one producer. Nobody is fenced."""
        if partitions and self._producer is None:
            self._producer = await self._broker.plain_producer()

    async def commit(
        self, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        """Write outputs, wait, then write state and position."""
        assert self._producer is not None
        await hand_over_outputs(self._producer, self._settings, partition, outputs)
        await self._producer.settle()
        await self._producer.hand_over(Place(self._changelog, partition), changes)
        await self._producer.settle()

    async def release(self, partition: int) -> None:
        """Keep the producer: it is everybody's."""

    async def stop(self) -> None:
        """Stop the producer."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    def _company(self) -> ConfigurationError:
        return ConfigurationError(
            f"the app {self._settings.name!r} has another worker, and LEADCLOCK_WRITER=plain "
            "allows only one; stop the other one, or set LEADCLOCK_WRITER=transactions for all"
        )
