"""Recurring obligations: a report every Monday, with a receipt, or else a breach.

A receipt is about the instance whose due instant is nearest to when it was fulfilled;
between two at the same distance, the earlier. The first receipt of an instance counts.
In time it keeps it, later it resolves the breach; told late, within the horizon, it
takes the breach back. All of it is a function of the receipts and of time: who lost
what was said advances again from the beginning.

Source:
    Domain, M16, M17 and c.2; c.19, "Records and replay".
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from schemas.facts import ObligationFulfilled
from schemas.instants import DAY, Instant
from schemas.verdicts import Breach
from streams.domain.policy import Policy
from streams.domain.schedules import Instance, Obligation, instances

MISSED: Final = "missed"
OBLIGATION: Final = "obligation"
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "leadclock")

Receipt = tuple[Instant, ObligationFulfilled]
"""A receipt with the instant since which it is known."""


@dataclass(slots=True)
class Duty:
    """One obligation under one version of the agreement, as it is kept.

    Attributes:
        since: Instances due at or before it are nobody's: the version did not hold yet.
        receipts: By ``event_id``; of two under one id the one seen first.
        said: The last step of each instance's breach, by period.
        now: Up to here everything has been said.
    """

    obligation: Obligation
    policy: Policy
    since: Instant
    now: Instant
    receipts: dict[str, Receipt] = field(default_factory=dict)
    said: dict[str, Breach] = field(default_factory=dict)

    def tell(self, receipt: ObligationFulfilled, seen_at: Instant) -> None:
        """Tell a receipt, in any order and any number of times.

        It takes effect when ``advance`` reaches ``seen_at``, or at the next step.
        """
        known = self.receipts.get(receipt.event_id)
        if receipt.obligation == self.obligation.id and (known is None or seen_at < known[0]):
            self.receipts[receipt.event_id] = (seen_at, receipt)

    def advance(self, to: Instant, *, detected_at: Instant | None = None) -> list[Breach]:
        """Step through every instant up to ``to``, and say what is new.

        Args:
            to: The last instant that counts.
            detected_at: When this is said; None: each step is said at its own instant.
        """
        said: list[Breach] = []
        while (at := self.next_instant()) <= to:
            self.now = max(self.now, at)
            said_at = self.now if detected_at is None else max(self.now, detected_at)
            said += self._step(self.now, said_at)
        self.now = max(self.now, to)
        return said

    def next_instant(self) -> Instant:
        """Give when anything may change next."""
        settle = self.policy.settle
        ahead = [seen_at for seen_at, _ in self.receipts.values() if seen_at > self.now]
        for instance in self._recent(self.now):
            ahead += [at for at in (instance.due_at, instance.due_at + settle) if at > self.now]
        following = instances(self.obligation, max(self.now, self.since), _FOR_EVER)
        return min([*ahead, next(following).due_at])

    def _recent(self, now: Instant) -> list[Instance]:
        """List the instances that a receipt may still be about."""
        longest = max(_LONGEST_PERIOD, self.policy.correction_horizon + self.policy.settle)
        return list(instances(self.obligation, max(now - longest, self.since), now))

    def _step(self, now: Instant, said_at: Instant) -> Iterator[Breach]:
        found = self._recent(now)
        answers = self._answers(found, now)
        for instance in found:
            yield from self._chain(instance, answers.get(instance.period), now, said_at)
        recent = {instance.period for instance in found}
        self.said = {period: one for period, one in self.said.items() if period in recent}

    def _answers(self, found: Sequence[Instance], now: Instant) -> Mapping[str, Receipt]:
        """Find the first receipt of each instance, among those that may still change it."""
        following = next(instances(self.obligation, max(now, self.since), _FOR_EVER))
        answers: dict[str, Receipt] = {}
        known = sorted(
            (one for one in self.receipts.values() if one[0] <= now),
            key=lambda one: (one[1].occurred_at, one[1].event_id),
        )
        for seen_at, receipt in known:
            nearest = min(
                (*found, following),
                key=lambda one: (abs(one.due_at - receipt.occurred_at), one.due_at),
            )
            is_late = receipt.occurred_at > nearest.due_at
            if is_late or seen_at <= nearest.due_at + self.policy.correction_horizon:
                answers.setdefault(nearest.period, (seen_at, receipt))
        return answers

    def _chain(
        self, instance: Instance, answer: Receipt | None, now: Instant, said_at: Instant
    ) -> Iterator[Breach]:
        """Walk an instance's breach along its chain as far as now allows."""
        due_at = instance.due_at
        answered_at = None if answer is None else answer[1].occurred_at
        last = self.said.get(instance.period)
        status = last.status if last is not None else ""
        if answered_at is not None and answered_at <= due_at:
            if answer is not None and status not in {"", "retracted"}:
                yield self._say(instance, "retracted", said_at, evidence_id=answer[1].event_id)
            return
        if status in {"", "retracted"}:
            status = "provisional"
            yield self._say(instance, status, said_at)
        if status == "provisional" and now >= due_at + self.policy.settle:
            status = "confirmed"
            yield self._say(instance, status, said_at)
        if status == "confirmed" and answered_at is not None:
            yield self._say(instance, "resolved", said_at, answered_at=answered_at)

    def _say(
        self,
        instance: Instance,
        status: str,
        said_at: Instant,
        *,
        answered_at: Instant | None = None,
        evidence_id: str | None = None,
    ) -> Breach:
        last = self.said.get(instance.period) or self._breach(instance)
        late = answered_at is not None
        calendar = self.obligation.calendar
        breach = replace(
            last,
            revision=last.revision + 1,
            status=status,
            detected_at=said_at,
            answered_at=answered_at,
            overrun_seconds=calendar.elapsed(instance.due_at, answered_at)
            if answered_at is not None
            else None,
            actual=1 if late else 0,
            outcome="met_late" if late else None,
            reason="late_fact" if status == "retracted" else None,
            evidence_id=evidence_id,
            sequence=last.sequence + 1,
        )
        self.said[instance.period] = breach
        return breach

    def _breach(self, instance: Instance) -> Breach:
        """Give what no step of the chain changes; its revision is that before the first."""
        owed, policy = self.obligation, self.policy
        names = "\n".join((owed.id, owed.id, instance.period, str(policy.version)))
        return Breach(
            breach_id=str(uuid.uuid5(_NAMESPACE, names)),
            revision=0,
            status="provisional",
            kind=MISSED,
            commitment=owed.id,
            clock=OBLIGATION,
            subject=owed.id,
            lead_id=None,
            cycle=None,
            debtor=owed.debtor,
            creditor=owed.creditor,
            team_id=None,
            rep_id=None,
            segment=None,
            started_at=None,
            due_at=instance.due_at,
            breached_at=instance.due_at,
            detected_at=instance.due_at,
            target=1,
            actual=0,
            unit="receipts",
            policy_version=policy.version,
            calendar=owed.calendar.name or None,
            lead_url=None,
        )


_FOR_EVER: Final[Instant] = 1 << 62
_LONGEST_PERIOD: Final = 62 * DAY
