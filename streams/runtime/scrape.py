"""Rendering a large scrape without holding up the partitions that share the loop."""

import asyncio
import gzip
from collections.abc import Iterable, Sequence
from typing import Final

_LEVEL: Final = 1
"""Of compression: higher ones take twice as long and save a third."""


async def in_slices(slices: Iterable[bytes]) -> list[bytes]:
    """Collect a text that comes in pieces, and let everything else run between two."""
    pieces = []
    for piece in slices:
        if piece:
            pieces.append(piece)
        await asyncio.sleep(0)
    return pieces


async def joined(pieces: Sequence[bytes], *, is_compressed: bool) -> bytes:
    """Put the pieces together in a thread, by gzip if the asker understands it."""

    def join() -> bytes:
        whole = b"".join(pieces)
        return gzip.compress(whole, _LEVEL) if is_compressed else whole

    return await asyncio.get_running_loop().run_in_executor(None, join)
