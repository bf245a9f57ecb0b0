"""`leadclock board`: what runs, what is due next, and the breaches as they roll in."""

import asyncio
import logging
import sys
from pathlib import Path

import click
from rich.console import Console

from streams.board.picture import Picture
from streams.board.screens import LineScreen, LiveScreen, Screen
from streams.board.svg import svg_of
from streams.board.watch import Board
from streams.cli.ending import stopping
from streams.cli.options import with_settings
from streams.config import Settings
from streams.errors import ConfigurationError
from streams.runtime.wall import wall_now


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="End after so long; else at Ctrl-C.",
)
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="At the end, write the last picture here.",
)
@with_settings("kafka", "app")
def board(settings: Settings, seconds: float | None, svg: Path | None) -> None:
    """Watch live what runs, what is due next and what is breached.

    Where standard output is no terminal, a line is printed for each change.
    """
    title = settings.name
    check_svg(svg)

    async def watched() -> None:
        shown = Board(settings, wall_now)
        async with stopping(seconds) as stop:
            await shown.watch(screen_for(title), stop)
        write_svg(svg, shown, title)

    asyncio.run(watched())


def screen_for(title: str) -> Screen:
    """Choose a redrawn terminal, or lines where there is none."""
    # The age of the data says on the screen what the client would log across it.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if sys.stdout.isatty():
        return LiveScreen(Console(), title)
    return LineScreen(_write_line)


def check_svg(svg: Path | None) -> None:
    """Refuse a picture's place before anything runs, not after.

    Raises:
        ConfigurationError: There is no such directory.
    """
    if svg is not None and not svg.absolute().parent.is_dir():
        raise ConfigurationError(f"--svg {svg}: there is no directory {svg.absolute().parent}")


def write_svg(svg: Path | None, shown: Board, title: str) -> None:
    """Write the last picture, if one is wanted."""
    if svg is not None:
        svg.write_text(svg_of(Picture(view=shown.view(), title=title)), encoding="utf-8")


def _write_line(line: str) -> None:
    encoding = sys.stdout.encoding
    # A log in an old encoding gets question marks for symbols; the words remain.
    click.echo(line.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
