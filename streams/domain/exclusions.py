"""Exclusions: time that the parties let no clock count, because something unforeseen happened.

Source:
    Domain, c.19, "Pauses, exclusions"; c.15.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.codec import encode
from schemas.facts import ExclusionDeclared
from schemas.instants import Instant, Micros
from streams.domain.pauses import Span
from streams.domain.periods import cut_at_periods
from streams.domain.policy import Policy
from streams.domain.spans import FIRST, LAST
from streams.domain.timeline import Ownership, Timeline, union

_OWNERS: Final = frozenset({"team_id", "rep_id"})
"""Keys of a scope that look at the owner at each moment, not at the lead."""

Attributes = Mapping[str, str | None]
"""What of a lead a scope looks at: segment, source, campaign, origin."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A declared exclusion.

    Attributes:
        declared_at: Its ``seen_at``.
        fact: What was declared.
        scope: Per key the values that match; all keys, any value; empty matches all.
    """

    declared_at: Instant
    fact: ExclusionDeclared
    scope: Mapping[str, frozenset[str]]

    @property
    def id(self) -> str:
        """What the declaration calls it."""
        return self.fact.exclusion_id

    def is_about(self, attributes: Attributes) -> bool:
        """Tell whether a lead matches, whoever owns it."""
        return all(
            key in _OWNERS or attributes.get(key) in values for key, values in self.scope.items()
        )

    def is_owned(self, owner: Ownership) -> bool:
        """Tell whether a lead matches while somebody owns it."""
        teams, reps = self.scope.get("team_id"), self.scope.get("rep_id")
        return (teams is None or owner.team_id in teams) and (reps is None or owner.rep_id in reps)


Allowed = dict[str, tuple[Span, ...]]
"""By exclusion the spans that the cap lets through."""


@dataclass(frozen=True, slots=True)
class Exclusions:
    """All exclusions that were declared, in order of declaration, then id.

    Attributes:
        declared: One an id: its earliest declaration.
    """

    declared: tuple[Exclusion, ...] = ()
    # A pure memo: what a version of the agreement lets through for a team.
    _allowed: dict[tuple[str, str | None], Allowed] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _before: dict[int, "Exclusions"] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def with_declared(self, fact: ExclusionDeclared, seen_at: Instant) -> "Exclusions":
        """Add a declaration; of two of one id the earliest holds, then the smallest bytes."""
        kept = {one.id: one for one in self.declared}
        old = kept.get(fact.exclusion_id)
        if old is not None and (old.declared_at, encode(old.fact)) <= (seen_at, encode(fact)):
            return self
        kept[fact.exclusion_id] = Exclusion(seen_at, fact, _scope(fact))
        return Exclusions(tuple(sorted(kept.values(), key=lambda one: (one.declared_at, one.id))))

    def known_at(self, now: Instant) -> "Exclusions":
        """Leave out what is declared only later."""
        number = bisect_right(self.declared, now, key=lambda one: one.declared_at)
        if number == len(self.declared):
            return self
        if number not in self._before:
            self._before[number] = Exclusions(self.declared[:number])
        return self._before[number]

    def about(self, policy: Policy, attributes: Attributes) -> list[Exclusion]:
        """List those that may stop the clocks of a lead, in order of declaration, then id."""
        reasons = policy.exclusions.reasons
        return [
            one for one in self.declared if one.fact.reason in reasons and one.is_about(attributes)
        ]

    def stops(self, exclusion: Exclusion, policy: Policy, timeline: Timeline) -> list[Span]:
        """List where an exclusion stops a clock: while the owner matches, within the cap."""
        found: list[Span] = []
        for owner in timeline.spans:
            if not exclusion.is_owned(owner):
                continue
            for from_at, to_at in self.allowed(policy, owner.team_id).get(exclusion.id, ()):
                begin, end = max(from_at, owner.from_at), min(to_at, owner.to_at)
                if begin < end:
                    found.append((begin, end))
        return found

    def allowed(self, policy: Policy, team_id: str | None) -> Allowed:
        """Tell what the cap lets through for a team, by exclusion."""
        key = policy.digest or str(policy.version), team_id
        found = self._allowed.get(key)
        if found is None:
            found = self._allowed[key] = _allowed(self.declared, policy, team_id)
        return found


NO_EXCLUSION: Final = Exclusions()


def _scope(fact: ExclusionDeclared) -> dict[str, frozenset[str]]:
    return {
        key: frozenset(value if isinstance(value, list) else [value])
        for key, value in (fact.scope or {}).items()
    }


def _allowed(declared: Iterable[Exclusion], policy: Policy, team_id: str | None) -> Allowed:
    """Use up the cap of each period in order of declaration.

    Time that an earlier exclusion of the team has used already costs nothing.
    """
    cap = policy.exclusions.cap
    used: tuple[Span, ...] = ()
    left: dict[Instant, Micros] = {}
    allowed: Allowed = {}
    for one in declared:
        if one.fact.reason not in policy.exclusions.reasons or not _is_charged(
            one, policy, team_id
        ):
            continue
        span = max(one.fact.from_at, FIRST), min(one.fact.to_at, LAST - 1)
        if cap is None:
            allowed[one.id] = union([span])
            continue
        again = [(max(span[0], a), min(span[1], b)) for a, b in used]
        fresh = _charge(_less(span, used), policy, team_id, left, cap)
        allowed[one.id] = union([*again, *fresh])
        used = union([*used, *fresh])
    return allowed


def _is_charged(exclusion: Exclusion, policy: Policy, team_id: str | None) -> bool:
    """Tell whether an exclusion may concern a team at all, and so uses its cap.

    One that names reps uses the cap of the teams that list them; of every team, where
    none does.
    """
    teams, reps = exclusion.scope.get("team_id"), exclusion.scope.get("rep_id")
    if teams is not None:
        return team_id in teams
    if reps is None:
        return True
    listing = {name for name, team in policy.teams.items() if reps & team.reps.keys()}
    return not listing or team_id in listing


def _charge(
    spans: Iterable[Span],
    policy: Policy,
    team_id: str | None,
    left: dict[Instant, Micros],
    cap: Micros,
) -> list[Span]:
    """Take open hours from what is left of each period; what goes beyond stops no clock."""
    calendar = policy.calendar_of(team_id)
    assert policy.zone is not None  # a cap without zone and period is refused
    assert policy.period is not None
    kept: list[Span] = []
    for span in spans:
        for period, begin, end in cut_at_periods(policy.zone, policy.period, span):
            remaining = left.get(period, cap)
            cost = calendar.elapsed(begin, end)
            if cost <= remaining:
                left[period] = remaining - cost
                kept.append((begin, end))
                continue
            left[period] = 0
            kept.append((begin, calendar.after(begin, remaining)))
    return kept


def _less(span: Span, taken: Iterable[Span]) -> list[Span]:
    """Take spans in order away from one."""
    at, rest = span[0], []
    for from_at, to_at in taken:
        if to_at <= at or from_at >= span[1]:
            continue
        if from_at > at:
            rest.append((at, from_at))
        at = to_at
    return [*rest, (at, span[1])] if at < span[1] else rest
