"""Verdicts: what became true of a clock, and under which key and headers it leaves.

A lead's record packs what was published by position: append fields, never reorder.

Source:
    Contract, section 2.
"""

from typing import Annotated, Final

import msgspec
import orjson

from schemas.instants import Instant, Micros, format_instant
from schemas.open_leads import OPEN_STATES, OpenClock, OpenLead, OpenLeadEnd
from schemas.records import At, Clock, LeadId, Length, Record, told_of
from schemas.rules import words
from schemas.scorecards import GoalProgress, RepScorecard, WindowCounts

BREACH_STATUSES: Final = ("provisional", "confirmed", "resolved", "retracted")
BREACH_KINDS: Final = (
    "late",
    "too_few",
    "too_many",
    "mix",
    "too_early",
    "burnt",
    "premature",
    "behind",
    "burst",
    "missed",
)
VERDICT_OUTCOMES: Final = ("met", "met_late", "unmet", "cancelled", "excluded", "unverified")
WARNING_KINDS: Final = (
    "share_used",
    "escalation",
    "unverified",
    "strike_threshold",
    "review_due",
    "goal_reached",
)

Outcome = Annotated[str, words(*VERDICT_OUTCOMES)]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One owner's part of the business time between start and due.

    Attributes:
        team_id: The owner's team; null: nobody owned the lead.
        rep_id: The owner; null: the team's queue, or nobody.
        seconds: Business time.
        share: From 0 to 1; the last of a breach is the remainder, so they add up to 1.
    """

    team_id: str | None
    rep_id: str | None
    seconds: Length
    share: float


class Breach(Record, frozen=True, kw_only=True):
    """One change of a breach's status.

    Attributes:
        breach_id: UUIDv5 of subject, commitment, instance and policy version.
        revision: Counts the changes of this breach from 1; the greatest holds.
        status: ``provisional`` once due has passed, ``confirmed`` after settle, ``resolved``
            when answered late or ended, ``retracted`` when it turns out never to have been.
        kind: In which way the promise was not kept.
        commitment: The id in the agreement.
        clock: The clock kind.
        subject: The lead, or what else owes; the record's key.
        lead_id: The lead; null: the breach has none.
        cycle: 1 for the first hand-off, one more for each re-opening; null: no lead.
        debtor: The party that promised.
        creditor: The party to which it was promised.
        team_id: Who owned the lead at ``due_at``; null: nobody.
        rep_id: The rep who owned it at ``due_at``; null: the team's queue, or nobody.
        segment: The lead's segment.
        started_at: First instant that counted.
        due_at: Last instant at which the promise could be kept.
        breached_at: Equals ``due_at``.
        detected_at: When Leadclock said so.
        target: Seconds, or a number of attempts or leads; ``unit`` tells.
        actual: What was reached instead, in the same unit; null: nothing yet.
        unit: Of ``target`` and ``actual``.
        shares: Who owned the lead for how much of the time until due.
        load: Open leads of the owner at due; null while that is not counted.
        policy_version: Version of the agreement that holds for this clock.
        calendar: The calendar in which business time was counted; null: several or none.
        lead_url: Where a person can look at the lead.
        answered_at: The late answer; null: none.
        overrun_seconds: Business time from ``due_at`` to the answer or end.
        outcome: How the clock ended; null before.
        reason: Why it was retracted, such as ``late_fact``, ``excluded:<exclusion_id>``,
            ``due_moved``, ``commitment_changed`` or ``withdrawn``.
        evidence_id: The fact that retracted it.
        sequence: Increases over all records of a lead, on all topics.
    """

    TYPE = "breach"

    breach_id: str
    revision: int
    status: Annotated[str, words(*BREACH_STATUSES)]
    kind: Annotated[str, words(*BREACH_KINDS)]
    commitment: str
    clock: Clock
    subject: str
    lead_id: LeadId | None
    cycle: int | None
    debtor: str
    creditor: str
    team_id: str | None
    rep_id: str | None
    segment: str | None
    started_at: At | None
    due_at: At
    breached_at: At
    detected_at: At
    target: int | float | None
    actual: int | float | None
    unit: str
    shares: tuple[Share, ...] = ()
    load: int | None = None
    policy_version: int
    calendar: str | None
    lead_url: str | None
    answered_at: At | None = None
    overrun_seconds: Length | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    evidence_id: str | None = None
    sequence: int = 0


class Verdict(Record, frozen=True, kw_only=True):
    """The end of a clock; a fact told late may revise it, the greatest revision holds.

    Attributes:
        verdict_id: UUIDv5, made as a ``breach_id`` with ``verdict:`` before.
        revision: Counts from 1; the greatest holds.
        outcome: How the clock ended.
        commitment: The id in the agreement.
        clock: The clock kind.
        lead_id: The lead; the record's key.
        cycle: 1 for the first hand-off, one more for each re-opening.
        team_id: The owner at ``due_at`` if breached, else at the answer, else at the end.
        rep_id: The rep of that owner; null: the team's queue, or nobody.
        segment: The lead's segment.
        started_at: First instant that counted.
        due_at: Last instant at which the promise could be kept; null: no target.
        answered_at: The answer; null: none.
        elapsed_seconds: Business time from ``started_at`` to the end.
        overrun_seconds: Business time from ``due_at`` to the end; null when not late.
        attempts: Attempts that counted, up to the end.
        pre_handoff: Answered before Sales had the lead; elapsed is 0 and no mean includes it.
        policy_version: Version of the agreement that holds for this clock.
        calendar: The calendar in which business time was counted; null: several or none.
        reason: What ended it when no answer did, such as a close's outcome.
        detected_at: When Leadclock said so.
        connected: The lead was reached in person by the end of the clock.
        sequence: Increases over all records of a lead, on all topics.
    """

    TYPE = "verdict"

    verdict_id: str
    revision: int
    outcome: Outcome
    commitment: str
    clock: Clock
    lead_id: LeadId
    cycle: int
    team_id: str | None
    rep_id: str | None
    segment: str | None
    started_at: At
    due_at: At | None
    answered_at: At | None
    elapsed_seconds: Length | None
    overrun_seconds: Length | None
    attempts: int
    pre_handoff: bool
    policy_version: int
    calendar: str | None
    reason: str | None
    detected_at: At
    connected: bool
    sequence: int = 0


class Warning(Record, frozen=True, kw_only=True):  # noqa: A001 - the contract's own word
    """A share of the target is used up, a step of the escalation is reached, or data is missing.

    Attributes:
        warning_id: UUIDv5 of the clock's key, kind and step.
        revision: Always 1.
        kind: What is warned of.
        step: Which share or step, as the agreement writes it.
        to: Whom the agreement wants told; null: nobody in particular.
        commitment: The id in the agreement; null: it is about no commitment.
        clock: The clock kind; null: it is about no clock.
        subject: The lead, ``team_id:rep_id``, agreement or goal; the record's key.
        lead_id: The lead; null: it is about none.
        cycle: 1 for the first hand-off, one more for each re-opening; null: no lead.
        team_id: The owner's team when it was detected.
        rep_id: The owner; null: the team's queue, or nobody.
        segment: The lead's segment.
        started_at: First instant that counted.
        due_at: Last instant at which the promise can be kept.
        policy_version: Version of the agreement that holds for this clock.
        calendar: The calendar in which business time is counted; null: several or none.
        lead_url: Where a person can look at the lead.
        detected_at: When Leadclock said so.
        sequence: Increases over all records of a lead, on all topics.
    """

    TYPE = "warning"

    warning_id: str
    revision: int = 1
    kind: Annotated[str, words(*WARNING_KINDS)]
    step: str | None
    to: str | None
    commitment: str | None
    clock: Clock | None
    subject: str
    lead_id: LeadId | None
    cycle: int | None
    team_id: str | None
    rep_id: str | None
    segment: str | None
    started_at: At | None
    due_at: At | None
    policy_version: int | None
    calendar: str | None
    lead_url: str | None
    detected_at: At
    sequence: int = 0


RECORDS: Final[tuple[type[Record], ...]] = (
    Breach,
    Verdict,
    Warning,
    OpenLead,
    RepScorecard,
    GoalProgress,
)
"""Every record that leaves with a value."""


def encode_record(record: Record) -> bytes:
    """Write a record's value: every field in declared order, absent ones as null."""
    return orjson.dumps(told_of(record))


_BREACH_TOPICS: Final[dict[str, str]] = {
    **dict.fromkeys(("speed", "speed_to_lead", "owner", "next_attempt", "burnt"), "speed-breaches"),
    **dict.fromkeys(("depth", "too_early"), "depth-breaches"),
    **dict.fromkeys(("goal", "gate", "qualify", "first_touch"), "marketing-breaches"),
    "obligation": "obligation-breaches",
}
_TOPICS: Final[dict[type, str]] = {
    Verdict: "sla-verdicts",
    Warning: "sla-warnings",
    OpenLead: "open-leads",
    OpenLeadEnd: "open-leads",
    RepScorecard: "rep-scorecards",
    GoalProgress: "goal-progress",
}


def record_topic(record: Record | OpenLeadEnd) -> str:
    """Name the output topic of a record, without prefix."""
    if isinstance(record, Breach):
        return _BREACH_TOPICS[record.clock]
    return _TOPICS[type(record)]


def record_key(record: Record | OpenLeadEnd) -> bytes:
    """Give the Kafka key of a record."""
    match record:
        case Breach() | Warning():
            return record.subject.encode()
        case Verdict() | OpenLead() | OpenLeadEnd():
            return record.lead_id.encode()
        case RepScorecard():
            return f"{record.team_id}:{record.rep_id or ''}".encode()
        case GoalProgress():
            return record.goal_id.encode()
    raise TypeError(f"{type(record).__name__} has no key")


def record_headers(record: Record, source: str) -> list[tuple[str, bytes]]:
    """Give the CloudEvents headers of a record.

    Args:
        record: What is sent.
        source: Who says so: ``ce_source``, the app's id and version.
    """
    event_id, kind, at = _event_of(record)
    headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", event_id),
        ("ce_type", f"leadclock.{kind}.v1"),
        ("ce_source", source),
        ("ce_time", format_instant(at)),
        ("content-type", "application/json"),
    ]
    for name, attribute in (("ce_clock", "clock"), ("ce_kind", "kind"), ("ce_team", "team_id")):
        value = getattr(record, attribute, None)
        if value is not None:
            headers.append((name, value))
    return [(name, value.encode()) for name, value in headers]


def _event_of(record: Record) -> tuple[str, str, Instant]:
    """Give ``ce_id``, the middle of ``ce_type``, and ``ce_time`` of a record."""
    key = record_key(record).decode()
    match record:
        case Breach():
            event_id = f"{record.breach_id}:{record.revision}"
            return event_id, f"breach.{record.status}", record.detected_at
        case Verdict():
            event_id = f"{record.verdict_id}:{record.revision}"
            return event_id, f"verdict.{record.outcome}", record.detected_at
        case Warning():
            event_id = f"{record.warning_id}:{record.revision}"
            return event_id, f"warning.{record.kind}", record.detected_at
        case OpenLead():
            return f"{key}:{record.sequence}", record.TYPE, record.waiting_since
        case RepScorecard() | GoalProgress():
            return f"{key}:{record.as_of}", record.TYPE, record.as_of
    raise TypeError(f"{type(record).__name__} has no headers")


__all__ = [
    "BREACH_KINDS",
    "BREACH_STATUSES",
    "OPEN_STATES",
    "RECORDS",
    "VERDICT_OUTCOMES",
    "WARNING_KINDS",
    "Breach",
    "GoalProgress",
    "Instant",
    "Micros",
    "OpenClock",
    "OpenLead",
    "OpenLeadEnd",
    "Record",
    "RepScorecard",
    "Share",
    "Verdict",
    "Warning",
    "WindowCounts",
    "encode_record",
    "record_headers",
    "record_key",
    "record_topic",
    "told_of",
]
