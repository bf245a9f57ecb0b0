"""`leadclock demo`: show it all on this machine."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from schemas.instants import SECOND
from streams.board.watch import Board
from streams.cli.board import check_svg, screen_for, write_svg
from streams.cli.cluster import reaching
from streams.cli.demo_stage import Stage, set_up, watch_over
from streams.cli.demo_traffic import (
    DEFAULT_PACE,
    FLOOR_POLICY,
    LOG_POLICY,
    FloorTraffic,
    LogTraffic,
    Traffic,
    body_of,
    form_of,
)
from streams.cli.ending import stopping
from streams.errors import ConfigurationError
from streams.importers import READERS
from streams.runtime.wall import wall_now

T = TypeVar("T")

_QUIET: Final = 2 * SECOND
"""With nothing new for so long after its end, a log has been judged."""
_POLL_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to show.

    Attributes:
        traffic: What the worker is fed.
        seconds: End so long after the board appears; None: at Ctrl-C, or at a log's end.
        svg: Where the last picture is written.
    """

    traffic: Traffic
    seconds: float | None
    svg: Path | None


@click.command(short_help="Show it all on this machine: broker, worker, traffic and board.")
@click.option("--facts", metavar="FILE", help="Feed this log instead of a simulated floor.")
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(READERS)),
    help="What the log is; else found out by its first line.",
)
@click.option("--policy", metavar="FILE", help="Judge by this agreement instead of the demo's.")
@click.option(
    "--pace",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help=f"Seconds of the log to send in a second.  [default: {DEFAULT_PACE:g}]",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="End after so long; else at Ctrl-C, or when the log has been judged.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    help="Of the simulated floor.",
)
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="At the end, write the last picture of the board here.",
)
def demo(
    *,
    facts: str | None,
    form: str | None,
    policy: str | None,
    pace: float | None,
    seconds: float | None,
    seed: int,
    svg: Path | None,
) -> None:
    """Show it all on this machine: broker, worker, traffic and board.

    Starts a broker in memory and a worker, feeds them a simulated sales floor or a log,
    and shows the board. Needs no Kafka and touches none. Everything it started ends with
    it. Where standard output is no terminal, a line is printed for each change.
    """
    check_svg(svg)
    if facts is None and pace is not None:
        raise ConfigurationError("--pace goes with --facts: a simulated floor is live")
    traffic: Traffic
    if facts is None:
        traffic = FloorTraffic(body_of(policy, FLOOR_POLICY), seed)
    else:
        _say("log", f"reading {facts}")
        body = body_of(policy, LOG_POLICY)
        traffic = LogTraffic(body, facts, form or form_of(facts), pace or DEFAULT_PACE)
    asyncio.run(_demo(Plan(traffic=traffic, seconds=seconds, svg=svg)))


async def _demo(plan: Plan) -> None:
    async with stopping() as stop, AsyncExitStack() as stack:
        stage = await _unless(stop, set_up(stack, plan.traffic, _say))
        if stage is not None:
            with reaching(stage.settings):
                await _show(plan, stage, stop)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do something unless told to stop meanwhile; then it is cancelled, and the answer None."""
    working, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopped), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        await _cancelled(working, stopped)


async def _show(plan: Plan, stage: Stage, stop: asyncio.Event) -> None:
    """Show the board until it is over, or something fails."""
    board = Board(stage.settings, wall_now)
    timer = None
    if plan.seconds is not None:
        timer = asyncio.get_running_loop().call_later(plan.seconds, stop.set)
    watching = asyncio.create_task(board.watch(screen_for(plan.traffic.title), stop))
    others = (
        asyncio.create_task(watch_over(stage.worker)),
        asyncio.create_task(_follow(stage, board, stop)),
    )
    try:
        waiting = {watching, *others}
        while watching in waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        if timer is not None:
            timer.cancel()
        await _cancelled(watching, *others)
    write_svg(plan.svg, board, plan.traffic.title)


async def _follow(stage: Stage, board: Board, stop: asyncio.Event) -> None:
    """Stop when all facts are sent and have been judged."""
    await stage.traffic
    await asyncio.sleep(_QUIET / SECOND)
    while (board.view().data_age or 0) < _QUIET:  # noqa: ASYNC110 - time is what it waits for
        await asyncio.sleep(_POLL_SECONDS)
    stop.set()


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _say(step: str, text: str) -> None:
    click.echo(f"{step:<10} {text}")
