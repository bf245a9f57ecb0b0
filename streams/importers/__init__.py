"""Logs of other systems, read as facts.

A reader takes the lines of a file as bytes and yields, in the order of the
file, each fact with the number of the line that told it, or why the line can
not be a fact. A reader of a table raises `ConfigurationError` when the header is
not the one it knows: then no line can be read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from streams.importers import bpic2012, jsonl, uci498
from streams.importers.told import Told

Reader = Callable[[Iterable[bytes]], Iterator[Told]]

READERS: Final[Mapping[str, Reader]] = {
    "jsonl": jsonl.read,
    "bpic2012": bpic2012.read,
    "uci498": uci498.read,
}
"""By the name that ``--format`` takes."""

__all__ = ["READERS", "Reader", "Told"]
