"""What the published agreement says about a board: whose names, and what counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.instants import Instant, Micros
from streams.board.view import Owner
from streams.domain.policy import Policy, policy_of
from streams.domain.problems import AgreementError
from streams.domain.shown import WHOLE_TEAM, shown
from streams.domain.terms import RepPrivacy, Team

_SIDES: Final = ("sales", "marketing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The part of an agreement that a board keeps to.

    Until one is known, reps do not appear, which is also the agreement's own default.

    Attributes:
        privacy: How reps appear: ``named``, ``alias`` or ``team_only``.
        min_group: With ``team_only``, so many reps a team needs to be shown by itself.
        teams: With their reps and aliases; nothing else of them is read.
        measured: Commitments with ``report_only``: nobody promised anything.
        policy: The whole of it, for its calendars; None: this release cannot read it.
        version: 0: none was read.

    Source:
        Contract, section 3, ``privacy`` and ``report_only``.
    """

    privacy: RepPrivacy = "team_only"
    min_group: int = 1
    teams: Mapping[str, Team] = field(default_factory=dict)
    measured: frozenset[str] = frozenset()
    policy: Policy | None = None
    version: int = 0

    @property
    def shows_reps(self) -> bool:
        """Reps have rows of their own, under whatever name."""
        return self.privacy != "team_only"

    def owner(self, team_id: str | None, rep_id: str | None) -> Owner:
        """Show an owner; reps without an alias are one where aliases are wanted."""
        if team_id is None:
            return Owner(team=None, rep=None)
        return self.named(*shown((team_id, rep_id), self))

    def named(self, team_id: str, name: str | None) -> Owner:
        """Show whom a scorecard names, for whom privacy has chosen a name already."""
        return Owner(team=team_id, rep=None if name == WHOLE_TEAM else name)

    def between(self, team_id: str | None, start: Instant, end: Instant) -> Micros:
        """Measure the business time of a team; real time while no calendar is known."""
        if end <= start:
            return 0
        if self.policy is None:
            return end - start
        return self.policy.calendar_of(team_id).elapsed(start, end)


def agreement_of(version: int, body: Mapping[str, Any]) -> Agreement:
    """Read a published body; what it does not say stays hidden, and every promise counts."""
    privacy = body.get("privacy")
    told = privacy if isinstance(privacy, Mapping) else {}
    reps, least = told.get("reps"), told.get("min_group")
    return Agreement(
        privacy=reps if reps in ("named", "alias") else "team_only",
        min_group=least if isinstance(least, int) else 1,
        teams=dict(_teams(body.get("teams"))),
        measured=frozenset(_measured(body)),
        policy=_policy(body),
        version=version,
    )


def _policy(body: Mapping[str, Any]) -> Policy | None:
    try:
        return policy_of(body)
    except AgreementError:
        # A board shows what it can also of an agreement of a newer release.
        return None


def _teams(teams: object) -> Iterator[tuple[str, Team]]:
    for team_id, team in teams.items() if isinstance(teams, Mapping) else ():
        reps = team.get("reps") if isinstance(team, Mapping) else None
        # A plain list of reps has no aliases.
        if isinstance(reps, Mapping):
            aliases = {str(rep_id): _alias(rep) for rep_id, rep in reps.items()}
        else:
            aliases = dict.fromkeys(map(str, reps) if isinstance(reps, list) else ())
        yield str(team_id), Team(calendar="", reps=aliases)


def _alias(rep: object) -> str | None:
    alias = rep.get("alias") if isinstance(rep, Mapping) else None
    return alias if isinstance(alias, str) else None


def _measured(body: Mapping[str, Any]) -> Iterator[str]:
    for side in _SIDES:
        commitments = body.get(side)
        for commitment in commitments if isinstance(commitments, list) else ():
            if isinstance(commitment, Mapping) and commitment.get("report_only") is True:
                yield str(commitment.get("id"))
