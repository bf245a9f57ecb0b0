"""Leadclock's own form: one fact a line, as JSON with its ``type``."""

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.codec import decode
from schemas.refusals import RefusedError
from streams.importers.told import Told

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def read(lines: Iterable[bytes]) -> Iterator[Told]:
    """Yield the facts of JSON lines; blank lines are nothing, but are counted."""
    for number, raw in enumerate(lines, start=1):
        line = raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw
        value = line.strip()
        if not value:
            continue
        try:
            yield Told(number, decode(value))
        except RefusedError as error:
            yield Told(number, error)
