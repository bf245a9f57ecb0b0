"""Scorecards as a batch job would count them: rows and loops, no panes, nothing kept.

Shares no code with streams. What is a row, a test has to say; which rows a window has,
and what they come to, is said here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

Rep = tuple[str, str | None]

_QUARTER: Final = 15 * 60 * 1_000_000
_EDGES: Final = (60, 300, 900, 1800, 3600, 14400, 86400)
_LABELS: Final = ("60", "300", "900", "1800", "3600", "14400", "86400", "+Inf")
_DAYS: Final = {"today": 1, "7d": 7, "30d": 30}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LeadRow(NamedTuple):
    """One speed clock.

    Attributes:
        response: Business time to the answer; None: no answer, or one before the hand-off.
        attempts: On it, if nobody reached the lead yet.
    """

    rep: Rep
    at: int
    answered: bool = False
    within_target: bool = False
    response: int | None = None
    attempts: int | None = None


class AttemptRow(NamedTuple):
    """One attempt that counts."""

    rep: Rep
    at: int
    channel: str


class BreachRow(NamedTuple):
    """One breach that stands."""

    rep: Rep
    at: int


class OpenRow(NamedTuple):
    """One open lead."""

    rep: Rep
    state: str
    unanswered_since: int | None
    next_due_at: int | None


@dataclass
class Rows:
    """All that is counted at an instant."""

    leads: list[LeadRow] = field(default_factory=list)
    attempts: list[AttemptRow] = field(default_factory=list)
    breaches: list[BreachRow] = field(default_factory=list)
    open: list[OpenRow] = field(default_factory=list)

    def by_rep(self) -> dict[Rep, "Rows"]:
        """The rows of each rep who is named."""
        found: dict[Rep, Rows] = defaultdict(Rows)
        for name in ("leads", "attempts", "breaches", "open"):
            for row in getattr(self, name):
                getattr(found[row.rep], name).append(row)
        return found

    def card(self, now: int, zone: str) -> dict[str, Any]:
        """Everything about one rep, whose rows these are."""
        return {
            "windows": {
                name: self._window(_window(name, now, ZoneInfo(zone))) for name in ("1h", *_DAYS)
            },
            **self._standing(now),
        }

    def _window(self, holds: Callable[[int], bool]) -> dict[str, Any]:
        leads = [row for row in self.leads if holds(row.at)]
        made = [row for row in self.attempts if holds(row.at)]
        responses = [row.response for row in leads if row.response is not None]
        histogram = dict.fromkeys(_LABELS, 0)
        for response in responses:
            histogram[_label(response)] += 1
        unconnected = [row.attempts for row in leads if row.attempts is not None]
        return {
            "leads": len(leads),
            "answered": sum(row.answered for row in leads),
            "within_target": sum(row.within_target for row in leads),
            "response_seconds_sum": sum(responses),
            "response_histogram": histogram,
            "attempts": len(made),
            "attempts_by_channel": dict(Counter(row.channel for row in made)),
            "unconnected_leads": len(unconnected),
            "unconnected_attempts": sum(unconnected),
            "breaches": sum(holds(row.at) for row in self.breaches),
        }

    def _standing(self, now: int) -> dict[str, Any]:
        rows = self.open
        waits = [row.unanswered_since for row in rows if row.unanswered_since is not None]
        dues = [row.next_due_at for row in rows if row.next_due_at is not None]
        return {
            "open": len(rows),
            "at_risk": sum(row.state == "at_risk" for row in rows),
            "breached": sum(row.state == "breached" for row in rows),
            "oldest_unanswered_at": min((at for at in waits if at <= now), default=None),
            "next_due_at": min(dues, default=None),
        }


def cards(rows: Rows, now: int, zone_of: Callable[[str], str]) -> dict[Rep, dict[str, Any]]:
    """Give the card of everybody who has one."""
    found = {rep: own.card(now, zone_of(rep[0])) for rep, own in rows.by_rep().items()}
    return {rep: card for rep, card in found.items() if card["open"] or _is_counted(card)}


def _is_counted(card: dict[str, Any]) -> bool:
    longest = card["windows"]["30d"]
    return bool(longest["leads"] or longest["attempts"] or longest["breaches"])


def _window(name: str, now: int, zone: ZoneInfo) -> Callable[[int], bool]:
    if name == "1h":
        current = now - now % _QUARTER
        return lambda at: current - 4 * _QUARTER <= at < current + _QUARTER
    last = _date(now, zone)
    first = last - timedelta(days=_DAYS[name] - 1)
    return lambda at: first <= _date(at, zone) <= last


def _date(at: int, zone: ZoneInfo) -> date:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).date()


def _label(response: int) -> str:
    for edge, label in zip(_EDGES, _LABELS, strict=False):
        if response <= edge * 1_000_000:
            return label
    return _LABELS[-1]


def bucket(channel: str, outcome: str | None) -> str:
    """Under which channel an attempt counts."""
    return "voicemail" if channel == "call" and outcome == "voicemail" else channel


def by_rep(found: list[Any]) -> dict[Rep, dict[str, Any]]:
    """Scorecards in the form in which `cards` gives them."""
    told: dict[Rep, dict[str, Any]] = defaultdict(dict)
    for card in found:
        windows = {
            name: {field: getattr(window, field) for field in window.__struct_fields__}
            for name, window in card.windows.items()
        }
        told[card.team_id, card.rep_id] = {
            "windows": windows,
            **{
                name: getattr(card, name)
                for name in ("open", "at_risk", "breached", "oldest_unanswered_at", "next_due_at")
            },
        }
    return dict(told)
