"""What time it is in a partition: never ahead of what has been read.

A partition's now decides which dues have passed. Were it the wall clock, a worker
that comes back after an outage would breach every lead whose answer still waits in
the backlog. So now moves only as far as the inputs have surely been read.

Nothing here reads a clock or talks to a broker. The two kinds share one idea, the
mark: an instant, and where the inputs ended when it was asked. Once every input has
been read to there, now is that instant. They differ in whose instant it is (the
wall clock's or the sources') and in what is known before the mark is reached.

Source:
    Architecture, rule 5; contract, section 4, "Time of an app".
"""

from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from schemas.instants import SECOND, Instant, Micros

REFRESH: Final[Micros] = SECOND
"""An idle partition's now is at most so much older than the wall clock."""
_MOST_MARKS: Final = 16


class Mark(NamedTuple):
    """Read to ``ends`` means now is ``instant``.

    Attributes:
        instant: What now may become.
        ends: For each input that has to be read so far, the offset after its last record.
    """

    instant: Instant
    ends: Mapping[str, int]


class Now(Protocol):
    """One partition's now."""

    @property
    def now(self) -> Instant | None:
        """Everything up to here has been read; None: nothing is known yet. Never goes back."""

    def read(self, topic: str, position: int, recorded_at: Instant | None) -> None:
        """Tell that an input has been read up to ``position`` (not read itself).

        Args:
            topic: The input's catalogue name.
            position: Also past markers and compacted gaps behind the last record.
            recorded_at: Timestamp of the last record; None where no record came.
        """

    def heard(self, origin: str, complete_up_to: Instant) -> None:
        """Tell that a source's heartbeat has been read."""

    def wanted(self, wall_at: Instant, next_at: Instant | None) -> Instant | None:
        """Say for which instant the inputs' ends should be asked now; None: for none.

        Args:
            wall_at: The wall clock, read before the ends are asked.
            next_at: When anything may change next.
        """

    def told_ends(self, mark: Mark) -> None:
        """Tell where the inputs ended when they were asked for ``mark.instant``."""

    def wake_at(self, next_at: Instant | None) -> Instant | None:
        """Say at which wall instant `wanted` has to be asked again at the latest."""

    def held_back(self) -> dict[str, int]:
        """Count by input the offsets still to be read before now may be the newest mark's."""


class _Marked:
    """What both kinds share: positions, and marks that wait to be reached."""

    def __init__(self, positions: Mapping[str, int], kept: Instant | None) -> None:
        """Begin where the last life ended.

        Args:
            positions: Of every input.
            kept: The now that was committed with them.
        """
        self._positions = dict(positions)
        self._now = kept
        self._marks: deque[Mark] = deque()

    @property
    def now(self) -> Instant | None:
        """Everything up to here has been read; None: nothing is known yet."""
        return self._now

    def told_ends(self, mark: Mark) -> None:
        """Remember a mark until it is reached."""
        # Under a steady load the newest mark is always a little ahead of what has been
        # read. The older ones are kept, else now would never be allowed to move.
        if len(self._marks) == _MOST_MARKS:
            self._marks.pop()
        self._marks.append(mark)
        self._settle()

    def held_back(self) -> dict[str, int]:
        """Count by input the offsets still to be read before now may be the newest mark's."""
        ends = self._marks[-1].ends if self._marks else {}
        return {
            topic: max(0, ends.get(topic, position) - position)
            for topic, position in self._positions.items()
        }

    def _settle(self) -> None:
        while self._marks and not self._behind(self._marks[0]):
            self._reach(self._marks.popleft().instant)

    def _behind(self, mark: Mark) -> list[str]:
        positions = self._positions
        return [topic for topic, end in mark.ends.items() if positions[topic] < end]

    def _reach(self, instant: Instant) -> None:
        if self._now is None or instant > self._now:
            self._now = instant


class WallNow(_Marked):
    """Now of an app on the wall clock.

    With every input read to its end, now is the instant at which the ends were asked:
    what is appended later has a later timestamp. While inputs are behind, each is
    taken to be in the order of its timestamps, so that all that was recorded before
    the last record read of the one furthest behind is known.
    """

    def __init__(self, positions: Mapping[str, int], kept: Instant | None) -> None:
        super().__init__(positions, kept)
        self._recorded: dict[str, Instant] = {}
        self._asked_at: Instant | None = None

    def read(self, topic: str, position: int, recorded_at: Instant | None) -> None:
        """Note how far an input is read, and what its last record says of the others."""
        self._positions[topic] = position
        if recorded_at is not None:
            self._recorded[topic] = recorded_at
        self._settle()

    def heard(self, origin: str, complete_up_to: Instant) -> None:
        """Silence and speech of sources do not move the wall clock."""

    def wanted(self, wall_at: Instant, next_at: Instant | None) -> Instant | None:
        """Ask when something may have come due, and now and then when nothing has."""
        if self._asked_at is not None and 0 <= wall_at - self._asked_at < REFRESH:
            if next_at is None or next_at > wall_at:
                return None
            if self._marks and self._marks[-1].instant >= next_at:
                return None
        return wall_at

    def told_ends(self, mark: Mark) -> None:
        """Remember a mark until it is reached."""
        self._asked_at = mark.instant
        super().told_ends(mark)

    def wake_at(self, next_at: Instant | None) -> Instant | None:
        """Wake at the next due, or to refresh."""
        if self._asked_at is None:
            return None
        refresh_at = self._asked_at + REFRESH
        if next_at is None or (self._marks and self._marks[-1].instant >= next_at):
            return refresh_at
        return min(refresh_at, next_at)

    def _settle(self) -> None:
        super()._settle()
        if not self._marks:
            return
        newest = self._marks[-1]
        known_until = newest.instant
        for topic in self._behind(newest):
            recorded_at = self._recorded.get(topic)
            if recorded_at is None:
                # Nothing of it was read in this life: only the kept now is sure.
                return
            # One microsecond less: timestamps have milliseconds, and the next record
            # may carry the same one. An answer in the very millisecond of the due
            # must not find its breach already published.
            known_until = min(known_until, recorded_at - 1)
        self._reach(known_until)


class FactsNow(_Marked):
    """Now of an app on the sources' time.

    The least ``complete_up_to`` over the origins that have sent a heartbeat, once the
    other inputs have been read to the ends they had when that heartbeat was read. The
    wall clock has no part in it, so a history gives the same verdicts on any day.
    """

    def __init__(
        self,
        positions: Mapping[str, int],
        kept: Instant | None,
        heartbeats: Mapping[str, Instant],
    ) -> None:
        """Begin where the last life ended.

        Args:
            positions: Of every input.
            kept: The now that was committed with them.
            heartbeats: The last ``complete_up_to`` by origin.
        """
        super().__init__(positions, kept)
        self._complete = dict(heartbeats)

    def read(self, topic: str, position: int, recorded_at: Instant | None) -> None:  # noqa: ARG002
        """Note how far an input is read; timestamps say nothing here."""
        self._positions[topic] = position
        self._settle()

    def heard(self, origin: str, complete_up_to: Instant) -> None:
        """Keep the greatest promise of an origin."""
        self._complete[origin] = max(complete_up_to, self._complete.get(origin, complete_up_to))

    def wanted(self, wall_at: Instant, next_at: Instant | None) -> Instant | None:  # noqa: ARG002
        """Ask when the least promise of all origins is one that was not asked for yet."""
        if not self._complete:
            return None
        complete_up_to = min(self._complete.values())
        promised = self._marks[-1].instant if self._marks else self._now
        return complete_up_to if promised is None or complete_up_to > promised else None

    def wake_at(self, next_at: Instant | None) -> Instant | None:  # noqa: ARG002
        """Nothing happens by itself: a heartbeat will wake the partition."""
        return None
