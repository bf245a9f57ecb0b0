"""Notices when an input is not read any more, though there is something to read.

It has been seen that a consumer, after a rebalance, leaves a partition alone while all
others go on. Nothing fails then; dues of that partition just stop passing. A new life
reads on, so this one ends. Faust's own detector looks at other things, and cries over
partitions that are paused on purpose.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from mode import Service

from streams.runtime.broker import BrokerTroubleError, Place
from streams.runtime.ending import end_unexpectedly
from streams.runtime.logs import library_log

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 60.0

Readable = Callable[[], Mapping[Place, int]]
CommittedEnds = Callable[[Collection[Place]], Awaitable[Mapping[Place, int]]]


class Progress:
    """Remembers since when each input has not moved."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._since: dict[Place, tuple[int, float]] = {}

    def stuck(
        self, positions: Mapping[Place, int], ends: Mapping[Place, int], at: float
    ) -> list[Place]:
        """Tell which inputs have had something to read, and have not moved, for too long.

        Args:
            positions: Of the inputs that may be read.
            ends: Of what is committed on them.
            at: Any clock that never goes back, in seconds.
        """
        since: dict[Place, tuple[int, float]] = {}
        for place, position in positions.items():
            if position < ends.get(place, 0):
                before = self._since.get(place, (position, at))
                since[place] = before if before[0] == position else (position, at)
        self._since = since
        return [place for place, (_, began) in since.items() if at - began > PATIENCE_SECONDS]


class Watchdog(Service):
    """Ends the process when an input is stuck."""

    logger = library_log

    abstract = False

    def __init__(self, readable: Readable, ends: CommittedEnds) -> None:
        """Watch once started.

        Args:
            readable: Gives the position of each input that has room and may be read.
            ends: Tells the offsets behind the last committed records: a source's open
                transaction is nothing that could be read.
        """
        super().__init__()
        self._readable = readable
        self._ends = ends
        self._progress = Progress()

    @Service.task
    async def watch(self) -> None:
        """Look every ten seconds."""
        while not self.should_stop:
            await self.sleep(EVERY_SECONDS)
            positions = self._readable()
            if positions:
                await self._look(positions)

    async def _look(self, positions: Mapping[Place, int]) -> None:
        try:
            ends = await self._ends(list(positions))
        except BrokerTroubleError as error:
            log.warning("ends_unknown", extra={"detail": str(error)})
            return
        stuck = self._progress.stuck(positions, ends, asyncio.get_running_loop().time())
        if stuck:
            end_unexpectedly("stuck", places=[f"{one.topic}/{one.partition}" for one in stuck])
