"""A synthetic lead: what is told of it, so that any agreement gives a verdict at once.

It is handed off and reached in one instant, so that it never is late, and is no early
or premature lead either. Leads whose id begins ``synthetic:`` are counted nowhere.

Source:
    Contract, section 1, the last sentence.
"""

from typing import Final

from schemas.facts import STAGES, ContactAttempt, Fact, HandedOff, LeadCreated, LeadErased
from schemas.instants import Instant
from streams.domain.commitment import (
    DEPTH,
    GATE,
    OWNER,
    SPEED,
    SPEED_TO_LEAD,
    TOO_EARLY,
    Commitment,
)
from streams.domain.policy import Policy

ORIGIN: Final = "leadclock-probe"
_ANSWERED: Final = (SPEED, SPEED_TO_LEAD, OWNER, DEPTH)
"""The clock kinds that a person who is reached ends."""
_SALES: Final = "sales"
_NOBODY: Final = "probe"
"""A rep where one is needed, and it does not matter who."""


def told_of(lead_id: str, policy: Policy, at: Instant) -> tuple[Fact, ...] | None:
    """Say what to tell of a synthetic lead for a verdict to follow.

    Args:
        lead_id: Its id.
        policy: What is in force.
        at: When all of it happens.

    Returns:
        Its facts, the hand-off last: once that is known, so is the answer. None: nothing
        that is promised ends by reaching a lead.
    """
    for commitment in policy.commitments:
        if commitment.debtor == _SALES and commitment.clock in _ANSWERED:
            told = _told(lead_id, commitment, policy, at)
            if told is not None:
                return told
    return None


def erased(lead_id: str, at: Instant) -> LeadErased:
    """Say that a synthetic lead has served, so that nothing of it is kept."""
    return LeadErased(event_id=f"{lead_id}:erased", lead_id=lead_id, occurred_at=at, origin=ORIGIN)


def _told(
    lead_id: str, commitment: Commitment, policy: Policy, at: Instant
) -> tuple[Fact, ...] | None:
    team_id = _team_of(commitment, policy)
    if team_id is None:
        return None
    rep_id = None
    if commitment.clock == OWNER or commitment.qualifying_by != "anyone":
        # Only where it matters: nobody should find a lead that does not exist.
        rep_id = next(iter(policy.teams[team_id].reps), _NOBODY)
    gates = [one for one in policy.commitments if one.clock == GATE]
    score = max((one.min_score for one in gates if one.min_score is not None), default=None)
    channels = commitment.qualifying_channels
    return (
        ContactAttempt(
            event_id=f"{lead_id}:reached",
            lead_id=lead_id,
            occurred_at=at,
            origin=ORIGIN,
            channel="call" if channels is None else min(channels),
            outcome="connected",
            rep_id=rep_id,
            evidence="system",
        ),
        LeadCreated(
            event_id=f"{lead_id}:created",
            lead_id=lead_id,
            occurred_at=at,
            origin=ORIGIN,
            source=_wanted(commitment, "source"),
            segment=_wanted(commitment, "segment"),
            campaign=_wanted(commitment, "campaign"),
            role=_wanted(commitment, "role"),
            stage=_stage_of(commitment, policy),
            score=score,
        ),
        HandedOff(
            event_id=f"{lead_id}:handed-off",
            lead_id=lead_id,
            occurred_at=at,
            origin=ORIGIN,
            team_id=team_id,
            rep_id=rep_id,
        ),
    )


def _wanted(commitment: Commitment, attribute: str) -> str | None:
    return min(commitment.applies.get(attribute, ()), default=None)


def _team_of(commitment: Commitment, policy: Policy) -> str | None:
    """Choose a team to which the commitment applies, with reps if somebody of it has to answer."""
    for team_id in sorted(commitment.applies.get("team_id", policy.teams)):
        team = policy.teams.get(team_id)
        if team is not None and (team.reps or commitment.qualifying_by != "team"):
            return team_id
    return None


def _stage_of(commitment: Commitment, policy: Policy) -> str:
    """Choose a stage in which Sales may turn to a lead, and that passes Marketing's gate."""
    wanted = commitment.applies.get("stage", frozenset(STAGES))
    early = {stage for one in policy.commitments if one.clock == TOO_EARLY for stage in one.stages}
    gates = [one.stages for one in policy.commitments if one.clock == GATE and one.stages]
    good = [one for one in wanted if one not in early and all(one in gate for gate in gates)]
    # Marketing qualified, if there is a choice: what a lead is when nothing is said of it.
    return min(good or wanted, key=lambda stage: (stage != "mql", stage))
