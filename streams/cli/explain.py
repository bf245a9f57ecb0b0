"""`leadclock explain`: why each clock of a lead says what it says."""

import asyncio
from http import HTTPStatus
from typing import Final

import click
import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout

from schemas.codec import seen_at_in_file
from schemas.facts import PolicyPublished, SourceHeartbeat
from schemas.instants import Instant, format_instant
from schemas.refusals import RefusedError
from schemas.topics import INPUTS, partition_of
from streams.cli.agreements import read_body
from streams.cli.cluster import input_partitions, reaching
from streams.cli.exits import AnswerIsNoError
from streams.cli.files import read_facts
from streams.cli.instants import INSTANT
from streams.cli.options import ReadSettings, with_settings
from streams.config import Settings, TimeMode
from streams.domain.explain_account import Account, account_of, told
from streams.domain.explain_lines import lines
from streams.domain.life import Life
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.errors import ConfigurationError
from streams.importers import READERS
from streams.replay import Seen, in_order, published
from streams.runtime.look_back import LookBack
from streams.runtime.wall import wall_now

_CONTROL: Final = "sla-control"
_ANSWER_WITHIN_SECONDS: Final = 30
_NOT_HERE: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.MISDIRECTED_REQUEST)


@click.command(short_help="Say why each clock of a lead says what it says.")
@click.argument("lead_id", metavar="LEAD")
@click.option("--facts", metavar="FILE", help="From a file of facts; with --policy.")
@click.option("--policy", metavar="FILE", help="The agreement; with --facts.")
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(READERS)),
    default="jsonl",
    show_default=True,
    help="What the file of facts is.",
)
@click.option("--worker", metavar="URL", help="From a running worker, as http://127.0.0.1:9464.")
@click.option(
    "--until",
    type=INSTANT,
    help="As of when.  [default: the last fact of a file; now]",
)
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
@with_settings("kafka", "app", later=True)
def explain(
    *,
    settings: ReadSettings,
    lead_id: str,
    facts: str | None,
    policy: str | None,
    form: str,
    worker: str | None,
    until: Instant | None,
    as_json: bool,
) -> None:
    """Say why each clock of a lead says what it says, in plain words.

    Shows when each promise began to count and why, every span of time that counted or did
    not, every attempt and why it counted or not, pauses, exclusions, and what was reported.
    It is derived from the same judgement as breaches and verdicts.

    Reads the lead's facts from the topics, by a reader of its own that leaves no trace; or
    from a file with --facts and --policy; or asks a running worker with --worker, which
    knows the leads that it keeps.

    It names the real ids of lead and reps: show it to the rep, not to everybody.
    """
    if worker is not None:
        if facts is not None or policy is not None or until is not None:
            raise click.UsageError("--worker goes with neither --facts, --policy nor --until")
        click.echo(asyncio.run(_asked(worker, lead_id, "json" if as_json else "text")))
        return
    if (facts is None) != (policy is None):
        raise click.UsageError("--facts and --policy go together")
    if facts is not None and policy is not None:
        account = _from_file(lead_id, facts, form, policy, until)
    else:
        account = _from_topics(lead_id, settings(), until)
    if as_json:
        click.echo(orjson.dumps(told(account)))
    else:
        click.echo("\n".join(lines(account)))


async def _asked(worker: str, lead_id: str, form: str) -> str:
    """Ask a running worker.

    Raises:
        AnswerIsNoError: It keeps nothing of the lead.
        ConfigurationError: It does not answer, or is no worker.
    """
    if not worker.startswith(("http://", "https://")):
        raise ConfigurationError(f"--worker is {worker!r}, write it as http://127.0.0.1:9464")
    timeout = ClientTimeout(total=_ANSWER_WITHIN_SECONDS)
    query = {"lead": lead_id, "format": form}
    try:
        async with (
            ClientSession(timeout=timeout) as client,
            client.get(f"{worker.rstrip('/')}/explain", params=query) as answer,
        ):
            text, status, is_worker = (
                await answer.text(),
                answer.status,
                "Cache-Control" in answer.headers,
            )
    except (ClientError, TimeoutError) as error:
        what = str(error) or type(error).__name__
        raise ConfigurationError(f"no worker answers at {worker}: {what}") from error
    if status == HTTPStatus.OK and is_worker:
        return text.rstrip("\n")
    if status in _NOT_HERE and is_worker:
        raise AnswerIsNoError(text.strip())
    said = text.strip().splitlines()[:1] if is_worker else []
    raise ConfigurationError(f"{worker} answers {status}" + (f": {said[0]}" if said else ""))


def _from_file(lead_id: str, facts: str, form: str, policy: str, until: Instant | None) -> Account:
    """Live the lead again from a file.

    Raises:
        AnswerIsNoError: The file tells nothing of it.
    """
    agreement = policy_of(read_body(policy))
    seen: list[Seen] = [
        (seen_at_in_file(fact), number, fact)
        for number, fact in read_facts(facts, form)
        if not isinstance(fact, RefusedError)
    ]
    as_of = max((at for at, _, _ in seen), default=0) if until is None else until
    life = Life(lead_id, Policies().with_policy(agreement, agreement.effective_from), published)
    return _lived(life, seen, as_of)


def _from_topics(lead_id: str, settings: Settings, until: Instant | None) -> Account:
    """Live the lead again from the topics.

    Raises:
        AnswerIsNoError: They tell nothing of it.
        ConfigurationError: They cannot be read, or no agreement was published.
    """
    with reaching(settings):
        seen, read_at = asyncio.run(_seen_of(lead_id, settings))
    as_of = until
    if as_of is None and settings.time is TimeMode.WALL:
        as_of = read_at
    elif as_of is None:
        as_of = _complete_up_to(seen)
    if not any(isinstance(fact, PolicyPublished) for _, _, fact in seen):
        raise ConfigurationError(
            "no agreement was published; `leadclock policy publish` does it, or --facts and "
            "--policy explain from files"
        )
    life = Life(lead_id, Policies(), published)
    for seen_at, _, fact in in_order(seen):
        # As a worker does: what holds is read before what it holds for.
        if isinstance(fact, PolicyPublished):
            life.publish(fact, seen_at)
    others = [one for one in seen if not isinstance(one[2], PolicyPublished)]
    return _lived(life, others, as_of)


async def _seen_of(lead_id: str, settings: Settings) -> tuple[list[Seen], Instant]:
    """Read a lead's facts and what is told to everybody."""
    partitions, read_at = await input_partitions(settings), wall_now()
    look, number = (
        LookBack(settings, partitions, read_at),
        partition_of(lead_id.encode(), partitions),
    )
    seen: list[Seen] = []
    async for seen_at, fact in look.read((_CONTROL,), numbers=(number,)):
        seen.append((seen_at, len(seen), fact))
    # Other leads matter only as a sign that a source speaks, where one is watched.
    is_watched = any(
        fact.body.get("sources") for _, _, fact in seen if isinstance(fact, PolicyPublished)
    )
    keys = None if is_watched else (lead_id.encode(),)
    names = [name for name in INPUTS if name != _CONTROL]
    async for seen_at, fact in look.read(names, numbers=(number,), keys=keys):
        seen.append((seen_at, len(seen), fact))
    return seen, read_at


def _complete_up_to(seen: list[Seen]) -> Instant:
    """Say how far an app on its sources' time can be."""
    complete: dict[str, Instant] = {}
    for _, _, fact in seen:
        if isinstance(fact, SourceHeartbeat):
            complete[fact.origin] = max(fact.complete_up_to, complete.get(fact.origin, 0))
    return min(complete.values(), default=0)


def _lived(life: Life, seen: list[Seen], as_of: Instant) -> Account:
    """Live a lead again, up to an instant.

    Raises:
        AnswerIsNoError: Nothing was told of it by then.
    """
    known = [one for one in seen if one[0] <= as_of]
    for seen_at, _, fact in in_order(known):
        life.tell(fact, seen_at)
    life.live(as_of)
    lives = life.explained()
    if not lives and not life.late:
        raise AnswerIsNoError(
            f"nothing was told of a lead {life.lead_id!r} by {format_instant(as_of)}"
        )
    return account_of(life.lead_id, as_of, life.policies, lives, life.late)
