"""What the published agreement says about a board: whose names, and what counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from streams.board.view import Owner

_SIDES: Final = ("sales", "marketing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The part of an agreement that a board keeps to.

    Until one is known, reps do not appear, which is also the agreement's own default.

    Attributes:
        reps: How they appear: ``named``, ``alias`` or ``team_only``.
        aliases: By team and rep.
        measured: Commitments with ``report_only``: nobody promised anything.
        version: 0: none was read.

    Source:
        Contract, section 3, ``privacy`` and ``report_only``.
    """

    reps: str = "team_only"
    aliases: Mapping[tuple[str, str], str] = field(default_factory=dict)
    measured: frozenset[str] = frozenset()
    version: int = 0

    def owner(self, team_id: str | None, rep_id: str | None) -> Owner:
        """Show an owner; a rep without an alias stays hidden where aliases are wanted."""
        if team_id is None or rep_id is None or self.reps == "team_only":
            return Owner(team=team_id, rep=None)
        if self.reps == "named":
            return Owner(team=team_id, rep=rep_id)
        return Owner(team=team_id, rep=self.aliases.get((team_id, rep_id)))


def agreement_of(version: int, body: Mapping[str, Any]) -> Agreement:
    """Read a published body; what it does not say stays hidden, and every promise counts."""
    privacy = body.get("privacy")
    reps = privacy.get("reps") if isinstance(privacy, Mapping) else None
    return Agreement(
        reps=reps if reps in ("named", "alias") else "team_only",
        aliases=dict(_aliases(body.get("teams"))),
        measured=frozenset(_measured(body)),
        version=version,
    )


def _aliases(teams: object) -> Iterator[tuple[tuple[str, str], str]]:
    for team_id, team in teams.items() if isinstance(teams, Mapping) else ():
        reps = team.get("reps") if isinstance(team, Mapping) else None
        # A plain list of reps has no aliases.
        for rep_id, rep in reps.items() if isinstance(reps, Mapping) else ():
            alias = rep.get("alias") if isinstance(rep, Mapping) else None
            if isinstance(alias, str):
                yield (str(team_id), str(rep_id)), alias


def _measured(body: Mapping[str, Any]) -> Iterator[str]:
    for side in _SIDES:
        commitments = body.get(side)
        for commitment in commitments if isinstance(commitments, list) else ():
            if isinstance(commitment, Mapping) and commitment.get("report_only") is True:
                yield str(commitment.get("id"))
