"""Who owns a lead when, and the business time that gives.

Business time is counted in the calendar of whoever owns the lead at each instant;
a hand-off to another team switches the calendar and keeps the remaining seconds.

Source:
    Domain, c.19, "Calendars"; c.11 for the time between a close and its reopening.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.instants import Instant, Micros
from schemas.verdicts import Share
from streams.domain.calendar import Calendar

FOR_EVER: Final[Instant] = 1 << 62
"""After every instant that a calendar knows."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """One owner's span: half-open, until the next hand-off.

    Attributes:
        from_at: First instant.
        to_at: End, not in it; ``FOR_EVER`` for the last.
        calendar: In which its business time is counted.
    """

    from_at: Instant
    to_at: Instant
    calendar: Calendar
    team_id: str | None
    rep_id: str | None


class Timeline:
    """Business time over the spans of several owners, less the spans in which nothing counts.

    Attributes:
        spans: Owners in order, touching; the last has no end.
        stops: Disjoint half-open spans in order that do not count.
    """

    __slots__ = ("pieces", "spans", "stops")

    def __init__(
        self, spans: Sequence[Ownership], stops: Sequence[tuple[Instant, Instant]] = ()
    ) -> None:
        """Cut the owners' spans at the stops."""
        self.spans = tuple(spans)
        self.stops = tuple(stops)
        self.pieces = self._cut() if stops else self.spans

    def _cut(self) -> tuple[Ownership, ...]:
        pieces = []
        for span in self.spans:
            start = span.from_at
            for stop_from, stop_to in self.stops:
                if stop_to <= start or stop_from >= span.to_at:
                    continue
                if stop_from > start:
                    pieces.append(_between(span, start, stop_from))
                start = max(start, stop_to)
            if start < span.to_at:
                pieces.append(_between(span, start, span.to_at))
        return tuple(pieces)

    def start(self, at: Instant) -> Instant:
        """Give the first instant at or after ``at`` at which the then owner's calendar is open.

        Stops do not move it.
        """
        for span in self.spans:
            if span.to_at <= at:
                continue
            opens_at = span.calendar.next_open(max(at, span.from_at))
            if opens_at < span.to_at:
                return opens_at
        msg = "the last owner's span has an end"
        raise ValueError(msg)

    def without(self, stops: Iterable[tuple[Instant, Instant]]) -> "Timeline":
        """Let further spans not count; they may overlap each other and those before."""
        return Timeline(self.spans, union((*self.stops, *stops)))

    def due(self, start: Instant, length: Micros) -> Instant | None:
        """Give the least instant by which ``length`` of business time since ``start`` is over.

        None: a stop without an end comes first.
        """
        remaining = length
        for piece in self.pieces:
            if piece.to_at <= start:
                continue
            begin = max(start, piece.from_at)
            if piece.to_at < FOR_EVER:
                counted = piece.calendar.elapsed(begin, piece.to_at)
                if counted < remaining:
                    remaining -= counted
                    continue
            return piece.calendar.after(begin, remaining)
        return None

    def elapsed(self, start: Instant, end: Instant) -> Micros:
        """Measure the business time in [start, end); zero when ``end`` is not after ``start``."""
        total = 0
        for piece in self.pieces:
            begin, stop = max(start, piece.from_at), min(end, piece.to_at)
            if begin < stop:
                total += piece.calendar.elapsed(begin, stop)
        return total

    def stop_at(self, at: Instant) -> tuple[Instant, Instant] | None:
        """Give the span, if there is one, that holds an instant and does not count."""
        return next((stop for stop in self.stops if stop[0] <= at < stop[1]), None)

    def owner_at(self, at: Instant) -> Ownership | None:
        """Give who owns the lead at an instant; None: nobody yet."""
        found = None
        for span in self.spans:
            if span.from_at > at:
                break
            found = span
        return found

    def shares(self, start: Instant, end: Instant) -> tuple[Share, ...]:
        """Split the business time in [start, end) among the owners, in order of their first span.

        The shares have six decimals; the last is the remainder, so that they add up to 1.
        """
        counted: dict[tuple[str | None, str | None], Micros] = {}
        for piece in self.pieces:
            begin, stop = max(start, piece.from_at), min(end, piece.to_at)
            if begin < stop:
                owner = (piece.team_id, piece.rep_id)
                counted[owner] = counted.get(owner, 0) + piece.calendar.elapsed(begin, stop)
        counted = {owner: length for owner, length in counted.items() if length}
        total, left, shares = sum(counted.values()), 1_000_000, []
        for place, ((team_id, rep_id), length) in enumerate(counted.items(), start=1):
            millionths = left if place == len(counted) else length * 1_000_000 // total
            left -= millionths
            shares.append(
                Share(team_id=team_id, rep_id=rep_id, seconds=length, share=millionths / 1_000_000)
            )
        return tuple(shares)


def union(spans: Iterable[tuple[Instant, Instant]]) -> tuple[tuple[Instant, Instant], ...]:
    """Join half-open spans that overlap or touch; in order."""
    joined: list[tuple[Instant, Instant]] = []
    for from_at, to_at in sorted(spans):
        if from_at >= to_at:
            continue
        if joined and from_at <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(to_at, joined[-1][1])
        else:
            joined.append((from_at, to_at))
    return tuple(joined)


def _between(span: Ownership, from_at: Instant, to_at: Instant) -> Ownership:
    return Ownership(from_at, to_at, span.calendar, span.team_id, span.rep_id)
