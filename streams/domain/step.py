"""One lead's step to an instant: judge it, publish the difference, say when to come back.

Source:
    Domain, c.19, "Records and replay"; c.10 for what a late fact may still change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from schemas.facts import Fact, LeadErased
from schemas.instants import Instant
from schemas.verdicts import OpenLead, OpenLeadEnd, Record
from streams.domain.clock import Clock
from streams.domain.contribution import SYNTHETIC, Uncounted, count
from streams.domain.history import History, Told
from streams.domain.horizon import Horizon, Memo, fresh_of
from streams.domain.known import Known
from streams.domain.lead import Lead, Published
from streams.domain.opened import OpenNow, digest_of, open_now, open_record
from streams.domain.policies import Policies
from streams.domain.policy import Policy
from streams.domain.publish import Publisher
from streams.domain.silence import next_judgement, verified, waiting_for
from streams.domain.timeline import FOR_EVER
from streams.domain.warnings import is_watched, moments


@dataclass(frozen=True, slots=True)
class LateFact:
    """A fact that came too late to change anything; it leaves on a topic of its own."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Gone:
    """The known facts of a lead leave; what they contributed stays.

    Attributes:
        lead: As it was, with all that was said of it.
    """

    lead: Lead


Stepped = Record | OpenNow | OpenLeadEnd | LateFact | Gone


def advance_lead(
    lead: Lead, known: Known, now: Instant, said_at: Instant, *, must_revise: bool = False
) -> Iterator[Stepped]:
    """Judge a lead at an instant and yield what is new.

    Args:
        lead: Its record; changed in place, ``next_at`` included. Without tellings
            afterwards it has left the table.
        known: Published versions, at least one, and declared exclusions.
        now: Not before the lead's last step.
        said_at: ``detected_at`` of what is said.
        must_revise: Something else than a fact of the lead has become known.
    """
    known, policies = known.at(now), known.policies
    last = lead.memo
    has_come = bool(lead.news) and any(at <= now for at, _ in lead.news)
    if isinstance(last, Memo) and not (must_revise or has_come) and last.is_quiet(known, now):
        yield from _quiet_step(lead, last, now, said_at)
        return
    fresh = fresh_of(lead, now)
    late = _too_late(lead, fresh, known, now)
    if late:
        lead.forget(late)
        for _, fact in late:
            yield LateFact(fact)
        fresh = [one for one in fresh if one not in late]
    if not lead.sequence and lead.newest_telling(now) is not None:
        # A lead that had left and comes back goes on above all that was ever said of it.
        lead.sequence = max(0, now)
    policy = _in_force(policies, now)
    horizon = Horizon(lead, known, now)
    memo = horizon.whole()
    history, clocks = memo.history, horizon.clocks()
    publisher = Publisher(lead, now, said_at, fresh, history.erased_at is not None)
    has_news, sequence = must_revise or bool(fresh), lead.sequence
    yield from _publish(horizon, memo, clocks, publisher, has_news)
    lead.judged_at = now
    has_changed = has_news or lead.sequence != sequence
    if has_changed and not lead.lead_id.startswith(SYNTHETIC):
        lead.uncounted = Uncounted(history, clocks, policies, now)
    done = memo.done
    live = [clock for clock in clocks if done.get(clock.key) is not clock]
    if history.erased_at is None and _look_ahead(horizon, memo, live, policy):
        memo.said = live
        yield from _open_lead(lead, live, history, policy, now)
        return
    count(lead)
    parted = replace(lead, tellings=dict(lead.tellings), published=dict(lead.published))
    _leave(lead, now)
    yield Gone(parted)
    yield from _open_lead(lead, [], history, policy, now)
    lead.sequence = 0


def open_clocks(lead: Lead, known: Known, now: Instant) -> tuple[OpenLead, list[Clock]] | None:
    """Say what of a lead is open at an instant, and which clocks; None: nothing.

    Args:
        lead: Its record, judged up to ``now``; not changed.
        known: Published versions, at least one, and declared exclusions.
        now: The instant.
    """
    horizon = Horizon(lead, known.at(now), now)
    history = horizon.whole().history
    running = [clock for clock in horizon.clocks() if clock.is_open]
    if not running or history.erased_at is not None:
        return None
    policy = _in_force(known.policies, now)
    return open_record(lead.lead_id, open_now(lead, running, history, policy, now)), running


def _quiet_step(lead: Lead, memo: Memo, now: Instant, said_at: Instant) -> Iterator[Stepped]:
    """Say what a share of the target used up changes: warnings, and what is at risk."""
    publisher = Publisher(lead, now, said_at, ())
    for clock in memo.said:
        entry = lead.published.get(clock.key) or Published(clock.commitment.clock, clock.cycle)
        if not waiting_for(entry, memo.known.sources, now):
            yield from publisher.warnings(clock, entry)
            _keep(lead, clock, entry, now)
    lead.judged_at = now
    told_ahead = (at for at, _ in lead.news)
    lead.next_at = min([*_moments_ahead(memo.said, now), memo.quiet_until or now + 1, *told_ahead])
    policy = _in_force(memo.known.policies, now)
    yield from _open_lead(lead, memo.said, memo.history, policy, now)


def _publish(
    horizon: Horizon,
    memo: Memo,
    clocks: list[Clock],
    publisher: Publisher,
    has_news: bool,  # noqa: FBT001 - private, and the last word of the call says it
) -> Iterator[Record]:
    lead, now = horizon.lead, horizon.now
    lead.unverified_at = None
    done = memo.done
    for place, clock in enumerate(clocks):
        if done.get(clock.key) is clock:
            continue
        entry = lead.published.get(clock.key) or Published(clock.commitment.clock, clock.cycle)
        # A verdict that has ended is not revised by new software, only by a new fact.
        may_revise = has_news or not entry.stands
        if not may_revise and not entry.breach_is_open:
            continue
        sources, was_said = horizon.known.sources, entry.breach or entry.verdict
        last_at = horizon.last_at(entry)
        judged = verified(clock, entry, sources, now) if clock.policy.sources else clock
        if judged is None:
            # Whoever waits for a source must be found when it speaks.
            lead.unverified_at = min(at for at in (lead.unverified_at, clock.due_at) if at)
            yield from publisher.unverified(clock, entry, waiting_for(entry, sources, now))
        else:
            clocks[place] = judged
            yield from _said(judged, entry, publisher, may_revise)
        _keep(lead, clock if judged is None else judged, entry, now)
        # What waits for a source has not ended, whatever its facts say.
        entry.stands &= judged is not None
        if was_said and horizon.last_at(entry) != last_at:
            entry.first_at = max(entry.first_at, now)
        if judged is clock and _is_done(clock, entry):
            done[clock.key] = clock
    if lead.published:
        yield from _gone(horizon, clocks, publisher)


def _said(
    clock: Clock,
    entry: Published,
    publisher: Publisher,
    may_revise: bool,  # noqa: FBT001 - likewise
) -> Iterator[Record]:
    """Say what is new of a clock; mostly nothing, so nobody is asked who could have no answer."""
    if entry.breach is not None or clock.is_breached_at(publisher.now):
        yield from publisher.breach(clock, entry)
    if may_revise and (clock.ended_at is not None or entry.verdict is not None):
        yield from publisher.verdict(clock, entry)
    if clock.ended_at is None:
        yield from publisher.warnings(clock, entry)


def _gone(horizon: Horizon, clocks: list[Clock], publisher: Publisher) -> Iterator[Record]:
    """Take back what was said of clocks that the facts no longer give."""
    published = horizon.lead.published
    present = {clock.key for clock in clocks}
    for key in [key for key in published if key not in present]:
        if not horizon.is_frozen(key, published[key]):
            yield from publisher.gone(key, clocks)


def _is_done(clock: Clock, entry: Published) -> bool:
    """Tell whether nothing more can be said of a clock, unless the facts give another one."""
    if not entry.stands or entry.verdict is None or clock.ended_at is None or clock.policy.sources:
        return False
    if not clock.is_breached_at(FOR_EVER):
        return True
    return entry.breach is not None and entry.breach.status == "resolved"


def _keep(lead: Lead, clock: Clock, entry: Published, now: Instant) -> None:
    """Remember what was said of a clock, if anything was."""
    if entry.breach is not None or entry.verdict is not None:
        entry.first_at = entry.first_at or now
        entry.stands = clock.ended_at is not None and now >= clock.publish_at
        entry.stands |= not clock.has_verdict
    elif not entry.warned and entry.silent is None:
        return
    entry.cycle, entry.due_at = clock.cycle, clock.due_at
    lead.published[clock.key] = entry


def _too_late(lead: Lead, fresh: list[Told], known: Known, now: Instant) -> list[Told]:
    """Find new facts older than the horizon on a lead that is unknown or frozen."""
    horizon = known.policies.horizon
    old = [
        one
        for one in fresh
        if one[0] - one[1].occurred_at > horizon and _is_old(one, known.policies)
    ]
    if not old:
        return []
    if not lead.published:
        is_known = len(old) < len(lead.told_between(None, now))
        return [] if is_known else old
    frozen = Horizon(lead, known, now, old)
    published = lead.published.items()
    is_frozen = all(frozen.is_frozen(*one) for one in published) and not frozen.clocks()
    return old if is_frozen else []


def _is_old(one: Told, policies: Policies) -> bool:
    seen_at, fact = one
    # Whoever asks to be forgotten is never too late.
    if isinstance(fact, LeadErased):
        return False
    policy = policies.pinned(fact.occurred_at)
    return policy is not None and seen_at - fact.occurred_at > policy.correction_horizon


def _leave(lead: Lead, now: Instant) -> None:
    """Let the known facts leave; what is told but not yet known stays."""
    lead.published.clear()
    lead.forget(lead.told_between(None, now))
    lead.next_at = lead.next_telling(now)


def _in_force(policies: Policies, now: Instant) -> Policy:
    return policies.pinned(now) or policies.published[0][0]


def _judgements(horizon: Horizon) -> Iterator[Instant]:
    """Give when clocks may be judged that wait for a silent source."""
    for key, entry in horizon.lead.published.items():
        within = horizon.policies.version(key[2]).correction_horizon
        at = next_judgement(entry, within, horizon.known.sources, horizon.now)
        if at is not None and at > horizon.now:
            yield at


def _open_lead(
    lead: Lead, clocks: list[Clock], history: History, policy: Policy, now: Instant
) -> Iterator[OpenNow | OpenLeadEnd]:
    """Say what of a lead is open, if that is new."""
    running = [clock for clock in clocks if clock.is_open]
    if not running:
        if lead.is_open:
            lead.open_digest, lead.open_now = b"", None
            lead.sequence += 1
            yield OpenLeadEnd(lead_id=lead.lead_id)
        return
    found, before = open_now(lead, running, history, policy, now), lead.open_now
    if found == before:
        return
    lead.open_now = found
    if before is None and lead.open_digest and lead.open_digest == digest_of(lead.lead_id, found):
        return
    lead.open_digest = None
    lead.sequence += 1
    yield found


def _look_ahead(horizon: Horizon, memo: Memo, clocks: list[Clock], policy: Policy) -> bool:
    """Set when the lead must be looked at again; False when it lies dormant and leaves."""
    lead, now = horizon.lead, horizon.now
    ahead = [at for clock in clocks if (at := clock.next_change(now)) is not None]
    if lead.unverified_at is not None:
        ahead += _judgements(horizon)
    moments_ahead = _moments_ahead(clocks, now)
    told_at = memo.newest_at
    # A lead that lies dormant already leaves with the last instant that is still ahead.
    if told_at is None or (told_at + policy.dormant <= now and not ahead and not moments_ahead):
        return False
    dormant_at = told_at + policy.dormant
    if dormant_at > now:
        ahead.append(dormant_at)
    ahead += [at for at, _ in lead.news]
    quiet_until = memo.quiet_until = min(ahead or moments_ahead)
    lead.next_at = min([*moments_ahead, quiet_until])
    return True


def _moments_ahead(clocks: list[Clock], now: Instant) -> list[Instant]:
    """List when open clocks are at risk, warned of or escalated, as far as it is ahead."""
    return [
        at
        for clock in clocks
        if is_watched(clock) and (clock.policy.escalation or not clock.is_breached_at(now))
        for at in moments(clock)
        if at > now
    ]
