"""Attainment: which share of the promises was kept, and how that is counted.

    attainment = met / (met + met_late + unmet)

A lead that was withdrawn before due is ``cancelled`` and leaves the denominator; one
that was given up after due, or lost untouched, is ``unmet`` and stays. ``excluded`` and
``unverified`` are outside. That is the adjusted figure; the raw one counts what an
exclusion took back as missed, so that both sides see what exclusions do.

Source:
    Domain, c.17; c.19, "Causes of ends"; vector T14.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from schemas.verdicts import Verdict
from streams.domain.contribution import SYNTHETIC

Group = tuple[str, str | None]
"""A commitment, and the team that had to keep it; None: nobody owned the lead."""


@dataclass(frozen=True, slots=True)
class Attainment:
    """What became of promises.

    Attributes:
        outcomes: How often each outcome.
        withdrawn: Those of the cancelled on which nobody had made an attempt.
    """

    outcomes: Mapping[str, int]
    withdrawn: int = 0

    @property
    def adjusted(self) -> Fraction | None:
        """What exclusions took back does not count; None: nothing counts."""
        return self._ratio(0)

    @property
    def raw(self) -> Fraction | None:
        """What exclusions took back counts as missed; None: nothing counts."""
        return self._ratio(self.outcomes.get("excluded", 0))

    @property
    def withdrawn_share(self) -> Fraction | None:
        """Which share of all that ended was withdrawn without an attempt; None: nothing ended."""
        ended = sum(self.outcomes.values())
        return Fraction(self.withdrawn, ended) if ended else None

    def _ratio(self, missed: int) -> Fraction | None:
        met = self.outcomes.get("met", 0)
        counted = met + self.outcomes.get("met_late", 0) + self.outcomes.get("unmet", 0) + missed
        return Fraction(met, counted) if counted else None


def attainments(verdicts: Iterable[Verdict]) -> dict[Group, Attainment]:
    """Count verdicts by commitment and team.

    Args:
        verdicts: In any order; of several revisions of one the greatest holds. Those of
            synthetic leads are left out.
    """
    last: dict[str, Verdict] = {}
    for verdict in verdicts:
        if verdict.lead_id.startswith(SYNTHETIC):
            continue
        known = last.get(verdict.verdict_id)
        if known is None or known.revision < verdict.revision:
            last[verdict.verdict_id] = verdict
    outcomes: dict[Group, Counter[str]] = {}
    withdrawn: Counter[Group] = Counter()
    for verdict in last.values():
        group = verdict.commitment, verdict.team_id
        outcomes.setdefault(group, Counter())[verdict.outcome] += 1
        if verdict.outcome == "cancelled" and not verdict.attempts:
            withdrawn[group] += 1
    return {group: Attainment(counts, withdrawn[group]) for group, counts in outcomes.items()}
