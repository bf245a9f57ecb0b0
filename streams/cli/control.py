"""`leadclock control`: tell every worker what no lead's facts can say.

Source:
    Contract, section 1, ``sla-control``; domain, c.19, "Pauses, exclusions".
"""

import asyncio
from hashlib import blake2b
from typing import Any, Final

import click
import msgspec
import orjson

from schemas.codec import encode
from schemas.facts import ControlFact, ExclusionDeclared, ObligationFulfilled, SourceHeartbeat
from schemas.instants import Instant, format_instant
from streams.cli.cluster import reaching
from streams.cli.everybody import Announced, published_policies, tell_everybody
from streams.cli.instants import INSTANT
from streams.cli.options import with_settings
from streams.config import Settings, TimeMode
from streams.domain.policy import Policy
from streams.errors import ConfigurationError
from streams.runtime.wall import wall_now

_SCOPE: Final = ("team_id", "rep_id", "segment", "source", "campaign", "origin")
_DIGEST_BYTES: Final = 16

_as_json = click.option(
    "--json", "as_json", is_flag=True, help="Say what was told as one JSON object."
)


@click.group(short_help="Declare exclusions, send heartbeats and receipts.")
def control() -> None:
    """Declare exclusions, send heartbeats and receipts.

    Each is written to every partition, all in one transaction, and takes effect in workers
    that run already. Telling the same again changes nothing.
    """


@control.command(short_help="Declare a span of time that shall not count.")
@click.argument("exclusion_id", metavar="ID")
@click.option("--from", "from_at", type=INSTANT, required=True, help="Its first instant.")
@click.option("--to", "to_at", type=INSTANT, required=True, help="Its end, not in it.")
@click.option("--reason", required=True, help="One of the reasons that the agreement lists.")
@click.option("--by", "declared_by", help="The function that declares it; never a name.")
@click.option("--team", "team_id", multiple=True, help="Only while one of these teams owns.")
@click.option("--rep", "rep_id", multiple=True, help="Only while one of these reps owns.")
@click.option("--segment", multiple=True, help="Only leads of these segments.")
@click.option("--source", multiple=True, help="Only leads of these sources.")
@click.option("--campaign", multiple=True, help="Only leads of these campaigns.")
@click.option("--origin", multiple=True, help="Only leads that these connectors created.")
@_as_json
@with_settings("kafka", "app")
def exclude(
    *,
    settings: Settings,
    exclusion_id: str,
    from_at: Instant,
    to_at: Instant,
    reason: str,
    declared_by: str | None,
    as_json: bool,
    **scope: tuple[str, ...],
) -> None:
    """Declare a span of time that shall not count, such as an outage of the dialer.

    ID names it; its earliest declaration holds. Declared at or before due it stops the
    clocks that it concerns, as a pause does; declared later, within the correction horizon,
    it takes back the breaches that would not have been. It concerns what matches all of the
    flags from --team to --origin, each with any of its values; without any, everybody.

    \b
    leadclock control exclude dialer-0310 --reason dialer_down --team nord \\
        --from 2026-03-10T09:00:00+01:00 --to 2026-03-10T11:30:00+01:00
    """  # noqa: D301 - click's mark for "do not wrap" is a backspace
    _refuse_history(settings)
    if to_at <= from_at:
        raise click.UsageError("--to is not later than --from.", click.get_current_context())
    matched: dict[str, Any] = {key: list(scope[key]) for key in _SCOPE if scope[key]}
    fact = ExclusionDeclared(
        event_id="",
        occurred_at=wall_now(),
        exclusion_id=exclusion_id,
        from_at=from_at,
        to_at=to_at,
        reason=reason,
        declared_by=declared_by,
        scope=matched or None,
    )
    told = f"{exclusion_id!r}, {format_instant(from_at)} to {format_instant(to_at)}"
    _announce(settings, fact, f"declared {told}", exclusion_id, as_json=as_json)


@control.command(short_help="Say that a source has sent all it had.")
@click.argument("origin", metavar="ORIGIN")
@click.option(
    "--complete-up-to",
    type=INSTANT,
    help="All of its facts up to then have been sent.  [default: now]",
)
@_as_json
@with_settings("kafka", "app")
def heartbeat(
    *, settings: Settings, origin: str, complete_up_to: Instant | None, as_json: bool
) -> None:
    """Say that a source has sent all it had, though that was nothing.

    A source that the agreement watches is silent when neither facts nor heartbeats come of
    it: then its clocks are not judged. In an app on --time facts heartbeats also say how far
    time has come.

    \b
    leadclock control heartbeat dialer
    """  # noqa: D301
    now = wall_now()
    up_to = now if complete_up_to is None else complete_up_to
    if settings.time is TimeMode.WALL and up_to > now:
        raise click.UsageError(
            "--complete-up-to lies ahead; nobody knows what will be sent.",
            click.get_current_context(),
        )
    fact = SourceHeartbeat(event_id="", occurred_at=now, origin=origin, complete_up_to=up_to)
    told = f"told that {origin!r} is complete up to {format_instant(up_to)}"
    _announce(settings, fact, told, origin, as_json=as_json)


@control.command(short_help="Say that a recurring obligation was met.")
@click.argument("obligation", metavar="OBLIGATION")
@click.option("--at", "occurred_at", type=INSTANT, help="When it was met.  [default: now]")
@click.option("--by", help="The function that met it; never a name.")
@_as_json
@with_settings("kafka", "app")
def receipt(
    *,
    settings: Settings,
    obligation: str,
    occurred_at: Instant | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Say that a recurring obligation was met, such as the weekly report.

    OBLIGATION is its id in the agreement. The receipt is about the time it is owed that lies
    nearest to when it was met: in time it keeps it, later it ends the breach.

    \b
    leadclock control receipt weekly-report --by sales-ops
    """  # noqa: D301
    _refuse_history(settings)
    now = wall_now()
    met_at = now if occurred_at is None else occurred_at
    if met_at > now:
        raise click.UsageError("--at lies ahead.", click.get_current_context())
    fact = ObligationFulfilled(event_id="", occurred_at=met_at, obligation=obligation, by=by)
    told = f"told that {obligation!r} was met at {format_instant(met_at)}"
    _announce(settings, fact, told, obligation, as_json=as_json)


def _refuse_history(settings: Settings) -> None:
    """Refuse what an app that judges a history would place in the present.

    Raises:
        ConfigurationError: The app is on its sources' time.
    """
    if settings.time is TimeMode.FACTS:
        raise ConfigurationError(
            f"app {settings.name!r} is on --time facts, where a declaration of now lies ahead "
            "of all its facts; put it into the file that `leadclock send` sends, at its time"
        )


def _announce(
    settings: Settings, fact: ControlFact, told: str, subject: str, *, as_json: bool
) -> None:
    """Tell everybody, and say so."""
    fact = msgspec.structs.replace(fact, event_id=_event_id(fact))
    with reaching(settings):
        done, notes = asyncio.run(_tell(settings, fact, subject))
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        summary = {"partitions": done.partitions, "at_once": done.at_once, "notes": notes}
        # As it stands on the topic.
        click.echo(orjson.dumps({"fact": orjson.loads(encode(fact)), **summary}))
        return
    click.echo(f"{told}; {done.partitions} partitions have a copy")
    if not done.at_once:
        click.echo("this broker has no transactions: they were written one after the other")


async def _tell(settings: Settings, fact: ControlFact, subject: str) -> tuple[Announced, list[str]]:
    # Two commands about one subject end each other; about others they do not meet.
    name = blake2b(subject.encode(), digest_size=_DIGEST_BYTES // 2).hexdigest()
    done = await tell_everybody(settings, fact, f"control-{fact.TYPE}-{name}")
    if isinstance(fact, SourceHeartbeat):
        # They come often: what the agreement says of them is looked up by nobody.
        return done, []
    policies = await published_policies(settings)
    agreement = policies.pinned(wall_now())
    return done, [] if agreement is None else _notes(fact, agreement)


def _notes(fact: ControlFact, agreement: Policy) -> list[str]:
    """Say what of a fact has no effect under the agreement that is in force."""
    version = f"version {agreement.version} of the agreement"
    if isinstance(fact, ExclusionDeclared) and fact.reason not in agreement.exclusions.reasons:
        listed = ", ".join(sorted(agreement.exclusions.reasons)) or "none"
        return [f"{version} does not list the reason {fact.reason!r}: no clock stops ({listed})"]
    return []


def _event_id(fact: ControlFact) -> str:
    """Name a fact by what it says, so that the same said at one instant is one fact."""
    digest = blake2b(encode(fact), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{fact.TYPE}:{digest}"
