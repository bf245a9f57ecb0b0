"""What everything is generated from: the agreement, and where things are found."""

from dataclasses import dataclass
from typing import Final

from schemas.instants import DAY, HOUR
from streams.domain.calendar import Calendar
from streams.domain.commitment import Commitment
from streams.domain.policy import Policy
from streams.domain.shown import SMALL_TEAMS, shown_teams
from streams.domain.wording import promise, terms

GRAFANA: Final = "http://127.0.0.1:3000"
WORKLIST: Final = "http://127.0.0.1:9464/worklist"
RUNBOOKS: Final = "docs/runbooks"
_YEAR: Final = 365
_PERIODS_A_YEAR: Final = {"month": 12, "quarter": 4, "year": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An agreement, and the addresses at which a person finds what it is about.

    Attributes:
        policy: The agreement.
        grafana: Where boards are opened.
        worklist: Where the named leads are listed, ``?team=`` is added to it.
        runbooks: Folder or address of the pages that say what to do; a name and ``.md``
            is added to it.
    """

    policy: Policy
    grafana: str = GRAFANA
    worklist: str = WORKLIST
    runbooks: str = RUNBOOKS

    @property
    def teams(self) -> tuple[str, ...]:
        """The teams as metrics name them: small ones together, where privacy says so."""
        shown = shown_teams(self.policy)
        return (*shown, *((SMALL_TEAMS,) if len(shown) < len(self.policy.teams) else ()))

    def objectives(self) -> dict[str, float]:
        """Give the objective of each clock kind that has one, as a share from 0 to 1.

        Metrics tell clock kinds apart, not commitments. Of several objectives the least
        holds: an alarm shall not ring while every promise may still be kept.
        """
        found: dict[str, float] = {}
        for one in self.policy.commitments:
            if one.objective is not None and not one.report_only:
                share = float(one.objective) / 100
                found[one.clock] = min(share, found.get(one.clock, share))
        return found

    def business_hours(self, calendar: Calendar) -> float:
        """Measure how many business hours a period of the agreement has.

        Returns:
            The mean over the year from ``effective_from`` on, in whole hours: it does not
            depend on the release of the time zones' database.
        """
        start = self.policy.effective_from
        year = calendar.elapsed(start, start + _YEAR * DAY) / HOUR
        return float(max(1, round(year / _PERIODS_A_YEAR[self.policy.period or "month"])))

    def said(self, *clocks: str) -> str:
        """Say in the agreement's own words what is promised of some clock kinds."""
        return "\n\n".join(
            " ".join((f"**{one.id}**:", promise(one), *terms(one)))
            for one in self.policy.commitments
            if one.clock in clocks
        )

    def promised(self) -> tuple[Commitment, ...]:
        """Give what may be broken."""
        return tuple(one for one in self.policy.commitments if not one.report_only)
