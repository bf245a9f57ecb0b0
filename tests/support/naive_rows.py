"""What the oracle's leads come to in the windows of their reps, row by row."""

from collections.abc import Sequence

from schemas.facts import ContactAttempt, Fact
from tests.support.batch_cards import AttemptRow, BreachRow, LeadRow, OpenRow, Rep, Rows, bucket
from tests.support.naive import NaiveLead
from tests.support.naive_judge import Reading, bench_of
from tests.support.naive_lead import Agreement, Attempt, Cycle, Life, life_of, pinned
from tests.support.naive_time import after, elapsed

_STANDS = ("provisional", "confirmed", "resolved")


def rows_of(leads: Sequence[NaiveLead], now: int) -> Rows:
    """Everything that counts of leads that have lived up to an instant."""
    rows = Rows()
    for lead in leads:
        life = life_of(lead.agreements, lead.tellings)
        cycles = {cycle.number: cycle for cycle in life.cycles if cycle.handoffs}
        for cycle in cycles.values():
            rows.attempts += _made(lead.agreements, life, cycle)
        for key, said in lead.said.items():
            if said.gone:
                continue
            stands = said.breach if said.status in _STANDS else None
            if stands is not None and stands.team_id is not None:
                rows.breaches.append(BreachRow((stands.team_id, stands.rep_id), stands.started_at))
            if key[0] != "speed":
                continue
            reading, cycle_of = said.reading, cycles.get(said.reading.cycle)
            attempts = None
            if cycle_of is not None and not _is_reached(life, cycle_of):
                attempts = len(_made(lead.agreements, life, cycle_of))
            if said.ended and said.verdict is not None:
                row = _ended(said.verdict, cycle_of, attempts)
            else:
                owner = (stands.team_id, stands.rep_id) if stands else _owner(life, reading, now)
                row = _row(owner, reading.started_at, attempts)
            rows.leads += row
        rows.open += _open(lead, life, now)
    return rows


def _row(owner: tuple[str | None, str | None], at: int, attempts: int | None) -> list[LeadRow]:
    return [] if owner[0] is None else [LeadRow((owner[0], owner[1]), at, attempts=attempts)]


def _ended(verdict: dict[str, object], cycle: Cycle | None, attempts: int | None) -> list[LeadRow]:
    owner = verdict["team_id"], verdict["rep_id"]
    if verdict["pre_handoff"] and cycle is not None:
        owner = cycle.handoffs[0].team_id, cycle.handoffs[0].rep_id
    if owner[0] is None:
        return []
    answered = verdict["answered_at"] is not None
    return [
        LeadRow(
            (str(owner[0]), owner[1]),  # type: ignore[arg-type] # a rep's id or nobody
            verdict["started_at"],  # type: ignore[arg-type] # an instant
            answered=answered,
            within_target=answered and verdict["outcome"] == "met",
            response=None if not answered or verdict["pre_handoff"] else verdict["elapsed"],  # type: ignore[arg-type] # a length
            attempts=attempts,
        )
    ]


def _owner(life: Life, reading: Reading, now: int) -> tuple[str | None, str | None]:
    opened_at = next(
        cycle.handoffs[0].occurred_at
        for cycle in life.cycles
        if cycle.handoffs and cycle.number == reading.cycle
    )
    at = now if reading.ended_at is None else max(reading.ended_at, opened_at)
    owners = _owners(life, reading.cycle, at)
    return owners[-1] if owners else (None, None)


def _owners(life: Life, number: int, at: int) -> list[Rep]:
    cycle = next(cycle for cycle in life.cycles if cycle.number == number)
    handoffs = [*cycle.earlier, *cycle.handoffs]
    return [(it.team_id, it.rep_id) for it in handoffs if it.occurred_at <= at]


def _made(agreements: Sequence[Agreement], life: Life, cycle: Cycle) -> list[AttemptRow]:
    opening = cycle.handoffs[0]
    at = opening.occurred_at
    bench = bench_of(agreements, life, cycle, ("depth", opening))
    if bench is not None:
        counted = bench.counted()
    else:
        counted = _as_if_promised(pinned(agreements, at), life, cycle)
    rows = []
    for attempt in counted:
        made_at = attempt.occurred_at
        owners = [it for it in cycle.handoffs if it.occurred_at <= made_at]
        fact = attempt.fact
        rep = owners[-1].team_id, owners[-1].rep_id
        rows.append(AttemptRow(rep, made_at, bucket(fact.channel, fact.outcome)))
    return rows


def _as_if_promised(agreement: Agreement, life: Life, cycle: Cycle) -> list[Attempt]:
    counted: list[Attempt] = []
    last: dict[str, int] = {}
    for attempt in life.attempts:
        at, fact = attempt.occurred_at, attempt.fact
        if not life.belongs(attempt, cycle) or at < cycle.handoffs[0].occurred_at:
            continue
        if not _is_by_sales(fact):
            continue
        if agreement.double_dial and at - last.get(fact.channel, -(1 << 60)) <= (
            agreement.double_dial
        ):
            continue
        last[fact.channel] = at
        counted.append(attempt)
    return counted


def _is_by_sales(fact: ContactAttempt) -> bool:
    return (fact.party, fact.direction, fact.automated) == ("sales", "outbound", False) and (
        fact.outcome not in ("bounced", "failed")
    )


def _is_reached(life: Life, cycle: Cycle) -> bool:
    return any(it.is_connect for it in life.attempts if life.belongs(it, cycle))


def _open(lead: NaiveLead, life: Life, now: int) -> list[OpenRow]:
    running = [
        said
        for said in lead.said.values()
        if not said.gone and said.reading.ended_at is None and not said.reading.never_ends
    ]
    owners = [(it.team_id, it.rep_id) for cycle in life.cycles for it in cycle.handoffs]
    if not running or not owners:
        return []
    late = [said for said in running if said.status in _STANDS[:2]]
    ahead = [said.reading for said in running if said not in late]
    state = "within"
    if any(_is_at_risk(lead.agreements, life, reading, now) for reading in ahead):
        state = "at_risk"
    waits = [said.reading.started_at for said in running if said.reading.key[0] == "speed"]
    dues = [reading.due_at for reading in ahead if reading.due_at is not None]
    return [
        OpenRow(
            owners[-1],
            "breached" if late else state,
            min(waits, default=None),
            min(dues, default=None),
        )
    ]


def _is_at_risk(agreements: Sequence[Agreement], life: Life, reading: Reading, now: int) -> bool:
    """Tell whether three quarters of the target are used up; no world warns at another share."""
    cycle = next((it for it in life.cycles if it.number == reading.cycle), None)
    if cycle is None or reading.due_at is None:
        return False
    opening: Fact | None = cycle.handoffs[0] if cycle.handoffs else None
    if reading.key[0] == "speed_to_lead":
        opening = life.created
    if opening is None:
        return False
    bench = bench_of(agreements, life, cycle, (reading.key[0], opening))
    if bench is None or bench.commitment.get("report_only"):
        return False
    length = elapsed(bench.spans, reading.started_at, reading.due_at)
    return after(bench.spans, reading.started_at, length * 3 // 4) <= now
