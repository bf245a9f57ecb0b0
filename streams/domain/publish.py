"""What is said of a clock: the difference between the verdict now and what was published.

A breach goes provisional, confirmed, resolved, or is retracted; each step of the
chain is a record of its own. A verdict is published when it is known and revised by
a fact told within the horizon.

Source:
    Contract, section 2; domain, c.19, "Records and replay" and c.10.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from schemas.facts import (
    ClockPaused,
    ClockResumed,
    ContactAttempt,
    Fact,
    FactWithdrawn,
    HandedBack,
    HandedOff,
    LeadClosed,
    LeadCreated,
    LeadUpdated,
)
from schemas.instants import Instant, seconds
from schemas.verdicts import Breach, Record, Verdict, Warning  # noqa: A004 - contract's word
from streams.domain.clock import Clock
from streams.domain.clocks.depth import MAX_SUFFIX
from streams.domain.history import Told
from streams.domain.lead import (
    CAUSES,
    COMMITMENT_CHANGED,
    DUE_MOVED,
    LATE_FACT,
    WITHDRAWN,
    ClockKey,
    Lead,
    Published,
)
from streams.domain.silence import UNVERIFIED
from streams.domain.warnings import Due, warn_once, warnings_due

EXCLUDED: Final = "excluded:"
"""Begins the reason of what an exclusion took back; its id follows."""
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "leadclock")


def breach_id_of(subject: str, key: ClockKey) -> str:
    """Name a breach by what it is about, so that every worker and replay names it the same."""
    commitment, instance, version = key
    return str(uuid.uuid5(_NAMESPACE, "\n".join((subject, commitment, instance, str(version)))))


# Which facts are looked at first for what took a breach back.
_EVIDENCE: Final[dict[str, tuple[type[Fact], ...]]] = {
    LATE_FACT: (ContactAttempt, LeadClosed, HandedBack, HandedOff),
    DUE_MOVED: (
        *(ClockPaused, ClockResumed, HandedOff, LeadClosed, HandedBack),
        *(LeadCreated, ContactAttempt, FactWithdrawn),
    ),
    COMMITMENT_CHANGED: (LeadCreated, LeadUpdated, HandedOff, FactWithdrawn),
    WITHDRAWN: (FactWithdrawn,),
}


@dataclass(slots=True)
class Publisher:
    """Says what is new of one lead at one instant.

    Attributes:
        lead: Gives the sequence and keeps what was said.
        now: Facts and deadlines up to here count.
        said_at: ``detected_at`` of what is said.
        fresh: What was told since the last step, in order of telling.
        is_last: The lead is erased: nothing is waited for any more.
    """

    lead: Lead
    now: Instant
    said_at: Instant
    fresh: Sequence[Told]
    is_last: bool = False

    def breach(self, clock: Clock, entry: Published) -> Iterator[Record]:
        """Walk a breach along its chain as far as now allows, a record for each step."""
        last = entry.breach
        is_breached = clock.is_breached_at(self.now)
        if last is not None and last.status != "retracted":
            if clock.due_at != last.due_at:
                yield self._retract(entry, last, DUE_MOVED, None)
            elif not is_breached:
                reason = clock.reason if clock.is_spared else self._cause()
                yield self._retract(entry, last, reason or LATE_FACT, clock.evidence_id)
        if not is_breached or clock.due_at is None:
            return
        status = entry.breach.status if entry.breach else "retracted"
        settled_at = clock.due_at + clock.policy.settle
        ended_at = clock.ended_at if self._may_say_end_of(clock) else None
        if status == "retracted":
            status = "provisional"
            yield self._step(clock, entry, status, clock.due_at)
        if (status == "provisional" and (self.now >= settled_at or self.is_last)) or (
            # What had answered or ended it was taken back: the breach is open again.
            status == "resolved" and ended_at is None
        ):
            status = "confirmed"
            yield self._step(clock, entry, status, settled_at)
        if status == "confirmed" and ended_at is not None:
            yield self._step(clock, entry, "resolved", ended_at)

    def verdict(self, clock: Clock, entry: Published) -> Iterator[Record]:
        """Publish the end of a clock, or revise it; nothing when it says what was said."""
        if not clock.has_verdict:
            return
        last = entry.verdict
        if clock.ended_at is None or not self._may_say_end_of(clock):
            # What had ended it was withdrawn, or a hand-off told late resumed its cycle.
            yield from self._take_back(entry, self._cause())
            return
        verdict = self._verdict(clock, clock.ended_at, last)
        if last is not None and verdict == replace(
            last,
            revision=verdict.revision,
            detected_at=verdict.detected_at,
            sequence=verdict.sequence,
        ):
            return
        self.lead.sequence = verdict.sequence
        if last is None or last.reason in CAUSES:
            entry.known_at = self.now
        entry.verdict = verdict
        yield verdict

    def warnings(self, clock: Clock, entry: Published) -> Iterator[Record]:
        """Give the warnings of an open clock that are due and new."""
        for due in warnings_due(clock, entry, self.now):
            yield self._warning(clock, due)

    def unverified(
        self, clock: Clock, entry: Published, origins: Sequence[str]
    ) -> Iterator[Record]:
        """Warn, instead of a breach, of each source whose silence leaves a clock unjudged."""
        for origin in origins:
            if warn_once(entry, UNVERIFIED, origin):
                yield self._warning(clock, Due(UNVERIFIED, origin, None))

    def gone(self, key: ClockKey, clocks: list[Clock]) -> Iterator[Record]:
        """Take back what was said of a clock that the facts no longer give.

        A late lead-created changed the commitment, an earlier hand-off was told, or the
        opening fact was withdrawn.
        """
        entry = self.lead.published[key]
        reason = self._why_gone(key, entry, clocks)
        entry.stands = True
        if entry.breach is not None and entry.breach.status != "retracted":
            yield self._retract(entry, entry.breach, reason, None)
        yield from self._take_back(entry, reason)

    def _take_back(self, entry: Published, reason: str) -> Iterator[Record]:
        """Revise a verdict on a clock that has not ended, or that there never was."""
        last = entry.verdict
        if last is None or last.reason in CAUSES:
            return
        entry.verdict = replace(
            last,
            revision=last.revision + 1,
            outcome="cancelled",
            reason=reason,
            detected_at=self.said_at,
            sequence=self._next_sequence(),
        )
        yield entry.verdict

    def _why_gone(self, key: ClockKey, entry: Published, clocks: list[Clock]) -> str:
        kept = key[0].removesuffix(MAX_SUFFIX)
        rivals = [
            clock
            for clock in clocks
            if (clock.commitment.clock, clock.cycle) == (entry.clock, entry.cycle)
        ]
        if not rivals or any(clock.key == (kept, *key[1:]) for clock in rivals):
            return self._cause()
        is_kept = any(clock.commitment.id == kept for clock in rivals)
        return DUE_MOVED if is_kept else COMMITMENT_CHANGED

    def _cause(self) -> str:
        """Say what took a breach back when its due instant did not move."""
        withdrawn = any(isinstance(fact, FactWithdrawn) for _, fact in self.fresh)
        return WITHDRAWN if withdrawn else LATE_FACT

    def _evidence(self, reason: str, answer_id: str | None) -> str | None:
        """Name the fact that took a breach back, among those that are new."""
        facts = [fact for _, fact in self.fresh]
        if reason.startswith(EXCLUDED):
            return answer_id
        if reason == LATE_FACT and any(fact.event_id == answer_id for fact in facts):
            return answer_id
        for kind in _EVIDENCE[reason]:
            for fact in facts:
                if isinstance(fact, kind):
                    return fact.event_id
        return facts[0].event_id if facts else None

    def _may_say_end_of(self, clock: Clock) -> bool:
        return self.is_last or self.now >= clock.publish_at

    def _next_sequence(self) -> int:
        self.lead.sequence += 1
        return self.lead.sequence

    def _retract(
        self, entry: Published, last: Breach, reason: str, answer_id: str | None
    ) -> Breach:
        """Take a breach back: it turned out never to have been."""
        entry.breach = replace(
            last,
            revision=last.revision + 1,
            status="retracted",
            answered_at=None,
            overrun_seconds=None,
            outcome=None,
            reason=reason,
            evidence_id=self._evidence(reason, answer_id),
            detected_at=self.said_at,
            sequence=self._next_sequence(),
        )
        return entry.breach

    def _step(self, clock: Clock, entry: Published, status: str, step_at: Instant) -> Breach:
        """Publish a step; ``step_at`` is its own instant: due, end of settle, or the end."""
        due_at = step_at if clock.due_at is None else clock.due_at
        owner = clock.timeline.owner_at(due_at)
        ended = status == "resolved"
        is_time = clock.unit == "seconds"
        actual = clock.actual or clock.attempts
        entry.breach = Breach(
            breach_id=entry.breach.breach_id
            if entry.breach
            else breach_id_of(self.lead.lead_id, clock.key),
            revision=entry.breach.revision + 1 if entry.breach else 1,
            status=status,
            kind=clock.breach_kind,
            commitment=clock.id,
            clock=clock.commitment.clock,
            subject=self.lead.lead_id,
            lead_id=self.lead.lead_id,
            cycle=clock.cycle,
            debtor=clock.commitment.debtor,
            creditor=clock.commitment.creditor,
            team_id=owner.team_id if owner else None,
            rep_id=owner.rep_id if owner else None,
            segment=clock.segment,
            started_at=clock.started_at,
            due_at=due_at,
            breached_at=due_at,
            detected_at=self.said_at,
            target=seconds(clock.elapsed_to(due_at)) if is_time else clock.target,
            actual=seconds(clock.elapsed_to(step_at)) if is_time else actual(step_at),
            unit=clock.unit,
            shares=clock.timeline.shares(clock.started_at, due_at),
            policy_version=clock.policy.version,
            calendar=clock.calendar,
            lead_url=clock.policy.url_of(self.lead.lead_id),
            answered_at=clock.answered_at if ended else None,
            overrun_seconds=clock.timeline.elapsed(due_at, step_at) if ended else None,
            outcome=clock.outcome if ended else None,
            sequence=self._next_sequence(),
        )
        return entry.breach

    def _warning(self, clock: Clock, due: Due) -> Warning:
        owner = clock.timeline.owner_at(self.now)
        commitment, instance, version = clock.key
        names = (self.lead.lead_id, commitment, instance, str(version), due.kind, due.step)
        return Warning(
            warning_id=str(uuid.uuid5(_NAMESPACE, "\n".join(names))),
            kind=due.kind,
            step=due.step,
            to=due.to,
            commitment=clock.id,
            clock=clock.commitment.clock,
            subject=self.lead.lead_id,
            lead_id=self.lead.lead_id,
            cycle=clock.cycle,
            team_id=owner.team_id if owner else None,
            rep_id=owner.rep_id if owner else None,
            segment=clock.segment,
            started_at=clock.started_at,
            due_at=clock.due_at,
            policy_version=clock.policy.version,
            calendar=clock.calendar,
            lead_url=clock.policy.url_of(self.lead.lead_id),
            detected_at=self.said_at,
            sequence=self._next_sequence(),
        )

    def _verdict(self, clock: Clock, ended_at: Instant, last: Verdict | None) -> Verdict:
        overrun, owned_at = None, ended_at
        if clock.due_at is not None and ended_at > clock.due_at:
            overrun, owned_at = clock.timeline.elapsed(clock.due_at, ended_at), clock.due_at
        owner = clock.timeline.owner_at(owned_at)
        return Verdict(
            verdict_id=last.verdict_id
            if last
            else f"verdict:{breach_id_of(self.lead.lead_id, clock.key)}",
            revision=last.revision + 1 if last else 1,
            outcome=clock.outcome or "cancelled",
            commitment=clock.id,
            clock=clock.commitment.clock,
            lead_id=self.lead.lead_id,
            cycle=clock.cycle,
            team_id=owner.team_id if owner else None,
            rep_id=owner.rep_id if owner else None,
            segment=clock.segment,
            started_at=clock.started_at,
            due_at=clock.due_at,
            answered_at=clock.answered_at,
            elapsed_seconds=clock.elapsed_to(ended_at),
            overrun_seconds=overrun,
            attempts=clock.attempts(ended_at),
            pre_handoff=clock.pre_handoff,
            policy_version=clock.policy.version,
            calendar=clock.calendar,
            reason=clock.reason,
            detected_at=self.said_at,
            connected=clock.connected,
            sequence=self.lead.sequence + 1,
        )
