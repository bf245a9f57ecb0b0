"""What the changelog has said, checked position by position against the inputs."""

from collections import defaultdict
from dataclasses import dataclass, field

from schemas.facts import Fact, LeadErased, SourceHeartbeat
from schemas.instants import Instant, format_instant
from streams.config import Settings, WriterKind
from streams.domain.lead import Lead, unpack
from streams.runtime.broker import Place
from streams.runtime.control import INNER
from streams.runtime.owned import OwnedPartitions
from streams.runtime.owned_reps import OwnedReps
from streams.runtime.position import KEY as POSITION_KEY
from streams.runtime.position import Position
from tests.simulation.history import History
from tests.simulation.inputs import Inputs, Told
from tests.simulation.logs import Entry, Logs
from tests.simulation.said import name_of
from tests.simulation.violation import Invariant, ViolationError


@dataclass(slots=True)
class Kept:
    """What the changelog of one partition has said so far.

    Attributes:
        offsets: Up to where the inputs are in the state, by catalogue name.
        leads: The state.
        told: What the state has to hold: contents and since when, by lead.
        pending: Records that no position has followed yet.
        writer: Who wrote last.
        former: Who wrote before.
        erased: Leads whose facts may be gone.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    now: Instant | None = None
    leads: dict[str, Lead] = field(default_factory=dict)
    told: dict[str, dict[Fact, Instant]] = field(default_factory=lambda: defaultdict(dict))
    pending: list[Entry] = field(default_factory=list)
    writer: str = ""
    former: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)


class States:
    """The state of every partition of every table, followed as a load would read it.

    That of reps is made of figures and not of facts; how it leaves and how far it goes
    is checked the same way.
    """

    def __init__(
        self,
        logs: Logs,
        settings: Settings,
        history: History,
        inputs: Inputs,
        *,
        is_orderly: bool,
    ) -> None:
        """Begin empty.

        Args:
            logs: Where the inputs end.
            settings: The app's.
            history: Gets every position.
            inputs: What a state is the fold of.
            is_orderly: Every record's timestamp is that of its append.
        """
        self._logs = logs
        self._settings = settings
        self._history = history
        self._inputs = inputs
        self._is_orderly = is_orderly
        self._is_exact = settings.writer is WriterKind.TRANSACTIONS
        self._kept = {number: Kept() for number in range(settings.partitions)}
        self._reps = {number: Kept() for number in range(settings.partitions)}
        self._tables = {
            settings.changelog_of(OwnedPartitions.table): self._kept,
            settings.changelog_of(OwnedReps.table): self._reps,
        }
        self._readers = {
            settings.topic(name): (name, kept)
            for names, kept in (
                (OwnedPartitions.inputs, self._kept),
                (OwnedReps.inputs, self._reps),
            )
            for name in names
        }

    def has(self, topic: str) -> bool:
        """Tell whether a topic is the changelog of a table."""
        return topic in self._tables

    def held(self, place: Place) -> int:
        """Tell up to where an input is in its table's state."""
        name, kept = self._readers[place.topic]
        return kept[place.partition].offsets.get(name, 0)

    def take_input(self, place: Place, told: Told) -> None:
        """Take a record of an input that can be seen from now on."""
        if told.offset >= self.held(place):
            self._check_ahead(self._kept[place.partition], place, told)

    def take(self, place: Place, entry: Entry) -> None:
        """Take a record of a changelog; with a position, check all that came before it."""
        kept = self._tables[place.topic][place.partition]
        kept.pending.append(entry)
        if entry.record.key != POSITION_KEY:
            return
        pending, kept.pending = kept.pending, []
        assert entry.record.value is not None
        position = Position.unpack(entry.record.value)
        self._check_together(place, pending, entry)
        self._check_writer(kept, place, entry)
        if kept is self._reps[place.partition]:
            self._move(kept, place.partition, position)
            return
        changed = _apply(kept, pending)
        touched = self._move(kept, place.partition, position)
        for lead_id in changed | touched:
            _check_facts(kept, place, lead_id)
        for topic, offset in kept.offsets.items():
            told = self._inputs.told[Place(self._settings.topic(topic), place.partition)]
            for one in reversed(told):
                if one.offset < offset:
                    break
                self._check_ahead(kept, place._replace(topic=self._settings.topic(topic)), one)

    def _check_together(self, place: Place, pending: list[Entry], last: Entry) -> None:
        for entry in pending:
            is_together = (
                entry.transaction is last.transaction
                if self._is_exact
                else entry.stamp.batch == last.stamp.batch
            )
            if not is_together:
                raise ViolationError(
                    Invariant.TOGETHER,
                    f"{place}: what is at {entry.offset} left apart from the position "
                    f"at {last.offset}",
                )

    def _check_writer(self, kept: Kept, place: Place, entry: Entry) -> None:
        writer = entry.stamp.writer
        if writer == kept.writer:
            return
        if writer in kept.former:
            raise ViolationError(
                Invariant.ONE_WRITER,
                f"{place}: {writer} writes at {entry.offset}, after {kept.writer} had taken over",
            )
        kept.former.add(kept.writer)
        kept.writer = writer

    def _move(self, kept: Kept, number: int, position: Position) -> set[str]:
        """Follow a position; returns the leads that the facts on the way are about."""
        table = "leads" if kept is self._kept[number] else "reps"
        self._history.note(
            "topic",
            f"position {table}/{number} by {kept.writer}",
            {name: offset for name, offset in position.offsets.items() if offset},
            "-" if position.now is None else format_instant(position.now),
        )
        touched: set[str] = set()
        for name, offset in position.offsets.items():
            place = Place(self._settings.topic(name), number)
            before = kept.offsets.get(name, 0)
            if not before <= offset <= self._logs[place].stable:
                raise ViolationError(
                    Invariant.POSITION,
                    f"{place}: from {before} to {offset} of {self._logs[place].stable}",
                )
            for one in self._inputs.told.get(place, ()):
                if before <= one.offset < offset and isinstance(one.fact, Fact):
                    facts = kept.told[one.fact.lead_id]
                    facts[one.fact] = min(one.seen_at, facts.get(one.fact, one.seen_at))
                    touched.add(one.fact.lead_id)
                    if isinstance(one.fact, LeadErased):
                        kept.erased.add(one.fact.lead_id)
        if kept.now is not None and (position.now is None or position.now < kept.now):
            raise ViolationError(
                Invariant.TIME, f"now of partition {number} went back from {kept.now}"
            )
        kept.now = position.now
        kept.offsets = dict(position.offsets)
        return touched

    def _check_ahead(self, kept: Kept, place: Place, told: Told) -> None:
        """Nothing that counts by now may still be unread."""
        if not self._is_orderly or kept.now is None:
            return
        if told.fact is None or isinstance(told.fact, SourceHeartbeat):
            return
        if told.seen_at <= kept.now:
            raise ViolationError(
                Invariant.TIME,
                f"now of partition {place.partition} is {format_instant(kept.now)}, but "
                f"{place.topic} at {told.offset}, seen at {format_instant(told.seen_at)}, is not "
                "in its state",
            )

    def is_read(self) -> bool:
        """Tell whether every input is in the state to its end, and every transaction ended."""
        return all(log.stable == log.end for log in self._logs) and all(
            self.held(place) == self._logs[place].end
            for topic in self._readers
            for place in (Place(topic, number) for number in self._kept)
        )

    def disagrees(self, newest: dict[str, int], is_open: dict[str, bool]) -> ViolationError | None:
        """Hold what the state takes for published against what was published.

        Args:
            newest: The greatest revision of each id.
            is_open: Whether the last word on a lead was that it is open.
        """
        leads = [lead for kept in self._kept.values() for lead in kept.leads.values()]
        for record in (
            record
            for lead in leads
            for entry in lead.published.values()
            for record in (entry.breach, entry.verdict)
            if record is not None
        ):
            name, revision = name_of(record)
            if newest.get(name) != revision:
                return ViolationError(
                    Invariant.STATE,
                    f"the state holds revision {revision} of {name} as published, which is at "
                    f"{newest.get(name)}",
                )
        held = {lead.lead_id for lead in leads if lead.open_digest}
        told = {lead_id for lead_id, open_now in is_open.items() if open_now}
        if held == told:
            return None
        return ViolationError(
            Invariant.LOST if held - told else Invariant.FALSE,
            f"open are {sorted(held)}, and told as open {sorted(told)}",
        )


def _apply(kept: Kept, pending: list[Entry]) -> set[str]:
    changed: set[str] = set()
    for entry in pending:
        key, value = entry.record.key, entry.record.value
        if key is None or key.startswith(INNER):
            continue
        lead_id = key.decode()
        changed.add(lead_id)
        if value is None:
            kept.leads.pop(lead_id, None)
        else:
            kept.leads[lead_id] = unpack(key, value)
    return changed


def _check_facts(kept: Kept, place: Place, lead_id: str) -> None:
    if lead_id in kept.erased:
        return
    lead = kept.leads.get(lead_id)
    held = {fact: at for told in (lead.tellings.values() if lead else ()) for at, fact in told}
    told = kept.told.get(lead_id, {})
    if held != told:
        missing = [fact.event_id for fact in told if fact not in held]
        beyond = [fact.event_id for fact in held if fact not in told]
        raise ViolationError(
            Invariant.STATE,
            f"{place}: lead {lead_id} lacks {missing}, has {beyond} from beyond the position"
            if missing or beyond
            else f"{place}: lead {lead_id} has facts seen at other instants: {held} {told}",
        )
