"""One owned partition of the reps: what all partitions of leads tell of some reps.

It puts their panes together, keeps them in a table of its own, and publishes the
scorecard of each rep whenever that says something else: after a telling, and when the
windows move on, though nothing was told. Windows move when every partition of leads has
come so far, never ahead of the data and never by the wall clock.

Source:
    Architecture, rules 4 and 5; domain, c.19, "Rep windows".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import structs

from schemas.instants import Instant
from schemas.verdicts import RepScorecard
from streams.domain.panes import PANE, Pane, Rep, first_kept, pane_of
from streams.domain.scorecard import Scorecards, Windows, Zones, order
from streams.domain.standing import NOBODY_WAITS, Standing
from streams.runtime.broker import Record
from streams.runtime.intake import Intake
from streams.runtime.outputs import Outgoing, outgoing
from streams.runtime.partial_records import (
    Partial,
    Subject,
    pack_told,
    read,
    unpack_told,
)
from streams.runtime.partition import MOST_OUTPUTS, MOST_RECORDS, Frame, Step
from streams.runtime.position import KEY as POSITION_KEY
from streams.runtime.position import Position

SCORECARDS: Final = "rep-scorecards"

_TOLD: Final = b"p"
_CARD: Final = b"c"
_SOURCE: Final = b"s"
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


@dataclass(slots=True)
class _Source:
    """How far a partition of leads is.

    Attributes:
        epoch: The greatest of its owners'.
        told_at: The latest now it told anything of.
        complete_at: All that it counts up to here has been told; None: it never said.
        zones: Whose day begins when, as it said last.
    """

    epoch: int = 0
    told_at: Instant | None = None
    complete_at: Instant | None = None
    zones: Zones | None = None


class RepsPartition(Intake):
    """One owned partition of the reps.

    Attributes:
        frame: The app around it.
        scorecards: What is known of its reps.
    """

    def __init__(
        self, frame: Frame, *, rows: Mapping[bytes, bytes], positions: Mapping[str, int]
    ) -> None:
        """Go on from what was committed.

        Args:
            frame: The app around it.
            rows: Its table.
            positions: By input, from where to read.
        """
        super().__init__(positions)
        self.frame = frame
        self.scorecards = Scorecards(Zones({}))
        self._sources: dict[int, _Source] = {}
        # Digests of the cards that stand on the topic.
        self._published: dict[Rep, bytes] = {}
        # Whose card may say something else; in order, for a step may not take all.
        self._due: dict[Rep, None] = {}
        self._changed: dict[bytes, bytes | None] = {}
        self._heard: set[int] = set()
        self._pane: Pane | None = None
        # Sources before what they told: they say whose day begins when.
        for key in sorted(rows, key=lambda key: not key.startswith(_SOURCE)):
            self._load(key, rows[key])
        self._look_at_all()

    def __len__(self) -> int:
        """Count the panes it keeps, as each partition told them."""
        return len(self.scorecards)

    # Time

    @property
    def now(self) -> Instant | None:
        """The instant for which all cards hold; None: not every partition has told yet.

        Within the pane up to which all partitions have told everything it is the latest
        instant that any of them told of.
        """
        pane = self._complete_pane()
        if pane is None:
            return None
        told_at = max(source.told_at or 0 for source in self._sources.values())
        return min(told_at, (pane + 1) * PANE - 1)

    def wanted(self) -> Instant | None:
        """Ask for no ends: the partitions of leads say how far they are."""
        return None

    def told_ends(self, instant: Instant, ends: Mapping[str, int]) -> None:
        """Nothing was asked."""

    def wake_at(self) -> Instant | None:
        """Nothing happens by itself: a partition of leads will tell."""
        return None

    # What a scrape or a step reads

    def windows(self, at: Instant | None = None) -> Iterator[tuple[Rep, Windows]]:
        """Read everybody's windows; cheap while nothing changed and the pane is the same.

        Args:
            at: The instant for which they are read; None: `now`.

        Yields:
            Rep as shown, by team, the queue first, and what is known; nobody while `now`
            is unknown.
        """
        at = self.now if at is None else at
        if at is None or self.now is None:
            return
        for rep in self.scorecards.reps():
            windows = self.scorecards.windows(rep, at)
            if not windows.is_empty:
                yield rep, windows

    # The step

    def step(self) -> Step:
        """Take in what was told, let windows move, and publish the cards that changed."""
        step = Step()
        for _, records, _ in self._chunks(self._facts, MOST_RECORDS, step.finished):
            for record in records:
                self._tell(read(record.key, record.value))
        self._move_on()
        self._publish(step)
        for number in sorted(self._heard):
            self._changed[_SOURCE + _encode(number)] = _packed(self._sources[number])
        self._heard.clear()
        step.changes += [Record(key, value) for key, value in self._changed.items()]
        self._changed.clear()
        if step.changes or step.outputs or step.finished:
            step.changes.append(self.position())
        step.more = bool(self._facts) or (bool(self._due) and self.now is not None)
        return step

    def position(self) -> Record:
        """Give the record that says how far the state goes."""
        position = Position(
            offsets=self.positions,
            now=self.now,
            partitions=self.frame.partitions,
            time=self.frame.time,
        )
        return Record(POSITION_KEY, position.pack())

    def _tell(self, partial: Partial) -> None:
        source = self._sources.setdefault(partial.source, _Source())
        if partial.epoch < source.epoch:
            # An owner who does not know yet that there is another.
            return
        source.epoch = partial.epoch
        source.told_at = max(partial.now, source.told_at or partial.now)
        if isinstance(partial.told, Zones):
            source.complete_at = source.told_at
            source.zones = partial.told
        elif partial.subject.rep is not None:
            self._take(partial.source, partial.subject, partial.told)
        self._heard.add(partial.source)

    def _take(self, source: int, subject: Subject, told: int | Standing) -> None:
        rep, pane = subject
        assert rep is not None
        if isinstance(told, Standing):
            self.scorecards.tell_standing(source, rep, told)
        elif pane is not None and not self._is_over(pane):
            self.scorecards.tell_pane(source, rep, pane, told)
        else:
            return
        self._changed[_row(rep, source, pane)] = (
            pack_told(told) if told and told != NOBODY_WAITS else None
        )
        self._due[rep] = None

    def _is_over(self, pane: Pane) -> bool:
        return self._pane is not None and pane < first_kept(self._pane * PANE)

    def _complete_pane(self) -> Pane | None:
        if len(self._sources) < self.frame.partitions:
            return None
        instants = [source.complete_at for source in self._sources.values()]
        known = [at for at in instants if at is not None]
        return pane_of(min(known)) if len(known) == self.frame.partitions else None

    def _move_on(self) -> None:
        """Let the windows move to the pane up to which all partitions have told."""
        pane, now = self._complete_pane(), self.now
        if now is None:
            return
        zones = max(
            (one for one in self._sources.values() if one.zones is not None),
            key=lambda one: one.complete_at or 0,
        ).zones
        changed = zones is not None and self.scorecards.tell_zones(zones)
        if pane == self._pane and not changed:
            return
        self._pane = pane
        for rep, gone, source in self.scorecards.expire(now):
            self._changed[_row(rep, source, gone)] = None
        self._look_at_all()

    def _look_at_all(self) -> None:
        for rep in sorted({*self.scorecards.reps(), *self._published}, key=order):
            self._due[rep] = None

    def _publish(self, step: Step) -> None:
        now = self.now
        if now is None:
            return
        while self._due and len(step.outputs) < MOST_OUTPUTS:
            rep = next(iter(self._due))
            del self._due[rep]
            windows = self.scorecards.windows(rep, now)
            if windows.is_empty:
                if self._published.pop(rep, None) is not None:
                    self._changed[_CARD + _encode(rep)] = None
                    step.outputs.append(Outgoing(SCORECARDS, Record(_key(rep), None)))
                continue
            card = windows.card(rep, now)
            digest = _digest(card)
            if digest != self._published.get(rep):
                self._published[rep] = digest
                self._changed[_CARD + _encode(rep)] = digest
                step.outputs.append(outgoing(card, self.frame.source))

    def _load(self, key: bytes, value: bytes) -> None:
        kind, name = key[:1], _decode(key[1:])
        if kind == _SOURCE:
            epoch, told_at, complete_at, zones = _decode(value)
            read_zones = None if zones is None else Zones(*zones)
            self._sources[name] = _Source(epoch, told_at, complete_at, read_zones)
            if read_zones is not None:
                self.scorecards.tell_zones(read_zones)
        elif kind == _CARD:
            team_id, rep_id = name
            self._published[team_id, rep_id] = value
        else:
            team_id, rep_id, source, pane = name
            told = unpack_told(value)
            if isinstance(told, Standing):
                self.scorecards.tell_standing(source, (team_id, rep_id), told)
            else:
                self.scorecards.tell_pane(source, (team_id, rep_id), pane, told)


def _row(rep: Rep, source: int, pane: Pane | None) -> bytes:
    return _TOLD + _encode([*rep, source, pane])


def _key(rep: Rep) -> bytes:
    team_id, rep_id = rep
    return f"{team_id}:{rep_id or ''}".encode()


def _packed(source: _Source) -> bytes:
    zones = None if source.zones is None else [dict(source.zones.by_team), source.zones.otherwise]
    return _encode([source.epoch, source.told_at, source.complete_at, zones])


def _digest(card: RepScorecard) -> bytes:
    """Sum up what a card says, whenever it says it."""
    return blake2b(_encode(structs.replace(card, as_of=0)), digest_size=8).digest()
