"""What the demo feeds its worker: a simulated floor, or a log at a pace."""

from importlib.resources import as_file, files
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

from schemas.instants import SECOND, format_instant
from streams.cli.agreements import read_body
from streams.cli.files import STDIN, read_facts
from streams.cli.send import ORIGIN, cargo_of, send_at_pace
from streams.cli.sending import FactSender, heartbeat, put_all
from streams.cli.simulate import floor_of, send_live
from streams.config import Settings, TimeMode
from streams.domain.policy import Policy, policy_of
from streams.errors import ConfigurationError
from streams.importers import READERS
from streams.runtime.wall import wall_now
from streams.simulate import Rhythm, play

FLOOR_POLICY: Final = "demo-policy.yaml"
LOG_POLICY: Final = "demo-log-policy.yaml"
DEFAULT_PACE: Final = 3_600.0
"""An hour of a log in a second: promises of an hour are broken within seconds."""

_LINES: Final = "jsonl"
_LEADS_A_MINUTE: Final = 60
_HOURS: Final = 12
# Half of all answers then take less than seven seconds; the agreement allows eight or more.
_SPEED: Final = 100.0
_MESS: Final = 0.4


class Traffic(Protocol):
    """Where facts come from.

    Attributes:
        time: What the app goes by.
        prefix: Of the app's topics; each kind of time has its own.
        body: The agreement as it is published.
        agreement: The same, read.
        title: What the board says it shows.
        doc: What a person reads while it starts.
    """

    time: TimeMode
    prefix: str
    body: dict[str, Any]
    agreement: Policy
    title: str
    doc: str

    async def run(self, settings: Settings) -> None:
        """Send it all, each fact when its time has come."""


class FloorTraffic:
    """A simulated floor, live.

    Raises:
        ConfigurationError: The agreement names no rep.
    """

    time = TimeMode.WALL
    prefix = "demo-"

    def __init__(self, body: dict[str, Any], seed: int) -> None:
        self.body = body
        self.agreement = policy_of(body)
        self.title = f"demo: a simulated sales floor, seed {seed}"
        self.doc = f"{_LEADS_A_MINUTE} leads a minute, people act {_SPEED:g} times as fast"
        self._seed = seed
        # It opens now: what happens until the worker is ready waits on the topics.
        self._floor = floor_of(
            name="lead",
            start=wall_now() // SECOND * SECOND,
            hours=_HOURS,
            leads=_LEADS_A_MINUTE * 60 * _HOURS,
            speed=_SPEED,
            mess=_MESS,
            rhythm=Rhythm.FLAT,
            agreement=self.agreement,
        )

    async def run(self, settings: Settings) -> None:
        """Play it."""
        async with FactSender(settings) as sender:
            sendings = play(self._floor, Random(self._seed))  # noqa: S311 - a seeded floor
            await send_live(sender, sendings, _unwatched)


class LogTraffic:
    """A log of another system, or of facts, as fast as wanted.

    Raises:
        ConfigurationError: The file cannot be read, or holds no fact.
    """

    time = TimeMode.FACTS
    prefix = "demo-log-"

    def __init__(self, body: dict[str, Any], path: str, form: str, pace: float) -> None:
        self.body = body
        self.agreement = policy_of(body)
        self._cargo = cargo_of(path, form, None)
        self._pace = pace
        if self._cargo.up_to is None:
            raise ConfigurationError(f"{path} holds no fact; is --format {form} what it is?")
        self._up_to = self._cargo.up_to
        self.title = f"demo: {Path(path).name}, {pace:g} s of it a second"
        self.doc = (
            f"{len(self._cargo.facts):,} facts from {format_instant(self._cargo.facts[0][0])} "
            f"to {format_instant(self._up_to)}, {pace:g} s of them a second"
        )

    async def run(self, settings: Settings) -> None:
        """Send it, and say that this was all."""
        async with FactSender(settings) as sender:
            await send_at_pace(sender, self._cargo, self._pace, _unwatched)
            await put_all(sender, [(self._up_to, heartbeat(ORIGIN, self._up_to))])


def body_of(policy: str | None, default: str) -> dict[str, Any]:
    """Read an agreement that a person named, or one that comes with Leadclock.

    Raises:
        ConfigurationError: It cannot be read.
        AgreementError: It is no agreement that can hold.
    """
    if policy is not None:
        return read_body(policy)
    with as_file(files("streams.cli") / default) as path:
        return read_body(str(path))


def form_of(path: str) -> str:
    """Find out what a log is by its header; what no reader of a table knows is JSON lines."""
    for form in READERS.keys() - {_LINES} if path != STDIN else ():
        try:
            next(read_facts(path, form), None)
        except ConfigurationError:
            continue
        return form
    return _LINES


def _unwatched(_sent: int) -> None:
    """Take no notice: the board shows what comes of it."""
