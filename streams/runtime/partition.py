"""One owned partition: what came in, what follows from it, and how far it goes.

Everything here is plain calls on memory. Awaiting is the pump's part.

Source:
    Architecture, rules 3, 5 and 6.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.codec import (
    RefusalReason,
    RefusedError,
    check_future,
    decode,
    seen_at_on_kafka,
)
from schemas.facts import (
    AnyFact,
    ClockPaused,
    ControlFact,
    Fact,
    HandedOff,
    ObligationFulfilled,
    PolicyPublished,
    SourceHeartbeat,
)
from schemas.instants import Instant
from streams.config import TimeMode
from streams.domain.book import Book, Output
from streams.domain.contribution import SYNTHETIC
from streams.runtime.broker import Record
from streams.runtime.control import Control
from streams.runtime.dead_letters import dead_letter, lost_place
from streams.runtime.intake import Delivery, Intake
from streams.runtime.now import Mark, Now
from streams.runtime.outputs import Outgoing, outgoing
from streams.runtime.partials import Partials
from streams.runtime.policies import policy_told
from streams.runtime.position import KEY as POSITION_KEY
from streams.runtime.position import Position
from streams.runtime.routing import Router

log = logging.getLogger(__name__)

CONTROL_TOPIC: Final = "sla-control"
MOST_RECORDS: Final = 1_000
"""Input records of one commit. A step is one stretch of work in which no other partition
and no due gets its turn, so it must stay well under a second."""
MOST_OUTPUTS: Final = 1_000
"""Output records of one commit, about: mass deadlines take several."""
_MICROS_PER_MILLI: Final = 1_000


@dataclass(slots=True)
class Step:
    """What one commit writes, and what follows once it is written.

    Attributes:
        changes: Records of the changelog, the position last.
        outputs: Everything else, in order.
        finished: To be called after the commit.
        facts: Accepted facts by topic.
        named: Of those, hand-offs by type and team, pauses by type and reason.
        refused: Refused records by topic and reason.
        told: What the book put out.
        more: There is more to do at once.
    """

    changes: list[Record] = field(default_factory=list)
    outputs: list[Outgoing] = field(default_factory=list)
    finished: list[Callable[[], None]] = field(default_factory=list)
    facts: Counter[str] = field(default_factory=Counter)
    named: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: list[Output] = field(default_factory=list)
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a partition is told of the app around it.

    Attributes:
        number: The partition's.
        partitions: How many there are.
        time: Where the app's now comes from.
        names: Full names of the inputs by catalogue name.
        source: Who speaks, for the headers of outputs.
        wall: The wall clock.
        accept_misrouted: Origins that never stop the partition.
    """

    number: int
    partitions: int
    time: TimeMode
    names: Mapping[str, str]
    source: str
    wall: Callable[[], Instant]
    accept_misrouted: Collection[str] = ()


class Partition(Intake):
    """One owned partition.

    Attributes:
        frame: The app around it.
        book: Its leads.
        partials: What it has to tell of its reps; None: nobody is told.
    """

    partials: Partials | None = None

    def __init__(
        self,
        frame: Frame,
        *,
        book: Book,
        control: Control,
        now: Now,
        positions: Mapping[str, int],
    ) -> None:
        """Go on from what was committed.

        Args:
            frame: The app around it.
            book: Its leads.
            control: What it remembers beside them.
            now: Its now.
            positions: By input, from where to read.
        """
        super().__init__(positions)
        self.frame = frame
        self.book = book
        self._control = control
        self._now = now
        self._router = Router(
            partition=frame.number,
            partitions=frame.partitions,
            accepted=frame.accept_misrouted,
            control=control,
        )
        self._told: deque[Delivery] = deque()

    def __len__(self) -> int:
        """Count the leads it keeps."""
        return len(self.book)

    @property
    def has_policy(self) -> bool:
        """Tell whether any agreement is known; without one facts wait."""
        return bool(self.book.policies.published)

    def _inbox_of(self, topic: str) -> deque[Delivery]:
        # Agreements come before the facts that they hold for.
        return self._told if topic == CONTROL_TOPIC else self._facts

    # Time

    @property
    def now(self) -> Instant | None:
        """Up to here its leads have been judged."""
        return self.book.now

    def held_back(self) -> dict[str, int]:
        """Count by input what is still to be read before now may go on."""
        return self._now.held_back()

    def wanted(self) -> Instant | None:
        """Say for which instant the inputs' ends should be asked now; None: for none."""
        wall_at = self.frame.wall()
        # What waits will change something at once: ask before it is read, so that one
        # commit holds both the fact and what follows from it.
        return self._now.wanted(wall_at, wall_at if self._facts else self._ripe_at())

    def told_ends(self, instant: Instant, ends: Mapping[str, int]) -> None:
        """Tell where the inputs ended when they were asked for an instant."""
        if self.frame.time is TimeMode.FACTS:
            # Heartbeats come by the control topic, and it must not wait for itself.
            ends = {name: end for name, end in ends.items() if name != CONTROL_TOPIC}
        else:
            # Timestamps have milliseconds: a record appended after the question may still
            # carry the millisecond in which it was asked.
            instant = _sure(instant)
        self._now.told_ends(Mark(instant, ends))

    def wake_at(self) -> Instant | None:
        """Say at which wall instant something is to be done without any record coming."""
        wake_at = self._now.wake_at(self._ripe_at())
        tell_at = None if self.partials is None else self.partials.wake_at()
        if wake_at is None or tell_at is None:
            return tell_at if wake_at is None else wake_at
        return min(wake_at, tell_at)

    def _ripe_at(self) -> Instant | None:
        """After this instant the wall clock can decide what changes next."""
        next_at = self.book.next_instant() if self.has_policy else None
        if next_at is None or self.frame.time is TimeMode.FACTS:
            return next_at
        return _sure(next_at) + _MICROS_PER_MILLI

    # The step

    def step(self) -> Step:
        """Read what waits, judge up to now, and say what is to be written."""
        step = Step()
        read_at = self.frame.wall() if self.frame.time is TimeMode.WALL else None
        room = self._read(self._told, MOST_RECORDS, read_at, step)
        if self.has_policy:
            self._read(self._facts, room, read_at, step)
            self._judge(step)
        step.changes += [Record(key, packed) for key, packed in self.book.take_changed()]
        step.changes += [Record(key, value) for key, value in self.book.take_changed_control()]
        step.changes += self._control.take_changed()
        if self.partials is not None:
            step.changes += self.partials.note(self.book)
        if step.changes or step.outputs or step.finished:
            step.changes.append(self.position())
        step.more = step.more or bool(self._told) or (self.has_policy and bool(self._facts))
        return step

    def position(self) -> Record:
        """Give the record that says how far the state goes."""
        position = Position(
            offsets=self.positions,
            now=self.book.now,
            partitions=self.frame.partitions,
            time=self.frame.time,
        )
        return Record(POSITION_KEY, position.pack())

    def _judge(self, step: Step) -> None:
        to = self._now.now
        if to is None:
            return
        said_at = self.frame.wall() if self.frame.time is TimeMode.WALL else None
        step.told = self.book.advance(to, detected_at=said_at, limit=MOST_OUTPUTS)
        step.outputs += [outgoing(output, self.frame.source) for output in step.told]
        step.more = self.book.now is None or self.book.now < to

    def _read(self, inbox: deque[Delivery], room: int, read_at: Instant | None, step: Step) -> int:
        for topic, records, end in self._chunks(inbox, room, step.finished):
            for record in records:
                self._read_one(topic, record, read_at, step)
            room -= len(records)
            self._now.read(topic, end, _recorded_at(records[-1]) if records else None)
        return room

    def _read_one(self, topic: str, record: Any, read_at: Instant | None, step: Step) -> None:
        try:
            fact = decode(record.value, topic=topic)
            recorded_at = _recorded_at(record)
            check_future(fact, recorded_at)
            seen_at = seen_at_on_kafka(fact, recorded_at, read_at)
            self._tell(record, fact, seen_at, step)
        except RefusedError as error:
            step.refused[topic, error.reason] += 1
            step.outputs.append(dead_letter(record, error.reason, error.detail))
        else:
            if not isinstance(fact, Fact) or not fact.lead_id.startswith(SYNTHETIC):
                step.facts[topic] += 1
                if isinstance(fact, HandedOff):
                    step.named[fact.TYPE, fact.team_id] += 1
                elif isinstance(fact, ClockPaused):
                    step.named[fact.TYPE, fact.reason] += 1

    def _tell(self, record: Any, fact: AnyFact, seen_at: Instant, step: Step) -> None:
        if isinstance(fact, ControlFact):
            self._tell_control(fact, seen_at)
            return
        if record.key != fact.lead_id.encode():
            raise RefusedError(RefusalReason.KEY_MISMATCH, "the record's key is not its lead_id")
        self._router.check(fact, known=self.book.knows(fact.lead_id))
        self._tell_book(fact, seen_at, step)

    def _tell_book(self, fact: Fact, seen_at: Instant, step: Step) -> None:
        refusal = self.book.tell(fact, seen_at)
        if refusal is None:
            return
        if refusal.fact is fact:
            raise RefusedError(refusal.reason, refusal.detail)
        step.outputs.append(lost_place(refusal, self.frame.names, self.frame.number))

    def _tell_control(self, fact: ControlFact, seen_at: Instant) -> None:
        self.book.control(fact, seen_at)
        if isinstance(fact, SourceHeartbeat):
            self._control.heard(fact)
            self._now.heard(fact.origin, fact.complete_up_to)
        elif isinstance(fact, PolicyPublished):
            policy = policy_told(fact, self.book.policies)
            if self._control.keep(fact, seen_at):
                self.book.policies = self.book.policies.with_policy(policy, seen_at)
                log.info(
                    "policy_taken",
                    extra={"version": policy.version, "partition": self.frame.number},
                )
        elif isinstance(fact, ObligationFulfilled):
            self._control.keep(fact, seen_at)


def _recorded_at(record: Any) -> Instant:
    timestamp: int = record.timestamp
    return timestamp * _MICROS_PER_MILLI


def _sure(instant: Instant) -> Instant:
    """Give the last instant before the millisecond of an instant."""
    return instant - instant % _MICROS_PER_MILLI - 1
