"""Records for tests: one whole example of each, any field of which can be replaced."""

from typing import Any

from schemas import verdicts
from schemas.instants import HOUR, MINUTE, SECOND, parse_instant
from schemas.verdicts import (
    Breach,
    GoalProgress,
    OpenClock,
    OpenLead,
    RepScorecard,
    Share,
    Verdict,
    WindowCounts,
)

STARTED_AT = parse_instant("2026-03-10T11:30:00+01:00")
DUE_AT = parse_instant("2026-03-10T13:30:00+01:00")
BREACH_ID = "2f3f6c04-51d4-5d0c-9a55-6e4f0c1a9b10"
LEAD_URL = "https://crm.example/leads/lead-000042"
QUARTER, REST = 900 * SECOND + SECOND // 2, 2699 * SECOND + SECOND // 2


def a_breach(**other: Any) -> Breach:
    """Build a provisional breach of one hour, across lunch, half way handed to a rep."""
    told: dict[str, Any] = {
        "breach_id": BREACH_ID,
        "revision": 1,
        "status": "provisional",
        "kind": "late",
        "commitment": "website-speed",
        "clock": "speed",
        "subject": "lead-000042",
        "lead_id": "lead-000042",
        "cycle": 1,
        "debtor": "sales",
        "creditor": "marketing",
        "team_id": "nord",
        "rep_id": "rep-17",
        "segment": "small",
        "started_at": STARTED_AT,
        "due_at": DUE_AT,
        "breached_at": DUE_AT,
        "detected_at": DUE_AT,
        "target": 3600,
        "actual": None,
        "unit": "seconds",
        "shares": (
            Share(team_id="nord", rep_id=None, seconds=QUARTER, share=QUARTER / HOUR),
            Share(team_id="nord", rep_id="rep-17", seconds=REST, share=1 - QUARTER / HOUR),
        ),
        "policy_version": 3,
        "calendar": "floor",
        "lead_url": LEAD_URL,
        "sequence": 1,
    }
    return Breach(**{**told, **other})


def a_verdict(**other: Any) -> Verdict:
    """Build the verdict on an answer half an hour after due."""
    told: dict[str, Any] = {
        "verdict_id": "8a1be6d7-0c9e-5a43-8f0b-2d1c7b6f4e21",
        "revision": 1,
        "outcome": "met_late",
        "commitment": "website-speed",
        "clock": "speed",
        "lead_id": "lead-000042",
        "cycle": 1,
        "team_id": "nord",
        "rep_id": "rep-17",
        "segment": "small",
        "started_at": STARTED_AT,
        "due_at": DUE_AT,
        "answered_at": DUE_AT + 30 * MINUTE,
        "elapsed_seconds": 90 * MINUTE,
        "overrun_seconds": 30 * MINUTE,
        "attempts": 1,
        "pre_handoff": False,
        "policy_version": 3,
        "calendar": "floor",
        "reason": None,
        "detected_at": DUE_AT + 30 * MINUTE,
        "connected": True,
        "sequence": 4,
    }
    return Verdict(**{**told, **other})


def a_warning(**other: Any) -> verdicts.Warning:
    """Build the warning that three quarters of the target are used up."""
    told: dict[str, Any] = {
        "warning_id": "c5b7b0a2-7a39-5f7e-b6d4-0f9f0b5f7a32",
        "kind": "share_used",
        "step": "75",
        "to": None,
        "commitment": "website-speed",
        "clock": "speed",
        "subject": "lead-000042",
        "lead_id": "lead-000042",
        "cycle": 1,
        "team_id": "nord",
        "rep_id": "rep-17",
        "segment": "small",
        "started_at": STARTED_AT,
        "due_at": DUE_AT,
        "policy_version": 3,
        "calendar": "floor",
        "lead_url": LEAD_URL,
        "detected_at": DUE_AT - 15 * MINUTE,
        "sequence": 1,
    }
    return verdicts.Warning(**{**told, **other})


def an_open_lead(**other: Any) -> OpenLead:
    """Build a lead with a breached clock and one that runs."""
    window_ends_at = parse_instant("2026-03-24T17:30:00+01:00")
    told: dict[str, Any] = {
        "lead_id": "lead-000042",
        "team_id": "nord",
        "rep_id": "rep-17",
        "segment": "small",
        "state": "breached",
        "waiting_since": STARTED_AT,
        "next_due_at": window_ends_at,
        "open_breaches": (BREACH_ID,),
        "clocks": (
            OpenClock(
                commitment="website-speed",
                clock="speed",
                cycle=1,
                state="breached",
                started_at=STARTED_AT,
                due_at=DUE_AT,
                breach_id=BREACH_ID,
            ),
            OpenClock(
                commitment="depth",
                clock="depth",
                cycle=1,
                state="within",
                started_at=STARTED_AT,
                due_at=window_ends_at,
                breach_id=None,
            ),
        ),
        "lead_url": LEAD_URL,
        "sequence": 2,
    }
    return OpenLead(**{**told, **other})


def a_scorecard(**other: Any) -> RepScorecard:
    """Build a scorecard whose last hour is empty."""
    nothing = WindowCounts(
        leads=0,
        answered=0,
        within_target=0,
        response_seconds_sum=0,
        response_histogram={},
        attempts=0,
        attempts_by_channel={},
        unconnected_leads=0,
        unconnected_attempts=0,
        breaches=0,
    )
    counts = WindowCounts(
        leads=14,
        answered=11,
        within_target=9,
        response_seconds_sum=18211 * SECOND + SECOND // 2,
        response_histogram={"300": 2, "3600": 7, "14400": 2, "+Inf": 0},
        attempts=40,
        attempts_by_channel={"call": 25, "email": 15},
        unconnected_leads=6,
        unconnected_attempts=19,
        breaches=2,
    )
    told: dict[str, Any] = {
        "team_id": "nord",
        "rep_id": "rep-17",
        "as_of": parse_instant("2026-03-10T14:00:00+01:00"),
        "windows": {"1h": nothing, "today": counts, "7d": counts, "30d": counts},
        "open": 5,
        "at_risk": 1,
        "breached": 1,
        "oldest_unanswered_at": STARTED_AT,
        "next_due_at": parse_instant("2026-03-10T14:45:00+01:00"),
    }
    return RepScorecard(**{**told, **other})


def a_goal_progress(**other: Any) -> GoalProgress:
    """Build the progress of a goal that is behind its line."""
    told: dict[str, Any] = {
        "goal_id": "q-goal",
        "period": "2026-03",
        "as_of": parse_instant("2026-03-10T14:00:00+01:00"),
        "line": 48.387097,
        "actual": 37,
        "goal": 150,
        "pace": 114.7,
    }
    return GoalProgress(**{**told, **other})
