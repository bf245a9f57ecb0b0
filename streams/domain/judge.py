"""Judging a lead: what its facts and the agreement say of each promise.

A pure function: the same facts and policies give the same clocks, in whatever order
and however often the facts were told.

Source:
    Domain, c.19; architecture, rule 1.
"""

from streams.domain.clock import Clock
from streams.domain.clocks.acts import act_clocks
from streams.domain.clocks.excluded import excluded_clocks
from streams.domain.history import History
from streams.domain.known import Known
from streams.domain.starting import started


def judge(history: History, known: Known) -> list[Clock]:
    """Judge every clock of a lead.

    Args:
        history: The facts that are known.
        known: The published versions, of which the one in force when a clock opened holds
            for it, and the declared exclusions.

    Returns:
        The clocks by cycle: those from creation, from the first hand-off (speed, depth,
        burnt), of each owner, between attempts, and what is due at an act.
    """
    clocks: list[Clock] = []
    policies, exclusions = known.policies, known.exclusions
    for cycle in history.cycles:
        for opening, make in started(history, cycle, policies):
            if exclusions.declared:
                clocks += excluded_clocks(opening, history, make, exclusions)
                continue
            if history.pauses:
                opening.pause(history)
            clocks += make(opening, history)
        clocks += act_clocks(history, cycle, policies)
    return clocks
