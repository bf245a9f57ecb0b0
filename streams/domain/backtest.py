"""What a draft of the agreement would have made of a history, beside what holds now.

Promises are compared by lead, clock kind, cycle and their order within it: a draft may
call its commitments otherwise. What is only measured is left out.

Source:
    Domain, G9 and (d) 4.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.verdicts import Breach, Verdict
from streams.domain.attainment import Attainment
from streams.domain.contribution import SYNTHETIC
from streams.domain.policy import Policy
from streams.domain.shown import shown

Place = tuple[str, str, int, int]
"""Lead, clock kind, cycle, and which one of these in order of their start."""
Group = tuple[str, str]
"""What is grouped by (``team``, ``rep``, ``segment``; empty: all), and which one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A lead whose verdict changes.

    Attributes:
        now: Under what holds; None: it gives none.
        then: Under the draft; None: it gives none.
    """

    lead_id: str
    clock: str
    cycle: int
    now: Verdict | None
    then: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A draft beside what holds.

    Attributes:
        now: Attainment by clock kind and group.
        then: Likewise under the draft.
        changed: By lead, clock kind and cycle.
        breaches_now: Breaches that stand, by commitment.
        breaches_then: Likewise under the draft.
    """

    now: Mapping[tuple[str, Group], Attainment]
    then: Mapping[tuple[str, Group], Attainment]
    changed: Sequence[Changed]
    breaches_now: Mapping[str, int]
    breaches_then: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said of a history under the versions of an agreement.

    Attributes:
        policies: By number of version.
        verdicts: In any order, every revision.
        breaches: Likewise.
    """

    policies: Mapping[int, Policy]
    verdicts: Iterable[Verdict]
    breaches: Iterable[Breach]


def compare(now: Said, then: Said, draft: Policy) -> Backtest:
    """Put a draft beside what holds.

    Args:
        now: What was said under what holds.
        then: What is said under the draft.
        draft: Its privacy decides under which names reps appear.
    """
    before, after = _placed(now), _placed(then)
    changed = [
        Changed(lead_id=place[0], clock=place[1], cycle=place[2], now=old, then=new)
        for place in sorted(before.keys() | after.keys())
        if _differ(old := before.get(place), new := after.get(place))
    ]
    return Backtest(
        now=_attained(before.values(), draft),
        then=_attained(after.values(), draft),
        changed=changed,
        breaches_now=_standing(now),
        breaches_then=_standing(then),
    )


def _differ(old: Verdict | None, new: Verdict | None) -> bool:
    return (old and old.outcome) != (new and new.outcome)


def _placed(said: Said) -> dict[Place, Verdict]:
    """Keep the last word on each promise, in its place."""
    last: dict[str, Verdict] = {}
    for verdict in said.verdicts:
        known = last.get(verdict.verdict_id)
        if known is None or known.revision < verdict.revision:
            last[verdict.verdict_id] = verdict
    measured = {
        (version, one.id)
        for version, policy in said.policies.items()
        for one in policy.commitments
        if one.report_only
    }
    placed: dict[Place, Verdict] = {}
    count: Counter[tuple[str, str, int]] = Counter()
    for verdict in sorted(last.values(), key=lambda one: (one.started_at, one.verdict_id)):
        is_measured = (verdict.policy_version, verdict.commitment) in measured
        if is_measured or verdict.lead_id.startswith(SYNTHETIC):
            continue
        of = verdict.lead_id, verdict.clock, verdict.cycle
        placed[*of, count[of]] = verdict
        count[of] += 1
    return placed


_Attained = dict[tuple[str, Group], Attainment]


def _attained(verdicts: Iterable[Verdict], draft: Policy) -> _Attained:
    outcomes: dict[tuple[str, Group], Counter[str]] = {}
    withdrawn: Counter[tuple[str, Group]] = Counter()
    for verdict in verdicts:
        for group in _groups(verdict, draft):
            key = verdict.clock, group
            outcomes.setdefault(key, Counter())[verdict.outcome] += 1
            withdrawn[key] += verdict.outcome == "cancelled" and not verdict.attempts
    return {key: Attainment(counts, withdrawn[key]) for key, counts in outcomes.items()}


def _groups(verdict: Verdict, draft: Policy) -> Iterable[Group]:
    yield "", ""
    if verdict.team_id is not None:
        team_id, rep_id = shown((verdict.team_id, verdict.rep_id), draft)
        yield "team", team_id
        if draft.privacy != "team_only":
            yield "rep", f"{team_id} / {rep_id or 'queue'}"
    if verdict.segment is not None:
        yield "segment", verdict.segment


def _standing(said: Said) -> dict[str, int]:
    last: dict[str, Breach] = {}
    for breach in said.breaches:
        known = last.get(breach.breach_id)
        if known is None or known.revision < breach.revision:
            last[breach.breach_id] = breach
    stand = [one for one in last.values() if one.status != "retracted"]
    mine = [one for one in stand if not (one.lead_id or "").startswith(SYNTHETIC)]
    return dict(sorted(Counter(one.commitment for one in mine).items()))


def lines(test: Backtest, most: int) -> Iterable[str]:
    """Write a comparison for people: each kind with its groups, then whose verdict changes."""
    keys = sorted(test.now.keys() | test.then.keys())
    width = max((len(_name(key)) for key in keys), default=0)
    yield f"{'kept':<{width}}  {'now':>16}  {'draft':>16}"
    for key in keys:
        shares = [_share(side.get(key)) for side in (test.now, test.then)]
        yield f"{_name(key):<{width}}  {shares[0]:>16}  {shares[1]:>16}"
    names = sorted(test.breaches_now.keys() | test.breaches_then.keys())
    yield ""
    yield "breaches that stand" if names else "no breach stands"
    for name in names:
        now, then = test.breaches_now.get(name, 0), test.breaches_then.get(name, 0)
        yield f"  {name}: {now} now, {then} by the draft"
    yield ""
    yield f"verdicts that change: {len(test.changed)}"
    for one in test.changed[:most]:
        change = f"{_word(one.now)} -> {_word(one.then)}"
        yield f"  {one.lead_id}  {one.clock}, cycle {one.cycle}: {change}"
    if len(test.changed) > most:
        yield f"  ... {len(test.changed) - most} more; --json has them all"


def _name(key: tuple[str, Group]) -> str:
    clock, (kind, which) = key
    return f"  {kind} {which}" if kind else clock


def _share(one: Attainment | None) -> str:
    if one is None or one.adjusted is None:
        return "-"
    # Cut, so that 100% is said only when nothing was missed.
    share = one.adjusted
    ended = sum(one.outcomes.get(name, 0) for name in ("met", "met_late", "unmet"))
    return f"{int(100 * share)}% ({one.outcomes.get('met', 0)} of {ended})"


def _word(verdict: Verdict | None) -> str:
    return "no verdict" if verdict is None else f"{verdict.outcome} ({verdict.commitment})"
