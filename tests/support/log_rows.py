"""What a log's facts and the records published of them come to, row by row, for an oracle.

For logs only: nothing is withdrawn, erased or told twice there, and all teams have one
calendar, so that a clock starts at the next quarter of an hour at which that is open.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from schemas.facts import ContactAttempt, Fact, HandedOff, LeadClosed, LeadCreated
from schemas.verdicts import Breach, OpenLead, OpenLeadEnd, Verdict
from tests.support.batch_cards import AttemptRow, BreachRow, LeadRow, OpenRow, Rep, Rows, bucket

ZONE: Final = "Europe/Lisbon"
AGREEMENT: Final[dict[str, Any]] = {
    "agreement": "log",
    "version": 1,
    "effective_from": "2010-01-01T00:00:00Z",
    "privacy": {"reps": "named"},
    "default_calendar": "desk",
    "calendars": {"desk": {"zone": ZONE, "hours": {"mon-fri": ["08:00-12:30", "13:30-18:00"]}}},
    "teams": {"desk": {"reps": ["one"]}},
    "sales": [
        {"id": "speed", "clock": "speed", "target": "PT2H"},
        {"id": "depth", "clock": "depth", "within": "PT18H", "min_attempts": 2},
    ],
}

_QUARTER: Final = 15 * 60 * 1_000_000
_FALSE_CLOSE: Final = 15 * 60 * 1_000_000
_DOUBLE_DIAL: Final = 60 * 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RANK: Final[dict[type[Fact], int]] = {
    LeadCreated: 0,
    HandedOff: 1,
    ContactAttempt: 2,
    LeadClosed: 3,
}


@dataclass
class _Cycle:
    number: int
    after: int
    handoffs: list[HandedOff] = field(default_factory=list)
    attempts: list[ContactAttempt] = field(default_factory=list)
    ended_at: int | None = None


class Log:
    """What is known of a log's leads, and what was published of them, up to some instant."""

    def __init__(self) -> None:
        self._facts: dict[str, list[Fact]] = {}
        self._verdicts: dict[tuple[str, int], Verdict] = {}
        self._breaches: dict[str, Breach] = {}
        self._open: dict[str, OpenLead] = {}

    def tell(self, facts: Iterable[Fact]) -> None:
        """Facts became known."""
        for fact in facts:
            self._facts.setdefault(fact.lead_id, []).append(fact)

    def publish(self, records: Iterable[Any]) -> None:
        """Records were published."""
        for record in records:
            if isinstance(record, Verdict):
                if record.clock == "speed":
                    self._verdicts[record.lead_id, record.cycle] = record
            elif isinstance(record, Breach):
                self._breaches[record.breach_id] = record
            elif isinstance(record, OpenLead):
                self._open[record.lead_id] = record
            elif isinstance(record, OpenLeadEnd):
                self._open.pop(record.lead_id, None)
            else:
                # A fact that came too late is as if it had not been told.
                late = record.fact
                self._facts[late.lead_id].remove(late)

    def rows(self) -> Rows:
        """Everything that counts now."""
        rows = Rows()
        late = {
            (one.lead_id, one.cycle): one
            for one in self._breaches.values()
            if one.clock == "speed" and one.status != "retracted"
        }
        for lead_id, facts in self._facts.items():
            for cycle in _cycles(facts):
                made = list(_counted(cycle))
                rows.attempts += made
                told = lead_id, cycle.number
                rows.leads.append(_lead(cycle, self._verdicts.get(told), late.get(told), len(made)))
        rows.breaches += [
            BreachRow((one.team_id or "", one.rep_id), one.started_at or 0)
            for one in self._breaches.values()
            if one.status != "retracted"
        ]
        rows.open += map(_open, self._open.values())
        return rows


def _cycles(facts: list[Fact]) -> list[_Cycle]:
    """Split a lead's facts at closes that a hand-off follows, not at once."""
    cycles = [_Cycle(1, -(1 << 60))]
    for fact in sorted(facts, key=lambda it: (it.occurred_at, _RANK[type(it)], it.event_id)):
        cycle, at = cycles[-1], fact.occurred_at
        if isinstance(fact, HandedOff):
            if cycle.ended_at is not None and at - cycle.ended_at > _FALSE_CLOSE:
                cycle = _Cycle(cycle.number + 1, cycle.ended_at)
                cycles.append(cycle)
            cycle.ended_at = None
            cycle.handoffs.append(fact)
        elif isinstance(fact, LeadClosed) and cycle.ended_at is None:
            cycle.ended_at = at
    attempts = [fact for fact in facts if isinstance(fact, ContactAttempt)]
    for cycle in cycles:
        end = 1 << 60 if cycle.ended_at is None else cycle.ended_at
        cycle.attempts = [it for it in attempts if cycle.after < it.occurred_at <= end]
        cycle.attempts.sort(key=lambda it: (it.occurred_at, it.event_id))
    return [cycle for cycle in cycles if cycle.handoffs]


def _owner(cycle: _Cycle, at: int) -> Rep:
    owners = [it for it in cycle.handoffs if it.occurred_at <= at] or cycle.handoffs[:1]
    return owners[-1].team_id, owners[-1].rep_id


def _counted(cycle: _Cycle) -> Iterator[AttemptRow]:
    last: dict[str, int] = {}
    for it in cycle.attempts:
        at = it.occurred_at
        if at < cycle.handoffs[0].occurred_at or at - last.get(it.channel, -(1 << 60)) <= (
            _DOUBLE_DIAL
        ):
            continue
        last[it.channel] = at
        yield AttemptRow(_owner(cycle, at), at, bucket(it.channel, it.outcome))


def _lead(cycle: _Cycle, verdict: Verdict | None, late: Breach | None, made: int) -> LeadRow:
    reached = any(it.outcome in ("connected", "appointment_booked") for it in cycle.attempts)
    attempts = None if reached else made
    opened_at = cycle.handoffs[0].occurred_at
    if verdict is None:
        rep = _owner(cycle, 1 << 60)
        if late is not None:
            rep = late.team_id or "", late.rep_id
        return LeadRow(rep, _start(opened_at), attempts=attempts)
    rep = verdict.team_id or "", verdict.rep_id
    if verdict.pre_handoff:
        rep = _owner(cycle, opened_at)
    return LeadRow(
        rep,
        verdict.started_at,
        answered=verdict.answered_at is not None,
        within_target=verdict.outcome == "met",
        response=None
        if verdict.answered_at is None or verdict.pre_handoff
        else verdict.elapsed_seconds,
        attempts=attempts,
    )


def _open(record: OpenLead) -> OpenRow:
    waits = [clock.started_at for clock in record.clocks if clock.clock == "speed"]
    return OpenRow(
        (record.team_id or "", record.rep_id),
        record.state,
        min(waits, default=None),
        record.next_due_at,
    )


def _start(at: int) -> int:
    while not _is_open(at):
        at += _QUARTER - at % _QUARTER
    return at


def _is_open(at: int) -> bool:
    local = (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(ZONE))
    minutes = local.hour * 60 + local.minute
    return local.weekday() < 5 and (480 <= minutes < 750 or 810 <= minutes < 1080)
