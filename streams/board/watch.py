"""The loop of a board: read, and show how things stand now."""

import asyncio
from collections.abc import Callable
from typing import Final

from schemas.instants import Instant
from streams.board.reader import BoardReader
from streams.board.screens import Screen
from streams.board.state import BoardState
from streams.board.view import BoardView, Change
from streams.config import Settings, TimeMode

_FRAME_SECONDS: Final = 0.25


class Board:
    """A board on one app's topics.

    Attributes:
        state: What was read.
    """

    def __init__(self, settings: Settings, wall_now: Callable[[], Instant]) -> None:
        self.state = BoardState()
        self._settings = settings
        self._wall_now = wall_now

    def view(self) -> BoardView:
        """How things stand: by the wall clock, or by what the sources have told."""
        wall_at = self._wall_now()
        now = self.state.facts_now if self._settings.time is TimeMode.FACTS else wall_at
        return self.state.view(wall_at if now is None else now, wall_at=wall_at)

    async def watch(self, screen: Screen, stop: asyncio.Event) -> None:
        """Show the board until told to stop.

        Raises:
            ConfigurationError: No broker answers, or a topic is missing.
        """
        loop = asyncio.get_running_loop()
        async with BoardReader(self._settings, self.state) as reader:
            with screen:
                while not stop.is_set():
                    shown = loop.time()
                    changes: list[Change] = []
                    while (left := shown + _FRAME_SECONDS - loop.time()) > 0:
                        changes += await reader.read(wait_millis=max(1, round(left * 1_000)))
                    screen.show(changes, self.view())
        screen.close(self.view())
