"""Open leads: what a late joiner, a board or a worklist starts from; the topic keeps the last.

Source:
    Contract, section 2.
"""

from typing import Annotated, Final

import msgspec

from schemas.records import At, Clock, LeadId, Record
from schemas.rules import words

OPEN_STATES: Final = ("within", "at_risk", "breached")
OpenState = Annotated[str, words(*OPEN_STATES)]


class OpenClock(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that runs or is breached.

    Attributes:
        commitment: The id in the agreement.
        clock: The clock kind.
        cycle: 1 for the first hand-off, one more for each re-opening.
        state: Where it stands.
        started_at: First instant that counted.
        due_at: Last instant at which the promise can be kept; null: paused, or no target.
        breach_id: The breach, where there is one.
    """

    commitment: str
    clock: Clock
    cycle: int
    state: OpenState
    started_at: At
    due_at: At | None
    breach_id: str | None


class OpenLead(Record, frozen=True, kw_only=True):
    """A lead with a clock that runs or is breached; the topic keeps the last one.

    Attributes:
        lead_id: The lead; the record's key.
        team_id: The owner's team; null: nobody owns it.
        rep_id: The owner; null: the team's queue, or nobody.
        segment: The lead's segment.
        state: The worst of its clocks.
        waiting_since: Start of the earliest of its clocks.
        next_due_at: The earliest due instant still ahead; null: none.
        open_breaches: ``breach_id`` of each breach that is neither resolved nor retracted.
        clocks: Its clocks that run or are breached.
        lead_url: Where a person can look at the lead.
        sequence: Increases over all records of a lead, on all topics.
    """

    TYPE = "open-lead"

    lead_id: LeadId
    team_id: str | None
    rep_id: str | None
    segment: str | None
    state: OpenState
    waiting_since: At
    next_due_at: At | None
    open_breaches: tuple[str, ...]
    clocks: tuple[OpenClock, ...]
    lead_url: str | None
    sequence: int = 0


class OpenLeadEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The lead has no such clock any more: a tombstone on ``open-leads``."""

    lead_id: str
