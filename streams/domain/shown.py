"""How a rep is shown to whoever looks from outside, as the agreement's privacy says.

The one place where that is decided, for scorecards, metrics and the board.

Source:
    Contract, sections 2 and 3; domain, c.17.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Final, Protocol

from streams.domain.counts import EMPTY, Counts
from streams.domain.panes import Rep
from streams.domain.policy import Policy
from streams.domain.standing import Standing, Standings, merged
from streams.domain.terms import RepPrivacy, Team

WHOLE_TEAM: Final = "*"
"""Stands for everybody of a team, its queue included."""
NO_ALIAS: Final = "other"
"""Stands for the reps to whom the agreement gives no alias, all together."""
SMALL_TEAMS: Final = "other"
"""Stands for the teams in which nobody could hide, all together."""


class Agreed(Protocol):
    """What of an agreement decides on names."""

    @property
    def privacy(self) -> RepPrivacy:
        """How reps appear."""

    @property
    def min_group(self) -> int:
        """With ``team_only``, so many reps a team needs to be shown by itself."""

    @property
    def teams(self) -> Mapping[str, Team]:
        """By team id."""


def shown(rep: Rep, policy: Agreed) -> Rep:
    """Give the name under which a rep appears; several may appear under one.

    The queue is nobody, and is shown as it is unless only teams are.
    """
    team_id, rep_id = rep
    if policy.privacy == "team_only":
        return (SMALL_TEAMS if _is_small(team_id, policy) else team_id), WHOLE_TEAM
    if policy.privacy == "named" or rep_id is None:
        return rep
    team = policy.teams.get(team_id)
    alias = team.reps.get(rep_id) if team is not None else None
    return team_id, alias or NO_ALIAS


def shown_teams(policy: Agreed) -> list[str]:
    """Give the listed teams that may appear by themselves, as labels do."""
    return [team_id for team_id in policy.teams if not _is_small(team_id, policy)]


def _is_small(team_id: str, policy: Agreed) -> bool:
    """Tell whether a team's figures would be somebody's; of one not listed nobody knows."""
    if policy.privacy != "team_only" or policy.min_group <= 1:
        return False
    team = policy.teams.get(team_id)
    return team is None or len(team.reps) < policy.min_group


def listed(policy: Policy) -> Iterator[Rep]:
    """Give the names under which those appear whom the agreement lists, each team's queue first.

    Yields:
        Each name once, whether anything is known of it or not.
    """
    yield from dict.fromkeys(
        shown((team_id, rep_id), policy)
        for team_id, team in policy.teams.items()
        for rep_id in (None, *team.reps)
    )


def shown_counts(counted: Mapping[Rep, Counts], policy: Policy) -> dict[Rep, Counts]:
    """Put the counts of one pane together by the names under which their reps appear."""
    found: dict[Rep, Counts] = {}
    for rep, counts in counted.items():
        name = shown(rep, policy)
        found[name] = found.get(name, EMPTY) + counts
    return found


def shown_standings(
    standings: Standings, policy: Policy, names: Container[Rep] | None = None
) -> dict[Rep, Standing]:
    """Put the standings of all reps together likewise.

    Args:
        standings: Of one partition.
        policy: Says under which name each appears.
        names: Leave out all others; None: leave out nobody.
    """
    found: dict[Rep, list[Standing]] = {}
    for rep in standings.reps():
        name = shown(rep, policy)
        if names is None or name in names:
            found.setdefault(name, []).append(standings.of(rep))
    return {name: merged(several) for name, several in found.items()}
