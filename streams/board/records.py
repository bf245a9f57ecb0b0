"""The parts of verdict records that the board reads; all other fields pass by.

Source:
    Contract, section 2, and `schemas.verdicts`.
"""

from typing import Any

import msgspec

from schemas.instants import Instant, Micros, micros, parse_instant


class ReadBreach(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a breach's status."""

    breach_id: str
    revision: int
    status: str
    commitment: str
    subject: str
    due_at: str
    detected_at: str
    lead_id: str | None = None
    team_id: str | None = None
    rep_id: str | None = None
    overrun_seconds: float | None = None
    outcome: str | None = None
    reason: str | None = None


class ReadVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a clock."""

    verdict_id: str
    revision: int
    outcome: str
    commitment: str
    lead_id: str
    detected_at: str
    due_at: str | None = None
    team_id: str | None = None
    rep_id: str | None = None


class ReadClock(msgspec.Struct, frozen=True, kw_only=True):
    """One clock of an open lead."""

    commitment: str
    started_at: str
    clock: str = ""
    due_at: str | None = None


class ReadOpenLead(msgspec.Struct, frozen=True, kw_only=True):
    """A lead with a clock that runs or is breached."""

    lead_id: str
    state: str
    sequence: int
    open_breaches: tuple[str, ...] = ()
    clocks: tuple[ReadClock, ...] = ()
    team_id: str | None = None
    rep_id: str | None = None
    next_due_at: str | None = None


class ReadWindow(msgspec.Struct, frozen=True, kw_only=True):
    """What a rep's scorecard counts in one window."""

    response_histogram: dict[str, int]
    unconnected_leads: int = 0
    unconnected_attempts: int = 0


class ReadScorecard(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one rep, named as the agreement lets it be shown."""

    team_id: str
    windows: dict[str, ReadWindow]
    rep_id: str | None = None


class ReadHeartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """A source has told everything up to an instant."""

    origin: str
    complete_up_to: str


class ReadPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A published agreement."""

    version: int
    body: dict[str, Any]


def instant_or_none(text: str | None) -> Instant | None:
    """Read an instant that may be absent."""
    return None if text is None else parse_instant(text)


def micros_or_none(length_seconds: float | None) -> Micros | None:
    """Read a length in seconds that may be absent."""
    return None if length_seconds is None else micros(length_seconds)
