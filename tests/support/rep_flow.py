"""Partitions of leads and of reps in one process, and what travels between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.facts import Fact
from schemas.instants import SECOND, Instant
from schemas.topics import partition_of
from streams.config import TimeMode
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.runtime.broker import Record
from streams.runtime.changelog import State
from streams.runtime.partials import KEY, Partials, Telling
from streams.runtime.partition import Frame, Step
from streams.runtime.reps import RepsPartition
from streams.runtime.teller import TOPIC
from streams.runtime.transport import Batch
from tests.support.shell import Incoming

PARTITIONS = 3


@dataclass
class Leads:
    """One partition of leads, its changelog, and what it still has to tell."""

    number: int
    policies: Policies
    kept: dict[bytes, bytes] = field(default_factory=dict)
    book: Book = field(init=False)
    partials: Partials = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Take over from what was kept."""
        state = State()
        self.book = Book(self.policies)
        for key, value in self.kept.items():
            if key != KEY:
                self.book.load(key, value)
        state.partials = self.kept.get(KEY)
        self.partials = Partials(self.number, PARTITIONS, state.partials)

    def advance(self, now: Instant) -> None:
        """Judge up to an instant, and commit."""
        self.book.advance(now)
        changes: list[tuple[bytes | None, bytes | None]] = [*self.book.take_changed()]
        changes += [(record.key, record.value) for record in self.partials.note(self.book)]
        for key, value in changes:
            assert key is not None
            if value is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = value

    def restart(self) -> None:
        """Lose what was not kept."""
        now = self.book.now
        self.begin()
        self.book.now = now


@dataclass
class Flow:
    """All partitions of both tables, and the topic between them."""

    policies: Policies
    wall_at: Instant = 0
    leads: list[Leads] = field(init=False)
    reps: list[RepsPartition] = field(init=False)
    topic: list[list[Record]] = field(init=False)
    rows: list[dict[bytes, bytes]] = field(init=False)
    cards: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    published: int = 0

    def __post_init__(self) -> None:
        self.leads = [Leads(number, self.policies) for number in range(PARTITIONS)]
        self.topic = [[] for _ in range(PARTITIONS)]
        self.rows = [{} for _ in range(PARTITIONS)]
        self.reps = [self._reps(number) for number in range(PARTITIONS)]

    def tell(self, facts: Sequence[Fact], seen_at: Instant) -> None:
        """Tell facts to the partitions they belong to."""
        for fact in facts:
            home = partition_of(fact.lead_id.encode(), PARTITIONS)
            self.leads[home].book.tell(fact, seen_at)

    def pass_on(self, *, lost: Sequence[int] = ()) -> list[Telling]:
        """Let every partition tell what it owes; what ``lost`` ones tell is never acknowledged."""
        self.wall_at += SECOND
        tellings = []
        for leads in self.leads:
            telling = leads.partials.telling(leads.book, self.wall_at)
            if telling is None:
                continue
            tellings.append(telling)
            if leads.number not in lost:
                self.write(telling)
                leads.partials.told(telling)
        return tellings

    def write(self, telling: Telling) -> None:
        """Append what is told to the topic."""
        for partition, records in telling.records.items():
            self.topic[partition] += records

    def settle(self) -> list[Step]:
        """Let the reps read all there is, and commit."""
        steps = []
        for number, reps in enumerate(self.reps):
            start, records = reps.positions[TOPIC], self.topic[number]
            incoming = [
                Incoming(TOPIC, number, offset, 0, record.key, record.value)
                for offset, record in enumerate(records)
            ][start:]
            reps.take(Batch(TOPIC, number, start, len(records), incoming, 1), lambda: None)
            more = True
            while more:
                step = reps.step()
                steps.append(step)
                more = step.more
                self._keep(number, step)
        return steps

    def restart_reps(self, number: int) -> None:
        """Lose a partition's memory."""
        position = self.reps[number].positions
        self.reps[number] = self._reps(number, position)

    def _reps(self, number: int, positions: Mapping[str, int] | None = None) -> RepsPartition:
        frame = Frame(
            number=number,
            partitions=PARTITIONS,
            time=TimeMode.FACTS,
            names={TOPIC: TOPIC},
            source="test",
            wall=lambda: self.wall_at,
        )
        return RepsPartition(frame, rows=self.rows[number], positions=positions or {TOPIC: 0})

    def _keep(self, number: int, step: Step) -> None:
        for record in step.changes:
            assert record.key is not None
            if record.key.startswith(b"\x00"):
                continue
            if record.value is None:
                self.rows[number].pop(record.key, None)
            else:
                self.rows[number][record.key] = record.value
        for _, record in step.outputs:
            assert record.key is not None
            assert partition_of(record.key, PARTITIONS) == number
            self.published += 1
            if record.value is None:
                del self.cards[record.key]
            else:
                self.cards[record.key] = orjson.loads(record.value)
