"""Short ways to say what is known of reps."""

from collections.abc import Iterable
from typing import Any

from streams.domain.panes import Rep, pane_of
from streams.domain.policy import Policy, policy_of
from streams.domain.scorecard import Scorecards, Windows, Zones
from streams.domain.standing import Standing
from tests.support.story import SPEED, agreement, at

NOW = at("2026-03-10 10:00")
ANNA: Rep = ("nord", "anna")


def policy(privacy: str = "named", **more: Any) -> Policy:
    """Build an agreement with the teams nord and sued."""
    return policy_of(agreement(SPEED, privacy={"reps": privacy}, **more))


def known(
    *told: tuple[Rep, int], standings: Iterable[tuple[Rep, Standing]] = ()
) -> list[tuple[Rep, Windows]]:
    """Tell counts of the current pane, and standings, and read everybody's windows."""
    cards = Scorecards(Zones({}))
    for rep, counts in told:
        cards.tell_pane(0, rep, pane_of(NOW), counts)
    for rep, standing in standings:
        cards.tell_standing(0, rep, standing)
    return [(rep, cards.windows(rep, NOW)) for rep in cards.reps()]
