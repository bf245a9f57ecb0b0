"""What is due at an act: a contact that came too early, a lead handed off too soon.

Such a breach ends confirmed and has no verdict.

Source:
    Contract, section 3; domain, M19 to M22.
"""

from collections.abc import Iterator
from typing import Final

from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.commitment import GATE, TOO_EARLY, Commitment
from streams.domain.history import Cycle, Handoff, History
from streams.domain.opening import timeline_of
from streams.domain.policies import Policies
from streams.domain.policy import Policy
from streams.domain.qualifying import turning_to

PREMATURE: Final = "premature"


def act_clocks(history: History, cycle: Cycle, policies: Policies) -> Iterator[Clock]:
    """Judge what was done in a cycle that should not have been."""
    if TOO_EARLY in policies.kinds:
        yield from _too_early(history, cycle, policies)
    if GATE in policies.kinds and cycle.handoffs:
        yield from _gate(history, cycle, policies)


def _too_early(history: History, cycle: Cycle, policies: Policies) -> Iterator[Clock]:
    """Judge contacts while the lead was in a stage that the agreement lists.

    Due at the first of them; the lead's stage is the one last told by then.
    """
    first = cycle.handoffs[0] if cycle.handoffs else None
    created = history.created if cycle.number == 1 else None
    if created is not None:
        at, instance = created.occurred_at, created.event_id
    elif first is not None:
        at, instance = first.at, first.event_id
    else:
        return
    policy = policies.pinned(at)
    attributes = history.attributes_at(at, first.team_id if first else None)
    chosen = policy.commitment_for(TOO_EARLY, attributes) if policy else None
    if policy is None or chosen is None:
        return
    timeline = timeline_of(cycle, policy, policy.calendar_of(None))
    contacts = turning_to(chosen, policy, timeline)
    found = sorted(
        (effect_at, attempt.event_id)
        for attempt in history.attempts
        if cycle.holds(attempt)
        and contacts(attempt)
        and history.stage_at(effect_at := attempt.effect_at(policy.max_backdate)) in chosen.stages
    )

    if not found:
        return

    def contacts_at(instant: Instant) -> int:
        return sum(1 for effect_at, _ in found if effect_at <= instant)

    yield Clock(
        commitment=chosen,
        policy=policy,
        id=chosen.id,
        instance=instance,
        cycle=cycle.number,
        timeline=timeline,
        calendar=policy.default_calendar,
        segment=attributes.get("segment"),
        opened_at=at,
        started_at=at,
        due_at=found[0][0],
        breach_kind=TOO_EARLY,
        evidence_id=found[0][1],
        attempts=contacts_at,
        target=0,
        unit="attempts",
        has_verdict=False,
    )


def _gate(history: History, cycle: Cycle, policies: Policies) -> Iterator[Clock]:
    """Judge the hand-off that opened the cycle, by the score and the stage it had then.

    What is not known of a lead keeps it out of no gate.
    """
    first = cycle.handoffs[0]
    policy = policies.pinned(first.at)
    attributes = history.attributes_at(first.at, first.team_id)
    chosen = policy.commitment_for(GATE, attributes) if policy else None
    if policy is None or chosen is None:
        return
    score = _score(history, first)
    stage = first.stage or history.stage_at(first.at)
    is_low = chosen.min_score is not None and score is not None and score < chosen.min_score
    is_outside = bool(chosen.stages) and stage is not None and stage not in chosen.stages
    if is_low or is_outside:
        segment = attributes.get("segment")
        yield _gate_clock(chosen, policy, cycle, score if is_low else None, segment)


def _gate_clock(
    commitment: Commitment,
    policy: Policy,
    cycle: Cycle,
    score: float | None,
    segment: str | None,
) -> Clock:
    first = cycle.handoffs[0]
    return Clock(
        commitment=commitment,
        policy=policy,
        id=commitment.id,
        instance=first.event_id,
        cycle=cycle.number,
        timeline=timeline_of(cycle, policy, None),
        calendar=policy.calendar_name_of(first.team_id),
        segment=segment,
        opened_at=first.at,
        started_at=first.at,
        due_at=first.at,
        breach_kind=PREMATURE,
        evidence_id=first.event_id,
        attempts=lambda _at: 0,
        target=commitment.min_score if score is not None else None,
        actual=lambda _at: score,
        unit="stage" if score is None else "score",
        has_verdict=False,
    )


def _score(history: History, handoff: Handoff) -> float | None:
    """Give the lead's score at a hand-off: the hand-off's own, else the one last told."""
    if handoff.score is not None:
        return handoff.score
    found = history.created.score if history.created is not None else None
    for update in history.updates:
        if update.occurred_at <= handoff.at and update.score is not None:
            found = update.score
    return found
