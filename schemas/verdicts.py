"""Verdicts: what became true of a clock, and what is known of reps and goals.

Instants and lengths are integer microseconds here and become text and seconds
when a record is encoded. Every field is written, absent ones as null, so that
equal records are equal bytes.

Source:
    Contract, section 2.
"""

import typing
from typing import Annotated, Any, ClassVar, Final

import msgspec
import orjson

from schemas.instants import Instant, Micros, format_instant, seconds

At = Annotated[int, "instant"]
Length = Annotated[int, "seconds"]

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


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What every output record has: its name in headers."""

    TYPE: ClassVar[str] = ""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One owner's part of the business time between start and due.

    Attributes:
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
        status: ``provisional`` once due has passed, ``confirmed`` after settle, ``resolved``
            when answered late or ended, ``retracted`` when it turns out never to have been.
        subject: The lead, or what else owes; the record's key.
        team_id: Who owned the lead at ``due_at``; null: nobody.
        breached_at: Equals ``due_at``.
        detected_at: When Leadclock said so.
        target: Seconds, or a number of attempts; ``unit`` tells.
        load: Open leads of the owner at due; null while that is not counted.
        evidence_id: The fact that retracted it.
        sequence: Increases over all records of a lead, on all topics.
    """

    TYPE = "breach"

    breach_id: str
    revision: int
    status: str
    kind: str
    commitment: str
    clock: str
    subject: str
    lead_id: str | None
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
    outcome: str | None = None
    reason: str | None = None
    evidence_id: str | None = None
    sequence: int = 0


class Verdict(Record, frozen=True, kw_only=True):
    """The end of a clock; a fact told late may revise it, the greatest revision holds.

    Attributes:
        elapsed_seconds: Business time from ``started_at`` to the end.
        overrun_seconds: Business time from ``due_at`` to the end; null when not late.
        attempts: Attempts that counted, up to the end.
        pre_handoff: Answered before Sales had the lead; elapsed is 0 and no mean includes it.
        connected: The lead was reached in person by the end of the clock.
    """

    TYPE = "verdict"

    verdict_id: str
    revision: int
    outcome: str
    commitment: str
    clock: str
    lead_id: str
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
    """A share of the target is used up, a step of the escalation is reached, or data is missing."""

    TYPE = "warning"

    warning_id: str
    revision: int = 1
    kind: str
    step: str | None
    to: str | None
    commitment: str | None
    clock: str | None
    subject: str
    lead_id: str | None
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


class OpenClock(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that runs or is breached.

    Attributes:
        state: ``within``, ``at_risk`` or ``breached``.
    """

    commitment: str
    clock: str
    cycle: int
    state: str
    started_at: At
    due_at: At | None
    breach_id: str | None


class OpenLead(Record, frozen=True, kw_only=True):
    """A lead with a clock that runs or is breached; the topic keeps the last one.

    Attributes:
        state: The worst of its clocks.
        next_due_at: The earliest due instant still ahead; null: none.
        open_breaches: ``breach_id`` of each breach that is neither resolved nor retracted.
    """

    TYPE = "open-lead"

    lead_id: str
    team_id: str | None
    rep_id: str | None
    segment: str | None
    state: str
    waiting_since: At
    next_due_at: At | None
    open_breaches: tuple[str, ...]
    clocks: tuple[OpenClock, ...]
    lead_url: str | None
    sequence: int = 0


class OpenLeadEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The lead has no such clock any more: a tombstone on ``open-leads``."""

    lead_id: str


class WindowCounts(msgspec.Struct, frozen=True, kw_only=True):
    """One rep in one window.

    Attributes:
        response_histogram: Counts of answers by upper edge in seconds; the last is ``+Inf``.
    """

    leads: int
    answered: int
    within_target: int
    response_seconds_sum: Length
    response_histogram: dict[str, int]
    attempts: int
    attempts_by_channel: dict[str, int]
    unconnected_leads: int
    unconnected_attempts: int
    breaches: int


class RepScorecard(Record, frozen=True, kw_only=True):
    """All windows of one rep, and what is open now."""

    TYPE = "rep-scorecard"

    team_id: str
    rep_id: str | None
    as_of: At
    windows: dict[str, WindowCounts]
    open: int
    at_risk: int
    breached: int
    oldest_unanswered_at: At | None
    next_due_at: At | None


class GoalProgress(Record, frozen=True, kw_only=True):
    """A goal line, what was delivered, and the pace."""

    TYPE = "goal-progress"

    goal_id: str
    period: str
    as_of: At
    line: float
    actual: float
    goal: float
    pace: float | None


RECORDS: Final[tuple[type[Record], ...]] = (
    Breach,
    Verdict,
    Warning,
    OpenLead,
    RepScorecard,
    GoalProgress,
)


def form_of(hint: Any) -> str | None:
    """Tell whether an annotation is an ``instant``, ``seconds``, or neither."""
    for part in (hint, *typing.get_args(hint)):
        found = getattr(part, "__metadata__", None)
        if found:
            return str(found[0])
    return None


def _converters(kind: type[msgspec.Struct]) -> dict[str, Any]:
    writers = {"instant": format_instant, "seconds": seconds}
    hints = typing.get_type_hints(kind, include_extras=True)
    return {
        name: writers[form]
        for name in kind.__struct_fields__
        if (form := form_of(hints[name])) is not None
    }


_CONVERTERS: Final = {
    kind: _converters(kind) for kind in (*RECORDS, Share, OpenClock, WindowCounts)
}


def told_of(record: msgspec.Struct) -> dict[str, Any]:
    """Turn a record into its JSON object: instants as text, lengths as seconds."""
    converters = _CONVERTERS[type(record)]
    told: dict[str, Any] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if value is None:
            told[name] = None
        elif name in converters:
            told[name] = converters[name](value)
        elif isinstance(value, tuple):
            told[name] = [told_of(v) if isinstance(v, msgspec.Struct) else v for v in value]
        elif isinstance(value, dict):
            told[name] = {
                k: told_of(v) if isinstance(v, msgspec.Struct) else v for k, v in value.items()
            }
        else:
            told[name] = value
    return told


def encode_record(record: Record) -> bytes:
    """Write a record's value."""
    return orjson.dumps(told_of(record))


_BREACH_TOPICS: Final[dict[str, str]] = {
    **dict.fromkeys(("speed", "speed_to_lead", "owner", "next_attempt", "burnt"), "speed-breaches"),
    **dict.fromkeys(("depth", "too_early"), "depth-breaches"),
    **dict.fromkeys(("goal", "gate", "qualify", "first_touch"), "marketing-breaches"),
    "obligation": "obligation-breaches",
}


def record_topic(record: Record | OpenLeadEnd) -> str:
    """Name the output topic of a record, without prefix."""
    if isinstance(record, Breach):
        return _BREACH_TOPICS[record.clock]
    return _TOPICS[type(record)]


_TOPICS: Final[dict[type, str]] = {
    Verdict: "sla-verdicts",
    Warning: "sla-warnings",
    OpenLead: "open-leads",
    OpenLeadEnd: "open-leads",
    RepScorecard: "rep-scorecards",
    GoalProgress: "goal-progress",
}


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
    msg = f"{type(record).__name__} has no key"
    raise TypeError(msg)


def record_headers(record: Record, source: str) -> list[tuple[str, bytes]]:
    """Give the CloudEvents headers of a record.

    Args:
        record: What is sent.
        source: Who says so: ``ce_source``, the app's id and version.
    """
    match record:
        case Breach():
            told = (record.breach_id, record.revision, f"breach.{record.status}", record.detected_at)
        case Verdict():
            told = (record.verdict_id, record.revision, f"verdict.{record.outcome}", record.detected_at)
        case Warning():
            told = (record.warning_id, record.revision, f"warning.{record.kind}", record.detected_at)
        case OpenLead():
            told = (record.lead_id, record.sequence, "open-lead", record.waiting_since)
        case RepScorecard():
            told = (f"{record.team_id}:{record.rep_id or ''}", record.as_of, "scorecard", record.as_of)
        case GoalProgress():
            told = (record.goal_id, record.as_of, "goal-progress", record.as_of)
        case _:
            msg = f"{type(record).__name__} has no headers"
            raise TypeError(msg)
    subject, revision, kind, time = told
    headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", f"{subject}:{revision}"),
        ("ce_type", f"leadclock.{kind}.v1"),
        ("ce_source", source),
        ("ce_time", format_instant(time)),
        ("content-type", "application/json"),
    ]
    for name, attribute in (("ce_clock", "clock"), ("ce_kind", "kind"), ("ce_team", "team_id")):
        value = getattr(record, attribute, None)
        if value is not None:
            headers.append((name, value))
    return [(name, value.encode()) for name, value in headers]


__all__ = [
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
