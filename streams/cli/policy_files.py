"""`leadclock policy lint`, `render` and `diff`: what files say, without Kafka."""

from dataclasses import asdict
from datetime import date
from typing import Any

import click
import orjson

from schemas.instants import datetime_of
from streams.cli.agreements import read_body, read_text
from streams.cli.exits import ANSWER_IS_NO, DONE
from streams.domain.diff import changes
from streams.domain.document import Document, read_document
from streams.domain.found import shown
from streams.domain.lint import WARNING, Remark
from streams.domain.lint import lint as remarks_on
from streams.domain.policy import policy_of
from streams.domain.render import render as as_page
from streams.runtime.wall import wall_now


@click.command(short_help="Say what is allowed in an agreement, and still hardly meant.")
@click.argument("file", metavar="FILE")
@click.option(
    "--volume",
    type=click.IntRange(min=1),
    metavar="N",
    help="Promises of one kind in a period, to say how many of them may be missed.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def lint(*, file: str, volume: int | None, as_json: bool) -> int:
    """Say what is allowed in an agreement, and still is hardly what was meant.

    What is plainly wrong is refused first, with line, column and the way to mend it, as
    `leadclock policy publish` refuses it: exit code 2. Then come warnings (exit code 1):
    commitments that no lead ever reaches, targets that cannot be met in the hours of the
    teams, teams without a calendar, holidays that end within 90 days, percentages with a
    nine too many. Notes say what a percentage allows, and change no exit code.
    """
    policy = policy_of(read_body(file))
    document = read_document(read_text(file), file)
    remarks = remarks_on(policy, _today(), volume)
    for remark in sorted(remarks, key=lambda remark: _place(document, remark)):
        told = _told(document, remark)
        click.echo(orjson.dumps(told) if as_json else _line(file, told))
    return ANSWER_IS_NO if any(one.level == WARNING for one in remarks) else DONE


@click.command(short_help="Write an agreement as a page that both sides can read.")
@click.argument("file", metavar="FILE")
def render(*, file: str) -> None:
    """Write an agreement as a page that both sides can read and sign, in Markdown.

    Two columns, what Sales promises and what Marketing does; then when time counts, when it
    stands still, how it is counted, who is told, and who is who. The sentences are those
    of explanations and dashboards.
    """
    click.echo(as_page(policy_of(read_body(file))), nl=False)


@click.command(short_help="Say what changes between two agreements, and for whom.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def diff(*, old: str, new: str, as_json: bool) -> int:
    """Say what changes between two agreements, and for whom.

    Promises in their own words, which leads fall under another promise, the hours and reps of
    each team, and what else is counted otherwise. Ends with 0 when nothing changes, else 1.
    """
    found = changes(policy_of(read_body(old)), policy_of(read_body(new)))
    for one in found:
        if as_json:
            click.echo(orjson.dumps(asdict(one)))
        else:
            click.echo(f"{one.whom}, {one.what}")
            click.echo(f"  - {one.before or 'nothing'}\n  + {one.after or 'nothing'}")
    return ANSWER_IS_NO if found else DONE


def _today() -> date:
    return datetime_of(wall_now()).date()


def _place(document: Document, remark: Remark) -> tuple[int, int]:
    return document.locate(remark.path, remark.path in document.keys)


def _told(document: Document, remark: Remark) -> dict[str, Any]:
    line, column = _place(document, remark)
    return {
        "level": remark.level,
        "line": line,
        "column": column,
        "where": shown(remark.path),
        "text": remark.text,
        "mend": remark.mend or None,
    }


def _line(file: str, told: dict[str, Any]) -> str:
    mend = f"; {told['mend']}" if told["mend"] else ""
    return (
        f"{file}:{told['line']}:{told['column']}: {told['level']}: {told['where']}: "
        f"{told['text']}{mend}"
    )
