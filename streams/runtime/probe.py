"""Sends a synthetic lead through the whole pipeline now and then: is it alive, how fast is it?

Told to the topics as any source would, judged by whoever owns its partition, and waited
for as any subscriber would. Each time another partition's turn comes, and its owner
probes it: so all workers together send one lead each time, and need not agree on it.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, Protocol

from mode import Service

from schemas.instants import SECOND, Instant, Micros
from schemas.topics import partition_of
from streams.domain.contribution import SYNTHETIC
from streams.domain.policy import Policy
from streams.domain.probe import erased, told_of
from streams.metrics.probes import ProbeCounts
from streams.runtime.broker import BrokerTroubleError, Place
from streams.runtime.logs import library_log
from streams.runtime.partition import Partition
from streams.runtime.sender import Sender

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 30.0
_TOPIC: Final = "sla-verdicts"


class Listens(Protocol):
    """Who can listen to what is committed."""

    def listening(
        self, place: Place
    ) -> AbstractAsyncContextManager[Callable[[bytes], Awaitable[None]]]:
        """Listen from now on; what it gives waits for a record with a key."""


class Prober(Service):
    """Probes the partitions that a worker owns."""

    logger = library_log

    abstract = False

    def __init__(
        self,
        *,
        owned: Callable[[], Sequence[Partition]],
        sender: Sender,
        listener: Listens,
        counts: ProbeCounts,
        wall: Callable[[], Instant],
    ) -> None:
        """Probe once started.

        Args:
            owned: Gives the partitions that are surely owned.
            sender: Tells facts; its settings say how often.
            listener: Hears verdicts.
            counts: Told what became of it.
            wall: The wall clock.
        """
        super().__init__()
        self._settings = sender.settings
        every = self._settings.probe_seconds
        assert every is not None
        self._every: Micros = round(every * SECOND)
        self._owned = owned
        self._sender = sender
        self._listener = listener
        self._counts = counts
        self._wall = wall
        self._patience = min(PATIENCE_SECONDS, every)

    @Service.task
    async def probe(self) -> None:
        """Probe each time the clock begins another round."""
        while not self.should_stop:
            await self.sleep((self._every - self._wall() % self._every) / SECOND)
            if not self.should_stop:
                await self.turn()

    async def on_stop(self) -> None:
        """Give back the connections."""
        await self._sender.stop()

    async def turn(self) -> None:
        """Probe the partition whose turn it is, if it is owned here and has an agreement."""
        number = self._wall() // self._every % self._settings.partitions
        for partition in self._owned():
            if partition.frame.number == number:
                policy = partition.book.policies.pinned(self._wall())
                if policy is not None:
                    await self._probe(number, policy)

    async def _probe(self, number: int, policy: Policy) -> None:
        lead_id = _lead_on(number, self._settings.partitions)
        told = told_of(lead_id, policy, self._wall())
        if told is None:
            log.info("nothing_to_probe", extra={"version": policy.version})
            return
        place = Place(self._settings.topic(_TOPIC), number)
        loop = asyncio.get_running_loop()
        try:
            async with (
                asyncio.timeout(self._patience),
                self._listener.listening(place) as heard,
            ):
                began = loop.time()
                await self._sender.send(told)
                await heard(lead_id.encode())
                took = loop.time() - began
            self._counts.answered(took, self._wall())
        except Exception as error:  # noqa: BLE001 - that is what it is there to find out
            self._counts.unanswered()
            log.warning("probe_unanswered", extra={"partition": number, "detail": repr(error)})
        # Also when no answer came: else it is kept for as long as facts may correct it.
        with suppress(BrokerTroubleError):
            await self._sender.send([erased(lead_id, self._wall())])


def _lead_on(number: int, partitions: int) -> str:
    """Make an id that murmur2 puts on a partition."""
    while True:
        lead_id = f"{SYNTHETIC}{uuid.uuid4().hex}"
        if partition_of(lead_id.encode(), partitions) == number:
            return lead_id
