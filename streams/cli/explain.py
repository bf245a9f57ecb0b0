"""`leadclock explain`: why each clock of a lead says what it says."""

import click
import orjson

from schemas.codec import seen_at_in_file
from schemas.instants import Instant, format_instant
from schemas.refusals import RefusedError
from streams.cli.agreements import read_body
from streams.cli.exits import AnswerIsNoError
from streams.cli.files import read_facts
from streams.cli.instants import INSTANT
from streams.domain.explain_account import Account, account_of, told
from streams.domain.explain_lines import lines
from streams.domain.life import Life
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.importers import READERS
from streams.replay import Seen, in_order, published


@click.command(short_help="Say why each clock of a lead says what it says.")
@click.argument("lead_id", metavar="LEAD")
@click.option("--facts", metavar="FILE", help="Explain from a file of facts; needs --policy.")
@click.option("--policy", metavar="FILE", help="The agreement, with --facts.")
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(READERS)),
    default="jsonl",
    show_default=True,
    help="What the file of facts is.",
)
@click.option("--until", type=INSTANT, help="As of when.  [default: the last fact seen]")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
def explain(
    *,
    lead_id: str,
    facts: str | None,
    policy: str | None,
    form: str,
    until: Instant | None,
    as_json: bool,
) -> None:
    """Say why each clock of a lead says what it says, in plain words.

    Shows when each promise began to count and why, every span of time that counted or did
    not, every attempt and why it counted or not, pauses, exclusions, and what was reported.
    It is derived from the same judgement as breaches and verdicts.

    It names the real ids of lead and reps: show it to the rep, not to everybody.
    """
    if facts is None or policy is None:
        raise click.UsageError("give both --facts and --policy")
    account = _from_file(lead_id, facts, form, policy, until)
    if as_json:
        click.echo(orjson.dumps(told(account)))
    else:
        click.echo("\n".join(lines(account)))


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
    policies = Policies().with_policy(agreement, agreement.effective_from)
    life = Life(lead_id, policies, read_policy=published)
    for seen_at, _, fact in in_order([one for one in seen if one[0] <= as_of]):
        life.tell(fact, seen_at)
    life.live(as_of)
    return account(life, as_of)


def account(life: Life, as_of: Instant) -> Account:
    """Put together what was found out about a lead.

    Raises:
        AnswerIsNoError: Nothing was told of it.
    """
    lives = life.explained()
    if not lives and not life.late:
        raise AnswerIsNoError(
            f"nothing was told of a lead {life.lead_id!r} by {format_instant(as_of)}"
        )
    return account_of(life.lead_id, as_of, life.policies, lives, life.late)
