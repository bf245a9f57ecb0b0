"""Scorecards and goal progress: what is known of reps and goals; each topic keeps the latest.

Source:
    Contract, section 2.
"""

import msgspec

from schemas.records import At, Length, Record


class WindowCounts(msgspec.Struct, frozen=True, kw_only=True):
    """One rep in one window.

    Attributes:
        leads: Leads whose clock started in the window.
        answered: Those of them that were answered.
        within_target: Those answered at or before due.
        response_seconds_sum: Business seconds from start to answer, added up.
        response_histogram: Counts of answers by upper edge in seconds; the last is ``+Inf``.
        attempts: Attempts made in the window.
        attempts_by_channel: The same by channel.
        unconnected_leads: Leads of the window that nobody reached in person yet.
        unconnected_attempts: Attempts on these.
        breaches: Clocks of the window that breached.
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
    """All windows of one rep, and what is open now.

    Attributes:
        team_id: The team.
        rep_id: The rep as the agreement's privacy shows it; null: the team's queue;
            ``*``: all of the team together.
        as_of: The instant for which all of it holds.
        windows: Counts by window: ``1h``, ``today``, ``7d``, ``30d``.
        open: Leads with a clock that runs or is breached.
        at_risk: Those of them past their first warning, not due yet.
        breached: Those of them past due.
        oldest_unanswered_at: Start of the longest wait; null: nobody waits.
        next_due_at: The earliest due instant still ahead; null: none.
    """

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
    """A goal line, what was delivered, and the pace.

    Attributes:
        goal_id: The commitment's id; the record's key.
        period: Which month, quarter or year.
        as_of: The instant for which all of it holds.
        line: What should have been delivered by then.
        actual: What was.
        goal: What the whole period owes.
        pace: The pace so far; null: too early to say.
    """

    TYPE = "goal-progress"

    goal_id: str
    period: str
    as_of: At
    line: float
    actual: float
    goal: float
    pace: float | None
