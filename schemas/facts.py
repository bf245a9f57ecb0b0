"""Facts: what happened to a lead, and what is told to every partition.

One declaration a field: its annotation gives the Python type, the rule by which
the codec accepts or refuses it, and its place in the exported JSON Schema. Field
order is part of the packed form of a lead's record: append, never reorder.

Source:
    Contract, section 1.
"""

from typing import Annotated, Any, ClassVar, Final

import msgspec

from schemas.rules import SCOPE_KEYS, Rule, instant, name, number, text, words

STAGES: Final = ("iql", "mql", "sql")
CHANNELS: Final = ("call", "voicemail", "email", "message", "meeting", "other")
PARTIES: Final = ("sales", "marketing", "service")
DIRECTIONS: Final = ("outbound", "inbound")
ATTEMPT_OUTCOMES: Final = (
    "connected",
    "appointment_booked",
    "no_answer",
    "voicemail",
    "sent",
    "bounced",
    "failed",
)
EVIDENCE: Final = ("manual", "system")
CLOSE_OUTCOMES: Final = ("won", "lost", "disqualified", "duplicate", "opted_out")
CLOCKS: Final = (
    "speed",
    "speed_to_lead",
    "owner",
    "qualify",
    "first_touch",
    "next_attempt",
    "burnt",
    "depth",
    "too_early",
    "gate",
    "goal",
    "obligation",
)

EventId = Annotated[
    str, Rule(form="id", doc="The producer's id; the same fact sent twice carries the same id.")
]
LeadId = Annotated[
    str, Rule(form="lead_id", doc="The lead, opaque, never a mail address; equals the key.")
]
OccurredAt = Annotated[int, instant("When it happened.")]
RecordedAt = Annotated[int, instant("When the source wrote it down.")]
Origin = Annotated[
    str, text("The connector (CRM, dialer, mail) whose silence is watched; never a person.")
]
TeamId = Annotated[str, name("The team that owns the lead from here on.")]
OwnerId = Annotated[str, name("Pseudonymous id of the rep; absent: the team's queue.")]
Source = Annotated[str, text("Where the lead came from, such as website or fair.")]
Segment = Annotated[str, text("Which part of the market the lead belongs to.")]
Stage = Annotated[str, words(*STAGES, doc="Information, marketing or sales qualified lead.")]
Score = Annotated[float, number("The source's lead score.")]
Campaign = Annotated[str, text("The campaign that brought the lead.")]
Role = Annotated[str, text("The function of the contact, such as director; never a name.")]
Value = Annotated[
    str, Rule(form="money", doc="What the lead may be worth: decimal text; numbers are refused.")
]
ClockKind = Annotated[str, words(*CLOCKS, doc="A clock kind; absent: all.")]


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every fact about a lead carries.

    A field may be appended to a fact below, never to this one: in the packed form
    the fields of the fact follow on these.

    Attributes:
        event_id: The producer's id; the same fact sent twice carries the same id.
        lead_id: The lead, opaque; also the Kafka key.
        occurred_at: When it happened.
        recorded_at: When the source wrote it down.
        origin: The connector whose silence is watched.
    """

    TYPE: ClassVar[str] = ""

    event_id: EventId
    lead_id: LeadId
    occurred_at: OccurredAt
    recorded_at: RecordedAt | None = None
    origin: Origin | None = None


class LeadCreated(Fact, frozen=True, kw_only=True, gc=False):
    """A lead exists; starts the clocks from creation."""

    TYPE = "lead-created"

    source: Source | None = None
    segment: Segment | None = None
    stage: Stage = "mql"
    score: Score | None = None
    campaign: Campaign | None = None
    role: Role | None = None
    value: Value | None = None


class HandedOff(Fact, frozen=True, kw_only=True, gc=False):
    """A lead was given to a team or a rep; the first of a cycle starts its clocks."""

    TYPE = "handed-off"

    team_id: TeamId
    rep_id: OwnerId | None = None
    score: Score | None = None
    stage: Stage | None = None


class ContactAttempt(Fact, frozen=True, kw_only=True, gc=False):
    """Somebody tried to reach the lead, or the lead came in."""

    TYPE = "contact-attempt"

    channel: Annotated[str, words(*CHANNELS, otherwise="other", doc="By which way.")]
    attempt_id: (
        Annotated[str, name("The attempt, when several facts tell of it; default: event_id.")]
        | None
    ) = None
    rep_id: Annotated[str, name("Pseudonymous id of who tried; absent: unknown.")] | None = None
    party: Annotated[str, words(*PARTIES, doc="Whose attempt it is.")] = "sales"
    direction: Annotated[str, words(*DIRECTIONS, doc="Who turned to whom.")] = "outbound"
    outcome: Annotated[str, words(*ATTEMPT_OUTCOMES, doc="What came of it.")] | None = None
    automated: Annotated[bool, Rule(form="flag", doc="Made by a machine.")] = False
    duration_seconds: Annotated[float, number("How long it lasted, in seconds.")] | None = None
    effort_seconds: Annotated[float, number("Work spent on it, in seconds.")] | None = None
    evidence: Annotated[
        str, words(*EVIDENCE, doc="Who wrote it down: a person, or a system as it happened.")
    ] = "manual"


class LeadClosed(Fact, frozen=True, kw_only=True, gc=False):
    """The lead's cycle is over."""

    TYPE = "lead-closed"

    outcome: Annotated[str, words(*CLOSE_OUTCOMES, doc="How it ended.")]
    reason: Annotated[str, text("Why, in the source's words.")] | None = None
    revenue: (
        Annotated[str, Rule(form="money", doc="What was sold: decimal text; numbers are refused.")]
        | None
    ) = None
    currency: Annotated[str, text("Currency of the revenue, as ISO 4217 code.")] | None = None
    merged_into: Annotated[str, name("The surviving lead.")] | None = None


class ClockPaused(Fact, frozen=True, kw_only=True, gc=False):
    """A listed reason stops a clock kind, or all."""

    TYPE = "clock-paused"

    reason: Annotated[str, text("Why; one that the agreement does not list pauses nothing.")]
    clock: ClockKind | None = None


class ClockResumed(Fact, frozen=True, kw_only=True, gc=False):
    """The pause of this reason is over."""

    TYPE = "clock-resumed"

    reason: Annotated[str, text("The reason of the pause that ends.")]
    clock: ClockKind | None = None


class HandedBack(Fact, frozen=True, kw_only=True, gc=False):
    """Sales returns the lead to Marketing."""

    TYPE = "handed-back"

    reason: Annotated[str, text("Why Sales returns it.")]


class LeadUpdated(Fact, frozen=True, kw_only=True, gc=False):
    """Fields of lead-created that hold for clocks started from here on."""

    TYPE = "lead-updated"

    source: Source | None = None
    segment: Segment | None = None
    stage: Stage | None = None
    score: Score | None = None
    campaign: Campaign | None = None
    role: Role | None = None
    value: Value | None = None


class FactWithdrawn(Fact, frozen=True, kw_only=True, gc=False):
    """An earlier fact of this lead is as never told."""

    TYPE = "fact-withdrawn"

    withdraws: Annotated[str, Rule(form="id", doc="The event_id that is withdrawn.")]


class LeadErased(Fact, frozen=True, kw_only=True, gc=False):
    """The lead's facts leave the state; sums remain."""

    TYPE = "lead-erased"


class ControlFact(msgspec.Struct, frozen=True, kw_only=True):
    """What a fact carries that is told to every partition and has no lead."""

    TYPE: ClassVar[str] = ""

    event_id: EventId
    occurred_at: OccurredAt
    recorded_at: RecordedAt | None = None
    origin: Origin | None = None


class PolicyPublished(ControlFact, frozen=True, kw_only=True):
    """A version of the agreement, resolved, for every worker."""

    TYPE = "policy-published"

    version: Annotated[int, Rule(form="integer", doc="Counts up; a version never changes.")]
    effective_from: Annotated[int, instant("From when on it may hold.")]
    body: Annotated[
        dict[str, Any], Rule(form="object", doc="The agreement, its holidays resolved into dates.")
    ]


class ExclusionDeclared(ControlFact, frozen=True, kw_only=True):
    """A span of time that shall not count for whom the scope names."""

    TYPE = "exclusion-declared"

    exclusion_id: Annotated[str, name("The exclusion; its earliest declaration holds.")]
    from_at: Annotated[int, instant("Its first instant.", name="from")]
    to_at: Annotated[int, instant("Its end, not in it.", name="to")]
    reason: Annotated[str, text("Why; one that the agreement does not list stops no clock.")]
    declared_by: Annotated[str, text("The function that declared it; never a name.")] | None = None
    scope: (
        Annotated[
            dict[str, Any],
            Rule(
                form="scope",
                doc="Whom it concerns: each key with a value or a list of values, "
                "all of which must match; absent: everybody.",
            ),
        ]
        | None
    ) = None


class SourceHeartbeat(ControlFact, frozen=True, kw_only=True):
    """All facts of this origin up to an instant have been sent."""

    TYPE = "source-heartbeat"

    origin: Annotated[str, name("The connector that speaks.")]
    complete_up_to: Annotated[int, instant("All of its facts up to then have been sent.")]


class ObligationFulfilled(ControlFact, frozen=True, kw_only=True):
    """A recurring obligation was met."""

    TYPE = "obligation-fulfilled"

    obligation: Annotated[str, name("The obligation's id in the agreement.")]
    by: Annotated[str, text("The function that met it; never a name.")] | None = None


AnyFact = Fact | ControlFact

FACTS: Final[tuple[type[Fact], ...]] = (
    LeadCreated,
    HandedOff,
    ContactAttempt,
    LeadClosed,
    ClockPaused,
    ClockResumed,
    HandedBack,
    LeadUpdated,
    FactWithdrawn,
    LeadErased,
)
"""Facts of a lead. The place in this list is the type's code in a packed record: append only."""

CONTROL_FACTS: Final[tuple[type[ControlFact], ...]] = (
    PolicyPublished,
    ExclusionDeclared,
    SourceHeartbeat,
    ObligationFulfilled,
)

TYPES: Final[dict[str, type[AnyFact]]] = {
    **{kind.TYPE: kind for kind in FACTS},
    **{kind.TYPE: kind for kind in CONTROL_FACTS},
}
"""Every fact by the name of its type."""

__all__ = [
    "ATTEMPT_OUTCOMES",
    "CHANNELS",
    "CLOCKS",
    "CLOSE_OUTCOMES",
    "CONTROL_FACTS",
    "DIRECTIONS",
    "EVIDENCE",
    "FACTS",
    "PARTIES",
    "SCOPE_KEYS",
    "STAGES",
    "TYPES",
    "AnyFact",
    "ClockPaused",
    "ClockResumed",
    "ContactAttempt",
    "ControlFact",
    "ExclusionDeclared",
    "Fact",
    "FactWithdrawn",
    "HandedBack",
    "HandedOff",
    "LeadClosed",
    "LeadCreated",
    "LeadErased",
    "LeadUpdated",
    "ObligationFulfilled",
    "PolicyPublished",
    "Rule",
    "SourceHeartbeat",
    "words",
]
