"""`leadclock simulate`: play a seeded sales floor, to the topics or to a file."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import IO, Final

import click

from schemas.codec import encode
from schemas.instants import HOUR, SECOND, Instant, parse_instant
from streams.cli.agreements import read_body
from streams.cli.cluster import reaching
from streams.cli.files import STDIN as STDOUT
from streams.cli.instants import INSTANT
from streams.cli.options import ReadSettings, with_settings
from streams.cli.progress import Progress
from streams.cli.sending import FactSender
from streams.config import Settings, TimeMode
from streams.domain.policy import Policy, policy_of
from streams.errors import ConfigurationError
from streams.runtime.wall import wall_now
from streams.simulate import Floor, Rhythm, Sending, desks_of, play

# A Wednesday morning in Berlin, of the year that the example agreements are for.
DEFAULT_START: Final = parse_instant("2026-04-01T07:00:00Z")

_TICK_SECONDS: Final = 0.05
_BASE_36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@click.command(short_help="Play a seeded sales floor, to the topics or to a file.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
@click.option(
    "--leads", type=click.IntRange(min=1), default=200, show_default=True, help="How many come."
)
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    default=8.0,
    show_default=True,
    help="How long to play, in real hours.",
)
@click.option(
    "--start",
    type=INSTANT,
    help="When the floor opens; with --out only.  [default: 2026-04-01T07:00:00Z]",
)
@click.option("--out", metavar="FILE", help='Write JSON lines there, "-" for standard output.')
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="How many times faster than on a real floor people act.",
)
@click.option(
    "--mess",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="How late, disordered, repeated and patchy the facts come.",
)
@click.option(
    "--rhythm",
    type=click.Choice([str(one) for one in Rhythm]),
    default=str(Rhythm.OFFICE),
    show_default=True,
    help="Whether leads come by day mostly, or at any hour alike.",
)
@click.option(
    "--policy",
    metavar="FILE",
    help="Take teams, reps, calendars and labels from this agreement.",
)
@with_settings("kafka", "app", later=True)
def simulate(
    *,
    settings: ReadSettings,
    seed: int,
    leads: int,
    hours: float,
    start: Instant | None,
    out: str | None,
    speed: float,
    mess: float,
    rhythm: str,
    policy: str | None,
) -> None:
    """Play a seeded sales floor, to the topics or to a file.

    Leads come in, are handed off, called, written to, reassigned, closed and reopened; the
    connectors that tell of it are late, tell things twice, or fall silent and catch up.
    Without --out the facts go to the topics as time passes, until --hours are over or
    Ctrl-C. With --out they are written at once: the same flags give the same bytes, and
    each line is seen at the instant at which it would have been sent.
    """
    if out is None and start is not None:
        raise ConfigurationError("--start goes with --out only: on the topics a floor opens now")
    opens_at = start or (DEFAULT_START if out is not None else _whole_second(wall_now()))
    floor = floor_of(
        name=f"s{seed}-{_short(opens_at // SECOND)}",
        start=opens_at,
        hours=hours,
        leads=leads,
        speed=speed,
        mess=mess,
        rhythm=Rhythm(rhythm),
        agreement=None if policy is None else policy_of(read_body(policy)),
    )
    sendings = play(floor, Random(seed))  # noqa: S311 - the same seed plays the same floor
    if out is not None:
        _write(sendings, out)
        return
    read = settings()
    if read.time is not TimeMode.WALL:
        raise ConfigurationError(
            "a simulated floor goes by the wall clock and cannot feed an app on --time facts; "
            "write it to a file with --out and use `leadclock send`"
        )
    with reaching(read):
        asyncio.run(_live(read, sendings, leads))


def floor_of(
    *,
    name: str,
    start: Instant,
    hours: float,
    leads: int,
    speed: float,
    mess: float,
    rhythm: Rhythm,
    agreement: Policy | None = None,
) -> Floor:
    """Furnish a floor, with the teams and labels of an agreement if there is one.

    Raises:
        ConfigurationError: The agreement names no rep.
    """
    plain = Floor(
        name=name,
        start=start,
        length=round(hours * HOUR),
        leads=leads,
        speed=speed,
        mess=mess,
        rhythm=rhythm,
    )
    if agreement is None:
        return plain
    desks = desks_of(agreement)
    if not desks:
        raise ConfigurationError(
            f"agreement {agreement.agreement!r} names no reps; add some to `teams` to simulate it"
        )
    return Floor(
        name=name,
        start=start,
        length=plain.length,
        leads=leads,
        desks=desks,
        sources=_labels(agreement, "source", plain.sources),
        segments=_labels(agreement, "segment", plain.segments),
        rhythm=rhythm,
        speed=speed,
        mess=mess,
    )


def _labels(agreement: Policy, attribute: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Give the values an agreement lists, those of a usual floor first and in its order."""
    listed = agreement.labels.get(attribute) or frozenset(usual)
    return tuple(sorted(listed, key=lambda one: (usual.index(one) if one in usual else 99, one)))


async def _live(settings: Settings, sendings: Iterator[Sending], leads: int) -> None:
    async with FactSender(settings) as sender:
        with Progress(f"facts sent, of {leads:,} leads") as progress:
            await send_live(sender, sendings, progress.reached)


async def send_live(
    sender: FactSender, sendings: Iterator[Sending], watch: Callable[[int], None]
) -> None:
    """Send each fact when its time has come.

    Args:
        sender: Where to.
        sendings: In the order of their instants.
        watch: Told how many facts have been sent.
    """
    # How far the wall clock is from the monotonic one, which nobody sets back.
    offset = wall_now() - _monotonic()
    for sent, (send_at, fact) in enumerate(sendings):
        while (wait := send_at - (_monotonic() + offset)) > 0:
            await sender.flush()
            watch(sent)
            await asyncio.sleep(min(wait / SECOND, _TICK_SECONDS))
        await sender.put(fact, None)
    await sender.flush()


def _monotonic() -> Instant:
    return time.monotonic_ns() // 1_000


def _write(sendings: Iterator[Sending], out: str) -> None:
    with _opened(out) as file:
        for sending in sendings:
            file.write(encode(sending.fact) + b"\n")


@contextmanager
def _opened(out: str) -> Iterator[IO[bytes]]:
    if out == STDOUT:
        yield click.get_binary_stream("stdout")
        return
    try:
        with Path(out).open("wb") as file:
            yield file
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror or error}") from error


def _whole_second(at: Instant) -> Instant:
    return at // SECOND * SECOND


def _short(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE_36[digit] + digits
    return digits or "0"
