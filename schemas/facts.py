"""Facts: what happened to a lead, and what is told to every partition.

One declaration a field: its annotation gives the Python type, the rule by which
the codec accepts or refuses it, and its place in the exported JSON Schema. Field
order is part of the packed form of a lead's record: append, never reorder.

Source:
    Contract, section 1.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

import msgspec




@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a JSON value becomes a field.

    Attributes:
        form: ``text``, ``name`` (text that is not empty), ``id``, ``lead_id``, ``instant``,
            ``money``, ``word``, ``number``, ``integer``, ``flag``, ``object`` or ``scope``;
            each has one check in the codec.
        words: The closed list, for ``word``.
        otherwise: What an unknown word becomes; None: it is refused.
        name: The field's name in JSON where Python reserves it.
        doc: Meaning, with unit; goes into the exported schema.
    """

    form: str
    words: tuple[str, ...] = ()
    otherwise: str | None = None
    name: str | None = None
    doc: str = ""


def words(*listed: str, doc: str = "", otherwise: str | None = None) -> Rule:
    """Declare a field whose values come from a closed list."""
    return Rule(form="word", words=listed, otherwise=otherwise, doc=doc)


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

Text = Annotated[str, Rule(form="text", doc="Free text of the source; never a person's name or address.")]
Stage = Annotated[str, words(*STAGES, doc="Information, marketing or sales qualified lead.")]
Number = Annotated[float, Rule(form="number")]
Seconds = Annotated[float, Rule(form="number", doc="Seconds.")]
Money = Annotated[str, Rule(form="money", doc='Decimal text such as "1200.50"; numbers are refused.')]
TeamId = Annotated[str, Rule(form="name", doc="The team that owns the lead from here on.")]
RepId = Annotated[str, Rule(form="name", doc="Pseudonymous id of the rep; absent: the team's queue.")]
ClockKind = Annotated[str, words(*CLOCKS, doc="A clock kind; absent: all.")]



class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every fact about a lead carries.

    Attributes:
        event_id: The producer's id; the same fact sent twice carries the same id.
        lead_id: The lead, opaque; also the Kafka key.
        occurred_at: When it happened.
        recorded_at: When the source wrote it down.
        origin: The connector whose silence is watched.
    """

    TYPE: ClassVar[str] = ""

    event_id: Annotated[str, Rule(form="id", doc="The same fact sent twice carries the same id.")]
    lead_id: Annotated[str, Rule(form="lead_id", doc="The lead; equals the record's key.")]
    occurred_at: Annotated[int, Rule(form="instant", doc="When it happened.")]
    recorded_at: Annotated[int, Rule(form="instant", doc="When the source wrote it down.")] | None = None
    origin: Annotated[str, Rule(form="text", doc="The connector whose silence is watched.")] | None = None


class LeadCreated(Fact, frozen=True, kw_only=True, gc=False):
    """A lead exists; starts the clocks from creation."""

    TYPE = "lead-created"

    source: Text | None = None
    segment: Text | None = None
    stage: Stage = "mql"
    score: Number | None = None
    campaign: Text | None = None
    role: Text | None = None
    value: Money | None = None


class HandedOff(Fact, frozen=True, kw_only=True, gc=False):
    """A lead was given to a team or a rep; the first of a cycle starts its clocks."""

    TYPE = "handed-off"

    team_id: TeamId
    rep_id: RepId | None = None
    score: Number | None = None
    stage: Stage | None = None


class ContactAttempt(Fact, frozen=True, kw_only=True, gc=False):
    """Somebody tried to reach the lead, or the lead came in."""

    TYPE = "contact-attempt"

    channel: Annotated[str, words(*CHANNELS, otherwise="other", doc="An unknown channel is other.")]
    attempt_id: Annotated[str, Rule(form="name", doc="The attempt; default: event_id.")] | None = None
    rep_id: RepId | None = None
    party: Annotated[str, words(*PARTIES, doc="Whose attempt it is.")] = "sales"
    direction: Annotated[str, words(*DIRECTIONS)] = "outbound"
    outcome: Annotated[str, words(*ATTEMPT_OUTCOMES)] | None = None
    automated: Annotated[bool, Rule(form="flag", doc="Sent by a machine.")] = False
    duration_seconds: Seconds | None = None
    effort_seconds: Seconds | None = None
    evidence: Annotated[str, words(*EVIDENCE, doc="Who wrote it down: a person or a system.")] = "manual"


class LeadClosed(Fact, frozen=True, kw_only=True, gc=False):
    """The lead's cycle is over."""

    TYPE = "lead-closed"

    outcome: Annotated[str, words(*CLOSE_OUTCOMES)]
    reason: Text | None = None
    revenue: Money | None = None
    currency: Text | None = None
    merged_into: Annotated[str, Rule(form="name", doc="The surviving lead.")] | None = None


class ClockPaused(Fact, frozen=True, kw_only=True, gc=False):
    """A listed reason stops a clock kind, or all."""

    TYPE = "clock-paused"

    reason: Text
    clock: ClockKind | None = None


class ClockResumed(Fact, frozen=True, kw_only=True, gc=False):
    """The pause of this reason is over."""

    TYPE = "clock-resumed"

    reason: Text
    clock: ClockKind | None = None


class HandedBack(Fact, frozen=True, kw_only=True, gc=False):
    """Sales returns the lead to Marketing."""

    TYPE = "handed-back"

    reason: Text


class LeadUpdated(Fact, frozen=True, kw_only=True, gc=False):
    """Fields of lead-created that hold for clocks started from here on."""

    TYPE = "lead-updated"

    source: Text | None = None
    segment: Text | None = None
    stage: Stage | None = None
    score: Number | None = None
    campaign: Text | None = None
    role: Text | None = None
    value: Money | None = None


class FactWithdrawn(Fact, frozen=True, kw_only=True, gc=False):
    """An earlier fact of this lead is as never told."""

    TYPE = "fact-withdrawn"

    withdraws: Annotated[str, Rule(form="name", doc="The event_id that is withdrawn.")]


class LeadErased(Fact, frozen=True, kw_only=True, gc=False):
    """The lead's facts leave the state; sums remain."""

    TYPE = "lead-erased"


class ControlFact(msgspec.Struct, frozen=True, kw_only=True):
    """What a fact carries that is told to every partition and has no lead."""

    TYPE: ClassVar[str] = ""

    event_id: Annotated[str, Rule(form="id", doc="The same fact sent twice carries the same id.")]
    occurred_at: Annotated[int, Rule(form="instant", doc="When it happened.")]
    recorded_at: Annotated[int, Rule(form="instant", doc="When the source wrote it down.")] | None = None
    origin: Annotated[str, Rule(form="text", doc="The connector.")] | None = None


class PolicyPublished(ControlFact, frozen=True, kw_only=True):
    """A version of the agreement, resolved, for every worker."""

    TYPE = "policy-published"

    version: Annotated[int, Rule(form="integer", doc="Counts up; a version never changes.")]
    effective_from: Annotated[int, Rule(form="instant", doc="From when on it may hold.")]
    body: Annotated[dict[str, Any], Rule(form="object", doc="The resolved agreement.")]


class ExclusionDeclared(ControlFact, frozen=True, kw_only=True):
    """A span of time that shall not count for whom the scope names."""

    TYPE = "exclusion-declared"

    exclusion_id: Annotated[str, Rule(form="name", doc="The exclusion.")]
    from_at: Annotated[int, Rule(form="instant", name="from", doc="First instant of it.")]
    to_at: Annotated[int, Rule(form="instant", name="to", doc="End, not in it.")]
    reason: Text
    declared_by: Text | None = None
    scope: Annotated[
        dict[str, Any], Rule(form="scope", doc="Each key: a value or a list of values.")
    ] | None = None


class SourceHeartbeat(ControlFact, frozen=True, kw_only=True):
    """All facts of this origin up to an instant have been sent."""

    TYPE = "source-heartbeat"

    origin: Annotated[str, Rule(form="name", doc="The connector that speaks.")]
    complete_up_to: Annotated[int, Rule(form="instant", doc="Complete up to here.")]


class ObligationFulfilled(ControlFact, frozen=True, kw_only=True):
    """A recurring obligation was met."""

    TYPE = "obligation-fulfilled"

    obligation: Annotated[str, Rule(form="name", doc="The obligation's id.")]
    by: Text | None = None


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

TYPES: Final[dict[str, type[Fact] | type[ControlFact]]] = {
    kind.TYPE: kind for kind in (*FACTS, *CONTROL_FACTS)
}

SCOPE_KEYS: Final = ("team_id", "rep_id", "segment", "source", "campaign", "origin")
