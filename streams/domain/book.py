"""The book of one partition: its leads, told of facts, advanced to an instant.

Worker, replay and every simulation drive this very class: facts in, outputs out as
the difference to what was published, and changed records to keep.

Source:
    Architecture, rules 1, 2 and 5.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from schemas.codec import RefusalReason
from schemas.facts import ControlFact, ExclusionDeclared, Fact, SourceHeartbeat
from schemas.instants import Instant
from schemas.verdicts import OpenLead, OpenLeadEnd, Record
from streams.domain.contribution import SYNTHETIC, count
from streams.domain.declared import CONTROL_PREFIX, Declared
from streams.domain.known import Known
from streams.domain.lead import (
    MOST_FACTS,
    Lead,
    counted_of,
    is_open_of,
    next_at_of,
    pack,
    unpack,
)
from streams.domain.opened import OpenNow, digest_of, open_record, waiting_of
from streams.domain.panes import PREFIX as PANE_PREFIX
from streams.domain.panes import Panes
from streams.domain.policies import Policies
from streams.domain.standing import Standings
from streams.domain.step import Gone, LateFact, advance_lead, open_clocks
from streams.domain.worklist import Task, task_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fact that this lead cannot take."""

    reason: RefusalReason
    detail: str
    fact: Fact


Output = Record | OpenLeadEnd | LateFact


class Book:
    """One partition's leads.

    Attributes:
        policies: Published versions; replace it when one is added.
        now: Every instant up to here has been judged; None: none yet.
        standings: What of them is open now, by owner.
    """

    def __init__(
        self, policies: Policies, parting: Callable[[Lead], None] = lambda _lead: None
    ) -> None:
        """Start empty.

        Args:
            policies: Published versions.
            parting: Called with each lead whose known facts leave, as it was.
        """
        self._parting = parting
        self._control = Declared()
        self._known = Known(policies, sources=self._control.sources)
        self.policies = policies
        # Leads that wait for a silent source, and since when.
        self._unverified: dict[str, Instant] = {}
        # Those of them that were loaded: what was told ahead has to find them again.
        self._to_resume: set[str] = set()
        # Leads that an exclusion may concern, and from when on they are to be judged by it.
        self._sweeps: dict[str, set[Instant]] = {}
        self.now: Instant | None = None
        self._panes = Panes()
        # Leads of which is not counted yet what they contribute.
        self._uncounted: dict[str, Lead] = {}
        self.standings = Standings()
        # Cold leads stay packed: they cost a tenth and the garbage collector skips them.
        self._leads: dict[str, Lead | bytes] = {}
        self._heap: list[tuple[Instant, str]] = []
        self._scheduled: dict[str, Instant] = {}
        self._changed: set[str] = set()
        self._open: set[str] = set()

    def __len__(self) -> int:
        """Count the leads it keeps."""
        return len(self._leads)

    @property
    def policies(self) -> Policies:
        """Published versions; to add one, set the versions with it."""
        return self._known.policies

    @policies.setter
    def policies(self, policies: Policies) -> None:
        self._known = replace(self._known, policies=policies)
        self._control.watch(origin for policy, _ in policies.published for origin in policy.sources)

    @property
    def panes(self) -> Panes:
        """What its leads contribute to their reps' windows, up to now."""
        for lead in self._uncounted.values():
            counted = lead.counted
            count(lead)
            self._panes.move(counted, lead.counted)
        self._uncounted.clear()
        return self._panes

    def control(self, fact: ControlFact, seen_at: Instant) -> None:
        """Tell what concerns all leads: an exclusion, a heartbeat; in any order, repeatedly.

        It takes effect when ``advance`` reaches ``seen_at``. The leads are judged again
        one by one from their places on the heap, so a mass exclusion takes many steps.
        Other control facts are nothing to a book: policies are set, see `policies`.
        """
        if isinstance(fact, SourceHeartbeat):
            self._hear_heartbeat(fact, seen_at)
        elif isinstance(fact, ExclusionDeclared) and self._control.declare(fact, seen_at):
            self._exclude(fact, seen_at)

    def _hear_heartbeat(self, fact: SourceHeartbeat, seen_at: Instant) -> None:
        self._control.complete(fact.origin, fact.complete_up_to, seen_at)
        for lead_id, due_at in self._unverified.items():
            if due_at <= fact.complete_up_to:
                self._sweep_one(lead_id, seen_at)

    def _exclude(self, fact: ExclusionDeclared, seen_at: Instant) -> None:
        self._known = replace(self._known, exclusions=self._control.exclusions)
        if any(fact.reason in policy.exclusions.reasons for policy, _ in self.policies.published):
            self._control.begin_sweep(seen_at)
            self._sweep_all(seen_at)

    def load_control(self, key: bytes, value: bytes) -> None:
        """Take a record of ``take_changed_control`` from the changelog, before ``advance``."""
        self._control.load(key, value)
        self._known = replace(self._known, exclusions=self._control.exclusions)

    def take_changed_control(self) -> list[tuple[bytes, bytes]]:
        """Hand over what must be kept beside the leads since the last call.

        The keys begin with `CONTROL_PREFIX`, which no lead's does.
        """
        return self._control.take_changed()

    def knows(self, lead_id: str) -> bool:
        """Tell whether a fact of this lead has been kept."""
        return lead_id in self._leads

    def look_at(self, lead_id: str) -> tuple[Lead, Known] | None:
        """Give a copy of a lead's record and what is known beside it; None: there is none.

        What it contributes to windows may be that of the step before.
        """
        kept = self._leads.get(lead_id)
        if kept is None:
            return None
        packed = kept if isinstance(kept, bytes) else _packed(kept)
        return unpack(lead_id.encode(), packed), self._known

    def hear(self, origin: str, seen_at: Instant) -> None:
        """A fact of this source was seen, of whatever lead; ``tell`` says so itself."""
        self._control.hear(origin, seen_at)

    def tasks(self) -> Iterator[Task | None]:
        """Say of each open lead what is to be done about it now, in no order.

        Nothing is kept for this: each lead is judged when its turn comes, which takes a
        fraction of a millisecond. The book may move on between two.

        Yields:
            None for a lead that is nobody's business any more, or a probe's.
        """
        for lead_id in list(self._open):
            kept = self._leads.get(lead_id)
            if kept is None or self.now is None or lead_id.startswith(SYNTHETIC):
                yield None
                continue
            # What is cold stays cold.
            lead = unpack(lead_id.encode(), kept) if isinstance(kept, bytes) else kept
            found = open_clocks(lead, self._known, self.now)
            yield None if found is None else task_of(*found, self.now)

    def load(self, key: bytes, packed: bytes) -> None:
        """Take a record from the changelog, the last one of each key only."""
        if key.startswith(PANE_PREFIX):
            self._panes.load(key, packed)
            return
        if key.startswith(CONTROL_PREFIX):
            self.load_control(key, packed)
            return
        lead_id = key.decode()
        self._leads[lead_id] = packed
        self._schedule(lead_id, next_at_of(packed))
        counted, waiting, unverified_at = counted_of(packed)
        if unverified_at is not None:
            self._unverified[lead_id] = unverified_at
            self._to_resume.add(lead_id)
        self._panes.load_live(counted)
        self.standings.move(lead_id, None, waiting)
        if is_open_of(packed):
            self._open.add(lead_id)

    def tell(self, fact: Fact, seen_at: Instant) -> Refusal | None:
        """Tell a fact, in any order and any number of times.

        It takes effect when ``advance`` reaches ``seen_at``; one seen earlier than
        ``now`` takes effect at the next step.

        Returns:
            A refusal when the lead has no place for it, or for the fact that lost its
            place to it; None: kept, or known already.
        """
        lead = self._warm(fact.lead_id) or Lead(fact.lead_id)
        refusal = None
        if fact.event_id not in lead.tellings and lead.is_full:
            refused = fact
            if (seen_at, fact.event_id) < lead.last_told():
                _, event_id = lead.last_told()
                refused = lead.tellings.pop(event_id)[0][1]
                lead.memo = None
            refusal = Refusal(
                RefusalReason.TOO_MANY_FACTS, f"a lead keeps at most {MOST_FACTS} facts", refused
            )
            if refused is fact:
                return refusal
        if fact.origin is not None:
            self._control.hear(fact.origin, seen_at)
        if lead.tell(fact, seen_at):
            if fact.lead_id not in self._leads:
                # An exclusion that was told ahead shall find it, too.
                for at in self._control.sweeps:
                    self._sweeps.setdefault(fact.lead_id, set()).add(at)
            self._leads[fact.lead_id] = lead
            self._changed.add(fact.lead_id)
            if lead.next_at is None or seen_at < lead.next_at:
                lead.next_at = seen_at
            self._schedule(fact.lead_id, lead.next_at)
        return refusal

    def next_instant(self) -> Instant | None:
        """Give when anything may change next; None: not without a new fact."""
        self._resume_sweep()
        heap = self._heap
        while heap and self._scheduled.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def advance(
        self,
        to: Instant,
        *,
        detected_at: Instant | None = None,
        limit: int | None = None,
        has_readers: bool = True,
    ) -> list[Output]:
        """Step through every instant up to ``to``, in order.

        Args:
            to: The last instant that counts; earlier than ``now``: nothing happens.
            detected_at: When this is said, the wall clock of a worker; None: each step
                is said at its own instant, as a replay does.
            limit: Stop after about this many records; ``now`` says how far it came.
            has_readers: Somebody wants the ``open-leads`` records.

        Returns:
            Records in the order of the steps; the ``open-leads`` record of each lead
            that changed, its last one only, at the end.
        """
        outputs: list[Output] = []
        open_leads: dict[str, tuple[OpenNow | OpenLeadEnd, int]] = {}
        while (at := self.next_instant()) is not None and at <= to:
            if limit is not None and len(outputs) + len(open_leads) >= limit:
                break
            _, lead_id = heapq.heappop(self._heap)
            del self._scheduled[lead_id]
            lead = self._warm(lead_id)
            if lead is None:
                continue
            if self.now is None or at > self.now:
                self.now = at
            said_at = self.now if detected_at is None else max(self.now, detected_at)
            opened = self._step(lead, self.now, said_at, outputs)
            if opened is not None:
                open_leads[lead_id] = opened, lead.sequence
            self._changed.add(lead_id)
            if lead.tellings:
                self._schedule(lead_id, lead.next_at)
            else:
                del self._leads[lead_id]
                self._sweeps.pop(lead_id, None)
        else:
            if self.now is None or to > self.now:
                self.now = to
            self._control.end_step(self.now)
        if self.now is not None:
            self._panes.expire(self.now)
        if has_readers:
            outputs += [_written(lead_id, *one) for lead_id, one in open_leads.items()]
        return outputs

    def take_changed(self) -> list[tuple[bytes, bytes | None]]:
        """Hand over what must be kept since the last call: key and packed record, or None."""
        changed: list[tuple[bytes, bytes | None]] = []
        panes = self.panes
        for lead_id in sorted(self._changed):
            lead = self._leads.get(lead_id)
            packed = _packed(lead) if isinstance(lead, Lead) else lead
            if packed is not None:
                self._leads[lead_id] = packed
            changed.append((lead_id.encode(), packed))
        self._changed.clear()
        return changed + panes.take_changed()

    def _step(
        self, lead: Lead, now: Instant, said_at: Instant, outputs: list[Output]
    ) -> OpenNow | OpenLeadEnd | None:
        """Judge a lead, and keep the views of all leads in step with it.

        Returns:
            What is open of it, if that is new; all else goes to ``outputs``.
        """
        counted, opened, is_gone = lead.counted, None, False
        is_swept = bool(self._sweeps) and self._take_sweep(lead.lead_id, now)
        if lead.judged_at is None and lead.next_at is not None and lead.next_at > now:
            # Swept before anything of it is known.
            return None
        for output in advance_lead(lead, self._known, now, said_at, must_revise=is_swept):
            if isinstance(output, OpenNow | OpenLeadEnd):
                opened = output
            elif isinstance(output, Gone):
                is_gone = True
                self._parting(output.lead)
            else:
                outputs.append(output)
        if lead.unverified_at is not None:
            self._unverified[lead.lead_id] = lead.unverified_at
        elif self._unverified:
            self._unverified.pop(lead.lead_id, None)
        if lead.uncounted is not None:
            self._uncounted[lead.lead_id] = lead
        if opened is not None:
            self._open_or_end(lead, opened)
        if is_gone:
            self._panes.expire(now)
            self._panes.move(counted, lead.counted)
            self._panes.fold(lead.counted)
            lead.counted = {}
        return opened

    def _open_or_end(self, lead: Lead, opened: OpenNow | OpenLeadEnd) -> None:
        """Keep in view what is open of a lead now."""
        waiting, lead.waiting = lead.waiting, None
        if isinstance(opened, OpenLeadEnd):
            self._open.discard(lead.lead_id)
        else:
            self._open.add(lead.lead_id)
            if not lead.lead_id.startswith(SYNTHETIC):
                lead.waiting = waiting_of(opened)
        self.standings.move(lead.lead_id, waiting, lead.waiting)

    def _sweep_all(self, at: Instant) -> None:
        """Put every lead on the heap, to be judged again at an instant or at the next step."""
        for lead_id in self._leads:
            self._sweep_one(lead_id, at)

    def _sweep_one(self, lead_id: str, at: Instant) -> None:
        self._sweeps.setdefault(lead_id, set()).add(at)
        self._schedule(lead_id, self._scheduled.get(lead_id))

    def _take_sweep(self, lead_id: str, now: Instant) -> bool:
        """Tell whether a sweep has reached a lead, which is then done with it."""
        waiting = self._sweeps.pop(lead_id, set())
        if left := {at for at in waiting if at > now}:
            self._sweeps[lead_id] = left
        return len(left) < len(waiting)

    def _resume_sweep(self) -> None:
        """Go on with what a process before this one had begun."""
        if not (self._to_resume or self._control.has_unfinished):
            return
        for at in self._control.take_unfinished():
            self._sweep_all(at)
        for lead_id in self._to_resume:
            complete_at = self._control.sources.first_complete(self._unverified.get(lead_id))
            if complete_at is not None:
                self._sweep_one(lead_id, complete_at)
        self._to_resume.clear()

    def _warm(self, lead_id: str) -> Lead | None:
        lead = self._leads.get(lead_id)
        if isinstance(lead, bytes):
            lead = unpack(lead_id.encode(), lead)
            self._leads[lead_id] = lead
        return lead

    def _schedule(self, lead_id: str, at: Instant | None) -> None:
        if self._sweeps and lead_id in self._sweeps:
            at = min((*self._sweeps[lead_id], *(() if at is None else (at,))))
        if at is None:
            self._scheduled.pop(lead_id, None)
        elif self._scheduled.get(lead_id) != at:
            self._scheduled[lead_id] = at
            heapq.heappush(self._heap, (at, lead_id))


def _written(lead_id: str, opened: OpenNow | OpenLeadEnd, sequence: int) -> OpenLead | OpenLeadEnd:
    return opened if isinstance(opened, OpenLeadEnd) else open_record(lead_id, opened, sequence)


def _packed(lead: Lead) -> bytes:
    if isinstance(lead.open_now, OpenNow) and lead.open_digest is None:
        lead.open_digest = digest_of(lead.lead_id, lead.open_now)
    return pack(lead)


__all__: Final = ["CONTROL_PREFIX", "Book", "LateFact", "Output", "Refusal"]
