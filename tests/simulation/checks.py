"""The invariants, checked whenever a reader of committed records can see more."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from schemas.facts import ContactAttempt, Fact, FactWithdrawn, LeadErased, SourceHeartbeat
from schemas.instants import Instant, format_instant, parse_instant
from schemas.topics import TOPICS
from schemas.verdicts import Record, encode_record
from streams.config import Settings, TimeMode, WriterKind
from streams.domain.lead import Lead, unpack
from streams.runtime.broker import Place
from streams.runtime.control import INNER
from streams.runtime.position import KEY as POSITION_KEY
from streams.runtime.position import Position
from tests.simulation.history import History
from tests.simulation.inputs import Inputs, Told
from tests.simulation.logs import Entry, Log, Logs
from tests.simulation.loop import SimulatedLoop
from tests.simulation.violation import Invariant, ViolationError

_IDS: Final = ("breach_id", "verdict_id", "warning_id")
_FREE: Final = ("detected_at", "sequence")
"""What may differ between a worker and a replay."""

_MARKERS_SECONDS: Final = 0.5
"""A transaction that was decided has its markers after so long."""

_LAST_WORDS: Final = ("status", "outcome", "due_at", "answered_at")
"""What a last word has to agree in, however it was come to."""

Name = tuple[str, int]
"""An id and its revision."""


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


class Checks:
    """Reads all topics as anybody may, and complains."""

    def __init__(
        self,
        loop: SimulatedLoop,
        logs: Logs,
        settings: Settings,
        history: History,
        *,
        is_orderly: bool,
    ) -> None:
        """Begin with nothing read.

        Args:
            loop: Tells the time.
            logs: All that there is to read.
            settings: The app's.
            history: Gets what was read.
            is_orderly: Every record's timestamp is that of its append. Where sources lag
                behind, breaches may be said and taken back that a replay never says, and
                only the last word has to be the same.
        """
        self._loop = loop
        self._logs = logs
        self._settings = settings
        self._history = history
        self._read_to: dict[Place, int] = defaultdict(int)
        self._outputs = {settings.topic(name): name for name in TOPICS}
        self.inputs = Inputs(settings)
        self.kept = {number: Kept() for number in range(settings.partitions)}
        self.said: dict[Name, dict[str, Any]] = {}
        self.newest: dict[str, int] = {}
        self.dead: dict[tuple[str, int, int], str] = {}
        self._sequences: set[tuple[str, int]] = set()
        self._answers: dict[str, list[tuple[Told, ContactAttempt]]] = defaultdict(list)
        self._withdrawn: set[str] = set()
        self.expected: dict[Name, dict[str, Any]] | None = None
        self._suspicion: ViolationError | None = None
        self._is_orderly = is_orderly
        self._is_wall = settings.time is TimeMode.WALL
        self.is_exact = settings.writer is WriterKind.TRANSACTIONS
        logs.watchers.append(self._moved)

    def _moved(self, log: Log) -> None:
        start, end = self._read_to[log.place], log.stable
        if end <= start:
            return
        self._read_to[log.place] = end
        place = log.place
        for entry in log.kept(start, end):
            if place.topic == self._settings.changelog:
                self._take_changed(self.kept[place.partition], place, entry)
            elif place.topic in self.inputs.names:
                self._take_input(place, entry)
            elif place.topic in self._outputs:
                self._take_output(self._outputs[place.topic], place, entry)

    # Inputs

    def _take_input(self, place: Place, entry: Entry) -> None:
        told = self.inputs.take(place, entry)
        fact = told.fact
        if isinstance(fact, ContactAttempt):
            self._answers[fact.lead_id].append((told, fact))
        elif isinstance(fact, FactWithdrawn):
            self._withdrawn.add(fact.withdraws)
        kept = self.kept[place.partition]
        if entry.offset >= kept.offsets.get(self.inputs.names[place.topic], 0):
            self._check_ahead(kept, place, told)

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

    # Outputs

    def _take_output(self, name: str, place: Place, entry: Entry) -> None:
        if name == "lead-events-dlq":
            self._take_dead_letter(entry)
            return
        value = entry.record.value
        if value is None or name == "late-facts":
            return
        told = orjson.loads(value)
        self._check_sequence(name, told)
        for id_name in _IDS:
            if id_name in told:
                self._take_said((told[id_name], told["revision"]), place, told)

    def _take_said(self, name: Name, place: Place, told: dict[str, Any]) -> None:
        self._history.note("topic", _in_short(place, told))
        if name in self.said:
            if self.is_exact:
                raise ViolationError(Invariant.DOUBLED, f"{name} is twice on {place.topic}")
            return
        if name[1] != self.newest.get(name[0], 0) + 1 and self.is_exact:
            raise ViolationError(
                Invariant.LOST, f"{name} follows on revision {self.newest.get(name[0], 0)}"
            )
        self.newest[name[0]] = max(name[1], self.newest.get(name[0], 0))
        self.said[name] = told
        if told.get("status") == "provisional":
            self._check_answered(told)
        if self.expected is not None and self._is_orderly:
            self._check_expected(name, told)

    def _check_sequence(self, name: str, told: dict[str, Any]) -> None:
        sequence = told.get("sequence")
        if not self.is_exact or not sequence or told.get("lead_id") is None:
            return
        mark = (told["lead_id"], sequence)
        if mark in self._sequences:
            raise ViolationError(Invariant.DOUBLED, f"sequence {mark} is used again on {name}")
        self._sequences.add(mark)

    def _check_answered(self, told: dict[str, Any]) -> None:
        """An answer that was in the log when the due passed must have been seen."""
        if told["clock"] != "speed":
            return
        due_at, started_at = parse_instant(told["due_at"]), parse_instant(told["started_at"])
        for one, answer in self._answers[told["lead_id"]]:
            if (
                max(one.seen_at, one.appended_at if self._is_wall else 0) <= due_at
                and started_at <= answer.occurred_at <= due_at
                and answer.evidence == "system"
                and answer.event_id not in self._withdrawn
            ):
                raise ViolationError(
                    Invariant.FALSE,
                    f"lead {told['lead_id']} was due {told['due_at']}, and the log had "
                    f"{answer.event_id}, seen at {format_instant(one.seen_at)}",
                )

    def _take_dead_letter(self, entry: Entry) -> None:
        headers = {name: value.decode() for name, value in entry.record.headers}
        if "offset" not in headers:
            return
        place = (headers["topic"], int(headers["partition"]), int(headers["offset"]))
        self._history.note("topic", f"dead letter {place} {headers['reason']}")
        if place in self.dead and self.is_exact:
            raise ViolationError(Invariant.DOUBLED, f"{place} is twice among the dead letters")
        self.dead[place] = headers["reason"]

    # State

    def _take_changed(self, kept: Kept, place: Place, entry: Entry) -> None:
        kept.pending.append(entry)
        if entry.record.key != POSITION_KEY:
            return
        pending, kept.pending = kept.pending, []
        assert entry.record.value is not None
        position = Position.unpack(entry.record.value)
        self._check_together(place, pending, entry)
        self._check_writer(kept, place, entry)
        changed = _apply(kept, pending)
        touched = self._move(kept, place.partition, position)
        for lead_id in changed | touched:
            _check_facts(kept, place, lead_id)
        for topic, offset in kept.offsets.items():
            told = self.inputs.told[Place(self._settings.topic(topic), place.partition)]
            for one in reversed(told):
                if one.offset < offset:
                    break
                self._check_ahead(kept, place._replace(topic=self._settings.topic(topic)), one)

    def _check_together(self, place: Place, pending: list[Entry], last: Entry) -> None:
        for entry in pending:
            is_together = (
                entry.transaction is last.transaction
                if self.is_exact
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
        self._history.note(
            "topic",
            f"position {number} by {kept.writer}",
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
            for one in self.inputs.told[place]:
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

    # The group

    def watch_group(self, offsets: dict[Place, int]) -> None:
        """Check what was committed to the group, once every marker before it is written."""
        self._loop.later(_MARKERS_SECONDS, self._check_group, offsets)

    def _check_group(self, offsets: dict[Place, int]) -> None:
        for place, offset in offsets.items():
            held = self.kept[place.partition].offsets.get(self.inputs.names[place.topic], 0)
            if offset > held and self._suspicion is None:
                # Kept back: whatever else is wrong says more.
                self._suspicion = ViolationError(
                    Invariant.GROUP, f"the group was at {offset} of {place}, the state at {held}"
                )

    # The end

    def expect(self, until: Instant) -> None:
        """Judge everything at once, by a replay; what is said from here on must be in it."""
        findings = self.inputs.replayed(until)
        self.expected = {}
        for record in (*findings.breaches, *findings.verdicts, *findings.warnings):
            self.expected[_name_of(record)] = orjson.loads(encode_record(record))
        if self._is_orderly:
            for name, told in self.said.items():
                self._check_expected(name, told)

    def _check_expected(self, name: Name, told: dict[str, Any]) -> None:
        assert self.expected is not None
        expected = self.expected.get(name)
        if expected is None:
            raise ViolationError(
                Invariant.SAME_AS_REPLAY, f"a replay does not say {_in_short(None, told)}"
            )
        for field_name, value in expected.items():
            if field_name not in _FREE and told[field_name] != value:
                raise ViolationError(
                    Invariant.SAME_AS_REPLAY,
                    f"{_in_short(None, told)}: {field_name} is {told[field_name]!r}, in a "
                    f"replay {value!r}",
                )

    def is_read(self) -> bool:
        """Tell whether every input is in the state to its end, and every transaction ended."""
        return all(log.stable == log.end for log in self._logs) and all(
            kept.offsets.get(self.inputs.names[place.topic], 0) == self._logs[place].end
            for number, kept in self.kept.items()
            for place in self.inputs.told
            if place.partition == number
        )

    def is_complete(self) -> bool:
        """Tell whether all that is expected was said."""
        assert self.expected is not None
        if len(self.dead) != len(self.inputs.refused()):
            return False
        if self._is_orderly:
            return len(self.said) == len(self.expected)
        return not self._differences()

    def _differences(self) -> list[str]:
        """Compare the last word on each subject with a replay's last word."""
        assert self.expected is not None
        said, expected = _last_words(self.said), _last_words(self.expected)
        found = []
        for name in said.keys() | expected.keys():
            ours, theirs = said.get(name), expected.get(name)
            if theirs is None and ours is not None and ours.get("status") == "retracted":
                continue
            if (
                ours is None
                or theirs is None
                or any(ours[word] != theirs[word] for word in _LAST_WORDS if word in theirs)
            ):
                found.append(_in_short(None, ours or theirs or {}))
        return sorted(found)

    def finish(self) -> None:
        """Compare the whole with what it must be."""
        if not self._is_orderly and (differences := self._differences()):
            raise ViolationError(
                Invariant.SAME_AS_REPLAY, f"the last word differs: {'; '.join(differences)}"
            )
        assert self.expected is not None
        for name, told in self.expected.items():
            if name not in self.said and self._is_orderly:
                raise ViolationError(Invariant.LOST, f"only a replay says {_in_short(None, told)}")
        refused = self.inputs.refused()
        for place in refused - self.dead.keys():
            raise ViolationError(Invariant.LOST, f"{place} is not among the dead letters")
        for place in self.dead.keys() - refused:
            raise ViolationError(Invariant.FALSE, f"{place} is among the dead letters")
        for number, kept in self.kept.items():
            self._check_published(number, kept)
        if self._suspicion is not None:
            raise self._suspicion

    def _check_published(self, number: int, kept: Kept) -> None:
        """What the state holds as published is what was published."""
        for lead in kept.leads.values():
            for entry in lead.published.values():
                for record in (entry.breach, entry.verdict):
                    if record is None:
                        continue
                    name, revision = _name_of(record)
                    if self.newest.get(name) != revision:
                        raise ViolationError(
                            Invariant.STATE,
                            f"partition {number} holds revision {revision} of {name} as "
                            f"published, which is at {self.newest.get(name)}",
                        )


def _last_words(told: dict[Name, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Keep the greatest revision of each id."""
    last: dict[str, dict[str, Any]] = {}
    for (name, revision), one in told.items():
        if name not in last or revision > last[name]["revision"]:
            last[name] = one
    return last


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


def _name_of(record: Record) -> Name:
    told: Any = record
    for id_name in _IDS:
        name = getattr(record, id_name, None)
        if name is not None:
            return name, told.revision
    raise TypeError(type(record).__name__)


def _in_short(place: Place | None, told: dict[str, Any]) -> str:
    where = "" if place is None else f"{place.topic}/{place.partition}: "
    word = told.get("status") or told.get("outcome") or told.get("kind")
    return (
        f"{where}{told.get('commitment')} of {told.get('lead_id')} {word}, "
        f"revision {told.get('revision')}, due {told.get('due_at')}"
    )
