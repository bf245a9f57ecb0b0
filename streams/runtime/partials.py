"""What a partition of leads still has to tell of its panes, and to whom.

What changed is owed from the commit that changed it, kept in the same commit, until
the broker has acknowledged that it was told. So a new owner tells what the one before
may not have. Each thing is told once a second at most, however often it changes.

Source:
    Architecture, rules 3 and 4.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from schemas.instants import SECOND, Instant
from streams.domain.book import Book
from streams.domain.counts import EMPTY, Counts
from streams.domain.panes import Pane, Rep, pane_of
from streams.domain.policy import Policy
from streams.domain.scorecard import Zones, order, zones_of
from streams.domain.shown import shown, shown_counts, shown_standings
from streams.domain.standing import NOBODY_WAITS, Standing
from streams.errors import ConfigurationError
from streams.runtime.broker import Record
from streams.runtime.partial_records import CLOCK, Partial, Subject, home_of, write

KEY: Final = b"\x00partials"
"""Key of the record that says what is owed; no lead id begins with a zero byte."""
FORMAT_VERSION: Final = 1
LEAST_GAP: Final = SECOND
"""Between two tellings of one thing."""
MOST_TOLD: Final = 5_000
"""Subjects told at once: a takeover may owe all there are."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told at once.

    Attributes:
        stamps: When each subject last changed.
        records: By partition of ``rep-partials``.
    """

    stamps: dict[Subject, int]
    records: dict[int, list[Record]]


class Partials:
    """What one partition of leads owes.

    Attributes:
        epoch: Of this owner; greater than that of every owner before.
    """

    def __init__(self, source: int, partitions: int, kept: bytes | None) -> None:
        """Take over from the owner before.

        Args:
            source: The partition's number.
            partitions: How many there are.
            kept: What that owner kept; None: there was none.

        Raises:
            ConfigurationError: A newer release has kept it.
        """
        self.epoch = 1
        self._source = source
        self._partitions = partitions
        self._owed: dict[Subject, int] = {}
        self._version: int | None = None
        self._pane: int | None = None
        # Of what this life has kept; None: nothing yet.
        self._kept: set[Subject] | None = None
        self._changes = 0
        self._under_way: Telling | None = None
        self._told_at: Instant | None = None
        self._is_ready = False
        if kept is not None:
            self._take_over(kept)

    def note(self, book: Book) -> list[Record]:
        """See what a step changed, and give what has to be kept of it in the same commit."""
        # In an order of their own, so that the same steps keep and tell the same bytes.
        panes = sorted(book.panes.take_touched(), key=lambda one: (one[1], order(one[0])))
        reps = sorted(book.standings.take_touched(), key=order)
        policy = None if book.now is None else book.policies.pinned(book.now)
        if policy is not None and book.now is not None:
            self._is_ready = True
            self._owe(Subject(shown(rep, policy), pane) for rep, pane in panes)
            self._owe(Subject(shown(rep, policy), None) for rep in reps)
            if policy.version != self._version:
                self._owe_everybody(book, policy, panes, reps)
            if pane_of(book.now) != self._pane:
                self._pane = pane_of(book.now)
                self._owe([CLOCK])
        if self._kept is not None and self._owed.keys() <= self._kept:
            return []
        self._kept = set(self._owed)
        return [Record(KEY, self._pack())]

    def wake_at(self) -> Instant | None:
        """Say at which wall instant there is something to tell; None: not without a change."""
        if not self._owed or self._under_way is not None or not self._is_ready:
            return None
        return 0 if self._told_at is None else self._told_at + LEAST_GAP

    def telling(self, book: Book, wall_at: Instant) -> Telling | None:
        """Give what is to be told now, of a book of which all is committed.

        Args:
            book: Whose panes they are.
            wall_at: The wall clock.
        """
        wake_at = self.wake_at()
        policy = None if book.now is None else book.policies.pinned(book.now)
        if wake_at is None or wall_at < wake_at or book.now is None or policy is None:
            return None
        records: dict[int, list[Record]] = {}
        subjects = self._told_now()
        for subject, told in _values(book, policy, subjects):
            partial = Partial(
                source=self._source, epoch=self.epoch, now=book.now, subject=subject, told=told
            )
            home = home_of(subject.rep, self._partitions) if subject.rep is not None else None
            record = write(partial)
            for partition in range(self._partitions) if home is None else (home,):
                records.setdefault(partition, []).append(record)
        is_all = len(subjects) == len(self._owed)
        self._told_at = wall_at if is_all else None
        stamps = {subject: self._owed[subject] for subject in subjects}
        self._under_way = Telling(stamps, records)
        return self._under_way

    def told(self, telling: Telling) -> None:
        """Note that the broker has acknowledged what was told."""
        self._under_way = None
        for subject, stamp in telling.stamps.items():
            if self._owed.get(subject) == stamp:
                del self._owed[subject]

    def _told_now(self) -> list[Subject]:
        """Choose what is told now: what is owed longest; the clock when nothing else is left.

        The clock says that all up to its instant has been told.
        """
        subjects = [subject for subject in self._owed if subject != CLOCK]
        if len(subjects) > MOST_TOLD:
            return subjects[:MOST_TOLD]
        return [*subjects, CLOCK] if CLOCK in self._owed else subjects

    def _owe(self, subjects: Iterable[Subject]) -> None:
        self._changes += 1
        for subject in subjects:
            # At the end again: what is owed longest comes first.
            self._owed.pop(subject, None)
            self._owed[subject] = self._changes

    def _owe_everybody(
        self, book: Book, policy: Policy, panes: Iterable[tuple[Rep, Pane]], reps: Iterable[Rep]
    ) -> None:
        """Owe all that appears under another name than before, under both.

        What has just changed may be gone by now, and stand under its old name.
        """
        before = None if self._version is None else book.policies.version(self._version)
        self._version = policy.version
        self._owe([CLOCK])
        for pane, counted in book.panes.totals.items():
            self._owe(Subject(name, pane) for name in _renamed(counted, before, policy))
        for rep, pane in panes:
            self._owe(Subject(name, pane) for name in _renamed([rep], before, policy))
        names = _renamed([*book.standings.reps(), *reps], before, policy)
        self._owe(Subject(name, None) for name in names)

    def _take_over(self, kept: bytes) -> None:
        version, *rest = _decode(kept)
        if version != FORMAT_VERSION:
            raise ConfigurationError(
                f"what is owed has version {version}, and this release reads {FORMAT_VERSION}; "
                "a newer release has kept it: upgrade this worker"
            )
        epoch, self._version, self._pane, owed = rest
        self.epoch = epoch + 1
        self._owe(
            Subject(None if team_id is None else (team_id, rep_id), pane)
            for team_id, rep_id, pane in owed
        )
        self._owe([CLOCK])

    def _pack(self) -> bytes:
        owed = [[*(rep or (None, None)), pane] for rep, pane in self._owed]
        return _encode([FORMAT_VERSION, self.epoch, self._version, self._pane, owed])


def _renamed(reps: Iterable[Rep], before: Policy | None, after: Policy) -> list[Rep]:
    names = set()
    for rep in reps:
        name = shown(rep, after)
        if before is None:
            names.add(name)
        elif (old := shown(rep, before)) != name:
            names |= {old, name}
    return sorted(names, key=order)


def _values(
    book: Book, policy: Policy, subjects: Iterable[Subject]
) -> Iterator[tuple[Subject, Counts | Standing | Zones]]:
    """Give the values of subjects, zero where nothing is counted; the clock last."""
    by_pane: dict[Pane, list[Rep]] = {}
    standing: dict[Rep, None] = {}
    has_clock = False
    for rep, pane in subjects:
        if rep is None:
            has_clock = True
        elif pane is None:
            standing[rep] = None
        else:
            by_pane.setdefault(pane, []).append(rep)
    for at, names in by_pane.items():
        counted = shown_counts(book.panes.totals.get(at, {}), policy)
        for name in names:
            yield Subject(name, at), counted.get(name, EMPTY)
    if standing:
        standings = shown_standings(book.standings, policy, standing)
        for name in standing:
            yield Subject(name, None), standings.get(name, NOBODY_WAITS)
    if has_clock:
        yield CLOCK, zones_of(policy)
