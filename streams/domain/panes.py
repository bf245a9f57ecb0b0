"""Panes: what was counted in each quarter of an hour for each rep, of one partition.

A total has two parts. The live part is what the leads in the table make it; each lead
remembers what it last contributed, and only the difference moves. The folded part
stays when a lead leaves, in records of the same changelog. So a total is right after
any telling and any restart, and what is kept follows open and recent leads.

Source:
    Architecture, rule 2; domain, c.19, "Rep windows".
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from schemas.instants import DAY, MINUTE, Instant, Micros
from streams.domain.counts import EMPTY, Counts
from streams.domain.counts import pack as pack_counts
from streams.domain.counts import unpack as unpack_counts

PANE: Final[Micros] = 15 * MINUTE
KEPT: Final[Micros] = 32 * DAY
"""So long a pane is kept: longer than any window reaches back."""

Rep = tuple[str, str | None]
"""Team and rep; without a rep it is the team's queue."""
Pane = int
"""Which quarter of an hour since 1970, in UTC."""
Counted = Mapping[tuple[Rep, Pane], Counts]
"""What a lead contributes, and where."""

PREFIX: Final = b"\x00pane:"
"""Keys of folded panes; no lead id begins with a zero byte."""
FORMAT_VERSION: Final = 1
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


def pane_of(at: Instant) -> Pane:
    """Give the pane that an instant lies in; its first instant belongs to it."""
    return at // PANE


def first_kept(now: Instant) -> Pane:
    """Give the oldest pane that is still kept."""
    return pane_of(now - KEPT)


class Panes:
    """All panes of one partition.

    Attributes:
        totals: By pane and rep, folded and live parts together; nothing stands for zero.
        first: Older panes are neither kept nor counted.
    """

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.totals: dict[Pane, dict[Rep, Counts]] = {}
        self.first: Pane | None = None
        self._folded: dict[Pane, dict[Rep, Counts]] = {}
        self._changed: set[tuple[Rep, Pane]] = set()
        self._touched: set[tuple[Rep, Pane]] = set()
        # One tuple for each rep, however many panes it is in.
        self._reps: dict[Rep, Rep] = {}

    def __len__(self) -> int:
        """Count the panes it keeps, rep by rep."""
        return sum(map(len, self.totals.values()))

    def move(self, before: Counted, after: Counted) -> None:
        """Put what a lead contributes now in the place of what it contributed before."""
        if before == after:
            return
        for place in before.keys() | after.keys():
            difference = after.get(place, EMPTY) - before.get(place, EMPTY)
            rep, pane = place
            if difference and (self.first is None or pane >= self.first):
                _add(self.totals, self._one(rep), pane, difference)
                self._touched.add(place)

    def fold(self, counted: Counted) -> None:
        """Keep what a lead contributed when the lead itself is not kept any longer."""
        for (rep, pane), counts in counted.items():
            if self.first is not None and pane < self.first:
                continue
            _add(self._folded, self._one(rep), pane, counts)
            self._changed.add((rep, pane))

    def expire(self, now: Instant) -> None:
        """Let go of panes that no window reaches any more."""
        first = first_kept(now)
        if self.first is not None and first <= self.first:
            return
        self.first = first
        for pane in [pane for pane in self.totals if pane < first]:
            del self.totals[pane]
        for pane in [pane for pane in self._folded if pane < first]:
            self._changed.update((rep, pane) for rep in self._folded.pop(pane))

    def take_changed(self) -> list[tuple[bytes, bytes | None]]:
        """Hand over folded panes that changed since the last call; None: an expired one."""
        changed: list[tuple[bytes, bytes | None]] = []
        for rep, pane in sorted(self._changed, key=_order):
            counts = self._folded.get(pane, {}).get(rep)
            changed.append((_key(rep, pane), None if counts is None else _pack(counts)))
        self._changed.clear()
        return changed

    def take_touched(self) -> set[tuple[Rep, Pane]]:
        """Hand over whose totals changed since the last call, expired ones not."""
        touched, self._touched = self._touched, set()
        return touched

    def load(self, key: bytes, packed: bytes) -> None:
        """Take a folded pane from the changelog, once for each key.

        Raises:
            ValueError: A version that this release does not know.
        """
        team_id, rep_id, pane = _decode(key[len(PREFIX) :])
        rep, counts = self._one((team_id, rep_id)), _unpack(packed)
        _add(self._folded, rep, pane, counts)
        _add(self.totals, rep, pane, counts)

    def load_live(self, counted: Counted) -> None:
        """Take what a lead that is loaded contributes."""
        for (rep, pane), counts in counted.items():
            _add(self.totals, self._one(rep), pane, counts)

    def _one(self, rep: Rep) -> Rep:
        return self._reps.setdefault(rep, rep)


def pack_counted(counted: Counted) -> list[object]:
    """Write what a lead contributes, for its record: rep, then its panes and counts."""
    by_rep: dict[Rep, list[object]] = {}
    for (rep, pane), counts in counted.items():
        by_rep.setdefault(rep, [*rep]).extend((pane, pack_counts(counts)))
    return list(by_rep.values())


def unpack_counted(packed: Iterable[list[object]]) -> Counted:
    """Read what `pack_counted` wrote."""
    counted: dict[tuple[Rep, Pane], Counts] = {}
    for team_id, rep_id, *told in packed:
        rep: Rep = team_id, rep_id  # type: ignore[assignment] # as it was packed
        panes = iter(told)
        for pane, counts in zip(panes, panes, strict=True):
            counted[rep, pane] = unpack_counts(counts)  # type: ignore[index,arg-type] # likewise
    return counted


def _add(panes: dict[Pane, dict[Rep, Counts]], rep: Rep, pane: Pane, counts: Counts) -> None:
    reps = panes.setdefault(pane, {})
    total = reps.get(rep, EMPTY) + counts
    if total:
        reps[rep] = total
        return
    reps.pop(rep, None)
    if not reps:
        del panes[pane]


def _key(rep: Rep, pane: Pane) -> bytes:
    return PREFIX + _encode([*rep, pane])


def _order(place: tuple[Rep, Pane]) -> tuple[Pane, str, str]:
    (team_id, rep_id), pane = place
    return pane, team_id, "" if rep_id is None else rep_id


def _pack(counts: Counts) -> bytes:
    return bytes((FORMAT_VERSION,)) + pack_counts(counts)


def _unpack(packed: bytes) -> Counts:
    if packed[0] != FORMAT_VERSION:
        raise ValueError(f"pane version {packed[0]}, this release reads {FORMAT_VERSION}")
    return unpack_counts(packed[1:])
