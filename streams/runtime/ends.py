"""Where the inputs end: one question to the broker for all partitions that want to know."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from streams.config import Settings
from streams.runtime.broker import Broker, BrokerTroubleError, Place

log = logging.getLogger(__name__)

GAP_SECONDS: Final = 0.005
"""Least time between two questions; who asks meanwhile shares the next one."""
PATIENCE_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 0.5


class Ends:
    """Collects the questions of many partitions into few requests."""

    def __init__(self, broker: Broker, settings: Settings, inputs: Sequence[str]) -> None:
        """Ask about these inputs.

        Args:
            broker: Who knows.
            settings: Gives the inputs' full names.
            inputs: Catalogue names.
        """
        self._broker = broker
        self._names = {name: settings.topic(name) for name in inputs}
        self._waiting: dict[int, asyncio.Future[dict[str, int]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def of(self, partition: int) -> dict[str, int]:
        """Tell where the inputs of a partition end, asked after this call began.

        Raises:
            BrokerTroubleError: No answer for so long that a new process has better chances.
        """
        answer = self._waiting.get(partition)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._waiting[partition] = answer
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            try:
                found = await self._patiently(
                    [
                        Place(name, partition)
                        for partition in waiting
                        for name in self._names.values()
                    ]
                )
            except BrokerTroubleError as error:
                for answer in waiting.values():
                    if not answer.done():
                        answer.set_exception(error)
                return
            for partition, answer in waiting.items():
                if not answer.done():
                    answer.set_result(
                        {name: found[Place(full, partition)] for name, full in self._names.items()}
                    )
            await asyncio.sleep(GAP_SECONDS)

    async def _patiently(self, places: list[Place]) -> dict[Place, int]:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while True:
            try:
                return await self._broker.ends(places)
            except BrokerTroubleError as error:
                if loop.time() > until:
                    raise
                log.warning("ends_unknown", extra={"detail": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)
