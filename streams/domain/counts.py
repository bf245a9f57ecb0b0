"""The counts of a pane as one whole number: adding panes is adding numbers.

Each count has 32 bits of its own, the sum of response times all bits above them. So
merging is ``+``, taking back what was counted is ``-``, nothing counted is 0, and that
merging is associative and commutative needs no proof. A number of some ten bytes also
costs a third of what a record of twenty-one fields would, and there are millions.

No count may pass 4,294,967,295, and none may fall below zero once all is added up.
"""

import struct
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from schemas.facts import CHANNELS
from schemas.instants import SECOND, Micros
from schemas.scorecards import WindowCounts

Counts = int
"""Counts of one pane or of several, packed; only ever added, subtracted and read."""

EMPTY: Final[Counts] = 0
EDGES: Final = (60, 300, 900, 1800, 3600, 14400, 86400)
"""Upper edges of the buckets of response time, in seconds; a time on an edge is below it."""
LABELS: Final = (*map(str, EDGES), "+Inf")

_BITS: Final = 32
_NAMED: Final = (
    *("leads", "answered", "within_target", "breaches"),
    *("unconnected_leads", "unconnected_attempts"),
)
_CHANNEL: Final = len(_NAMED)
_BUCKET: Final = _CHANNEL + len(CHANNELS)
_LANES: Final = struct.Struct(f"<{_BUCKET + len(LABELS)}I")
_SUM_SHIFT: Final = _LANES.size * 8
_SMALL: Final = (1 << _SUM_SHIFT) - 1

LEAD, ANSWERED, WITHIN_TARGET, BREACH, UNCONNECTED, UNCONNECTED_ATTEMPT = (
    1 << (_BITS * place) for place in range(len(_NAMED))
)
"""What one of each is; several are that many times it."""

ATTEMPT: Final[dict[str, Counts]] = {
    channel: 1 << (_BITS * (_CHANNEL + place)) for place, channel in enumerate(CHANNELS)
}
"""One attempt, by channel."""

_EDGES_MICROS: Final = tuple(edge * SECOND for edge in EDGES)


def response(length: Micros) -> Counts:
    """Count one response time: its bucket, and its share of the sum."""
    bucket = 0
    for edge in _EDGES_MICROS:
        if length <= edge:
            break
        bucket += 1
    return (length << _SUM_SHIFT) + (1 << (_BITS * (_BUCKET + bucket)))


class Tally(NamedTuple):
    """Counts, read.

    Attributes:
        leads: Leads whose clock started then.
        answered: Those of them that were answered.
        within_target: Those answered in time.
        breaches: Clocks that started then and breached.
        unconnected_leads: Leads that nobody reached in person yet.
        unconnected_attempts: Attempts on these.
        attempts: By channel, in the order of `CHANNELS`.
        histogram: Response times by bucket, not added up; the last has no upper edge.
        response_sum: Of the same response times.
    """

    leads: int
    answered: int
    within_target: int
    breaches: int
    unconnected_leads: int
    unconnected_attempts: int
    attempts: tuple[int, ...]
    histogram: tuple[int, ...]
    response_sum: Micros

    def told(self) -> WindowCounts:
        """Write it as a scorecard does: every bucket, and the channels that were used."""
        by_channel = zip(CHANNELS, self.attempts, strict=True)
        return WindowCounts(
            leads=self.leads,
            answered=self.answered,
            within_target=self.within_target,
            response_seconds_sum=self.response_sum,
            response_histogram=dict(zip(LABELS, self.histogram, strict=True)),
            attempts=sum(self.attempts),
            attempts_by_channel={channel: number for channel, number in by_channel if number},
            unconnected_leads=self.unconnected_leads,
            unconnected_attempts=self.unconnected_attempts,
            breaches=self.breaches,
        )


def read(counts: Counts) -> Tally:
    """Read counts that are added up.

    Raises:
        OverflowError: Something was taken back that had never been counted.
    """
    lanes = _LANES.unpack((counts & _SMALL).to_bytes(_LANES.size, "little"))
    if counts < 0:
        raise OverflowError("more was taken back than had been counted")
    attempts, histogram = lanes[_CHANNEL:_BUCKET], lanes[_BUCKET:]
    return Tally._make((*lanes[:_CHANNEL], attempts, histogram, counts >> _SUM_SHIFT))


def pack(counts: Counts) -> bytes:
    """Write counts as few bytes; those of one attempt are some thirty."""
    return counts.to_bytes((counts.bit_length() + 7) // 8, "little")


def unpack(packed: bytes) -> Counts:
    """Read what `pack` wrote."""
    return int.from_bytes(packed, "little")


def quantile(share: float, histogram: Sequence[int]) -> float | None:
    """Estimate a quantile of response time as Prometheus' ``histogram_quantile`` does.

    Within a bucket times are taken to be spread evenly, the first bucket from zero on;
    what lies beyond the last edge counts as the last edge.

    Args:
        share: Between 0 and 1: 0.5 is the median.
        histogram: Counts by bucket, as in `Tally`.

    Returns:
        Seconds; None for an empty histogram.
    """
    cumulative = list(accumulate(histogram))
    total = cumulative[-1]
    if not total:
        return None
    rank = share * total
    place = bisect_left(cumulative, rank)
    if place == len(EDGES):
        return float(EDGES[-1])
    inside, start = histogram[place], EDGES[place - 1] if place else 0
    if not inside:
        return float(start)
    return start + (EDGES[place] - start) * ((rank - (cumulative[place] - inside)) / inside)
