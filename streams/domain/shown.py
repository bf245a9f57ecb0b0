"""How a rep is shown to whoever looks from outside, as the agreement's privacy says.

Source:
    Contract, sections 2 and 3; domain, c.17.
"""

from typing import Final

from streams.domain.panes import Rep
from streams.domain.policy import Policy

WHOLE_TEAM: Final = "*"
"""Stands for everybody of a team, its queue included."""
NO_ALIAS: Final = "other"
"""Stands for the reps to whom the agreement gives no alias, all together."""


def shown(rep: Rep, policy: Policy) -> Rep:
    """Give the name under which a rep appears; several may appear under one.

    The queue is nobody, and is shown as it is unless only teams are.
    """
    team_id, rep_id = rep
    if policy.privacy == "team_only":
        return team_id, WHOLE_TEAM
    if policy.privacy == "named" or rep_id is None:
        return rep
    team = policy.teams.get(team_id)
    alias = team.reps.get(rep_id) if team is not None else None
    return team_id, alias or NO_ALIAS
