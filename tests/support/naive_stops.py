"""When a promise is due, by looking at every single minute: an oracle for pauses and exclusions.

It shares no code with streams. All facts are on whole minutes and known in time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from schemas.facts import ClockPaused, ClockResumed, ExclusionDeclared, HandedOff
from tests.support.naive_time import NaiveCalendar, length_of

MINUTE: Final = 60 * 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """When a clock started and was due; None: not before the end."""

    started_at: int | None
    due_at: int | None


@dataclass
class Floor:
    """Some days of an agreement, minute by minute.

    Attributes:
        body: What was agreed.
        start: The first minute, in microseconds since 1970.
        minutes: How many there are.
    """

    body: Mapping[str, Any]
    start: int
    minutes: int
    _open: dict[str, list[bool]] = field(default_factory=dict)

    def is_open(self, team_id: str) -> list[bool]:
        """Say of each minute whether a team's calendar is open."""
        if team_id not in self._open:
            name = self.body["teams"][team_id]["calendar"]
            spans = NaiveCalendar(self.body["calendars"][name]).spans
            marks = [False] * self.minutes
            for low, high in spans:
                first, last = ((at - self.start) // MINUTE for at in (low, high))
                for minute in range(max(first, 0), min(last, self.minutes)):
                    marks[minute] = True
            self._open[team_id] = marks
        return self._open[team_id]

    def due(
        self,
        handoffs: Sequence[HandedOff],
        pauses: Sequence[ClockPaused | ClockResumed],
        exclusions: Sequence[ExclusionDeclared],
        attributes: Mapping[str, str | None],
    ) -> Found:
        """Let the minutes pass, one by one."""
        commitment = self.body["sales"][0]
        target = length_of(commitment["target"]) // MINUTE
        terms = self.body.get("pauses", {})
        budget = length_of(terms["budget"]) // MINUTE if "budget" in terms else None
        allowed = {team: self._allowed(team, exclusions) for team in self.body["teams"]}
        owners = sorted(handoffs, key=lambda it: (it.occurred_at, it.event_id))
        started_at, counted = None, 0
        for minute in range(self._minute(owners[0].occurred_at), self.minutes):
            at = self.start + minute * MINUTE
            owner = [it for it in owners if it.occurred_at <= at][-1]
            if not self.is_open(owner.team_id)[minute]:
                continue
            started_at = at if started_at is None else started_at
            if any(
                minute in allowed[owner.team_id][it.exclusion_id]
                and _matches(it, owner, attributes)
                for it in exclusions
            ):
                continue
            if self._is_paused(pauses, commitment["clock"], at) and budget != 0:
                budget = None if budget is None else budget - 1
                continue
            counted += 1
            if counted == target:
                return Found(started_at, at + MINUTE)
        return Found(started_at, None)

    def _minute(self, at: int) -> int:
        return (at - self.start) // MINUTE

    def _is_paused(self, facts: Sequence[ClockPaused | ClockResumed], clock: str, at: int) -> bool:
        reasons = self.body.get("pauses", {}).get("reasons", ())
        paused = set()
        # At one instant a pause ends before the next one begins.
        for fact in sorted(
            facts, key=lambda it: (it.occurred_at, isinstance(it, ClockPaused), it.event_id)
        ):
            if fact.occurred_at > at or fact.clock not in (None, clock):
                continue
            if isinstance(fact, ClockPaused):
                paused.add(fact.reason)
            else:
                paused.discard(fact.reason)
        return bool(paused & set(reasons))

    def _allowed(
        self, team_id: str, exclusions: Sequence[ExclusionDeclared]
    ) -> dict[str, set[int]]:
        """Say which minutes of each exclusion the cap lets through for a team."""
        terms = self.body["exclusions"]
        cap = length_of(terms["cap"]) // MINUTE if "cap" in terms else None
        left: dict[int, int] = {}
        used: set[int] = set()
        allowed: dict[str, set[int]] = {}
        for it in sorted(exclusions, key=lambda it: (it.occurred_at, it.exclusion_id)):
            mine = allowed.setdefault(it.exclusion_id, set())
            if it.reason not in terms["reasons"] or not self._concerns(it, team_id):
                continue
            first, last = self._minute(it.from_at), self._minute(it.to_at)
            for minute in range(max(first, 0), min(last, self.minutes)):
                if cap is not None and self.is_open(team_id)[minute] and minute not in used:
                    month = _month(self.start + minute * MINUTE, self.body["zone"])
                    left.setdefault(month, cap)
                    if not left[month]:
                        continue
                    left[month] -= 1
                    used.add(minute)
                mine.add(minute)
        return allowed

    def _concerns(self, it: ExclusionDeclared, team_id: str) -> bool:
        scope = it.scope or {}
        if "team_id" in scope:
            return team_id in _list(scope["team_id"])
        reps = _list(scope.get("rep_id", []))
        return not reps or bool(set(reps) & set(self.body["teams"][team_id]["reps"]))


def _matches(it: ExclusionDeclared, owner: HandedOff, attributes: Mapping[str, str | None]) -> bool:
    known = {**attributes, "team_id": owner.team_id, "rep_id": owner.rep_id}
    return all(known.get(name) in _list(wanted) for name, wanted in (it.scope or {}).items())


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


@cache
def _month(at: int, zone: str) -> int:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(zone)).month
