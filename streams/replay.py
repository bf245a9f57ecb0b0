"""Judge a whole history at once: facts in any order, repeated or not, and no broker.

The book that a worker keeps for a partition is kept here for all leads, and is led
through every instant at which something became known. What it says depends on the set
of facts only, never on the order or number of the lines that told them.

Source:
    Contract, section 4, `leadclock replay`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from schemas.codec import encode, seen_at_in_file
from schemas.facts import AnyFact, ControlFact, Fact, PolicyPublished
from schemas.instants import Instant
from schemas.refusals import RefusalReason, RefusedError
from schemas.verdicts import Breach, RepScorecard, Verdict, Warning  # noqa: A004 - contract's word
from streams.domain.book import Book, LateFact, Output, Refusal
from streams.domain.policies import Policies
from streams.domain.policy import Policy, policy_of
from streams.domain.problems import AgreementError
from streams.domain.scorecard import cards_of

Line = tuple[int, AnyFact | RefusedError]
"""A line's number, and the fact it tells or why it tells none."""

Seen = tuple[Instant, int, AnyFact]
"""When a fact became known, the number of its line, and the fact."""


@dataclass(frozen=True, slots=True, order=True)
class RefusedLine:
    """A line that could not be taken.

    Attributes:
        line: Its number in the file, from 1.
        reason: Code from the closed list.
        detail: One sentence.
    """

    line: int
    reason: RefusalReason
    detail: str


@dataclass(slots=True)
class Findings:
    """What a replay says, each list in its order.

    Attributes:
        ended_at: When time ended; None: no fact was seen, and no end was given.
        told: Facts that were seen by then, repetitions included.
        breaches: By ``detected_at``, lead, commitment, cycle, revision.
        verdicts: Likewise.
        warnings: Likewise.
        scorecards: As of the end, by team and rep, the queue first.
        late: Facts that came too late to change anything.
        refused: By line.
    """

    ended_at: Instant | None = None
    told: int = 0
    breaches: list[Breach] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)
    scorecards: list[RepScorecard] = field(default_factory=list)
    late: int = 0
    refused: list[RefusedLine] = field(default_factory=list)


def replay(
    policy: Policy,
    lines: Iterable[Line],
    *,
    until: Instant | None = None,
    watch: Callable[[int], None] | None = None,
) -> Findings:
    """Judge all facts of a history, up to its end.

    Args:
        policy: Holds from the beginning; lines may publish further versions.
        lines: In any order.
        until: When time ends, this instant included; facts seen later are ignored.
            None: with the last fact seen.
        watch: Called now and then with the number of facts told so far.
    """
    findings = Findings()
    known: list[Seen] = []
    for number, fact in lines:
        if isinstance(fact, RefusedError):
            findings.refused.append(RefusedLine(number, fact.reason, fact.detail))
        else:
            known.append((seen_at_in_file(fact), number, fact))
    findings.ended_at = max((at for at, _, _ in known), default=None) if until is None else until
    if findings.ended_at is not None:
        known = [one for one in known if one[0] <= findings.ended_at]
        findings.told = len(known)
        told = _Telling(policy, findings)
        told.tell_all(in_order(known), watch)
        told.end(findings.ended_at)
    _putin_order(findings)
    return findings


def in_order(known: list[Seen]) -> list[Seen]:
    """Order facts by what they say alone, so that the lines' order leaves no trace."""
    known.sort(key=_place_of)
    ordered: list[Seen] = []
    for _, same in groupby(known, key=_place_of):
        group = list(same)
        if len(group) > 1:
            # Two contents under one id: rare, so the bytes are made for these only.
            group.sort(key=lambda one: encode(one[2]))
        ordered += group
    return ordered


def _place_of(known: Seen) -> tuple[Instant, str, str]:
    at, _, fact = known
    # What is told to everybody comes before what is told of a lead.
    return at, fact.lead_id if isinstance(fact, Fact) else "", fact.event_id


class _Telling:
    """A book that is told a history."""

    def __init__(self, policy: Policy, findings: Findings) -> None:
        self._book = Book(Policies().with_policy(policy, policy.effective_from))
        self._findings = findings

    def tell_all(self, known: list[Seen], watch: Callable[[int], None] | None) -> None:
        done = 0
        refusals: dict[tuple[str, str], Refusal] = {}
        for seen_at, instant in groupby(known, key=lambda one: one[0]):
            self._keep(self._book.advance(seen_at - 1, has_readers=False))
            for _, number, fact in instant:
                done += 1
                if isinstance(fact, Fact):
                    refusal = self._book.tell(fact, seen_at)
                    if refusal is not None:
                        refusals[refusal.fact.lead_id, refusal.fact.event_id] = refusal
                else:
                    self._control(number, fact, seen_at)
            if watch is not None:
                watch(done)
        self._findings.refused.extend(_refused_lines(known, refusals))

    def end(self, at: Instant) -> None:
        self._keep(self._book.advance(at, has_readers=False))
        self._findings.scorecards = cards_of(self._book, at)

    def _control(self, number: int, fact: AnyFact, seen_at: Instant) -> None:
        if not isinstance(fact, PolicyPublished):
            if isinstance(fact, ControlFact):
                self._book.control(fact, seen_at)
            return
        try:
            policy = published(fact, self._book.policies)
        except RefusedError as error:
            self._findings.refused.append(RefusedLine(number, error.reason, error.detail))
            return
        self._book.policies = self._book.policies.with_policy(policy, seen_at)

    def _keep(self, outputs: list[Output]) -> None:
        findings = self._findings
        for output in outputs:
            match output:
                case Breach():
                    findings.breaches.append(output)
                case Verdict():
                    findings.verdicts.append(output)
                case Warning():
                    findings.warnings.append(output)
                case LateFact():
                    findings.late += 1
                case _:
                    # What is open is a view of the facts for those who join late; a
                    # replay has no late joiners.
                    continue


def published(fact: PolicyPublished, known: Policies) -> Policy:
    """Read a publication; refuses what a worker would refuse."""
    try:
        policy = policy_of(fact.body, f"version {fact.version}")
    except AgreementError as error:
        detail = "; ".join(map(str, error.problems))
        raise RefusedError(RefusalReason.BAD_POLICY, detail) from error
    if (policy.version, policy.effective_from) != (fact.version, fact.effective_from):
        detail = "version or effective_from differ between the fact and its body"
        raise RefusedError(RefusalReason.BAD_POLICY, detail)
    for old, _ in known.published:
        if old.version == policy.version and old.digest != policy.digest:
            detail = "another body was published under this version before"
            raise RefusedError(RefusalReason.BAD_POLICY, detail)
    return policy


def _refused_lines(
    known: list[Seen], refusals: dict[tuple[str, str], Refusal]
) -> Iterator[RefusedLine]:
    """Name every line that told a fact for which its lead had no place."""
    if not refusals:
        return
    for _, number, fact in known:
        if isinstance(fact, Fact):
            refusal = refusals.get((fact.lead_id, fact.event_id))
            if refusal is not None:
                yield RefusedLine(number, refusal.reason, refusal.detail)


def _putin_order(findings: Findings) -> None:
    findings.breaches.sort(key=lambda one: (*_place(one), one.revision, one.breach_id))
    findings.verdicts.sort(key=lambda one: (*_place(one), one.revision, one.verdict_id))
    findings.warnings.sort(key=lambda one: (*_place(one), one.revision, one.warning_id))
    findings.refused.sort()


def _place(record: Breach | Verdict | Warning) -> tuple[Instant, str, str, int]:
    return (
        record.detected_at,
        record.lead_id or "",
        record.commitment or "",
        record.cycle or 0,
    )


__all__: Final = ["Findings", "Line", "RefusedLine", "Seen", "in_order", "published", "replay"]
