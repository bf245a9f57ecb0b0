"""Attempt depth: which attempts count, and when there are enough, or too many.

Source:
    Domain, c.19, "Depth"; c.12 for the buckets of the mix.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from schemas.instants import Instant, Micros
from streams.domain.commitment import Commitment
from streams.domain.history import Attempt
from streams.domain.qualifying import Qualifies

Counted = tuple[Instant, str, str]
"""An attempt that counts: ``occurred_at``, ``event_id``, bucket of the mix."""
Answer = tuple[Instant, Instant, str]
"""What met the clock: instant of effect, ``occurred_at``, ``event_id``."""

VOICEMAIL: Final = "voicemail"


@dataclass(frozen=True, slots=True)
class Depth:
    """The counted attempts of one lead in one cycle.

    Attributes:
        counted: In order of occurrence.
        connect: The first attempt that reached the lead in person.
        complete: When the minimum and the mix were first both reached.
    """

    commitment: Commitment
    counted: tuple[Counted, ...]
    connect: Answer | None
    complete: Answer | None

    @property
    def is_owed(self) -> bool:
        """The commitment asks for attempts at all, not only for a maximum."""
        return self.commitment.min_attempts > 0 or bool(self.commitment.mix)

    @property
    def met_by(self) -> Answer | None:
        """What met it first: the completing attempt or the connect."""
        return min((one for one in (self.connect, self.complete) if one), default=None)

    def counted_at(self, at: Instant) -> int:
        """Count the attempts up to an instant, it included."""
        return bisect_right(self.counted, at, key=lambda one: one[0])

    def is_connected_at(self, at: Instant) -> bool:
        """Tell whether the lead had been reached in person."""
        return self.connect is not None and self.connect[0] <= at

    def breach_kind_at(self, due_at: Instant) -> str:
        """Tell what is missing at due: attempts, or only the right channels."""
        return "too_few" if self.counted_at(due_at) < self.commitment.min_attempts else "mix"

    def first_over(self, window_end: Instant) -> Counted | None:
        """Give the first attempt over the maximum, if it lies within the window."""
        most = self.commitment.max_attempts
        if most is None or len(self.counted) <= most:
            return None
        over = self.counted[most]
        return over if over[0] <= window_end else None


def measure(
    attempts: Iterable[Attempt],
    commitment: Commitment,
    counts: Qualifies,
    opened_at: Instant,
    double_dial: Micros,
) -> Depth:
    """Count what counts.

    Args:
        attempts: Of the cycle, in order of occurrence; those before the hand-off can
            still connect.
        commitment: The minimum and the mix.
        counts: Which of them count.
        opened_at: The hand-off: only attempts from here on count.
        double_dial: An attempt at most this long after the last counted one on the same
            channel is that one again; zero turns it off.
    """
    counted: list[Counted] = []
    last_on: dict[str, Instant] = {}
    connect: Answer | None = None
    complete: Answer | None = None
    missing = dict(commitment.mix)
    for attempt in attempts:
        at = attempt.occurred_at
        if connect is None and attempt.connects:
            connect = (at, at, attempt.event_id)
        if at < opened_at or not counts(attempt):
            continue
        channel = attempt.told.channel
        if double_dial and channel in last_on and at - last_on[channel] <= double_dial:
            continue
        last_on[channel] = at
        bucket = _bucket(attempt)
        counted.append((at, attempt.event_id, bucket))
        if missing.get(bucket, 0) > 0:
            missing[bucket] -= 1
        if (
            complete is None
            and len(counted) >= commitment.min_attempts
            and not any(missing.values())
        ):
            complete = (at, at, attempt.event_id)
    return Depth(commitment, tuple(counted), connect, complete)


def _bucket(attempt: Attempt) -> str:
    told = attempt.told
    if told.channel == "call" and told.outcome == VOICEMAIL:
        return VOICEMAIL
    return told.channel
