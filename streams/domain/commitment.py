"""One promise of the agreement: which clock, who owes it, to which leads, how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from schemas.instants import Micros

Side = Literal["sales", "marketing"]
"""The parties of the agreement."""
By = Literal["anyone", "team", "owner"]
"""Whose attempts count: anybody's, those of the owner's team, or the owner's own."""

SPEED: Final = "speed"
SPEED_TO_LEAD: Final = "speed_to_lead"
DEPTH: Final = "depth"
OWNER: Final = "owner"
QUALIFY: Final = "qualify"
FIRST_TOUCH: Final = "first_touch"
NEXT_ATTEMPT: Final = "next_attempt"
BURNT: Final = "burnt"
TOO_EARLY: Final = "too_early"
GATE: Final = "gate"
TIMED: Final = (SPEED, SPEED_TO_LEAD, DEPTH, OWNER, QUALIFY, FIRST_TOUCH, NEXT_ATTEMPT, BURNT)
"""The clock kinds that run for a length of time; they can be paused."""
ACTS: Final = (TOO_EARLY, GATE)
"""The clock kinds that are due at an act."""
KINDS: Final = (*TIMED, *ACTS)
"""The clock kinds that this version keeps."""
KINDS_TO_COME: Final = ("goal",)
"""Clock kinds of the agreement's language that this version does not keep yet."""
FROM_CREATION: Final = (SPEED_TO_LEAD, QUALIFY, FIRST_TOUCH)
"""The clock kinds that start when the lead is created; in cycle 1 only."""
FROM_HANDOFF: Final = (SPEED, DEPTH, BURNT)
"""The clock kinds that start once, with the first hand-off of a cycle."""

CHANNELS: Final = ("call", "voicemail", "email", "message", "meeting", "other")
ATTRIBUTES: Final = ("source", "segment", "stage", "campaign", "role", "team_id")
"""What ``applies`` may look at."""
START: Final = "start"
"""Instead of a calendar's name: the calendar of the clock's first owner."""


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Until the close of the ``days``-th business day after the day of the start."""

    days: int


Target = Micros | BusinessDays
"""Business time, or a number of business days that becomes business time at the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One promise; ``objective`` and ``buckets`` have no effect yet.

    Attributes:
        id: Unique in the agreement.
        clock: The clock kind that watches it, one of `KINDS`.
        debtor: Who owes it.
        creditor: To whom.
        applies: Per attribute of a lead the values that match; all keys, any value.
        target: How long it may take; None only in a commitment that reports.
        calendar: Name of the calendar that counts, `START`, or None: the calendar of
            whoever owns the lead at each instant.
        report_only: Gives verdicts, never a breach.
        qualifying_channels: Channels whose attempts count; None is every channel.
        qualifying_by: Whose attempts count.
        objective: The share to be kept, in per cent.
        buckets: Response times to report on, ascending business time.
        warn_at: Ascending per cents of the target at which to warn.
        within: Depth: the window that begins at the hand-off.
        min_attempts: Depth: the least number of attempts in the window.
        max_attempts: Depth: the greatest; None is no limit.
        mix: Depth: the least number of attempts by channel.
        automated: Depth: channels whose automated attempts count, too.
        stages: Too early: stages in which Sales shall not turn to a lead. Gate: stages
            in which a lead may be handed off; empty is every one.
        min_score: Gate: the least score with which a lead may be handed off.
    """

    id: str
    clock: str
    debtor: Side
    creditor: Side
    applies: Mapping[str, frozenset[str]]
    target: Target | None = None
    calendar: str | None = None
    report_only: bool = False
    qualifying_channels: frozenset[str] | None = None
    qualifying_by: By = "anyone"
    objective: Decimal | None = None
    buckets: tuple[Micros, ...] = ()
    warn_at: tuple[Decimal, ...] = ()
    within: Target | None = None
    min_attempts: int = 0
    max_attempts: int | None = None
    mix: Mapping[str, int]
    automated: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    min_score: float | None = None

    def matches(self, attributes: Mapping[str, str | None]) -> bool:
        """Say whether a lead with these attributes is promised this."""
        # A generator in all() costs twice as much, and every lead passes here.
        for name, values in self.applies.items():  # noqa: SIM110
            if attributes.get(name) not in values:
                return False
        return True
