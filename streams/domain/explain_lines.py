"""An explained lead as a page of plain text.

Source:
    Domain, (d) 5.
"""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import TextWrapper
from typing import Final

from streams.domain.explain import BREACHED, Explained, Story
from streams.domain.explain_account import Account
from streams.domain.explain_facts import Touch
from streams.domain.explain_reasons import attempt, excluded, judged, paused
from streams.domain.explain_time import OPEN, Segment
from streams.domain.explain_words import HEADS, breach, opened, owner, shares, span, summary
from streams.domain.explain_words import taken_back as took_back
from streams.domain.phrases import WEEKDAYS, capital, clock_time, day, length, local_day, moment
from streams.domain.wording import TITLES, promise, terms
from streams.domain.zones import TZDATA_VERSION

_WIDTH: Final = 94
_BROKEN: Final = frozenset({BREACHED, "met_late", "unmet"})
_MOST_SPANS: Final = 40
"""More are shown by their first and last ones."""


def lines(account: Account) -> Iterator[str]:
    """Write what is known of a lead, a line at a time."""
    zone = account.zone
    yield f"Lead {account.lead_id}, as of {moment(account.as_of, zone)}. All times are {zone}."
    if account.lead_url:
        yield account.lead_url
    for one in account.lives:
        yield from _life(one, zone)
    if account.late:
        yield ""
        yield "Came too late to change anything"
        for fact in account.late:
            yield f"  {moment(fact.occurred_at, zone)}, {fact.TYPE} ({fact.event_id})"


def _life(life: Explained, zone: str) -> Iterator[str]:
    if life.erased_at is not None:
        yield ""
        yield from _wrapped(
            f"The lead was erased on {moment(life.erased_at, zone)}: its facts have left, and "
            "are not told any more.",
            "",
        )
        return
    if life.handoffs:
        yield ""
        yield "Given to"
        for handoff in life.handoffs:
            to = owner(handoff.team_id, handoff.rep_id)
            yield f"  {moment(handoff.at, zone)}  {to} ({handoff.event_id})"
    if life.withdrawn:
        yield ""
        yield "Withdrawn, as if it had never been told"
        for fact, by in life.withdrawn:
            yield (
                f"  {moment(fact.occurred_at, zone)}, {fact.TYPE} ({fact.event_id}), "
                f"by {by.event_id}"
            )
    several = len({story.clock.cycle for story in life.stories}) > 1
    for story in sorted(life.stories, key=_urgency):
        yield ""
        yield from _story(story, zone, with_cycle=several)
    for one in life.taken_back:
        yield ""
        yield f"{one.commitment}: {took_back(one)}"


def _urgency(story: Story) -> tuple[int, int]:
    """Put what was not kept first and what is only measured last, cycle by cycle."""
    is_broken = story.state in _BROKEN or not story.clock.has_verdict
    place = 2 if story.clock.commitment.report_only else int(not is_broken)
    return story.clock.cycle, place


def _story(story: Story, zone: str, *, with_cycle: bool) -> Iterator[str]:
    clock = story.clock
    cycle = f", cycle {clock.cycle}" if with_cycle else ""
    title = TITLES.get(clock.commitment.clock, clock.commitment.clock)
    head = HEADS.get(story.state, story.state) if clock.has_verdict else "not kept"
    if clock.commitment.report_only and clock.ended_at is not None:
        head = "measured"
    yield f"{clock.id} ({title.lower()}{cycle}): {head.upper()}"
    for text in (summary(story, zone), breach(story, zone), shares(story)):
        if text:
            yield from _wrapped(text, "  ")
    yield ""
    yield from _named("Promise", " ".join((promise(clock.commitment), *terms(clock.commitment))))
    yield from _named("Agreement", _agreement(story))
    if clock.has_verdict:
        yield from _named("Began", opened(story, zone))
    yield from _time(story, zone)
    yield from _listed("Attempts", [_attempt(one, story, zone) for one in _shown(story)])
    yield from _listed("Pauses", [paused(one, clock, zone) for one in story.pauses])
    yield from _listed("Exclusions", [excluded(one, clock, zone) for one in story.exclusions])
    ignored = [
        f"{moment(fact.occurred_at, zone)}, {fact.TYPE} ({fact.event_id}), told on "
        f"{moment(seen_at, zone)}"
        for (seen_at, fact), _ in story.ignored
    ]
    yield from _listed("Told too late for this", ignored)


def _agreement(story: Story) -> str:
    clock = story.clock
    policy = clock.policy
    with_zones = f"tzdata {policy.tzdata or TZDATA_VERSION}"
    if policy.tzdata not in ("", TZDATA_VERSION):
        with_zones = f"published with tzdata {policy.tzdata}, judged with {TZDATA_VERSION}"
    calendar = clock.calendar or "round the clock"
    return f"{policy.agreement}, version {policy.version}; calendar {calendar}; {with_zones}"


def _time(story: Story, zone: str) -> Iterator[str]:
    segments = story.segments
    if not segments:
        return
    rows = list(_rows(segments, zone, several=len({one.team_id for one in segments}) > 1))
    yield ""
    yield "  Time"
    if len(rows) > _MOST_SPANS:
        half = _MOST_SPANS // 2
        left = len(rows) - 2 * half
        rows = [*rows[:half], f"... {left} more lines; --json has them all", *rows[-half:]]
    for row in rows:
        yield f"    {row}"
    counted = sum(one.counted for one in segments)
    before = sum(one.counted for one in segments if not one.is_after_due)
    text = f"{length(counted)} of business time"
    if counted != before:
        text += f", {length(before)} of it until due"
    yield f"    Together {text}"


def _rows(segments: Sequence[Segment], zone: str, *, several: bool) -> Iterator[str]:
    """Write each span on a line; its date only where it changes."""
    shown: object = None
    was_late = False
    for one in segments:
        if one.is_after_due and not was_late:
            yield "- due -"
            was_late = True
        first, last = local_day(one.from_at, zone), local_day(one.to_at, zone)
        date = day(first) if first != shown else ""
        shown = first
        to = clock_time(one.to_at, zone)
        if last != first:
            to = f"{WEEKDAYS[last.weekday()]} {to}"
        counted = length(one.counted) if one.why == OPEN else ""
        whose = f", {owner(one.team_id, one.rep_id)}" if several and one.why == OPEN else ""
        from_at = clock_time(one.from_at, zone)
        yield f"{date:<15}  {from_at:>5} - {to:<9}  {counted:<12} {span(one)}{whose}"


def _shown(story: Story) -> Iterable[Touch]:
    """Leave out what belongs to other cycles, and what came after the end."""
    hidden = {("before_cycle",), ("after_close",), ("before_wait",), ("not_the_next",)}
    for touch in story.touches:
        if touch.why not in hidden and touch.role != "after_end":
            yield touch


def _attempt(touch: Touch, story: Story, zone: str) -> str:
    on = moment(touch.attempt.occurred_at, zone)
    return f"{on}, {attempt(touch)}: {judged(touch, story.clock, zone)}"


def _named(name: str, text: str) -> Iterator[str]:
    return _wrapped(capital(text), f"  {name:<11}", " " * 13)


def _listed(name: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield ""
        yield f"  {name}"
    for text in texts:
        yield from _wrapped(text, "    ", "      ")


def _wrapped(text: str, indent: str, then: str | None = None) -> Iterator[str]:
    wrapper = TextWrapper(
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if then is None else then,
        break_on_hyphens=False,
    )
    return iter(wrapper.wrap(text))
