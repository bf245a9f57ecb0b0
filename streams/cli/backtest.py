"""`leadclock policy backtest`: what a draft would have made of what happened."""

import asyncio
from typing import Any, Final

import click
import orjson
from msgspec.structs import replace

from schemas.codec import seen_at_in_file
from schemas.facts import AnyFact, PolicyPublished, SourceHeartbeat
from schemas.instants import Instant, format_instant
from schemas.refusals import RefusedError
from schemas.verdicts import Verdict
from streams.cli.agreements import read_body
from streams.cli.cluster import input_partitions, reaching
from streams.cli.files import read_facts
from streams.cli.instants import INSTANT
from streams.cli.options import ReadSettings, with_settings
from streams.config import Settings, TimeMode
from streams.domain.attainment import Attainment
from streams.domain.backtest import Backtest, Said, compare, lines
from streams.domain.policy import Policy, policy_of
from streams.errors import ConfigurationError
from streams.importers import READERS
from streams.replay import replay
from streams.runtime.look_back import LookBack
from streams.runtime.wall import wall_now

_MOST_SHOWN: Final = 20


@click.command(short_help="Try a draft on what happened: attainment now and then.")
@click.argument("draft", metavar="DRAFT")
@click.option("--facts", metavar="FILE", help="On a file of facts; with --policy.")
@click.option("--policy", metavar="FILE", help="What holds now; with --facts.")
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(READERS)),
    default="jsonl",
    show_default=True,
    help="What the file of facts is.",
)
@click.option("--until", type=INSTANT, help="When time ends.  [default: the last fact; now]")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
@with_settings("kafka", "app", later=True)
def backtest(
    *,
    settings: ReadSettings,
    draft: str,
    facts: str | None,
    policy: str | None,
    form: str,
    until: Instant | None,
    as_json: bool,
) -> None:
    """Try a draft of the agreement on what happened, before it is signed.

    Judges the same facts twice, by what holds and by the draft as if it had always held,
    and says which share of the promises was kept now and would have been then, by team, rep
    (as the draft's privacy shows them) and segment, and whose verdict changes.

    Reads the topics by a reader of its own that writes nothing, or a file with --facts and
    --policy.
    """
    wanted = policy_of(read_body(draft))
    if (facts is None) != (policy is None):
        raise click.UsageError("--facts and --policy go together")
    if facts is not None and policy is not None:
        holding = policy_of(read_body(policy))
        told = [fact for _, fact in read_facts(facts, form) if not isinstance(fact, RefusedError)]
        until = max(map(seen_at_in_file, told), default=0) if until is None else until
    else:
        chosen = settings()
        with reaching(chosen):
            told, read_at = asyncio.run(_from_topics(chosen))
        until = _end(chosen, told, read_at) if until is None else until
        holding, told = _first(told)
    test = _judged(wanted, holding, told, until)
    if as_json:
        click.echo(orjson.dumps(_object(test, until)))
    else:
        click.echo(f"{len(told):,} facts, up to {format_instant(until)}")
        click.echo("\n".join(lines(test, _MOST_SHOWN)))


def _judged(draft: Policy, holding: Policy, told: list[AnyFact], until: Instant) -> Backtest:
    then_told = [fact for fact in told if not isinstance(fact, PolicyPublished)]
    now = replay(holding, enumerate(told, 1), until=until)
    then = replay(draft, enumerate(then_told, 1), until=until)
    versions = {holding.version: holding}
    for fact in told:
        if isinstance(fact, PolicyPublished):
            versions.setdefault(fact.version, policy_of(fact.body))
    return compare(
        Said(policies=versions, verdicts=now.verdicts, breaches=now.breaches),
        Said(policies={draft.version: draft}, verdicts=then.verdicts, breaches=then.breaches),
        draft,
    )


async def _from_topics(settings: Settings) -> tuple[list[AnyFact], Instant]:
    """Read all inputs once; a fact is known in a file from its recorded_at on."""
    partitions, read_at = await input_partitions(settings), wall_now()
    look = LookBack(settings, partitions, read_at)
    return [replace(fact, recorded_at=seen_at) async for seen_at, fact in look.read()], read_at


def _first(told: list[AnyFact]) -> tuple[Policy, list[AnyFact]]:
    """Take the version that holds from the beginning out of what was told.

    Raises:
        ConfigurationError: None was published.
    """
    published = [fact for fact in told if isinstance(fact, PolicyPublished)]
    if not published:
        raise ConfigurationError(
            "no agreement was published, so there is nothing to compare with; give --facts and "
            "--policy to compare files"
        )
    first = min(
        published,
        key=lambda fact: (max(fact.effective_from, seen_at_in_file(fact)), fact.version),
    )
    rest = [
        fact
        for fact in told
        if not isinstance(fact, PolicyPublished) or fact.version != first.version
    ]
    return policy_of(first.body), rest


def _end(settings: Settings, told: list[AnyFact], read_at: Instant) -> Instant:
    if settings.time is TimeMode.WALL:
        return read_at
    complete: dict[str, Instant] = {}
    for fact in told:
        if isinstance(fact, SourceHeartbeat):
            complete[fact.origin] = max(fact.complete_up_to, complete.get(fact.origin, 0))
    return min(complete.values(), default=0)


def _object(test: Backtest, until: Instant) -> dict[str, Any]:
    return {
        "until": format_instant(until),
        "attainment": [
            {
                "clock": key[0],
                "by": key[1][0] or None,
                "which": key[1][1] or None,
                "now": _attainment(test.now.get(key)),
                "then": _attainment(test.then.get(key)),
            }
            for key in sorted(test.now.keys() | test.then.keys())
        ],
        "breaches": {"now": test.breaches_now, "then": test.breaches_then},
        "changed": [
            {
                "lead_id": one.lead_id,
                "clock": one.clock,
                "cycle": one.cycle,
                "now": _verdict(one.now),
                "then": _verdict(one.then),
            }
            for one in test.changed
        ],
    }


def _attainment(one: Attainment | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "outcomes": dict(sorted(one.outcomes.items())),
        "adjusted": None if one.adjusted is None else float(one.adjusted),
        "raw": None if one.raw is None else float(one.raw),
    }


def _verdict(one: Verdict | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "outcome": one.outcome,
        "commitment": one.commitment,
        "due_at": None if one.due_at is None else format_instant(one.due_at),
        "answered_at": None if one.answered_at is None else format_instant(one.answered_at),
    }
