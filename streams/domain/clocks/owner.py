"""The owner's clock: from being given the lead to this rep's own first attempt.

It starts again with every segment: a run of hand-offs to the same rep. A team's
queue is nobody, and owes nothing of this kind.

Source:
    Domain, c.2 and c.8; c.19, "the owner clock's key".
"""

from collections.abc import Iterator
from dataclasses import replace

from streams.domain.clock import Clock
from streams.domain.clocks.answered import answers_of, clock_of_answers
from streams.domain.commitment import OWNER
from streams.domain.ending import REASSIGNED
from streams.domain.history import Attempt, Cycle, Handoff, History
from streams.domain.opening import Budgets, Opening, pinned_by
from streams.domain.policy import Policy
from streams.domain.qualifying import answering
from streams.domain.timeline import FOR_EVER, Ownership, Timeline


def owner_openings(history: History, cycle: Cycle, policy: Policy) -> Iterator[Opening]:
    """Give where each rep's clock starts; the lead goes on in its own calendar."""
    budgets: Budgets = {}
    for handoff, next_one in _segments(cycle.handoffs):
        attributes = history.attributes_at(handoff.at, cycle.handoffs[0].team_id)
        chosen = policy.commitment_for(OWNER, attributes)
        if chosen is None or handoff.rep_id is None:
            continue
        seen = cycle.seen_by(chosen.debtor)
        if next_one is not None:
            seen = replace(
                seen,
                ended_at=next_one.at,
                ended_by=REASSIGNED,
                end_event_id=next_one.event_id,
            )
        pinned, name = pinned_by(chosen, policy, handoff.team_id)
        calendar = policy.calendar_of(handoff.team_id) if pinned is None else pinned
        owned = Ownership(-FOR_EVER, FOR_EVER, calendar, handoff.team_id, handoff.rep_id)
        counted_in = Timeline([owned], cycle.stops), name, attributes.get("segment")
        opening = Opening(chosen, policy, seen, (handoff.at, handoff.event_id), counted_in)
        opening.budget_from = budgets.setdefault(chosen.id, opening.started_at)
        yield opening


def owner_clocks(opening: Opening, history: History) -> list[Clock]:
    """Judge one rep's clock: only this rep's attempts stop it."""
    answers_in_general = answering(opening.commitment, opening.policy, opening.timeline)
    rep_id = opening.timeline.spans[0].rep_id

    def qualifies(attempt: Attempt) -> bool:
        return attempt.told.rep_id == rep_id and answers_in_general(attempt)

    answers = answers_of(opening, history, qualifies)
    cycle = opening.cycle
    if cycle.ended_by == REASSIGNED and cycle.ended_at is not None:
        # At one instant a hand-off comes before an attempt.
        answers = [answer for answer in answers if answer[0] < cycle.ended_at]
    return [clock_of_answers(opening, history, answers)]


def _segments(handoffs: list[Handoff]) -> Iterator[tuple[Handoff, Handoff | None]]:
    """Give the hand-off that began each segment, and the one that ended it."""
    began: Handoff | None = None
    for place, handoff in enumerate(handoffs):
        if place + 1 < len(handoffs) and handoffs[place + 1].at == handoff.at:
            # Of several at one instant the last one holds.
            continue
        if began is None:
            began = handoff
        elif (handoff.team_id, handoff.rep_id) != (began.team_id, began.rep_id):
            yield began, handoff
            began = handoff
    if began is not None:
        yield began, None
