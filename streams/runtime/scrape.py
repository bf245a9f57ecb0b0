"""Rendering a large scrape without holding up the partitions that share the loop."""

import asyncio
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

_GZIP: Final = zlib.MAX_WBITS + 16
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
    """Put the pieces together in a thread, by gzip if the asker understands it.

    Piece by piece: putting all of them together first would hold up the loop, too.
    """

    def join() -> bytes:
        if not is_compressed:
            return b"".join(pieces)
        gzip = zlib.compressobj(_LEVEL, wbits=_GZIP)
        return b"".join([*map(gzip.compress, pieces), gzip.flush()])

    return await asyncio.get_running_loop().run_in_executor(None, join)
