"""`leadclock policy`: check, show, try and publish agreements."""

import asyncio
from typing import Any, Final, NamedTuple

import click
import orjson

from schemas.codec import decode, encode
from schemas.facts import PolicyPublished
from schemas.instants import format_instant
from schemas.refusals import RefusedError
from streams.cli.agreements import read_body
from streams.cli.backtest import backtest
from streams.cli.cluster import reaching
from streams.cli.everybody import CONTROL, control_places, control_producer
from streams.cli.options import with_settings
from streams.cli.policy_files import diff, lint, render
from streams.config import Settings
from streams.domain.policy import Policy, policy_digest, policy_of
from streams.errors import ConfigurationError
from streams.runtime.broker import Place, Record
from streams.runtime.kafka import KafkaBroker
from streams.runtime.wall import wall_now

ORIGIN: Final = "policy-publish"
_SHOWN_DIGITS: Final = 12


class Publication(NamedTuple):
    """What publishing came to.

    Attributes:
        copies: Copies written now: one for each partition that had none.
        partitions: How many partitions there are.
        at_once: They became visible together; None: nothing was written.
    """

    copies: int
    partitions: int
    at_once: bool | None


@click.group(short_help="Check, show, try and publish agreements.")
def policy() -> None:
    """Check, show, try and publish agreements."""


for command in (backtest, diff, lint, render):
    policy.add_command(command)


@policy.command()
@click.argument("file", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as one JSON object.")
@with_settings("kafka", "app")
def publish(*, settings: Settings, file: str, as_json: bool) -> None:
    """Publish an agreement to every worker.

    Resolves its holidays into dates and writes it to every partition. A version never
    changes: the same version with other content is refused, with the same content nothing
    is written. It holds for clocks that start from its effective_from on, or from now on
    if that is later; the first one also for all time before.
    """
    body = read_body(file)
    agreement = policy_of(body)
    with reaching(settings):
        done = asyncio.run(publish_agreement(settings, body, agreement))
    if as_json:
        click.echo(orjson.dumps(_summary(agreement, done)))
    else:
        click.echo(_told(agreement, done))


async def publish_agreement(
    settings: Settings, body: dict[str, Any], agreement: Policy
) -> Publication:
    """Write an agreement to every partition that does not have it.

    Raises:
        ConfigurationError: The version was published with other content, or a topic is missing.
    """
    places = await control_places(settings)
    broker = KafkaBroker(settings)
    producer, at_once = await control_producer(settings, broker, ORIGIN)
    try:
        # Read only now: whoever was publishing before has been ended by our start.
        copied = await _copied(broker, places, agreement)
        missing = [place for place in places if place not in copied]
        if missing:
            record = _record(body, agreement)
            await producer.begin()
            for place in missing:
                await producer.hand_over(place, [record])
            await producer.settle()
            await producer.commit()
    finally:
        await producer.stop()
        await broker.stop()
    return Publication(len(missing), len(places), at_once if missing else None)


async def _copied(broker: KafkaBroker, places: list[Place], agreement: Policy) -> set[Place]:
    """Find the partitions that have this version already.

    Raises:
        ConfigurationError: The version was published with other content.
    """
    copied: set[Place] = set()
    async for place, records in broker.read_back(places):
        for record in records:
            try:
                fact = decode(record.value, topic=CONTROL)
            except RefusedError:
                # Not ours to judge here: workers set it aside and say so.
                continue
            if not isinstance(fact, PolicyPublished) or fact.version != agreement.version:
                continue
            digest = policy_digest(fact.body)
            if digest != agreement.digest:
                raise ConfigurationError(
                    f"version {agreement.version} is already published with other content "
                    f"(digest {digest[:_SHOWN_DIGITS]}, this file's is "
                    f"{agreement.digest[:_SHOWN_DIGITS]}); a version never changes, raise "
                    "`version` to publish a change"
                )
            copied.add(place)
    return copied


def _record(body: dict[str, Any], agreement: Policy) -> Record:
    fact = PolicyPublished(
        event_id=f"policy-{agreement.version}-{agreement.digest[:16]}",
        occurred_at=wall_now(),
        origin=ORIGIN,
        version=agreement.version,
        effective_from=agreement.effective_from,
        body=body,
    )
    return Record(PolicyPublished.TYPE.encode(), encode(fact))


def _summary(agreement: Policy, done: Publication) -> dict[str, Any]:
    return {
        "agreement": agreement.agreement,
        "version": agreement.version,
        "digest": agreement.digest,
        "effective_from": format_instant(agreement.effective_from),
        "partitions": done.partitions,
        "copies": done.copies,
        "at_once": done.at_once,
    }


def _told(agreement: Policy, done: Publication) -> str:
    name = f"version {agreement.version} of {agreement.agreement!r}"
    digest = f"digest {agreement.digest[:_SHOWN_DIGITS]}"
    if not done.copies:
        return f"{name} ({digest}) is published already; nothing was written"
    told = (
        f"published {name} ({digest}) to {done.copies} partitions; "
        f"effective from {format_instant(agreement.effective_from)}"
    )
    if not done.at_once:
        told += "\nthis broker has no transactions: the copies were written one after the other"
    return told
