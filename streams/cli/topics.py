"""`leadclock topics`: create the topics, or check that they are as they must be."""

import asyncio

import click
import orjson

from streams.cli.cluster import reaching
from streams.cli.exits import ANSWER_IS_NO, DONE
from streams.cli.options import with_settings
from streams.config import Settings
from streams.runtime.admin import check_topics, ensure_topics, wanted_topics


@click.group(short_help="Create the topics, or check that they are as they must be.")
def topics() -> None:
    """Create the topics, or check that they are as they must be."""


@topics.command()
@click.option("--json", "as_json", is_flag=True, help="Say what was created as one JSON object.")
@with_settings("kafka", "app", "topics")
def create(*, settings: Settings, as_json: bool) -> None:
    """Create the topics that are missing; those that exist are left as they are."""
    with reaching(settings):
        created = asyncio.run(ensure_topics(settings))
    if as_json:
        click.echo(orjson.dumps({"created": created}))
        return
    for name in created:
        click.echo(f"created {name}")
    existing = len(wanted_topics(settings)) - len(created)
    if existing:
        click.echo(f"{existing} topics exist already and were left as they are")


@topics.command()
@click.option("--json", "as_json", is_flag=True, help="Say what differs as one JSON object.")
@with_settings("kafka", "app", "topics")
def check(*, settings: Settings, as_json: bool) -> int:
    """Check that the topics are as they must be.

    Says what is missing or differs, one thing a line; then the exit code is 1.
    """
    with reaching(settings):
        problems = asyncio.run(check_topics(settings))
    if as_json:
        click.echo(orjson.dumps({"ok": not problems, "problems": problems}))
    elif problems:
        for problem in problems:
            click.echo(problem)
    else:
        click.echo(f"all {len(wanted_topics(settings))} topics are as they must be")
    return ANSWER_IS_NO if problems else DONE
