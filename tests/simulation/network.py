"""The network between processes and the cluster: delays, losses, and where faults strike."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Any, Final, Protocol

from tests.simulation.history import History
from tests.simulation.loop import PROCESS, Process, SimulatedLoop

if TYPE_CHECKING:
    import asyncio

_USUAL_SECONDS: Final = 0.0015
_SLOW_SECONDS: Final = 0.4
_PATIENCE_SECONDS: Final = (0.3, 2.5)
"""After so long a client gives up on an answer."""
_LATE_SECONDS: Final = (0.5, 4.0)


class Fate(Enum):
    """What becomes of a request."""

    ARRIVES = "arrives"
    LOST = "lost"
    REPLY_LOST = "reply lost"
    LATE = "late"
    REFUSED = "refused"


class Moment(Enum):
    """When a fault may strike, relative to a request."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class Strikes(Protocol):
    """Who decides whether a process is struck."""

    def strike(self, process: Process, what: str, moment: Moment) -> None:
        """Kill or freeze the process, or not."""


def answering(find: Callable[..., Any], *told: Any) -> "Effect":
    """Make an effect that answers as soon as the request arrives."""

    def effect(answer: "asyncio.Future[Any]") -> None:
        answer.set_result(find(*told))

    return effect


@dataclass(slots=True)
class Weather:
    """How bad the network is.

    Attributes:
        trouble: Share of requests that fail in one of the ways there are.
        slow: Share of requests and replies that take much longer.
        late: A request may still arrive when its sender has long given up, or is dead. The
            plain writer stands on that no such request outlives a session.
    """

    trouble: float = 0.0
    slow: float = 0.0
    late: bool = True


_FATES_IN_TIME: Final = (Fate.LOST, Fate.REPLY_LOST, Fate.REPLY_LOST, Fate.REFUSED)
_FATES: Final = (*_FATES_IN_TIME, Fate.LATE)

Effect = Callable[["asyncio.Future[Any]"], None]
"""What a request does at the cluster; answers into the future, sooner or later."""


class Network:
    """Carries requests of processes to the cluster, and replies back."""

    def __init__(
        self, loop: SimulatedLoop, random: Random, weather: Weather, history: History
    ) -> None:
        self._loop = loop
        self._random = random
        self.weather = weather
        self._history = history
        self.strikes: Strikes | None = None
        """None: nobody is struck."""

    def ask(
        self, what: str, effect: Effect, trouble: Callable[[str], Exception]
    ) -> "asyncio.Future[Any]":
        """Send a request.

        Args:
            what: It is, for the history.
            effect: What it does once it arrives.
            trouble: Makes the error of a client that got no answer.

        Returns:
            What the asker waits for.
        """
        process = PROCESS.get() or self._loop.world
        answer = self._loop.create_future()
        self._strike(process, what, Moment.BEFORE)
        if process.is_dead:
            return answer
        fate = Fate.ARRIVES
        if self.weather.trouble and self._random.random() < self.weather.trouble:
            fate = self._random.choice(_FATES if self.weather.late else _FATES_IN_TIME)
            self._history.note(process, f"{what}: {fate.value}")
        if fate is not Fate.ARRIVES:
            patience = 0 if fate is Fate.REFUSED else self._random.uniform(*_PATIENCE_SECONDS)
            self._loop.later(patience + self._delay(), _give_up, answer, trouble(fate.value))
        if fate in {Fate.LOST, Fate.REFUSED}:
            return answer
        delay = self._delay()
        if fate is Fate.LATE:
            delay += self._random.uniform(*_LATE_SECONDS)
        lost = fate in {Fate.REPLY_LOST, Fate.LATE}
        self._loop.later(delay, self._arrive, process, what, effect, None if lost else answer)
        return answer

    def _arrive(
        self, process: Process, what: str, effect: Effect, answer: "asyncio.Future[Any] | None"
    ) -> None:
        told: asyncio.Future[Any] = self._loop.create_future()
        effect(told)
        self._strike(process, what, Moment.DURING)
        if answer is not None and not process.is_dead:
            told.add_done_callback(
                lambda told: self._loop.later(
                    self._delay(), self._deliver, process, what, told, answer
                ),
                context=self._loop.world.context,
            )

    def _deliver(
        self,
        process: Process,
        what: str,
        told: "asyncio.Future[Any]",
        answer: "asyncio.Future[Any]",
    ) -> None:
        self._strike(process, what, Moment.AFTER)
        if process.is_dead or answer.done():
            return
        error = told.exception()
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(told.result())

    def _strike(self, process: Process, what: str, moment: Moment) -> None:
        if self.strikes is not None and process is not self._loop.world and not process.is_dead:
            self.strikes.strike(process, what, moment)

    def _delay(self) -> float:
        seconds = self._random.random() * _USUAL_SECONDS
        if self.weather.slow and self._random.random() < self.weather.slow:
            seconds += self._random.random() * _SLOW_SECONDS
        return seconds


def _give_up(answer: "asyncio.Future[Any]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
