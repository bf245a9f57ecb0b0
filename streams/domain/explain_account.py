"""All that is explained of a lead, ready to be written: for people or for machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.facts import Fact
from schemas.instants import Instant, format_instant, seconds
from schemas.records import told_of
from schemas.verdicts import Breach, Verdict
from streams.domain.explain import Explained, Story, TakenBack
from streams.domain.explain_facts import Touch
from streams.domain.explain_reasons import excluded, judged, paused
from streams.domain.explain_stops import ExclusionSeen, PauseSeen
from streams.domain.explain_time import Segment
from streams.domain.explain_words import breach, summary, taken_back
from streams.domain.policies import Policies
from streams.domain.wording import promise, terms
from streams.domain.zones import TZDATA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A lead explained.

    Attributes:
        lead_id: The lead.
        as_of: The instant up to which it was judged.
        zone: In which its times are written for people.
        lives: What has left, then what is kept.
        lead_url: Where a person can look at it.
        late: Facts that came too late to change anything.
    """

    lead_id: str
    as_of: Instant
    zone: str
    lives: Sequence[Explained]
    lead_url: str | None = None
    late: Sequence[Fact] = ()


def account_of(
    lead_id: str,
    as_of: Instant,
    policies: Policies,
    lives: Sequence[Explained],
    late: Sequence[Fact] = (),
) -> Account:
    """Put together what is explained of a lead, in the zone of whoever owns it last."""
    policy = policies.pinned(as_of)
    zone, url = "UTC", None
    if policy is not None:
        handoffs = [handoff for life in lives for handoff in life.handoffs]
        team_id = handoffs[-1].team_id if handoffs else None
        name = policy.calendar_name_of(team_id)
        zone = policy.calendars[name].zone if name is not None else policy.zone or "UTC"
        url = policy.url_of(lead_id)
    return Account(lead_id=lead_id, as_of=as_of, zone=zone, lives=lives, lead_url=url, late=late)


def told(account: Account) -> dict[str, Any]:
    """Give an account as plain JSON types; instants and seconds as in records."""
    lives, zone = account.lives, account.zone
    return {
        "lead_id": account.lead_id,
        "as_of": format_instant(account.as_of),
        "lead_url": account.lead_url,
        "zone": zone,
        "tzdata": TZDATA_VERSION,
        "erased_at": _at(next((one.erased_at for one in lives if one.erased_at), None)),
        "handoffs": [
            {
                "at": format_instant(one.at),
                "event_id": one.event_id,
                "team_id": one.team_id,
                "rep_id": one.rep_id,
            }
            for life in lives
            for one in life.handoffs
        ],
        "clocks": [_story(story, zone) for life in lives for story in life.stories],
        "taken_back": [_taken_back(one) for life in lives for one in life.taken_back],
        "withdrawn": [
            {**_fact(fact), "by": by.event_id} for life in lives for fact, by in life.withdrawn
        ],
        "late_facts": [_fact(fact) for fact in account.late],
    }


def _story(story: Story, zone: str) -> dict[str, Any]:
    clock, left = story.clock, story.left
    policy = clock.policy
    return {
        "commitment": clock.id,
        "clock": clock.commitment.clock,
        "cycle": clock.cycle,
        "instance": clock.instance,
        "debtor": clock.commitment.debtor,
        "creditor": clock.commitment.creditor,
        "promise": promise(clock.commitment),
        "terms": terms(clock.commitment),
        "state": story.state,
        "summary": " ".join(filter(None, (summary(story, zone), breach(story, zone)))),
        "reason": clock.reason,
        "kind": clock.breach_kind,
        "opened_by": None if story.opened_by is None else _fact(story.opened_by),
        "opened_at": format_instant(clock.opened_at),
        "started_at": format_instant(clock.started_at),
        "due_at": _at(clock.due_at),
        "answered_at": _at(clock.answered_at),
        "ended_at": _at(clock.ended_at),
        "evidence_id": clock.evidence_id,
        "elapsed_seconds": seconds(story.elapsed),
        "overrun_seconds": None if left is None or left > 0 else seconds(-left),
        "left_seconds": None if left is None or clock.ended_at is not None else seconds(left),
        "attempts": clock.attempts(story.until),
        "pre_handoff": clock.pre_handoff,
        "connected": clock.connected,
        "agreement": {
            "name": policy.agreement,
            "version": policy.version,
            "digest": policy.digest,
            "tzdata": policy.tzdata or None,
        },
        "calendar": clock.calendar,
        "segments": [_segment(one) for one in story.segments],
        "attempts_seen": [_touch(one, story, zone) for one in story.touches],
        "pauses": [_pause(one, story, zone) for one in story.pauses],
        "exclusions": [_exclusion(one, story, zone) for one in story.exclusions],
        "ignored": [
            {**_fact(fact), "seen_at": format_instant(seen_at), "why": why}
            for (seen_at, fact), why in story.ignored
        ],
        "waiting_for": list(story.waiting_for),
        "breach": _record(story.breach),
        "verdict": _record(story.verdict),
    }


def _segment(one: Segment) -> dict[str, Any]:
    return {
        "from": format_instant(one.from_at),
        "to": format_instant(one.to_at),
        "why": one.why,
        "causes": list(one.causes),
        "counted_seconds": seconds(one.counted),
        "lost_seconds": seconds(one.lost),
        "after_due": one.is_after_due,
        "team_id": one.team_id,
        "rep_id": one.rep_id,
        "calendar": one.calendar,
    }


def _touch(one: Touch, story: Story, zone: str) -> dict[str, Any]:
    attempt = one.attempt
    fact = attempt.told
    return {
        "event_id": attempt.event_id,
        "attempt_id": attempt.attempt_id,
        "occurred_at": format_instant(attempt.occurred_at),
        "seen_at": format_instant(attempt.seen_at),
        "effect_at": format_instant(one.effect_at),
        "channel": fact.channel,
        "party": fact.party,
        "direction": fact.direction,
        "outcome": fact.outcome,
        "automated": fact.automated,
        "evidence": fact.evidence,
        "rep_id": fact.rep_id,
        "role": one.role or None,
        "why_not": list(one.why),
        "told": judged(one, story.clock, zone),
    }


def _pause(one: PauseSeen, story: Story, zone: str) -> dict[str, Any]:
    return {
        "reason": one.reason,
        "from": format_instant(one.from_at),
        "to": _at(one.to_at),
        "why_not": one.why or None,
        "told": paused(one, story.clock, zone),
    }


def _exclusion(one: ExclusionSeen, story: Story, zone: str) -> dict[str, Any]:
    fact = one.exclusion.fact
    return {
        "exclusion_id": one.exclusion.id,
        "reason": fact.reason,
        "from": format_instant(fact.from_at),
        "to": format_instant(fact.to_at),
        "declared_at": format_instant(one.exclusion.declared_at),
        "effect": one.effect,
        "why_not": one.why or None,
        "told": excluded(one, story.clock, zone),
    }


def _taken_back(one: TakenBack) -> dict[str, Any]:
    return {
        "commitment": one.commitment,
        "clock": one.clock,
        "cycle": one.cycle,
        "reason": one.reason,
        "summary": taken_back(one),
        "breach": _record(one.breach),
        "verdict": _record(one.verdict),
    }


def _record(record: Breach | Verdict | None) -> dict[str, Any] | None:
    """Give what was published; when and in which order it was said is the worker's own."""
    if record is None:
        return None
    told = told_of(record)
    del told["detected_at"], told["sequence"]
    return told


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "type": fact.TYPE,
        "event_id": fact.event_id,
        "occurred_at": format_instant(fact.occurred_at),
    }


def _at(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)
