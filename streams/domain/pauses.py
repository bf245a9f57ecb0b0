"""Which spans a clock is paused for, as far as its budget goes.

Source:
    Domain, c.19, "Pauses, exclusions"; c.7.
"""

from collections.abc import Iterable

from schemas.facts import ClockPaused, ClockResumed
from schemas.instants import Instant, Micros
from streams.domain.clauses import Pauses
from streams.domain.timeline import FOR_EVER, Timeline, union

Span = tuple[Instant, Instant]
"""Half-open; a pause that has no end yet ends at `FOR_EVER`."""
Spans = list[Span]


def pause_spans(
    facts: Iterable[ClockPaused | ClockResumed], kind: str, terms: Pauses
) -> list[Span]:
    """List the pauses of a clock kind, of all reasons that the agreement lists.

    A pause lasts per reason; a second one of the same reason is nothing new.

    Args:
        facts: In order.
        kind: The clock kind; what names no kind is about all of them.
        terms: The agreement's.
    """
    spans: list[Span] = []
    since: dict[str, Instant] = {}
    for fact in facts:
        if fact.reason not in terms.reasons or fact.clock not in (None, kind):
            continue
        if isinstance(fact, ClockPaused):
            since.setdefault(fact.reason, fact.occurred_at)
        elif fact.reason in since:
            spans.append((since.pop(fact.reason), fact.occurred_at))
    return spans + [(from_at, FOR_EVER) for from_at in since.values()]


def within_budget(
    spans: Iterable[Span], budget: Micros | None, timeline: Timeline, start: Instant
) -> list[Span]:
    """Cut pauses off where their budget is used up; afterwards the clock runs again.

    Args:
        spans: In any order; where they overlap they cost once.
        budget: Business time; None is no limit.
        timeline: What counts without these pauses: time that something else stops
            already costs nothing.
        start: What lies before costs nothing.
    """
    if budget is None:
        return list(union(spans))
    left, kept = budget, []
    for from_at, to_at in union(spans):
        begin = max(from_at, start)
        if begin >= to_at:
            continue
        used_up_at = timeline.due(begin, left)
        if used_up_at is not None and used_up_at < to_at:
            kept.append((begin, used_up_at))
            break
        kept.append((begin, to_at))
        if to_at == FOR_EVER:
            break
        left -= timeline.elapsed(begin, to_at)
    return [span for span in kept if span[0] < span[1]]
