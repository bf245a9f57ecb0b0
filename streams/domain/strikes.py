"""Strikes: a rolling figure of confirmed breaches, and when they are enough to talk about.

Aimed at diagnosis, not at punishment. A strike is a confirmed breach of a listed clock;
a retraction voids it. Sales' breaches count for whoever owned the lead when it was due;
Marketing's are Marketing's as a whole, for the owner of a lead is not who handed it off.

Source:
    Domain, c.17; contract, section 2, `strike_threshold`.
"""

import uuid
from dataclasses import dataclass, field
from typing import Final

from schemas.instants import DAY, Instant
from schemas.verdicts import Breach, Warning  # noqa: A004 - contract's word
from streams.domain.clauses import StrikeTerms
from streams.domain.contribution import SYNTHETIC

STRIKE_THRESHOLD: Final = "strike_threshold"
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "leadclock")
_STRUCK: Final = frozenset({"confirmed", "resolved"})


def actor_of(breach: Breach) -> str | None:
    """Say whose strike a breach would be, as ``team_id:rep_id``; None: nobody's."""
    if breach.subject.startswith(SYNTHETIC):
        return None
    if breach.debtor != "sales":
        return f"{breach.debtor}:"
    return None if breach.team_id is None else f"{breach.team_id}:{breach.rep_id or ''}"


@dataclass(slots=True)
class Strikes:
    """The strikes of one actor.

    Attributes:
        actor: ``team_id:rep_id``; the queue has no rep, Marketing neither.
        struck: ``breached_at`` by ``breach_id``, of breaches that stand.
        is_over: The threshold is reached, and was said.
    """

    actor: str
    struck: dict[str, Instant] = field(default_factory=dict)
    is_over: bool = False

    def apply(
        self, breach: Breach, terms: StrikeTerms, policy_version: int | None = None
    ) -> list[Warning]:
        """Take one change of a breach's status; any repetition changes nothing.

        Args:
            breach: In order of ``detected_at``.
            terms: The agreement's.
            policy_version: Of those terms.

        Returns:
            A warning when this strike is the one that reaches the threshold.
        """
        if breach.clock not in terms.clocks:
            return []
        self.expire(breach.detected_at, terms)
        if breach.status in _STRUCK:
            self.struck[breach.breach_id] = breach.breached_at
        else:
            self.struck.pop(breach.breach_id, None)
        number = self.count(breach.detected_at, terms)
        was_over, self.is_over = self.is_over, number >= terms.threshold
        if was_over or not self.is_over:
            return []
        return [self._warning(breach, terms, policy_version)]

    def count(self, now: Instant, terms: StrikeTerms) -> int:
        """Count the strikes of the window that ends now; forget older ones.

        A strike counts from its breach on for ``window_days`` days of 24 hours.
        """
        begins_at = now - terms.window_days * DAY
        for breach_id in [one for one, at in self.struck.items() if at <= begins_at]:
            del self.struck[breach_id]
        return sum(1 for at in self.struck.values() if at <= now)

    def expire(self, now: Instant, terms: StrikeTerms) -> None:
        """Let time pass: below the threshold again, the next strike that reaches it warns."""
        self.is_over = self.is_over and self.count(now, terms) >= terms.threshold

    def _warning(self, breach: Breach, terms: StrikeTerms, policy_version: int | None) -> Warning:
        team_id, _, rep_id = self.actor.partition(":")
        step = str(terms.threshold)
        # The threshold may be reached again later: the breach that did it is part of the name.
        names = f"{self.actor}\n{STRIKE_THRESHOLD}\n{step}\n{breach.breach_id}"
        return Warning(
            warning_id=str(uuid.uuid5(_NAMESPACE, names)),
            kind=STRIKE_THRESHOLD,
            step=step,
            to=None,
            commitment=None,
            clock=None,
            subject=self.actor,
            lead_id=None,
            cycle=None,
            team_id=team_id,
            rep_id=rep_id or None,
            segment=None,
            started_at=None,
            due_at=None,
            policy_version=policy_version,
            calendar=None,
            lead_url=None,
            detected_at=breach.detected_at,
        )
