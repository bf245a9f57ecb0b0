"""Patience with a broker that has none: the embedded one never waits for records.

Kafka answers a fetch that finds nothing only after ``fetch.max.wait.ms``. The
embedded broker answers at once, and aiokafka asks again at once: measured,
2,000 to 5,000 empty fetches a second and most of a core for each consumer. Here
an empty answer that came too soon is followed by a pause; nothing changes with a
broker that waits by itself.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from aiokafka.consumer.fetcher import Fetcher

PAUSE_SECONDS: Final = 0.02
"""Adds half as much to the way of a record, on average."""

Fetch = Callable[..., Awaitable[bool]]


def be_patient() -> None:
    """Make every consumer of this process patient; a second call changes nothing."""
    fetch: Fetch = Fetcher._proc_fetch_request  # noqa: SLF001 - aiokafka offers no other place
    if not hasattr(fetch, "__wrapped__"):
        Fetcher._proc_fetch_request = _patient(fetch)  # noqa: SLF001


def _patient(fetch: Fetch) -> Fetch:
    @functools.wraps(fetch)
    async def patient(self: Any, assignment: Any, node_id: int, request: Any) -> bool:
        loop = asyncio.get_running_loop()
        began = loop.time()
        found = await fetch(self, assignment, node_id, request)
        left = PAUSE_SECONDS - (loop.time() - began)
        if not found and left > 0 and assignment.active:
            # Whoever cancels a fetch awaits it, and does not expect it to complain.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(left)
        return found

    return patient
