"""Files of facts as a person names them: plain, compressed, or standard input."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import click

from streams.errors import ConfigurationError
from streams.importers import READERS, Told

STDIN: Final = "-"

_OPENERS: Final[tuple[tuple[bytes, Any], ...]] = (
    (b"\x1f\x8b", gzip.open),
    (b"\xfd7zXZ\x00", lzma.open),
    (b"BZh", bz2.open),
)
_LONGEST_MARK: Final = 6
# What reading raises where a compressed file is cut or damaged.
_DAMAGED: Final = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile)

F = TypeVar("F", bound=Callable[..., Any])


def facts_argument(command: F) -> F:
    """Give a command the argument FACTS and the option ``--format``."""
    decorated: Any = click.option(
        "--format",
        "form",
        type=click.Choice(sorted(READERS)),
        default="jsonl",
        show_default=True,
        help="What the file is.",
    )(command)
    decorated = click.argument("facts", metavar="FACTS")(decorated)
    result: F = decorated
    return result


def read_facts(path: str, form: str) -> Iterator[Told]:
    """Yield what a file tells, line by line.

    Args:
        path: A file, compressed by gzip, xz or bzip2 or not; ``-`` for standard input.
        form: A name in `READERS`.

    Raises:
        ConfigurationError: It cannot be opened or read, or is of another form.
    """
    with _opened(path) as lines:
        yield from READERS[form](lines)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    name = "standard input" if path == STDIN else path
    try:
        if path == STDIN:
            yield _unpacked(click.get_binary_stream("stdin"))
        else:
            with Path(path).open("rb") as file:
                yield _unpacked(file)
    # OSError last: a damaged gzip file is one.
    except _DAMAGED as error:
        raise ConfigurationError(f"{name} is damaged or was cut: {error}") from error
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be read: {error.strerror or error}") from error


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    """Look at the first bytes, so that neither a pipe nor a name needs to tell."""
    buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(_Raw(raw))
    mark = buffered.peek(_LONGEST_MARK)
    for start, opener in _OPENERS:
        if mark.startswith(start):
            unpacked: IO[bytes] = opener(buffered)
            return unpacked
    return buffered


class _Raw(io.RawIOBase):
    """Any readable as a raw stream, such as the bytes that tests put on standard input."""

    def __init__(self, readable: IO[bytes]) -> None:
        self._readable = readable

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        found = self._readable.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)
