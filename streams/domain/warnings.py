"""What is to be warned of: a share of the target used up, a step of the escalation reached.

Each once per clock and cycle. When a fact or the end of a pause jumps several, only
the highest is said; the others never are.

Source:
    Domain, c.13, c.14; contract, section 4, on what jumps warnings.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from schemas.instants import SECOND, Instant, Micros
from streams.domain.clauses import TEAM_LEAD, EscalationStep
from streams.domain.clock import Clock
from streams.domain.lead import Published

SHARE_USED: Final = "share_used"
ESCALATION: Final = "escalation"
_MOMENTS: Final = "moments"
_RISK: Final = "risk"
TOO_SHORT: Final[Micros] = 30 * SECOND
"""With less business time than this left nobody can act on a warning."""
_WHOLE: Final = 10**8
AT_RISK: Final = Decimal(75)
"""The share from which a clock is at risk, unless its own first warning says otherwise."""


class Due(NamedTuple):
    """A warning that is due.

    Attributes:
        kind: ``share_used`` or ``escalation``.
        step: As the agreement writes it.
        to: Whom to tell; None: nobody in particular.
    """

    kind: str
    step: str
    to: str | None


def warnings_due(clock: Clock, entry: Published, now: Instant) -> Iterator[Due]:
    """Give the warnings of an open clock that are due and new, and note them as said."""
    if not is_watched(clock) or not any(at <= now for at in moments(clock)):
        return
    if clock.commitment.warn_at:
        yield from _shares(clock, entry, now)
    if clock.policy.escalation:
        yield from _escalation(clock, entry, now)


def is_watched(clock: Clock) -> bool:
    """Tell whether a clock may be warned of: it is open, and may be breached."""
    return clock.is_open and clock.length is not None and not clock.commitment.report_only


def moments(clock: Clock) -> tuple[Instant, ...]:
    """List the instants at which an open clock is at risk, warned of or escalated."""
    found = clock.found.get(_MOMENTS)
    if found is None:
        shares = clock.commitment.warn_at or (AT_RISK,)
        ahead = [share_at(clock, share) for share in shares]
        ahead += [_step_at(clock, step) for step in clock.policy.escalation]
        found = clock.found[_MOMENTS] = tuple(at for at in ahead if at is not None)
        clock.found[_RISK] = tuple(at for at in ahead[:1] if at is not None)
    return found


def is_at_risk(clock: Clock, now: Instant) -> bool:
    """Tell whether the first warning's share of the target is used up, or the usual one."""
    return (
        is_watched(clock) and bool(moments(clock)) and any(at <= now for at in clock.found[_RISK])
    )


def share_at(clock: Clock, share: Decimal) -> Instant | None:
    """Give when a share of the target is used up; None: a pause without an end comes first."""
    if clock.length is None:
        return None
    length = clock.length * _parts(share) // _WHOLE
    return clock.timeline.due(clock.started_at, length)


def _shares(clock: Clock, entry: Published, now: Instant) -> Iterator[Due]:
    passed = [
        share
        for share in clock.commitment.warn_at
        if _is_new(entry, SHARE_USED, str(share)) and _has_come(share_at(clock, share), now)
    ]
    for share in passed:
        _note(entry, SHARE_USED, str(share))
    if passed and _time_to_act(clock, now):
        yield Due(SHARE_USED, str(passed[-1]), None)


def _time_to_act(clock: Clock, now: Instant) -> bool:
    if clock.due_at is None:
        return True
    return now < clock.due_at and clock.timeline.elapsed(now, clock.due_at) >= TOO_SHORT


def _escalation(clock: Clock, entry: Published, now: Instant) -> Iterator[Due]:
    passed = [
        (at, place, step)
        for place, step in enumerate(clock.policy.escalation)
        if _is_new(entry, ESCALATION, step.text)
        and (at := _step_at(clock, step)) is not None
        and at <= now
    ]
    for _, _, step in passed:
        _note(entry, ESCALATION, step.text)
    if passed:
        _, _, highest = max(passed, key=lambda one: one[:2])
        yield Due(ESCALATION, highest.text, _told(clock, highest.to, now))


def _step_at(clock: Clock, step: EscalationStep) -> Instant | None:
    if step.share is not None:
        return share_at(clock, step.share)
    if clock.due_at is None or step.after is None:
        return None
    return clock.timeline.due(clock.due_at, step.after)


def _told(clock: Clock, to: str, now: Instant) -> str:
    """Say whom a word of the agreement means for the lead's owner now."""
    if to != TEAM_LEAD:
        return clock.policy.contacts.get(to, to)
    owner = clock.timeline.owner_at(now)
    team = clock.policy.teams.get(owner.team_id or "") if owner else None
    return to if team is None else team.lead_contact or to


def _has_come(at: Instant | None, now: Instant) -> bool:
    return at is not None and at <= now


def _is_new(entry: Published, kind: str, step: str) -> bool:
    return f"{kind}:{step}" not in entry.warned


def _note(entry: Published, kind: str, step: str) -> None:
    entry.warned = (*entry.warned, f"{kind}:{step}")


def warn_once(entry: Published, kind: str, step: str) -> bool:
    """Note a warning as said; False if it was before."""
    if not _is_new(entry, kind, step):
        return False
    _note(entry, kind, step)
    return True


@cache
def _parts(share: Decimal) -> int:
    """Turn per cents, which have at most six decimals, into parts of `_WHOLE`."""
    return int(share * (_WHOLE // 100))
