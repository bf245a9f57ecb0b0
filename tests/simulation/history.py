"""What happened, for a person who reads why a seed failed."""

from collections import deque
from collections.abc import Callable
from typing import Final

from schemas.instants import SECOND, Micros

LENGTH: Final = 40


class History:
    """The last events of a simulation: when, who, what."""

    def __init__(self, clock: Callable[[], Micros]) -> None:
        self._clock = clock
        self._events: deque[tuple[Micros, str, str, tuple[object, ...]]] = deque(maxlen=4_000)

    def note(self, who: object, what: str, *more: object) -> None:
        """Add an event; formatted only if anybody reads it."""
        self._events.append((self._clock(), str(who), what, more))

    def __len__(self) -> int:
        return len(self._events)

    def told(self, length: int = LENGTH) -> str:
        """Write the last events, a line each."""
        lines = []
        for at, who, what, more in list(self._events)[-length:]:
            rest = " ".join(str(one) for one in more)
            lines.append(f"{at / SECOND:10.6f}  {who:<10} {what} {rest}".rstrip())
        return "\n".join(lines)
