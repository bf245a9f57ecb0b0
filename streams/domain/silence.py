"""Sources that are silent: no data is not the same as no attempt.

Source:
    Domain, c.19, "Pauses, exclusions", on silent sources; c.10, 6.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from schemas.instants import Instant, Micros
from streams.domain.clock import Clock
from streams.domain.lead import Published

UNVERIFIED: Final = "unverified"


@dataclass(slots=True)
class Sources:
    """When each source was heard of, in whatever order that is told.

    What was told ahead counts from its ``seen_at`` on.
    """

    # Ascending ``seen_at`` of facts; ascending (``seen_at``, ``complete_up_to``).
    _facts: dict[str, list[Instant]] = field(default_factory=dict)
    _complete: dict[str, list[tuple[Instant, Instant]]] = field(default_factory=dict)

    def hear(self, origin: str, seen_at: Instant) -> None:
        """A fact of this source was seen."""
        seen = self._facts.setdefault(origin, [])
        if not seen or seen[-1] < seen_at:
            seen.append(seen_at)
        elif seen[-1] != seen_at:
            insort(seen, seen_at)

    def complete(self, origin: str, complete_up_to: Instant, seen_at: Instant) -> None:
        """All facts of this source up to an instant have been sent."""
        told = self._complete.setdefault(origin, [])
        if (seen_at, complete_up_to) not in told:
            insort(told, (seen_at, complete_up_to))

    def is_silent(self, origin: str, now: Instant, max_silence: Micros) -> bool:
        """Tell whether a source has not been heard of for longer than it may."""
        known = (self._heard_at(origin, now), self.complete_at(origin, now))
        latest = max((at for at in known if at is not None), default=None)
        return latest is None or latest < now - max_silence

    def complete_at(self, origin: str, now: Instant) -> Instant | None:
        """Give up to when a source's facts are known to be complete."""
        told = self._complete.get(origin, ())
        return max((up_to for seen_at, up_to in told if seen_at <= now), default=None)

    def next_complete(self, origin: str, due_at: Instant, now: Instant) -> Instant | None:
        """Give when, as far as it is told ahead, a source is known complete up to due."""
        told = self._complete.get(origin, ())
        return min(
            (seen_at for seen_at, up_to in told if seen_at > now and up_to >= due_at),
            default=None,
        )

    def first_complete(self, due_at: Instant | None) -> Instant | None:
        """Give when any source is first known complete up to due, told ahead or not."""
        return min(
            (
                seen_at
                for told in self._complete.values()
                for seen_at, up_to in told
                if due_at is not None and up_to >= due_at
            ),
            default=None,
        )

    def forget(self, now: Instant) -> bool:
        """Drop what says nothing more than what was heard later, up to now.

        Returns:
            Time will tell more of it to be dropped: something was told ahead.
        """
        is_ahead = False
        for seen in self._facts.values():
            if len(seen) > 1:
                del seen[: max(bisect_right(seen, now) - 1, 0)]
                is_ahead |= len(seen) > 1
        for origin, told in self._complete.items():
            if len(told) > 1:
                best = self.complete_at(origin, now)
                ahead = [one for one in told if one[0] > now]
                told[:] = ahead if best is None else [(now, best), *ahead]
                is_ahead |= bool(ahead)
        return is_ahead

    def pack(self, origins: Iterable[str]) -> dict[str, Any]:
        """Give what is known of some sources as JSON."""
        return {
            origin: [self._facts.get(origin, []), self._complete.get(origin, [])]
            for origin in sorted(origins)
            if origin in self._facts or origin in self._complete
        }

    def load(self, packed: dict[str, Any]) -> None:
        """Read what ``pack`` gave."""
        for origin, (seen, told) in packed.items():
            for seen_at in seen:
                self.hear(origin, seen_at)
            for seen_at, up_to in told:
                self.complete(origin, up_to, seen_at)

    def _heard_at(self, origin: str, now: Instant) -> Instant | None:
        seen = self._facts.get(origin, ())
        place = bisect_right(seen, now)
        return seen[place - 1] if place else None


def verified(clock: Clock, entry: Published, sources: Sources, now: Instant) -> Clock | None:
    """Say what may be judged of a clock that depends on sources.

    Args:
        clock: As the facts give it.
        entry: What was published; remembers which sources were silent when it was due.
        sources: What was heard.
        now: The instant of the judgement.

    Returns:
        The clock; ended ``unverified`` at the end of its horizon; None as long as nobody
        can know.
    """
    terms, due_at = clock.policy.sources, clock.due_at
    if due_at is None or not clock.has_verdict or not clock.is_breached_at(now):
        entry.silent = None
        return clock
    if entry.breach is not None and entry.breach.status != "retracted":
        return clock
    kind = clock.commitment.clock
    if entry.silent is None or entry.silent[0] != due_at:
        silent = tuple(
            origin
            for origin, one in sorted(terms.items())
            if kind in one.clocks and sources.is_silent(origin, now, one.max_silence)
        )
        entry.silent = due_at, silent
    waiting = waiting_for(entry, sources, now)
    if not waiting:
        return clock
    ends_at = due_at + clock.policy.correction_horizon
    if now < ends_at:
        return None
    return replace(
        clock,
        ended_at=ends_at,
        answered_at=None,
        outcome=UNVERIFIED,
        reason=f"silent:{waiting[0]}",
        publish_at=0,
        is_spared=True,
    )


def waiting_for(entry: Published, sources: Sources, now: Instant) -> list[str]:
    """List the sources that were silent at due and have not said that they are complete."""
    if entry.silent is None:
        return []
    due_at, origins = entry.silent
    found = []
    for origin in origins:
        complete_at = sources.complete_at(origin, now)
        if complete_at is None or complete_at < due_at:
            found.append(origin)
    return found


def next_judgement(
    entry: Published, horizon: Micros, sources: Sources, now: Instant
) -> Instant | None:
    """Give when a clock that is not judged may be; None: it does not wait for a source."""
    waiting = waiting_for(entry, sources, now)
    if entry.silent is None or not waiting:
        return None
    due_at, _ = entry.silent
    ahead = [sources.next_complete(origin, due_at, now) for origin in waiting]
    return min([due_at + horizon, *(at for at in ahead if at is not None)])
