"""Where a board appears: a terminal that is redrawn, or lines that roll on."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from streams.board.lines import line_of, sum_of
from streams.board.picture import Picture
from streams.board.view import BoardView, Change


class Screen(AbstractContextManager["Screen"], Protocol):
    """Shows a board while entered."""

    def show(self, changes: Sequence[Change], view: BoardView) -> None:
        """Show what changed, and how things stand."""

    def close(self, view: BoardView) -> None:
        """Show how things stood at the end; called once, after leaving."""


class LiveScreen(Screen):
    """Fills the terminal, and leaves it as it was but for one line."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        # Redrawn by who reads, never by a thread: one picture is one instant.
        self._live = Live(console=console, screen=True, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        """Take the terminal."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give it back."""
        self._live.stop()

    def show(self, changes: Sequence[Change], view: BoardView) -> None:  # noqa: ARG002 - lines only
        """Redraw."""
        self._live.update(Picture(view=view, title=self._title), refresh=True)

    def close(self, view: BoardView) -> None:
        """Write the sum."""
        self._console.print(sum_of(view), highlight=False)


class LineScreen(Screen):
    """Writes a line for each change, in the order in which they were read."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing to give back."""

    def show(self, changes: Sequence[Change], view: BoardView) -> None:  # noqa: ARG002 - screens only
        """Write the changes."""
        for change in changes:
            self._write(line_of(change))

    def close(self, view: BoardView) -> None:
        """Write the sum."""
        self._write(sum_of(view))
