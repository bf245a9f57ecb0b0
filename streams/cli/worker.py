"""`leadclock worker`: the same app as ``faust -A streams.worker worker``."""

import sys
from typing import Final

import click

from streams.app import create_app
from streams.cli.options import with_settings
from streams.config import Settings
from streams.runtime.ending import TROUBLE
from streams.runtime.logs import logging_config

_LEVELS: Final = ("debug", "info", "warning", "error")


@click.command()
@with_settings("kafka", "app", "topics", "worker")
@click.option(
    "--log-level",
    type=click.Choice(_LEVELS),
    default="info",
    show_default=True,
    help="From which level on log lines are written; debug also for the libraries below.",
)
def worker(settings: Settings, log_level: str) -> None:
    """Judge leads: read facts, write breaches and verdicts.

    Runs until SIGTERM or Ctrl-C, then finishes the commit under way and ends with 0.
    Ends with 2 when a person has to change something, and with 70 after trouble: a
    supervisor should start it again then, with a growing pause.
    """
    _use_uvloop()
    app = create_app(settings)
    app.conf.logging_config = logging_config(quiet=log_level != "debug")
    try:
        app.Worker(loglevel=log_level, redirect_stdouts=False).execute_from_commandline()
    except SystemExit as ended:
        # Faust ends with 1 after a crash of its own.
        raise SystemExit(TROUBLE if ended.code not in (0, None) else 0) from None


def _use_uvloop() -> None:
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 - it is not made for Windows

        uvloop.install()
