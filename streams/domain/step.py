"""One lead's step to an instant: judge it, publish the difference, say when to come back.

Source:
    Domain, c.19, "Records and replay"; c.10 for what a late fact may still change.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

from msgspec import msgpack, structs

from schemas.facts import ContactAttempt, Fact, LeadErased
from schemas.instants import Instant
from schemas.verdicts import OpenClock, OpenLead, OpenLeadEnd, Record
from streams.domain.clock import Clock, judge
from streams.domain.history import History, Told, history_of
from streams.domain.lead import Lead, Published
from streams.domain.policies import Policies
from streams.domain.policy import Policy
from streams.domain.publish import Publisher, breach_id_of, horizon_of

_encoder = msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class LateFact:
    """A fact that came too late to change anything; it leaves on a topic of its own."""

    fact: Fact


Stepped = Record | OpenLeadEnd | LateFact


def advance_lead(
    lead: Lead, policies: Policies, now: Instant, said_at: Instant
) -> Iterator[Stepped]:
    """Judge a lead at an instant and yield what is new.

    Args:
        lead: Its record; changed in place, ``next_at`` included. Without tellings
            afterwards it has left the table.
        policies: Published versions; at least one.
        now: Not before the lead's last step.
        said_at: ``detected_at`` of what is said.
    """
    told = lead.known_at(now)
    fresh = [one for one in told if lead.judged_at is None or one[0] > lead.judged_at]
    late = _too_late(lead, told, fresh, policies, now)
    if late:
        for _, fact in late:
            del lead.tellings[fact.event_id]
            yield LateFact(fact)
        told = [one for one in told if one not in late]
        fresh = [one for one in fresh if one not in late]
    policy = _newest(policies)
    history = history_of(told, policy.false_close)
    clocks = judge(history, policies, now)
    if history.erased_at is not None:
        clocks = _cancelled(lead, policies, told, history.erased_at, now)
    # A verdict that has ended is not revised by new software, only by a new fact.
    step = _Step(lead, policies, clocks, told, now, history.is_retold)
    yield from _publish(step, Publisher(lead, now, said_at), may_revise=bool(fresh))
    lead.judged_at = now
    if history.erased_at is not None:
        clocks = _erased(lead, told)
    elif not _look_ahead(lead, clocks, policy, now):
        clocks = []
    yield from _open_lead(lead, clocks, history, policy)


@dataclass(frozen=True, slots=True)
class _Step:
    """What one step works on."""

    lead: Lead
    policies: Policies
    clocks: list[Clock]
    told: list[Told]
    now: Instant
    is_retold: bool


def _publish(step: _Step, publisher: Publisher, *, may_revise: bool) -> Iterator[Record]:
    lead, now = step.lead, step.now
    for clock in step.clocks:
        entry = lead.published.get(clock.key) or Published(clock.cycle)
        if entry.verdict is not None and not may_revise and not entry.breach_is_open:
            continue
        settled = _as_settled(step, clock, entry)
        if settled is None:
            continue
        yield from publisher.breach(settled, entry)
        until = horizon_of(entry, clock.policy)
        if entry.verdict is None or (may_revise and until is not None and now <= until):
            yield from publisher.verdict(settled, entry)
        if entry.breach is not None or entry.verdict is not None:
            lead.published[clock.key] = entry
    judged = {clock.key for clock in step.clocks}
    for key in [key for key in lead.published if key not in judged]:
        until = horizon_of(lead.published[key], _newest(step.policies))
        if until is not None and now <= until:
            yield from publisher.gone(key, step.clocks)


def _as_settled(step: _Step, clock: Clock, entry: Published) -> Clock | None:
    """Judge a published clock again by the facts that may still change it.

    Re-tellings under an ``attempt_id`` that a verdict has used do not; nor do facts that
    were told after the horizon of a breach and would have prevented it.
    """
    keep: Callable[[Told], bool] | None = None
    until = horizon_of(entry, clock.policy)
    if entry.verdict is not None:
        if not step.is_retold:
            return clock
        used = {
            fact.attempt_id or fact.event_id
            for at, fact in step.told
            if isinstance(fact, ContactAttempt) and at <= entry.known_at
        }
        if any(_is_retelling(one, used, entry.known_at) for one in step.told):

            def keep(one: Told) -> bool:
                return not _is_retelling(one, used, entry.known_at)

    elif entry.breach is not None and until is not None and step.now > until:
        due_at = entry.breach.due_at
        if any(at > until and fact.occurred_at <= due_at for at, fact in step.told):

            def keep(one: Told) -> bool:
                return one[0] <= until or one[1].occurred_at > due_at

    if keep is None:
        return clock
    history = history_of([one for one in step.told if keep(one)], clock.policy.false_close)
    return next(
        (again for again in judge(history, step.policies, step.now) if again.key == clock.key),
        None,
    )


def _is_retelling(one: Told, used: set[str], known_at: Instant) -> bool:
    at, fact = one
    return (
        isinstance(fact, ContactAttempt)
        and at > known_at
        and (fact.attempt_id or fact.event_id) in used
    )


def _too_late(
    lead: Lead, told: list[Told], fresh: list[Told], policies: Policies, now: Instant
) -> list[Told]:
    """Find new facts older than the horizon on a lead that is unknown or frozen."""
    horizon = _newest(policies).correction_horizon
    old = [one for one in fresh if one[0] - one[1].occurred_at > horizon]
    if not old:
        return []
    known = [one for one in told if one not in old]
    if known and not _is_frozen(lead, known, policies, now):
        return []
    return old


def _is_frozen(lead: Lead, told: list[Told], policies: Policies, now: Instant) -> bool:
    """Tell whether no clock is open and every horizon is over."""
    clocks = judge(history_of(told, _newest(policies).false_close), policies, now)
    ended = all(not clock.is_open for clock in clocks)
    horizons = [horizon_of(entry, policies.published[-1][0]) for entry in lead.published.values()]
    return (
        bool(lead.published)
        and ended
        and all(until is not None and until < now for until in horizons)
    )


def _cancelled(
    lead: Lead, policies: Policies, told: list[Told], erased_at: Instant, now: Instant
) -> list[Clock]:
    """End every clock that an erasure found open."""
    before = [one for one in told if not isinstance(one[1], LeadErased)]
    clocks = judge(history_of(before, _newest(policies).false_close), policies, now)
    return [
        clock
        if clock.key in lead.published and lead.published[clock.key].verdict is not None
        else replace(
            clock,
            ended_at=erased_at,
            outcome="cancelled",
            reason="erased",
            answered_at=None,
            publish_at=0,
        )
        for clock in clocks
    ]


def _erased(lead: Lead, told: list[Told]) -> list[Clock]:
    """Let the known facts leave; what is told but not yet known stays."""
    lead.published.clear()
    for _, fact in told:
        del lead.tellings[fact.event_id]
    withdrawn = [key for key, one in lead.tellings.items() if one[0][0] <= (lead.judged_at or 0)]
    for event_id in withdrawn:
        del lead.tellings[event_id]
    lead.next_at = lead.next_telling(lead.judged_at or 0)
    return []


def _newest(policies: Policies) -> Policy:
    return policies.published[-1][0]


def _open_lead(
    lead: Lead, clocks: list[Clock], history: History, policy: Policy
) -> Iterator[OpenLead | OpenLeadEnd]:
    """Say what of a lead is open, if that is new."""
    running = [clock for clock in clocks if clock.is_open]
    if not running:
        if lead.open_digest:
            lead.open_digest = b""
            lead.sequence += 1
            yield OpenLeadEnd(lead_id=lead.lead_id)
        return
    record = _open_record(lead, running, history, policy)
    digest = blake2b(_encoder.encode(record), digest_size=8).digest()
    if digest != lead.open_digest:
        lead.open_digest = digest
        lead.sequence += 1
        yield structs.replace(record, sequence=lead.sequence)


def _open_record(lead: Lead, running: list[Clock], history: History, policy: Policy) -> OpenLead:
    entries = []
    for clock in running:
        entry = lead.published.get(clock.key)
        is_breached = entry is not None and entry.breach_is_open
        entries.append(
            OpenClock(
                commitment=clock.id,
                clock=clock.commitment.clock,
                cycle=clock.cycle,
                state="breached" if is_breached else "within",
                started_at=clock.started_at,
                due_at=clock.due_at,
                breach_id=breach_id_of(lead.lead_id, clock.key) if is_breached else None,
            )
        )
    owner = history.handoffs[-1] if history.handoffs else None
    ahead = [one.due_at for one in entries if one.due_at is not None and one.state == "within"]
    return OpenLead(
        lead_id=lead.lead_id,
        team_id=owner.team_id if owner else None,
        rep_id=owner.rep_id if owner else None,
        segment=running[-1].segment,
        state="breached" if any(one.breach_id for one in entries) else "within",
        waiting_since=min(clock.opened_at for clock in running),
        next_due_at=min(ahead, default=None),
        open_breaches=tuple(one.breach_id for one in entries if one.breach_id),
        clocks=tuple(entries),
        lead_url=policy.url_of(lead.lead_id),
    )


def _look_ahead(lead: Lead, clocks: list[Clock], policy: Policy, now: Instant) -> bool:
    """Set when the lead must be looked at again; False when it lies dormant and leaves."""
    ahead = [at for clock in clocks if (at := clock.next_change(now)) is not None]
    next_told_at = lead.next_telling(now)
    if next_told_at is not None:
        ahead.append(next_told_at)
    lead.next_at = None
    if not lead.tellings:
        return False
    dormant_at = lead.newest_telling() + policy.dormant
    if not ahead and dormant_at <= now:
        lead.tellings.clear()
        return False
    lead.next_at = min([*ahead, max(dormant_at, now + 1)])
    return True
