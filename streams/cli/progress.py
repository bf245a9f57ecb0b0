"""How far a long command is, on standard error, where that is a terminal."""

import sys
import time
from types import TracebackType
from typing import Final, Self

import click

_EVERY_SECONDS: Final = 0.2


class Progress:
    """A line that counts; says nothing where nobody watches."""

    def __init__(self, what: str, total: int | None = None) -> None:
        """Begin.

        Args:
            what: What is counted, in the plural.
            total: How many there will be; None: nobody knows.
        """
        self._what = what
        self._total = total
        self._shown = sys.stderr.isatty()
        self._said_at = 0.0

    def __enter__(self) -> Self:
        """Begin a line."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave no line behind."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)

    def reached(self, count: int) -> None:
        """Say how many are done, at most a few times a second."""
        now = time.monotonic()
        if not self._shown or now - self._said_at < _EVERY_SECONDS:
            return
        self._said_at = now
        of = f" of {self._total:,}" if self._total else ""
        click.echo(f"\r\x1b[K{count:,}{of} {self._what}", nl=False, err=True)
