"""Whose name a board may show: what the agreement's ``privacy`` says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.board.view import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """How reps appear; until an agreement is known, they do not.

    Attributes:
        reps: ``named``, ``alias`` or ``team_only``.
        aliases: By team and rep.
        version: Of the agreement that says so; 0: none was read.

    Source:
        Contract, section 3, ``privacy``; ``team_only`` is its default.
    """

    reps: str = "team_only"
    aliases: Mapping[tuple[str, str], str] = field(default_factory=dict)
    version: int = 0

    def owner(self, team_id: str | None, rep_id: str | None) -> Owner:
        """Show an owner; a rep without an alias stays hidden where aliases are wanted."""
        if team_id is None or rep_id is None or self.reps == "team_only":
            return Owner(team=team_id, rep=None)
        if self.reps == "named":
            return Owner(team=team_id, rep=rep_id)
        return Owner(team=team_id, rep=self.aliases.get((team_id, rep_id)))


def privacy_of(version: int, body: Mapping[str, Any]) -> Privacy:
    """Read what a published agreement lets a board show; what it does not say stays hidden."""
    said = body.get("privacy")
    reps = said.get("reps") if isinstance(said, Mapping) else None
    return Privacy(
        reps=reps if reps in ("named", "alias") else "team_only",
        aliases=dict(_aliases(body.get("teams"))),
        version=version,
    )


def _aliases(teams: object) -> list[tuple[tuple[str, str], str]]:
    found = []
    for team_id, team in teams.items() if isinstance(teams, Mapping) else ():
        reps = team.get("reps") if isinstance(team, Mapping) else None
        # A plain list of reps has no aliases.
        for rep_id, rep in reps.items() if isinstance(reps, Mapping) else ():
            alias = rep.get("alias") if isinstance(rep, Mapping) else None
            if isinstance(alias, str):
                found.append(((str(team_id), str(rep_id)), alias))
    return found
