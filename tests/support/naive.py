"""A lead judged by brute force: an oracle for the pure core, written from its specification.

It shares no code with streams. At every instant at which anything could change, the
whole lead is judged anew from the facts seen by then, and what differs from what was
said before is said. No packing, no heap, no shortcut: slow, short and plain.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from msgspec import structs

from schemas.facts import LeadCreated, LeadErased
from tests.support.naive_judge import Reading, judge
from tests.support.naive_lead import (
    Agreement,
    Telling,
    is_replaced,
    life_of,
    pinned,
    withdrawn_target,
    without_retellings,
)

FOREVER: Final = 1 << 62
_STATUSES: Final = ("provisional", "confirmed", "resolved")


@dataclass(frozen=True, kw_only=True)
class BreachRow:
    """What a breach record has to say; ``evidence`` is every fact that may be named."""

    commitment: str
    instance: str
    cycle: int
    revision: int
    status: str
    kind: str
    due_at: int
    team_id: str | None
    rep_id: str | None
    reason: str | None
    evidence: frozenset[str]
    answered_at: int | None
    overrun: int | None
    outcome: str | None
    started_at: int
    segment: str | None
    version: int
    detected_at: int


@dataclass(frozen=True, kw_only=True)
class VerdictRow:
    """What a verdict record has to say."""

    commitment: str
    instance: str
    cycle: int
    revision: int
    outcome: str
    team_id: str | None
    rep_id: str | None
    started_at: int
    due_at: int | None
    answered_at: int | None
    elapsed: int | None
    overrun: int | None
    attempts: int
    connected: bool
    pre_handoff: bool
    reason: str | None
    segment: str | None
    version: int
    detected_at: int


Row = BreachRow | VerdictRow


@dataclass
class _Said:
    """What was last said of one clock, and what it was judged by."""

    reading: Reading
    status: str = ""
    breach_revision: int = 0
    due_at: int | None = None
    verdict: dict[str, Any] | None = None
    verdict_revision: int = 0
    verdict_at: int = FOREVER
    ended: bool = False
    gone: bool = False
    taken_back: bool = False
    first_at: int = 0
    breach: BreachRow | None = None

    @property
    def horizon_at(self) -> int:
        """Until when a fact may change what was said; for ever if nothing was said yet."""
        if self.verdict is None and self.breach is None:
            return FOREVER
        return max(self.last_at + self.reading.horizon, self.first_at)

    @property
    def last_at(self) -> int:
        """What the horizon runs from: due, the answer, or when the end was said."""
        reading = self.reading
        ends = (reading.due_at, reading.answered_at, self.verdict_at)
        return next(at for at in ends if at is not None)

    @property
    def is_breached(self) -> bool:
        return self.status in _STATUSES


_Judged = tuple[tuple[Telling, ...], dict[tuple[str, ...], Reading]]


@dataclass
class NaiveLead:
    """One lead: what was told, and what was said of it."""

    agreements: Sequence[Agreement]
    tellings: list[Telling] = field(default_factory=list)
    said: dict[tuple[str, ...], _Said] = field(default_factory=dict)
    ignored: list[Telling] = field(default_factory=list)
    _judged: dict[tuple[int, ...], "_Judged"] = field(default_factory=dict)

    def live(self, told: Sequence[Telling], until: int) -> Iterator[Row]:
        """Say everything that becomes true up to an instant, in order."""
        facts = dict.fromkeys(it.fact for it in told)
        told = [min(it for it in told if it.fact == fact) for fact in facts]
        waiting = sorted({telling.seen_at for telling in told})
        now = -FOREVER
        while True:
            ahead = [at for at in waiting if at > now] + self._steps(now)
            if self.tellings:
                ahead += [at for at in [self._dormant_at(now)] if at > now]
            if not ahead or min(ahead) > until:
                return
            now = min(ahead)
            new = [telling for telling in told if telling.seen_at == now]
            yield from self._step(now, self._accepted(new, now))

    def _steps(self, now: int) -> list[int]:
        readings = [said.reading for said in self.said.values() if not said.gone]
        return [at for reading in readings for at in reading.instants if at > now]

    def _dormant_at(self, now: int) -> int:
        last = max(telling.seen_at for telling in self.tellings)
        return last + pinned(self.agreements, now).dormant

    def _accepted(self, new: list[Telling], now: int) -> list[Telling]:
        """Leave out what is too old when told of a lead that is unknown or frozen."""
        if any(not self._is_frozen(said, now) for said in self.said.values()):
            return new
        if self.tellings and not self.said:
            return new
        late = [telling for telling in new if self._is_old(telling)]
        if not self.tellings and len(late) < len(new):
            return new
        self.ignored += late
        return [telling for telling in new if telling not in late]

    def _is_old(self, telling: Telling) -> bool:
        at = telling.fact.occurred_at
        is_old = telling.seen_at - at > pinned(self.agreements, at).horizon
        return is_old and not isinstance(telling.fact, LeadErased)

    def _step(self, now: int, new: list[Telling]) -> Iterator[Row]:
        self.tellings += new
        alive = [key for key, said in self.said.items() if not self._is_frozen(said, now)]
        settled = {key: self._judged_for(self.said[key], now).get(key) for key in alive}
        settled |= {
            key: reading
            for key, reading in self._judge(self.tellings).items()
            if key not in self.said and self._may_be_said(key, now)
        }
        judged = {key: reading for key, reading in settled.items() if reading is not None}
        for key, found in settled.items():
            if key not in self.said:
                self.said[key] = _Said(judged[key])
            said = self.said[key]
            if found is None and said.breach is None and said.verdict is None:
                del self.said[key]
            else:
                yield from self._say(said, found, now, new, judged)
        is_erased = self._is_erased(self.tellings)
        is_asleep = self.tellings and not self._steps(now) and self._dormant_at(now) <= now
        if is_erased or is_asleep:
            self.tellings.clear()
            self.said.clear()

    def _judge(self, tellings: Sequence[Telling]) -> Mapping[tuple[str, ...], Reading]:
        # Nothing but the tellings decides, so the same ones need not be judged twice.
        kept = tuple(tellings)
        known = tuple(map(id, kept))
        if known not in self._judged:
            self._judged[known] = kept, judge(self.agreements, kept)
        return self._judged[known][1]

    @staticmethod
    def _is_frozen(said: _Said, now: int) -> bool:
        return said.ended and now > said.horizon_at

    def _may_be_said(self, key: tuple[str, ...], now: int) -> bool:
        """A new clock must not be due to facts told too late for another one of its kind."""
        return all(
            key in self._judge(self._without_late(said, now))
            for other, said in self.said.items()
            if other[0] == key[0] and now > said.horizon_at and not said.gone
        )

    def _judged_for(self, said: _Said, now: int) -> Mapping[tuple[str, ...], Reading]:
        """Judge by what may still count for a clock."""
        tellings = self._without_late(said, now) if now > said.horizon_at else self.tellings
        if said.verdict is not None and not said.taken_back:
            kept = without_retellings(self.tellings, said.verdict_at)
            told = self._judge([it for it in tellings if it not in self.tellings or it in kept])
            reading = told.get(said.reading.key)
            if reading is not None and reading.verdict(now) is not None:
                return told
        return self._judge(tellings)

    def _without_late(self, said: _Said, now: int) -> list[Telling]:
        """A fact seen after the horizon changes nothing at or before due."""
        due_at = said.reading.due_at or said.horizon_at - said.reading.horizon
        counting, late = list[Telling](), list[Telling]()
        for telling in self.tellings:
            about = withdrawn_target(telling, self.tellings)
            # What a lead is like holds from its beginning on, whenever it was created.
            after_due = about.occurred_at > due_at and not isinstance(about, LeadCreated)
            if telling.seen_at <= said.horizon_at or after_due:
                counting.append(telling)
            else:
                late.append(telling)
        # What never held beside a late content of its id does not hold without it either.
        counting = [it for it in counting if not any(is_replaced(it, by) for by in late)]
        if self._is_erased(self.tellings) and not self._is_erased(counting):
            # It ends the clock in any case; told so late, not before it was told.
            counting.append(self._erased_now(now))
        return counting

    def _is_erased(self, tellings: Sequence[Telling]) -> bool:
        return life_of(self.agreements, tellings).erased_at is not None

    def _erased_now(self, now: int) -> Telling:
        fact = next(it.fact for it in self.tellings if isinstance(it.fact, LeadErased))
        return Telling(structs.replace(fact, event_id="erased", occurred_at=now), now)

    def _say(
        self,
        said: _Said,
        reading: Reading | None,
        now: int,
        new: list[Telling],
        judged: Mapping[tuple[str, ...], Reading],
    ) -> Iterator[Row]:
        for row in self._say_breach(said, reading, now, new, judged):
            said.first_at = said.first_at or now
            yield row
        if reading is None:
            said.ended = said.gone = True
            verdict = None
        else:
            said.gone = False
            before, was_said = said.last_at, said.first_at > 0
            said.reading = reading
            if was_said and said.last_at != before:
                # What moved it was told in time, and stays so.
                said.first_at = max(said.first_at, now)
            verdict = reading.verdict(now)
            said.ended = verdict is not None or reading.never_ends
        if verdict is None and said.verdict is not None and not said.taken_back:
            # No verdict is the truth now, and this is how to say so.
            said.taken_back = True
            reason = _cause(new) if reading else _why_gone(said, new, judged)
            said.verdict = {**said.verdict, "outcome": "cancelled", "reason": reason}
            said.verdict_revision += 1
            yield VerdictRow(**said.verdict, revision=said.verdict_revision, detected_at=now)
        elif verdict is not None and verdict != said.verdict:
            if said.verdict is None or said.taken_back:
                said.verdict_at = now
            said.taken_back = False
            said.verdict = verdict
            said.verdict_revision += 1
            said.first_at = said.first_at or now
            yield VerdictRow(**verdict, revision=said.verdict_revision, detected_at=now)

    def _say_breach(
        self,
        said: _Said,
        reading: Reading | None,
        now: int,
        new: list[Telling],
        judged: Mapping[tuple[str, ...], Reading],
    ) -> Iterator[Row]:
        statuses = [] if reading is None else reading.statuses(now)
        moved = reading is not None and reading.due_at != said.due_at
        if said.is_breached and (not statuses or moved):
            reason = "due_moved" if moved else _cause(new)
            if reading is None:
                reason = _why_gone(said, new, judged)
            evidence = frozenset(telling.fact.event_id for telling in new)
            yield self._retracted(said, reason, evidence, now)
        if reading is None or not statuses:
            return
        done = _STATUSES.index(said.status) + 1 if said.is_breached else 0
        if done > len(statuses):
            statuses, done = statuses[-1:], 0
        for status in statuses[done:]:
            said.due_at = reading.due_at
            yield self._breach(said, reading, status, now)

    @staticmethod
    def _breach(said: _Said, reading: Reading, status: str, now: int) -> BreachRow:
        said.status = status
        said.breach_revision += 1
        said.breach = BreachRow(
            **reading.breach(resolved=status == "resolved"),
            revision=said.breach_revision,
            status=status,
            reason=None,
            evidence=frozenset(),
            detected_at=now,
        )
        return said.breach

    @staticmethod
    def _retracted(said: _Said, reason: str, evidence: frozenset[str], now: int) -> BreachRow:
        assert said.breach is not None
        said.status = "retracted"
        said.breach_revision += 1
        return replace(
            said.breach,
            revision=said.breach_revision,
            status="retracted",
            reason=reason,
            evidence=evidence,
            answered_at=None,
            overrun=None,
            outcome=None,
            detected_at=now,
        )


def _cause(new: list[Telling]) -> str:
    withdrawn = any(telling.fact.TYPE == "fact-withdrawn" for telling in new)
    return "withdrawn" if withdrawn else "late_fact"


def _why_gone(said: _Said, new: list[Telling], judged: Mapping[tuple[str, ...], Reading]) -> str:
    clock, commitment, *opened = said.reading.key
    base = commitment.removesuffix(":max")
    rivals = [
        rival
        for rival in judged.values()
        if (rival.key[0], rival.cycle) == (clock, said.reading.cycle)
    ]
    if not rivals or (clock, base, *opened) in judged:
        return _cause(new)
    same = any(rival.key[1] == base for rival in rivals)
    return "due_moved" if same else "commitment_changed"
