"""What the outputs have said, checked record by record as any reader sees them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

import orjson

from schemas.facts import AnyFact, ContactAttempt, FactWithdrawn
from schemas.instants import Instant, format_instant, parse_instant
from schemas.verdicts import Record
from streams.config import Settings, TimeMode, WriterKind
from streams.runtime.broker import Place
from tests.simulation.history import History
from tests.simulation.inputs import Told
from tests.simulation.logs import Entry
from tests.simulation.violation import Invariant, ViolationError

_IDS: Final = ("breach_id", "verdict_id", "warning_id")

Name = tuple[str, int]
"""An id and its revision."""


class Said:
    """Everything that was said so far.

    Attributes:
        records: By id and revision.
        newest: The greatest revision of each id.
        dead: Reasons of dead letters, by topic, partition and offset.
        is_open: Whether the last word on a lead was that it is open.
        cards: The last scorecard of each rep, by key.
        is_exact: Each record appears once; the plain writer promises only that it appears.
    """

    def __init__(self, settings: Settings, history: History, wall: Callable[[], Instant]) -> None:
        self._history = history
        self._wall = wall
        self._is_wall = settings.time is TimeMode.WALL
        self.is_exact = settings.writer is WriterKind.TRANSACTIONS
        self.records: dict[Name, dict[str, Any]] = {}
        self.newest: dict[str, int] = {}
        self.dead: dict[tuple[str, int, int], str] = {}
        self.is_open: dict[str, bool] = {}
        self.cards: dict[bytes, dict[str, Any]] = {}
        self._sequences: set[tuple[str, int]] = set()
        self._answers: dict[str, list[tuple[Told, ContactAttempt]]] = defaultdict(list)
        self._withdrawn: set[str] = set()

    def hear(self, told: Told, fact: AnyFact | None) -> None:
        """Remember a fact that may answer a clock."""
        if isinstance(fact, ContactAttempt):
            self._answers[fact.lead_id].append((told, fact))
        elif isinstance(fact, FactWithdrawn):
            self._withdrawn.add(fact.withdraws)

    def take(self, topic: str, place: Place, entry: Entry) -> tuple[Name, dict[str, Any]] | None:
        """Take a record of an output.

        Args:
            topic: Its catalogue name.
            place: Where.
            entry: The record.

        Returns:
            What is new to be compared with a replay, if anything.
        """
        if topic == "lead-events-dlq":
            self._take_dead_letter(entry)
            return None
        value = entry.record.value
        if topic == "open-leads" and entry.record.key is not None:
            self.is_open[entry.record.key.decode()] = value is not None
        if value is None or topic == "late-facts":
            return None
        told = orjson.loads(value)
        if topic == "rep-scorecards" and entry.record.key is not None:
            self.cards[entry.record.key] = told
        self._check_sequence(topic, told)
        for id_name in _IDS:
            if id_name in told:
                return self._take_said((told[id_name], told["revision"]), place, told)
        return None

    def _take_said(
        self, name: Name, place: Place, told: dict[str, Any]
    ) -> tuple[Name, dict[str, Any]] | None:
        self._history.note("topic", in_short(told), f"on {place.topic}/{place.partition}")
        if name in self.records:
            if self.is_exact:
                raise ViolationError(Invariant.DOUBLED, f"{name} is twice on {place.topic}")
            return None
        if name[1] != self.newest.get(name[0], 0) + 1 and self.is_exact:
            raise ViolationError(
                Invariant.LOST, f"{name} follows on revision {self.newest.get(name[0], 0)}"
            )
        self.newest[name[0]] = max(name[1], self.newest.get(name[0], 0))
        self.records[name] = told
        if told.get("status") == "provisional":
            self._check_answered(told)
        self._check_said_at(told)
        return name, told

    def _check_sequence(self, name: str, told: dict[str, Any]) -> None:
        sequence = told.get("sequence")
        if not self.is_exact or not sequence or told.get("lead_id") is None:
            return
        mark = (told["lead_id"], sequence)
        if mark in self._sequences:
            raise ViolationError(Invariant.DOUBLED, f"sequence {mark} is used again on {name}")
        self._sequences.add(mark)

    def _check_said_at(self, told: dict[str, Any]) -> None:
        """Nothing is said before it is true, or with a clock that is ahead."""
        said_at = parse_instant(told["detected_at"])
        due_at = told.get("due_at") if told.get("status") else None
        early = due_at is not None and said_at < parse_instant(due_at)
        if early or (self._is_wall and said_at > self._wall()):
            raise ViolationError(Invariant.FALSE, f"{in_short(told)} said at {said_at}")

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


def name_of(record: Record) -> Name:
    """Give a record's id and revision."""
    told: Any = record
    for id_name in _IDS:
        name = getattr(record, id_name, None)
        if name is not None:
            return name, told.revision
    raise TypeError(type(record).__name__)


def in_short(told: dict[str, Any]) -> str:
    """Write a record for a person."""
    word = told.get("status") or told.get("outcome") or told.get("kind")
    return (
        f"{told.get('commitment')} of {told.get('lead_id')} {word}, "
        f"revision {told.get('revision')}, due {told.get('due_at')}"
    )
