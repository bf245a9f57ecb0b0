"""Judging a lead: what its facts and the agreement say of each promise.

A pure function: the same facts and policies give the same clocks, in whatever order
and however often the facts were told.

Source:
    Domain, c.19; architecture, rule 1.
"""

from streams.domain import commitment as kinds
from streams.domain.clock import Clock
from streams.domain.clocks.answered import answered_clock
from streams.domain.clocks.depth import depth_clocks
from streams.domain.history import History
from streams.domain.opening import openings
from streams.domain.policies import Policies


def judge(history: History, policies: Policies) -> list[Clock]:
    """Judge every clock of a lead.

    Args:
        history: The facts that are known.
        policies: Published versions; the one in force when a clock opened holds for it.

    Returns:
        One clock for each commitment that holds: by cycle, then from creation, speed, depth.
    """
    clocks: list[Clock] = []
    for cycle in history.cycles:
        for opening in openings(history, cycle, policies):
            if opening.commitment.clock == kinds.DEPTH:
                clocks.extend(depth_clocks(opening, history))
            else:
                clocks.append(answered_clock(opening, history))
    return clocks
