"""Where a clock's time went: every span that counted, and why the others did not.

The counted spans add up to the business time that breaches and verdicts tell, since
they come from the clock's own timeline.

Source:
    Domain, c.6 to c.8 and (d) 5.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from schemas.instants import Instant, Micros
from streams.domain.clock import Clock
from streams.domain.pauses import Span
from streams.domain.timeline import Ownership, Timeline

OPEN: Final = "open"
CLOSED: Final = "closed"
PAUSED: Final = "paused"
EXCLUDED: Final = "excluded"
REOPENED: Final = "reopened"
_STOPPED: Final = frozenset({PAUSED, EXCLUDED, REOPENED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One span of a clock's time.

    Attributes:
        from_at: Its first instant.
        to_at: Its end, not in it.
        why: ``open``: it counted. ``closed``: the calendar was. Else what stopped the
            clock: ``paused``, ``excluded``, ``reopened`` (between a close and the hand-off
            that took it back).
        causes: The reasons of the pauses, the ids of the exclusions.
        lost: Business time that did not count because the clock stood still.
        is_after_due: It lies past the due instant.
        team_id: Who owned the lead.
        rep_id: The rep; None: the team's queue, or nobody.
        calendar: In which it was counted.
    """

    from_at: Instant
    to_at: Instant
    why: str
    causes: tuple[str, ...] = ()
    lost: Micros = 0
    is_after_due: bool = False
    team_id: str | None
    rep_id: str | None
    calendar: str

    @property
    def counted(self) -> Micros:
        """Business time that counted."""
        return self.to_at - self.from_at if self.why == OPEN else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What may let time not count: one cause and where it is at work."""

    why: str
    cause: str
    spans: tuple[Span, ...]


def segments_of(clock: Clock, stops: Iterable[Stop], until: Instant) -> list[Segment]:
    """Divide a clock's time, from the fact that opened it to an instant.

    Args:
        clock: As it was judged.
        stops: What may have stopped it; only what its timeline leaves out did.
        until: The end of the clock, or now.
    """
    start, due_at, stops = min(clock.opened_at, clock.started_at), clock.due_at, list(stops)
    if due_at is None or due_at >= until:
        return list(_divided(clock.timeline, start, until, stops))
    late = _divided(clock.timeline, max(start, due_at), until, stops)
    return [
        *_divided(clock.timeline, start, due_at, stops),
        *(replace(one, is_after_due=True) for one in late),
    ]


def _divided(
    timeline: Timeline, start: Instant, until: Instant, stops: Sequence[Stop]
) -> Iterator[Segment]:
    for owner in timeline.spans:
        begin, end = max(owner.from_at, start), min(owner.to_at, until)
        for from_at, to_at, is_stopped in _cut(begin, end, timeline.stops):
            if is_stopped:
                yield from _stopped(owner, (from_at, to_at), stops)
            else:
                yield from _running(owner, (from_at, to_at))


def _cut(begin: Instant, end: Instant, stops: Iterable[Span]) -> Iterator[tuple[int, int, bool]]:
    """Divide [begin, end) into what stops cover and what they do not, in order."""
    at = begin
    for from_at, to_at in stops:
        if to_at <= at or from_at >= end:
            continue
        if from_at > at:
            yield at, from_at, False
        yield max(from_at, at), min(to_at, end), True
        at = min(to_at, end)
    if at < end:
        yield at, end, False


def _running(owner: Ownership, span: Span) -> Iterator[Segment]:
    at, end = span
    for opening in owner.calendar.open_spans(at, end):
        if opening[0] > at:
            yield _segment(owner, (at, opening[0]), CLOSED)
        yield _segment(owner, opening, OPEN)
        at = opening[1]
    if at < end:
        yield _segment(owner, (at, end), CLOSED)


def _stopped(owner: Ownership, span: Span, stops: Iterable[Stop]) -> Iterator[Segment]:
    """Divide a stopped span where what stopped it changes."""
    begin, end = span
    at_work = [
        (max(from_at, begin), min(to_at, end), stop)
        for stop in stops
        for from_at, to_at in stop.spans
        if from_at < end and to_at > begin
    ]
    cuts = sorted({begin, end, *(cut for one in at_work for cut in one[:2])})
    for from_at, to_at in pairwise(cuts):
        causes = [stop for first, last, stop in at_work if first <= from_at and to_at <= last]
        why = next((one.why for one in causes), PAUSED)
        names = tuple(dict.fromkeys(one.cause for one in causes if one.why == why and one.cause))
        yield _segment(owner, (from_at, to_at), why, names)


def _segment(owner: Ownership, span: Span, why: str, causes: tuple[str, ...] = ()) -> Segment:
    from_at, to_at = span
    return Segment(
        from_at=from_at,
        to_at=to_at,
        why=why,
        causes=causes,
        lost=owner.calendar.elapsed(from_at, to_at) if why in _STOPPED else 0,
        team_id=owner.team_id,
        rep_id=owner.rep_id,
        calendar=owner.calendar.name,
    )
