"""`leadclock replay`: judge a file of facts, without a broker."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import orjson

from schemas.instants import Instant, format_instant
from schemas.verdicts import encode_record
from streams.cli.agreements import read_body
from streams.cli.files import facts_argument, read_facts
from streams.cli.instants import INSTANT
from streams.cli.progress import Progress
from streams.domain.policy import policy_of
from streams.errors import ConfigurationError
from streams.replay import Findings, RefusedLine
from streams.replay import replay as judge_history

FILES: Final[dict[str, Callable[[Findings], Iterable[bytes]]]] = {
    "breaches.jsonl": lambda findings: map(encode_record, findings.breaches),
    "verdicts.jsonl": lambda findings: map(encode_record, findings.verdicts),
    "warnings.jsonl": lambda findings: map(encode_record, findings.warnings),
    "scorecards.jsonl": lambda findings: map(encode_record, findings.scorecards),
    "refused.jsonl": lambda findings: map(_encode_refused, findings.refused),
}
"""What ``--out`` writes, and from which findings."""


@click.command(short_help="Judge a file of facts against an agreement.")
@facts_argument
@click.option("--policy", required=True, metavar="FILE", help="The agreement.")
@click.option("--until", type=INSTANT, help="When time ends.  [default: the last fact seen]")
@click.option("--out", metavar="DIR", help="Write the findings there, as JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object.")
def replay(
    *,
    facts: str,
    form: str,
    policy: str,
    until: Instant | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Judge a file of facts against an agreement; needs no broker.

    FACTS are JSON lines, one fact with its type on each, in any order, repeated or not;
    "-" is standard input, and gzip, xz and bzip2 are unpacked. A fact is known from its
    recorded_at on, if that is later than its occurred_at; facts known only after the end
    are ignored. Lines that cannot be facts are set aside with a reason.

    With --out, writes breaches.jsonl, verdicts.jsonl, warnings.jsonl, scorecards.jsonl and
    refused.jsonl: the same bytes each time. Without, prints a summary.
    """
    agreement = policy_of(read_body(policy))
    with Progress("facts") as progress, _without_collector():
        findings = judge_history(
            agreement, read_facts(facts, form), until=until, watch=progress.reached
        )
    if out is not None:
        _write(findings, Path(out))
    if as_json:
        click.echo(orjson.dumps(summary(findings)))
    elif out is None:
        click.echo(told(findings), nl=False)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Let no garbage be looked for: whatever a replay makes is kept to its end."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _encode_refused(line: RefusedLine) -> bytes:
    return orjson.dumps({"line": line.line, "reason": line.reason, "detail": line.detail})


def _write(findings: Findings, directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, lines in FILES.items():
            with (directory / name).open("wb") as file:
                file.writelines(line + b"\n" for line in lines(findings))
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename or directory} cannot be written: {error.strerror or error}"
        ) from error


def summary(findings: Findings) -> dict[str, Any]:
    """Count what was found: the last word of each breach and verdict, by commitment."""
    return {
        "ended_at": None if findings.ended_at is None else format_instant(findings.ended_at),
        "facts": findings.told,
        "late_facts": findings.late,
        "refused": dict(sorted(Counter(one.reason for one in findings.refused).items())),
        "breaches": _counted(
            (one.commitment, one.status) for one in _last(findings.breaches, "breach_id")
        ),
        "verdicts": _counted(
            (one.commitment, one.outcome) for one in _last(findings.verdicts, "verdict_id")
        ),
        "warnings": len(findings.warnings),
    }


def _last(records: Iterable[Any], name: str) -> Iterable[Any]:
    """Keep the greatest revision under each id; they come in ascending order."""
    return {getattr(record, name): record for record in records}.values()


def _counted(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for (commitment, word), number in sorted(Counter(pairs).items()):
        counted.setdefault(commitment, {})[word] = number
    return counted


def told(findings: Findings) -> str:
    """Write the summary for a person."""
    counts = summary(findings)
    if counts["ended_at"] is None:
        head = "no facts"
    else:
        head = f"{counts['facts']:,} facts, up to {counts['ended_at']}"
    lines = [head]
    for name in ("verdicts", "breaches"):
        lines.append(f"{name}:" if counts[name] else f"{name}: none")
        width = max(map(len, counts[name]), default=0)
        for commitment, words in counts[name].items():
            each = ", ".join(f"{number:,} {word}" for word, number in words.items())
            lines.append(f"  {commitment:<{width}}  {each}")
    if counts["late_facts"]:
        lines.append(f"facts that came too late to change anything: {counts['late_facts']:,}")
    if counts["refused"]:
        each = ", ".join(f"{number:,} {reason}" for reason, number in counts["refused"].items())
        lines.append(f"lines refused: {each}")
    return "".join(f"{line}\n" for line in lines)
