"""What the facts of a lead make of each clock, for the oracle: due, answer, end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas.facts import Fact
from tests.support.naive_lead import Agreement, Attempt, Cycle, Life, Telling, life_of, pinned
from tests.support.naive_time import (
    NaiveCalendar,
    after,
    business,
    elapsed,
    first_open,
    length_of,
)

_START: Final = -(1 << 61)
_END: Final = 1 << 61
_UNDELIVERED: Final = ("bounced", "failed")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A clock, judged by the facts known now.

    Attributes:
        key: Clock kind, commitment, instance and policy version.
        kind: Of the breach, if it is one.
        is_late: Whether nothing answered or ended it at or before due.
        ended_at: The answer, the close or the hand-back; None: it runs.
        said_at: When its end may be said, as far as false closes go.
        never_ends: It has no verdict.
    """

    key: tuple[str, ...]
    cycle: int
    kind: str
    segment: str | None
    started_at: int
    due_at: int | None
    is_late: bool
    settle: int
    horizon: int
    team_id: str | None = None
    rep_id: str | None = None
    end_team_id: str | None = None
    end_rep_id: str | None = None
    ended_at: int | None = None
    said_at: int = 0
    outcome: str | None = None
    answered_at: int | None = None
    elapsed: int | None = None
    overrun: int | None = None
    attempts: int = 0
    connected: bool = False
    pre_handoff: bool = False
    reason: str | None = None
    never_ends: bool = False

    @property
    def instance(self) -> str:
        """The event that opened it."""
        return self.key[2]

    @property
    def instants(self) -> list[int]:
        """When it may change by itself."""
        instants = [] if self.ended_at is None else [self.said_at]
        if self.due_at is not None and self.is_late:
            instants += [self.due_at, self.due_at + self.settle]
        return instants

    def statuses(self, now: int) -> list[str]:
        """The breach's statuses so far, in order."""
        if self.due_at is None or not self.is_late or now < self.due_at:
            return []
        if now < self.due_at + self.settle:
            return ["provisional"]
        ended = self.ended_at is not None and now >= self.said_at and not self.never_ends
        return ["provisional", "confirmed", "resolved"] if ended else ["provisional", "confirmed"]

    def breach(self, *, resolved: bool) -> dict[str, Any]:
        """The fields of a breach record."""
        return {
            "commitment": self.key[1],
            "instance": self.instance,
            "cycle": self.cycle,
            "kind": self.kind,
            "due_at": self.due_at,
            "team_id": self.team_id,
            "rep_id": self.rep_id,
            "answered_at": self.answered_at if resolved else None,
            "overrun": self.overrun if resolved else None,
            "outcome": self.outcome if resolved else None,
            "started_at": self.started_at,
            "segment": self.segment,
            "version": int(self.key[3]),
        }

    def verdict(self, now: int) -> dict[str, Any] | None:
        """The fields of a verdict record; None: it cannot be said yet."""
        if self.ended_at is None or now < self.said_at or self.never_ends:
            return None
        return {
            "commitment": self.key[1],
            "instance": self.instance,
            "cycle": self.cycle,
            "outcome": self.outcome,
            "team_id": self.end_team_id,
            "rep_id": self.end_rep_id,
            "started_at": self.started_at,
            "due_at": self.due_at,
            "answered_at": self.answered_at,
            "elapsed": self.elapsed,
            "overrun": self.overrun,
            "attempts": self.attempts,
            "connected": self.connected,
            "pre_handoff": self.pre_handoff,
            "reason": self.reason,
            "segment": self.segment,
            "version": int(self.key[3]),
        }


def judge(
    agreements: Sequence[Agreement], tellings: Sequence[Telling]
) -> dict[tuple[str, ...], Reading]:
    """Judge all clocks of a lead by what was told of it."""
    life = life_of(agreements, tellings)
    readings = []
    for cycle in life.cycles:
        openings: list[tuple[str, Fact]] = []
        if cycle.handoffs:
            openings += [("speed", cycle.handoffs[0]), ("depth", cycle.handoffs[0])]
        if life.created is not None and cycle.number == 1:
            openings.append(("speed_to_lead", life.created))
        for clock, opening in openings:
            bench = bench_of(agreements, life, cycle, (clock, opening))
            if bench is not None:
                readings += bench.depth() if clock == "depth" else [bench.timed()]
    return {reading.key: reading for reading in readings}


def bench_of(
    agreements: Sequence[Agreement], life: Life, cycle: Cycle, opened: tuple[str, Fact]
) -> "Bench | None":
    """Find the first commitment of a clock kind that holds."""
    clock, opening = opened
    agreement = pinned(agreements, opening.occurred_at)
    attributes = life.attributes(opening.occurred_at)
    attributes["team_id"] = cycle.handoffs[0].team_id if cycle.handoffs else None
    for commitment in agreement.commitments(clock):
        applies = commitment.get("applies", {})
        if all(attributes[name] in _list(values) for name, values in applies.items()):
            return Bench(
                agreement=agreement, commitment=commitment, life=life, cycle=cycle, opening=opening
            )
    return None


@dataclass(kw_only=True)
class Bench:
    """One clock of one cycle, and what it is judged with."""

    agreement: Agreement
    commitment: Mapping[str, Any]
    life: Life
    cycle: Cycle
    opening: Fact

    def __post_init__(self) -> None:
        self.opened_at = self.opening.occurred_at
        self.owners = self._owners()
        self.started_at = first_open(business(self.owners, ()), self.opened_at)
        self.spans = business(self.owners, tuple(self.cycle.gaps))
        self.attempts = [it for it in self.life.attempts if self.life.belongs(it, self.cycle)]

    def timed(self) -> Reading:
        """Judge a clock that the first qualifying attempt stops."""
        due = self._due("target")
        effects = [
            attempt.effect_at(self.agreement.max_backdate)
            for attempt in self.attempts
            if self._qualifies(attempt)
        ]
        answers = [at for at in effects if at <= self._end()]
        answered = min(answers, default=None)
        return self._reading(due, "late", answered, sum(at == answered for at in answers))

    def depth(self) -> list[Reading]:
        """Judge the number of attempts, and whether there were too many."""
        due = self._due("within")
        assert due is not None
        counted = self.counted()
        mix = self.commitment.get("mix", {})
        least = self.commitment.get("min_attempts", sum(mix.values()))

        def lacks(until: int) -> str:
            sofar = [it for it in counted if it.occurred_at <= until]
            if len(sofar) < least:
                return "too_few"
            buckets = [_bucket(it) for it in sofar]
            return "mix" if any(buckets.count(at) < mix[at] for at in mix) else ""

        answers = [it.occurred_at for it in self.attempts if it.is_connect]
        answers += [it.occurred_at for it in counted if not lacks(it.occurred_at)][:1]
        answered = min(answers, default=None)
        until = self._end() if answered is None else answered
        if until == _END and self.life.erased_at is not None:
            until = self.life.erased_at
        attempts = sum(it.occurred_at <= until for it in counted)
        reading = self._reading(due, lacks(due) or "too_few", answered, attempts)
        most = self.commitment.get("max_attempts")
        within = [it for it in counted if it.occurred_at <= due]
        if most is None or len(within) <= most:
            return [reading]
        return [reading, self._too_many(reading, within[most].occurred_at)]

    def _too_many(self, reading: Reading, at: int) -> Reading:
        team_id, rep_id = self._owner(at)
        clock, commitment, instance, version = reading.key
        return Reading(
            key=(clock, f"{commitment}:max", instance, version),
            cycle=reading.cycle,
            kind="too_many",
            segment=reading.segment,
            started_at=reading.started_at,
            due_at=at,
            is_late=True,
            settle=reading.settle,
            horizon=reading.horizon,
            team_id=team_id,
            rep_id=rep_id,
            never_ends=True,
        )

    def _reading(
        self,
        due: int | None,
        kind: str,
        answered: int | None,
        attempts: int,
    ) -> Reading:
        cycle, agreement, erased_at = self.cycle, self.agreement, self.life.erased_at
        ended = answered if answered is not None else cycle.ended_at
        ended = erased_at if ended is None else ended
        is_late = due is not None and (ended is None or ended > due)
        outcome, reason = None, None
        if answered is not None:
            outcome = "met_late" if is_late else "met"
        elif cycle.ended_at is not None:
            outcome = "unmet" if is_late or cycle.ended_by == "lost" else "cancelled"
            reason = cycle.end_reason
        elif erased_at is not None:
            outcome, reason = "cancelled", "erased"
        waits = answered is None and ended is not None and erased_at is None
        at_due = (None, None) if due is None else self._owner(due)
        at_end = (None, None) if ended is None else self._owner(ended)
        return Reading(
            key=(
                self.commitment["clock"],
                self.commitment["id"],
                self.opening.event_id,
                str(agreement.version),
            ),
            cycle=cycle.number,
            kind=kind,
            segment=self.life.attributes(self.opened_at)["segment"],
            started_at=self.started_at,
            due_at=due,
            is_late=is_late and not self.commitment.get("report_only", False),
            settle=agreement.settle if erased_at is None else _START,
            horizon=agreement.horizon,
            team_id=at_due[0],
            rep_id=at_due[1],
            end_team_id=(at_due if is_late else at_end)[0],
            end_rep_id=(at_due if is_late else at_end)[1],
            ended_at=ended,
            said_at=(ended or 0) + agreement.false_close if waits else _START,
            outcome=outcome,
            answered_at=answered,
            elapsed=None if ended is None else elapsed(self.spans, self.started_at, ended),
            overrun=elapsed(self.spans, due, ended) if is_late and due and ended else None,
            attempts=attempts,
            connected=ended is not None
            and any(it.is_connect and it.occurred_at <= ended for it in self.attempts),
            pre_handoff=answered is not None and answered < self.opened_at,
            reason=reason,
        )

    def _end(self) -> int:
        return _END if self.cycle.ended_at is None else self.cycle.ended_at

    def _owners(self) -> tuple[tuple[int, int, NaiveCalendar], ...]:
        name = self.commitment.get("calendar")
        handoffs = self.cycle.handoffs
        if name == "start":
            return ((_START, _END, self.agreement.calendar_of(handoffs[0].team_id)),)
        if name is not None:
            return ((_START, _END, self.agreement.calendars[name]),)
        ends = [*(it.occurred_at for it in handoffs[1:]), _END]
        return tuple(
            (it.occurred_at, end, self.agreement.calendar_of(it.team_id))
            for it, end in zip(handoffs, ends, strict=True)
        )

    def _due(self, name: str) -> int | None:
        target = self.commitment.get(name)
        if target is None:
            return None
        if isinstance(target, str) and target.startswith("PT"):
            return after(self.spans, self.started_at, length_of(target))
        days = 1 if isinstance(target, str) else int(target["business_days"])
        calendar = next(it for start, end, it in self.owners if start <= self.started_at < end)
        close = calendar.close_of_business_day(self.started_at, days)
        return after(self.spans, self.started_at, elapsed(calendar.spans, self.started_at, close))

    def _owner(self, at: int) -> tuple[str | None, str | None]:
        handoffs = self.cycle.earlier + self.cycle.handoffs
        owners = [(it.team_id, it.rep_id) for it in handoffs if it.occurred_at <= at]
        return owners[-1] if owners else (None, None)

    def _qualifies(self, attempt: Attempt, *, automated: Sequence[str] = ()) -> bool:
        fact = attempt.fact
        by_debtor = fact.party == self.commitment["debtor"]
        delivered = fact.outcome not in _UNDELIVERED
        reached = fact.direction == "outbound" or fact.outcome == "connected"
        by_person = not fact.automated or fact.channel in automated
        return by_debtor and delivered and reached and by_person and self._is_listed(attempt)

    def _is_listed(self, attempt: Attempt) -> bool:
        fact = attempt.fact
        qualifying = self.commitment.get("qualifying", {})
        if fact.channel not in qualifying.get("channels", [fact.channel]):
            return False
        by = qualifying.get("by", "anyone")
        team_id, rep_id = self._owner(attempt.occurred_at)
        reps = self.agreement.body["teams"].get(team_id, {}).get("reps", ())
        listed = {"owner": [rep_id], "team": reps, "anyone": [fact.rep_id]}[by]
        return by == "anyone" or (fact.rep_id is not None and fact.rep_id in listed)

    def counted(self) -> list[Attempt]:
        """The attempts that count for depth, double dials left out."""
        counted: list[Attempt] = []
        last: dict[str, int] = {}
        double_dial = self.agreement.double_dial
        for attempt in self.attempts:
            at, channel = attempt.occurred_at, attempt.fact.channel
            automated = self.commitment.get("automated", ())
            if at < self.opened_at or attempt.fact.direction == "inbound":
                continue
            if not self._qualifies(attempt, automated=automated):
                continue
            if double_dial and channel in last and at - last[channel] <= double_dial:
                continue
            last[channel] = at
            counted.append(attempt)
        return counted


def _bucket(attempt: Attempt) -> str:
    fact = attempt.fact
    return "voicemail" if fact.outcome == "voicemail" and fact.channel == "call" else fact.channel


def _list(values: object) -> Sequence[object]:
    return values if isinstance(values, list) else [values]
