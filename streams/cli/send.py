"""`leadclock send`: put facts from a file on the topics, at their own time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click
import orjson

from schemas.codec import seen_at_in_file
from schemas.facts import AnyFact, Fact
from schemas.instants import DAY, SECOND, Instant, format_instant
from schemas.refusals import RefusedError
from streams.cli.cluster import reaching
from streams.cli.exits import ANSWER_IS_NO, DONE
from streams.cli.files import facts_argument, read_facts
from streams.cli.instants import INSTANT
from streams.cli.options import with_settings
from streams.cli.progress import Progress
from streams.cli.sending import FactSender, heartbeat, put_all
from streams.config import Settings, TimeMode
from streams.errors import ConfigurationError
from streams.runtime.wall import wall_now

ORIGIN: Final = "send"
"""Who promises that the facts are complete."""

_CHUNK: Final = 20_000
_TICK_SECONDS: Final = 0.1
_HEARTBEAT_SECONDS: Final = 1.0
_MOST_COMPLAINTS: Final = 20

Timed = tuple[Instant, AnyFact]


@dataclass(frozen=True, slots=True)
class Cargo:
    """What a file holds.

    Attributes:
        facts: With the instants at which they are seen, in their order.
        refused: Lines that hold no fact.
        up_to: When time ends; None: there are no facts and no end was given.
    """

    facts: list[Timed]
    refused: int
    up_to: Instant | None


@click.command(short_help="Put facts from a file on the topics, at their own time.")
@facts_argument
@click.option(
    "--pace",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Send N seconds of facts a second, with heartbeats; else all at once.",
)
@click.option(
    "--until", type=INSTANT, help="Leave out what is seen later, and say that this is all."
)
@click.option("--json", "as_json", is_flag=True, help="Say what was sent as one JSON object.")
@with_settings("kafka", "app")
def send(
    *,
    settings: Settings,
    facts: str,
    form: str,
    pace: float | None,
    until: Instant | None,
    as_json: bool,
) -> int:
    """Put facts from a file on the topics, at their own time.

    FACTS are read as by `leadclock replay`. They are sent in the order in which they were
    seen, each record bearing that instant; then a heartbeat tells every partition that
    origin "send" is complete up to the last of them, or up to --until. So an app on
    --time facts judges them as a replay does.

    Lines that cannot be facts are told on standard error and left out; then the exit code
    is 1.
    """
    cargo = cargo_of(facts, form, until)
    _check_age(settings, facts, cargo)
    with reaching(settings):
        partitions = asyncio.run(_send(settings, cargo, pace))
    _tell(cargo, partitions, as_json=as_json)
    return ANSWER_IS_NO if cargo.refused else DONE


def cargo_of(path: str, form: str, until: Instant | None) -> Cargo:
    """Read a file; lines that hold no fact are told on standard error.

    Raises:
        ConfigurationError: It cannot be opened or read, or is of another form.
    """
    facts: list[Timed] = []
    refused = 0
    for line, fact in read_facts(path, form):
        if not isinstance(fact, RefusedError):
            facts.append((seen_at_in_file(fact), fact))
            continue
        refused += 1
        if refused <= _MOST_COMPLAINTS:
            click.echo(f"line {line}: {fact.reason}: {fact.detail}", err=True)
    if refused > _MOST_COMPLAINTS:
        click.echo(f"and {refused - _MOST_COMPLAINTS:,} more lines refused", err=True)
    up_to = max((at for at, _ in facts), default=None) if until is None else until
    kept = [one for one in facts if up_to is not None and one[0] <= up_to]
    kept.sort(key=_order)
    return Cargo(kept, refused, up_to)


def _order(timed: Timed) -> tuple[Instant, str, str]:
    at, fact = timed
    return at, fact.lead_id if isinstance(fact, Fact) else "", fact.event_id


def _check_age(settings: Settings, path: str, cargo: Cargo) -> None:
    """Refuse histories for an app that would judge them by today's clock.

    Raises:
        ConfigurationError: A fact is older than a day, and the app's time is the wall's.
    """
    if settings.time is not TimeMode.WALL or not cargo.facts:
        return
    oldest_at = cargo.facts[0][0]
    if oldest_at < wall_now() - DAY:
        raise ConfigurationError(
            f"{path} begins at {format_instant(oldest_at)}, more than a day ago, and app "
            f"{settings.name!r} judges by the wall clock; send a history to an app on "
            "--time facts, with a topic prefix of its own"
        )


async def _send(settings: Settings, cargo: Cargo, pace: float | None) -> int:
    async with FactSender(settings) as sender:
        with Progress("facts sent", len(cargo.facts)) as progress:
            if pace is None:
                for begin in range(0, len(cargo.facts), _CHUNK):
                    await put_all(sender, cargo.facts[begin : begin + _CHUNK])
                    progress.reached(begin + _CHUNK)
            else:
                await send_at_pace(sender, cargo, pace, progress.reached)
        if cargo.up_to is not None:
            await put_all(sender, [(cargo.up_to, heartbeat(ORIGIN, cargo.up_to))])
        return sender.partitions


async def send_at_pace(
    sender: FactSender, cargo: Cargo, pace: float, watch: Callable[[int], None]
) -> None:
    """Send facts as time passes, so many times as fast as it passed, with heartbeats.

    Args:
        sender: Where to.
        cargo: What to send.
        pace: Seconds of facts a second.
        watch: Told how many facts have been sent.
    """
    facts, up_to = cargo.facts, cargo.up_to
    if not facts or up_to is None:
        return
    began, begin_at = time.monotonic(), facts[0][0]
    done, promised_at = 0, -_HEARTBEAT_SECONDS
    while True:
        passed = time.monotonic() - began
        now = min(begin_at + int(passed * pace * SECOND), up_to)
        first = done
        while done < len(facts) and facts[done][0] <= now:
            done += 1
        await put_all(sender, facts[first:done])
        watch(done)
        if now >= up_to:
            return
        if passed - promised_at >= _HEARTBEAT_SECONDS:
            promised_at = passed
            # All that is seen by now has been acknowledged.
            await put_all(sender, [(now, heartbeat(ORIGIN, now))])
        await asyncio.sleep(_TICK_SECONDS)


def _tell(cargo: Cargo, partitions: int, *, as_json: bool) -> None:
    up_to = None if cargo.up_to is None else format_instant(cargo.up_to)
    if as_json:
        told: dict[str, Any] = {
            "sent": len(cargo.facts),
            "refused": cargo.refused,
            "partitions": partitions,
            "complete_up_to": up_to,
        }
        click.echo(orjson.dumps(told))
        return
    end = "nothing is promised" if up_to is None else f"complete up to {up_to}"
    refused = f", {cargo.refused:,} lines refused" if cargo.refused else ""
    click.echo(f"{len(cargo.facts):,} facts sent to {partitions} partitions{refused}; {end}")
