"""What a simulated floor is made of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.instants import HOUR, Instant, Micros
from streams.domain.calendar import Calendar
from streams.domain.policy import Policy

_MORNING: Final = (8 * 60, 12 * 60)
_AFTERNOON: Final = (13 * 60, 18 * 60)
OFFICE: Final = Calendar(
    zone="Europe/Berlin", week=dict.fromkeys(range(5), (_MORNING, _AFTERNOON)), name="office"
)


class Rhythm(StrEnum):
    """How arrivals spread over time."""

    OFFICE = "office"
    """Most come by day, few at night and at weekends."""
    FLAT = "flat"
    """As many at any hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A team: its reps, and the calendar in which they work."""

    team_id: str
    reps: tuple[str, ...]
    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A floor, and how long to look at it.

    Attributes:
        name: Begins every lead's id, so that floors can share topics.
        start: When the first lead may come.
        length: Nothing is sent later than this after ``start``.
        leads: How many come within ``length``.
        desks: At least one, each with at least one rep.
        sources: Where leads come from, the commonest first.
        segments: What kinds there are, the commonest first.
        rhythm: How the leads spread over ``length``.
        speed: How much faster than on a real floor people act: at 60 an answer that
            would take an hour takes a minute. Arrivals are not touched by it.
        mess: From 0, where connectors are perfect, to 1: facts late, out of order,
            twice, back-dated, or held back by a connector that is silent for a while.
    """

    name: str
    start: Instant
    length: Micros = 8 * HOUR
    leads: int = 100
    desks: tuple[Desk, ...] = (
        Desk(team_id="nord", reps=("rep-anna", "rep-ben", "rep-cem"), calendar=OFFICE),
        Desk(team_id="sued", reps=("rep-dora", "rep-emil"), calendar=OFFICE),
    )
    sources: tuple[str, ...] = ("website", "fair", "partner")
    segments: tuple[str, ...] = ("small", "medium", "large")
    rhythm: Rhythm = Rhythm.OFFICE
    speed: float = 1.0
    mess: float = 0.3

    @property
    def end(self) -> Instant:
        """The last instant at which anything is sent."""
        return self.start + self.length

    def real(self, seconds: float) -> Micros:
        """Turn seconds on a real floor into microseconds on this one, whole milliseconds."""
        return max(round(seconds * 1_000 / self.speed), 0) * 1_000


def desks_of(policy: Policy) -> tuple[Desk, ...]:
    """Seat the teams of an agreement that have reps, in their own calendars."""
    return tuple(
        Desk(team_id=team_id, reps=tuple(sorted(team.reps)), calendar=policy.calendar_of(team_id))
        for team_id, team in policy.teams.items()
        if team.reps
    )
