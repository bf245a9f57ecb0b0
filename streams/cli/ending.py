"""When a command that runs on ends: by a signal, or after a time."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@asynccontextmanager
async def stopping(seconds: float | None = None) -> AsyncIterator[asyncio.Event]:
    """Give an event that Ctrl-C, SIGTERM or the time that has passed sets.

    So a command leaves by its own way out, with everything it started ended,
    instead of by an exception out of wherever it just was.

    Args:
        seconds: Set it after so long; None: never.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    timer = None if seconds is None else loop.call_later(seconds, stop.set)
    try:
        yield stop
    finally:
        if timer is not None:
            timer.cancel()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
