"""Records as the worker writes them, for the board's tests."""

from typing import Any

import orjson
from msgspec.structs import replace

from schemas.instants import SECOND, Instant, parse_instant
from schemas.verdicts import Breach, OpenClock, OpenLead, Verdict, encode_record, record_topic
from streams.board.state import BoardState
from streams.board.view import Change
from tests.support.story import SPEED, agreement

NOON: Instant = parse_instant("2026-03-02T12:00:00Z")


def tell(
    state: BoardState, record: Breach | Verdict | OpenLead, written_at: Instant = NOON
) -> Change | None:
    """Tell a record by way of the bytes that travel."""
    key = record.subject if isinstance(record, Breach) else record.lead_id
    return state.tell(record_topic(record), key, orjson.loads(encode_record(record)), written_at)


def publish(state: BoardState, privacy: str | None, version: int = 1, **more: int) -> None:
    """Tell an agreement of two teams with these words on privacy."""
    body: dict[str, Any] = {
        "sales": [{"id": "speed"}, {"id": "lead-speed", "report_only": True}],
        "teams": {
            "nord": {"reps": {"rep-anna": {"alias": "Anna"}, "rep-ben": {}}},
            "west": {"reps": ["rep-cem"]},
        },
    }
    if privacy is not None:
        body["privacy"] = {"reps": privacy, **more}
    told = {"type": "policy-published", "version": version, "body": body}
    state.tell("sla-control", "policy-published", told, NOON)


def publish_hours(state: BoardState) -> None:
    """Tell a whole agreement: nord works from nine to half past five in Berlin, reps are named."""
    told = {
        "type": "policy-published",
        "version": 1,
        "body": agreement(SPEED, privacy={"reps": "named"}),
    }
    state.tell("sla-control", "policy-published", told, NOON)


def tell_card(
    state: BoardState,
    name: str | None,
    *,
    histogram: dict[str, int],
    unconnected: tuple[int, int],
) -> None:
    """Tell what a rep of nord, as shown, has done today."""
    leads, attempts = unconnected
    window = {
        "response_histogram": histogram,
        "unconnected_leads": leads,
        "unconnected_attempts": attempts,
    }
    value = {"team_id": "nord", "rep_id": name, "windows": {"today": window}}
    state.tell("rep-scorecards", f"nord:{name or ''}", value, NOON)


def beat(state: BoardState, origin: str, complete_up_to: str) -> None:
    """Tell how far a source is complete."""
    told = {
        "type": "source-heartbeat",
        "origin": origin,
        "complete_up_to": complete_up_to,
    }
    state.tell("sla-control", "source-heartbeat", told, NOON)


def open_lead(
    lead_id: str = "lead-1",
    *,
    due_in_seconds: int | None = 60,
    **other: Any,
) -> OpenLead:
    """A lead of Anna's that waits since 11:59 and is due some seconds after noon."""
    due_at = None if due_in_seconds is None else NOON + due_in_seconds * SECOND
    clock = OpenClock(
        commitment="speed",
        clock="speed",
        cycle=1,
        state="within",
        started_at=NOON - 60 * SECOND,
        due_at=due_at,
        breach_id=None,
    )
    record = OpenLead(
        lead_id=lead_id,
        team_id="nord",
        rep_id="rep-anna",
        segment=None,
        state="within",
        waiting_since=NOON - 60 * SECOND,
        next_due_at=due_at,
        open_breaches=(),
        clocks=(clock,),
        lead_url=None,
        sequence=1,
    )
    return replace(record, **other)


def breach(
    breach_id: str = "b-1",
    *,
    lead_id: str = "lead-1",
    due_in_seconds: int = -20,
    **other: Any,
) -> Breach:
    """A breach of Anna's, provisional, due some seconds from noon."""
    due_at = NOON + due_in_seconds * SECOND
    record = Breach(
        breach_id=breach_id,
        revision=1,
        status="provisional",
        kind="late",
        commitment="speed",
        clock="speed",
        subject=lead_id,
        lead_id=lead_id,
        cycle=1,
        debtor="sales",
        creditor="marketing",
        team_id="nord",
        rep_id="rep-anna",
        segment=None,
        started_at=due_at - 60 * SECOND,
        due_at=due_at,
        breached_at=due_at,
        detected_at=due_at,
        target=60,
        actual=None,
        unit="seconds",
        policy_version=1,
        calendar="floor",
        lead_url=None,
    )
    return replace(record, **other)


def verdict(
    verdict_id: str,
    outcome: str,
    **other: Any,
) -> Verdict:
    """The end of Anna's clock at noon."""
    record = Verdict(
        verdict_id=f"verdict:{verdict_id}",
        revision=1,
        outcome=outcome,
        commitment="speed",
        clock="speed",
        lead_id="lead-1",
        cycle=1,
        team_id="nord",
        rep_id="rep-anna",
        segment=None,
        started_at=NOON - 60 * SECOND,
        due_at=NOON,
        answered_at=NOON,
        elapsed_seconds=60 * SECOND,
        overrun_seconds=None,
        attempts=1,
        pre_handoff=False,
        policy_version=1,
        calendar="floor",
        reason=None,
        detected_at=NOON,
        connected=False,
    )
    return replace(record, **other)
