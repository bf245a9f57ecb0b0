"""Which attempts stop a clock, and which count towards depth.

Source:
    Domain, c.19, "Starting, stopping, ending" and "Depth"; c.5.
"""

from collections.abc import Callable

from streams.domain.commitment import Commitment
from streams.domain.history import UNDELIVERED, Attempt
from streams.domain.policy import Policy
from streams.domain.timeline import Timeline

Qualifies = Callable[[Attempt], bool]


def answering(commitment: Commitment, policy: Policy, timeline: Timeline) -> Qualifies:
    """Build the test for attempts that stop the debtor's clocks of response time.

    Outbound, by a person, delivered; or inbound, by a person, and connected. An absent
    outcome qualifies, every channel and author too, unless ``qualifying`` narrows it.
    """

    def qualifies(attempt: Attempt) -> bool:
        told = attempt.told
        if told.party != commitment.debtor or told.automated:
            return False
        if told.direction == "inbound":
            if told.outcome != "connected":
                return False
        elif told.outcome in UNDELIVERED:
            return False
        return _is_listed(attempt, commitment, policy, timeline)

    return qualifies


def counting(commitment: Commitment, policy: Policy, timeline: Timeline) -> Qualifies:
    """Build the test for attempts that count towards depth.

    Outbound and delivered; automated ones only on the channels that ``automated`` lists.
    """

    def qualifies(attempt: Attempt) -> bool:
        told = attempt.told
        if told.party != commitment.debtor or told.direction == "inbound":
            return False
        if told.outcome in UNDELIVERED:
            return False
        if told.automated and told.channel not in commitment.automated:
            return False
        return _is_listed(attempt, commitment, policy, timeline)

    return qualifies


def turning_to(commitment: Commitment, policy: Policy, timeline: Timeline) -> Qualifies:
    """Build the test for the debtor's own contacts: outbound, by a person, delivered."""
    answers = answering(commitment, policy, timeline)

    def qualifies(attempt: Attempt) -> bool:
        return attempt.told.direction != "inbound" and answers(attempt)

    return qualifies


def _is_listed(
    attempt: Attempt, commitment: Commitment, policy: Policy, timeline: Timeline
) -> bool:
    """Apply ``qualifying``: the channel, and whose attempts count."""
    told = attempt.told
    channels = commitment.qualifying_channels
    if channels is not None and told.channel not in channels:
        return False
    if commitment.qualifying_by == "anyone":
        return True
    owner = timeline.owner_at(attempt.occurred_at)
    if owner is None or told.rep_id is None:
        return False
    if commitment.qualifying_by == "owner":
        return told.rep_id == owner.rep_id
    team = policy.teams.get(owner.team_id or "")
    return team is not None and told.rep_id in team.reps
