"""Why an attempt, a pause or an exclusion did not count, in words.

Source:
    Domain, (d) 5 and 13; c.19, "Starting, stopping, ending", "Pauses, exclusions", "Depth".
"""

from typing import Final

from streams.domain.clock import Clock
from streams.domain.explain_facts import ANSWERS, Touch
from streams.domain.explain_stops import ExclusionSeen, PauseSeen
from streams.domain.phrases import length, listed, moment
from streams.domain.wording import CHANNELS, PARTIES


def attempt(touch: Touch) -> str:
    """Name an attempt: ``call by rep-anna, connected (e7)``."""
    told = touch.attempt.told
    parts = [CHANNELS[told.channel]]
    if told.direction == "inbound":
        parts = [f"{parts[0]} from the lead"]
    if told.rep_id is not None:
        parts[0] += f" by {told.rep_id}"
    elif told.party != "sales":
        parts[0] += f" by {PARTIES[told.party]}"
    if told.outcome is not None:
        parts.append(told.outcome.replace("_", " "))
    return f"{', '.join(parts)} ({touch.attempt.event_id})"


def judged(touch: Touch, clock: Clock, zone: str) -> str:
    """Say whether an attempt counts for a clock, and why not."""
    if touch.why:
        return (
            f"did not count: {listed(_objection(code, touch, clock, zone) for code in touch.why)}"
        )
    said = {ANSWERS: "this one answered", "counts": "counted", "after_end": "after the end"}
    words = said[touch.role]
    if touch.is_backdated:
        words += (
            f" as of {moment(touch.effect_at, zone)}, since it was written down by hand only on "
            f"{moment(touch.attempt.seen_at, zone)}"
        )
    return words


def paused(one: PauseSeen, clock: Clock, zone: str) -> str:
    """Say what a pause did for a clock."""
    until = f"until {moment(one.to_at, zone)}" if one.to_at is not None else "without an end yet"
    budget = clock.policy.pauses.budget
    because = {
        "": "the clock stood still",
        "reason_not_listed": "did not count: the agreement lists no such reason",
        "other_clock": "did not count: it is about another clock",
        "budget_used": "stopped it only until the budget of "
        f"{length(budget or 0)} of business time was used up",
    }[one.why]
    return f"{moment(one.from_at, zone)} {until}, {one.reason}: {because}"


def excluded(one: ExclusionSeen, clock: Clock, zone: str) -> str:
    """Say what an exclusion did for a clock."""
    fact = one.exclusion.fact
    because = {
        "": "its time did not count" if one.effect == "stopped" else "it took the breach back",
        "reason_not_listed": "did not count: the agreement lists no such reason",
        "other_leads": "did not count: it is about other leads",
        "other_owner": "did not count: it is about other teams or reps",
        "cap_used": "did not count: the cap of the agreement was used up",
        "declared_too_late": "did not count: it was declared later than "
        f"{length(clock.policy.correction_horizon)} after due",
        "no_help": "did not count: it was declared after due, and even with it this would "
        "not have been in time",
    }[one.why]
    return (
        f"{moment(fact.from_at, zone)} until {moment(fact.to_at, zone)}, {fact.reason} "
        f"({one.exclusion.id}, declared {moment(one.exclusion.declared_at, zone)}): {because}"
    )


def _objection(code: str, touch: Touch, clock: Clock, zone: str) -> str:
    told, policy = touch.attempt.told, clock.policy
    if code == "not_this_rep" and told.rep_id is None:
        code = "by_unknown"
    words = {
        **_OBJECTIONS,
        "other_party": f"{PARTIES[told.party]} made it, and {PARTIES[clock.commitment.debtor]} "
        "owes this",
        "undelivered": f"it was not delivered ({told.outcome})",
        "channel": f"this promise does not count the channel {told.channel}",
        "not_this_rep": f"{told.rep_id} made it, and this is the clock of another rep",
        "not_by_owner": f"{told.rep_id} made it, who did not own the lead",
        "not_by_team": f"{told.rep_id} made it, who is not of the owner's team",
        "double_dial": f"it came within {length(policy.double_dial)} of one on the same channel, "
        "and is that one again",
        "too_late": f"it was told on {moment(touch.attempt.seen_at, zone)}, more than "
        f"{length(policy.correction_horizon)} late",
    }
    return words[code]


_OBJECTIONS: Final = {
    "automated": "a machine made it",
    "inbound_not_connected": "the lead turned to us, and reached nobody",
    "inbound": "the lead turned to us",
    "by_unknown": "it is not said who made it",
    "no_owner_yet": "nobody owned the lead then",
    "before_handoff": "it was before the hand-off",
    "before_wait": "it was before this wait began",
    "not_the_next": "another one had come before it",
    "after_reassignment": "the lead had been given to somebody else",
    "allowed_stage": "the lead was in a stage in which that is agreed",
    "before_cycle": "it was before this began",
    "after_close": "the lead was closed by then",
    "told_again": "it tells again of an attempt that was known when the end was said",
    "other": "it does not qualify",
}
