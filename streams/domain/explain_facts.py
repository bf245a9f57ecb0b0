"""Which attempts count for a clock, and why the others do not.

Whether one counts is decided by the very tests that judged the clock; this module
only finds words for a no.

Source:
    Domain, c.19, "Starting, stopping, ending" and "Depth"; (d) 13.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.facts import ContactAttempt
from schemas.instants import Instant
from streams.domain import commitment as kinds
from streams.domain.clock import Clock
from streams.domain.clocks.depth import depth_of
from streams.domain.ending import REASSIGNED
from streams.domain.history import UNDELIVERED, Attempt, Cycle, History, Told
from streams.domain.opening import Opening
from streams.domain.qualifying import answering, counting, turning_to

COUNTS: Final = "counts"
ANSWERS: Final = "answers"
AFTER_END: Final = "after_end"
TOO_LATE: Final = "too_late"
TOLD_AGAIN: Final = "told_again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One attempt as a clock sees it.

    Attributes:
        attempt: What is known of it.
        effect_at: When it takes effect for this clock.
        role: ``answers``: it ended the clock; ``counts``; ``after_end``: it would have
            counted, but the clock had ended; empty: it does not count.
        why: Codes of what speaks against it.
    """

    attempt: Attempt
    effect_at: Instant
    role: str = ""
    why: tuple[str, ...] = ()

    @property
    def is_backdated(self) -> bool:
        """It takes effect later than it is said to have occurred."""
        return self.effect_at > self.attempt.occurred_at


class _Test(NamedTuple):
    """The test that judged a clock, and what finds the codes of its no."""

    takes: Callable[[Attempt], bool]
    objections: Callable[[Attempt], Iterator[str]]


def touches_of(clock: Clock, opening: Opening | None, history: History) -> list[Touch]:
    """Say of each attempt that is known what it is to a clock, in order.

    Args:
        clock: As it was judged.
        opening: What it started from; None: what is due at an act starts from nothing.
        history: The facts by which it was judged.
    """
    if clock.commitment.clock in (kinds.QUALIFY, kinds.GATE):
        return []
    cycle = opening.cycle if opening is not None else _cycle_of(clock, history)
    test = _test(clock, opening, cycle, history)
    return [_touch(one, clock, cycle, test) for one in history.attempts]


def too_late_for(clock: Clock, ignored: Iterable[tuple[Told, str]]) -> Iterator[Touch]:
    """Show the attempts that were told too late for a clock, each telling for itself."""
    for (seen_at, fact), why in ignored:
        if isinstance(fact, ContactAttempt):
            attempt = _attempt_of(fact, seen_at)
            effect_at = attempt.effect_at(clock.policy.max_backdate)
            yield Touch(attempt=attempt, effect_at=effect_at, why=(why,))


def _touch(attempt: Attempt, clock: Clock, cycle: Cycle, test: _Test) -> Touch:
    is_depth = clock.commitment.clock == kinds.DEPTH
    effect_at = attempt.effect_at(clock.policy.max_backdate)
    if is_depth:
        # For depth a late entry in the books is worth as much as an early one.
        effect_at = attempt.occurred_at
    if attempt.occurred_at <= cycle.after:
        return Touch(attempt=attempt, effect_at=effect_at, why=("before_cycle",))
    if not cycle.holds(attempt):
        return Touch(attempt=attempt, effect_at=effect_at, why=("after_close",))
    if not test.takes(attempt):
        why = tuple(dict.fromkeys(test.objections(attempt))) or ("other",)
        return Touch(attempt=attempt, effect_at=effect_at, why=why)
    if clock.answered_at is not None and attempt.event_id == clock.evidence_id:
        return Touch(attempt=attempt, effect_at=effect_at, role=ANSWERS)
    is_over = clock.ended_at is not None and effect_at > clock.ended_at
    return Touch(attempt=attempt, effect_at=effect_at, role=AFTER_END if is_over else COUNTS)


def _test(clock: Clock, opening: Opening | None, cycle: Cycle, history: History) -> _Test:
    """Give the test that judged the clock, and what finds words for its no."""
    commitment, policy, timeline = clock.commitment, clock.policy, clock.timeline
    match commitment.clock:
        case kinds.DEPTH if opening is not None:
            return _of_depth(clock, opening, history)
        case kinds.NEXT_ATTEMPT if opening is not None:
            return _of_cadence(clock, opening)
        case kinds.OWNER:
            return _of_owner(clock, cycle)
        case kinds.BURNT:
            return _of_burnt(clock)
        case kinds.TOO_EARLY:
            takes = turning_to(commitment, policy, timeline)
            return _Test(
                lambda it: takes(it) and _stage(it, clock, history) in commitment.stages,
                lambda it: _of_contact(it, clock, history),
            )
        case _:
            takes = answering(commitment, policy, timeline)
            return _Test(takes, lambda it: _to_answer(it, clock))


def _of_depth(clock: Clock, opening: Opening, history: History) -> _Test:
    depth = depth_of(opening, history)
    counted = {event_id for _, event_id, _ in depth.counted}
    connect = depth.connect[2] if depth.connect is not None else None
    counts = counting(clock.commitment, clock.policy, opening.timeline)

    def objections(it: Attempt) -> Iterator[str]:
        yield from _to_count(it, clock)
        if it.occurred_at < opening.opened_at:
            yield "before_handoff"
        elif counts(it):
            yield "double_dial"

    is_minimum = clock.id == clock.commitment.id

    def takes(it: Attempt) -> bool:
        return it.event_id in counted or (is_minimum and it.event_id == connect)

    return _Test(takes, objections)


def _of_cadence(clock: Clock, opening: Opening) -> _Test:
    follows = {event_id for _, _, event_id in opening.answers}
    counts = counting(clock.commitment, clock.policy, opening.timeline)

    def objections(it: Attempt) -> Iterator[str]:
        if it.effect_at(clock.policy.max_backdate) <= opening.opened_at:
            yield "before_wait"
        elif counts(it):
            yield "not_the_next"
        else:
            yield from _to_count(it, clock)

    return _Test(lambda it: it.event_id in follows, objections)


def _of_owner(clock: Clock, cycle: Cycle) -> _Test:
    answers = answering(clock.commitment, clock.policy, clock.timeline)
    rep_id = clock.timeline.spans[0].rep_id
    ends_at = cycle.ended_at if cycle.ended_by == REASSIGNED else None

    def is_over(it: Attempt) -> bool:
        return ends_at is not None and it.effect_at(clock.policy.max_backdate) >= ends_at

    def takes(it: Attempt) -> bool:
        return it.told.rep_id == rep_id and answers(it) and not is_over(it)

    def objections(it: Attempt) -> Iterator[str]:
        if it.told.rep_id != rep_id:
            yield "not_this_rep"
        yield from _to_answer(it, clock)
        if is_over(it):
            yield "after_reassignment"

    return _Test(takes, objections)


def _of_burnt(clock: Clock) -> _Test:
    answers = answering(clock.commitment, clock.policy, clock.timeline)

    def objections(it: Attempt) -> Iterator[str]:
        yield from _to_answer(it, clock)
        if it.occurred_at < clock.opened_at:
            yield "before_handoff"

    return _Test(lambda it: it.occurred_at >= clock.opened_at and answers(it), objections)


def _of_contact(it: Attempt, clock: Clock, history: History) -> Iterator[str]:
    if it.told.direction == "inbound":
        yield "inbound"
    else:
        yield from _to_answer(it, clock)
    if _stage(it, clock, history) not in clock.commitment.stages:
        yield "allowed_stage"


def _to_answer(it: Attempt, clock: Clock) -> Iterator[str]:
    """Say why an attempt stops no clock of response time."""
    told = it.told
    if told.party != clock.commitment.debtor:
        yield "other_party"
    if told.automated:
        yield "automated"
    if told.direction == "inbound" and told.outcome != "connected":
        yield "inbound_not_connected"
    if told.direction != "inbound" and told.outcome in UNDELIVERED:
        yield "undelivered"
    yield from _to_be_listed(it, clock)


def _to_count(it: Attempt, clock: Clock) -> Iterator[str]:
    """Say why an attempt does not count towards depth."""
    told = it.told
    if told.party != clock.commitment.debtor:
        yield "other_party"
    if told.direction == "inbound":
        yield "inbound"
    if told.outcome in UNDELIVERED:
        yield "undelivered"
    if told.automated and told.channel not in clock.commitment.automated:
        yield "automated"
    yield from _to_be_listed(it, clock)


def _to_be_listed(it: Attempt, clock: Clock) -> Iterator[str]:
    """Say which of the commitment's own conditions an attempt does not meet."""
    commitment, told = clock.commitment, it.told
    channels = commitment.qualifying_channels
    if channels is not None and told.channel not in channels:
        yield "channel"
    if commitment.qualifying_by == "anyone":
        return
    owner = clock.timeline.owner_at(it.occurred_at)
    if told.rep_id is None:
        yield "by_unknown"
    elif owner is None:
        yield "no_owner_yet"
    elif commitment.qualifying_by == "owner":
        if told.rep_id != owner.rep_id:
            yield "not_by_owner"
    else:
        team = clock.policy.teams.get(owner.team_id or "")
        if team is None or told.rep_id not in team.reps:
            yield "not_by_team"


def _stage(it: Attempt, clock: Clock, history: History) -> str | None:
    return history.stage_at(it.effect_at(clock.policy.max_backdate))


def _cycle_of(clock: Clock, history: History) -> Cycle:
    return next(cycle for cycle in history.cycles if cycle.number == clock.cycle)


def _attempt_of(fact: ContactAttempt, seen_at: Instant) -> Attempt:
    """Take a single telling as an attempt of its own."""
    return Attempt(
        attempt_id=fact.attempt_id or fact.event_id,
        event_id=fact.event_id,
        occurred_at=fact.occurred_at,
        seen_at=seen_at,
        told=fact,
    )
