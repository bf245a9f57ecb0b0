"""Judges a run from outside: what went in, what came out, and what should have.

It reads every input and output topic and the changelog as any reader of committed
records does, and shares no code with the shell: what should have come out is what the
core says of the same facts, known since their records were appended.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.codec import decode
from schemas.facts import Fact, PolicyPublished
from schemas.instants import Instant
from schemas.refusals import RefusedError
from schemas.topics import INPUTS
from schemas.verdicts import (
    Breach,
    OpenLead,
    OpenLeadEnd,
    Verdict,
    Warning,  # noqa: A004 - the contract's word
    encode_record,
    record_key,
)
from streams.domain.book import Book
from streams.domain.lead import unpack
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.domain.scorecard import cards_of

BREACHES: Final = ("speed-breaches", "depth-breaches")
VERDICTS: Final = "sla-verdicts"
WARNINGS: Final = "sla-warnings"
OPEN_LEADS: Final = "open-leads"
SCORECARDS: Final = "rep-scorecards"
DEAD_LETTERS: Final = "lead-events-dlq"
_UNCOMPARED: Final = ("detected_at", "sequence", "as_of")
_IDS: Final = ("breach_id", "verdict_id", "warning_id")

Identity = tuple[str, int]
"""``breach_id``, ``verdict_id`` or ``warning_id``, and the revision."""


@dataclass(slots=True)
class Judgement:
    """What the oracle found.

    Attributes:
        facts: Distinct facts that were appended.
        records: Breach, verdict and warning records that should have come out.
        lost: Should have come out and did not.
        doubled: Came out more than once.
        false: Came out and should not have.
        wrong: Came out with another content.
        examples: Of what is wrong, a few.
    """

    facts: int = 0
    repeated: int = 0
    records: int = 0
    dead_letters: int = 0
    leads: int = 0
    lost: int = 0
    doubled: int = 0
    false: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nothing lost, doubled, false or wrong."""
        return not (self.lost or self.doubled or self.false or self.wrong)

    def note(self, what: str, which: object) -> None:
        """Count a defect and keep a few examples."""
        setattr(self, what, getattr(self, what) + 1)
        if len(self.examples) < 20:
            self.examples.append(f"{what}: {which}")


async def read_all(
    bootstrap: str, topics: Sequence[str], partitions: int
) -> dict[str, list[ConsumerRecord[bytes, bytes]]]:
    """Read topics from the beginning to their committed end."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="none",
        enable_auto_commit=False,
        max_partition_fetch_bytes=8 << 20,
    )
    await consumer.start()
    places = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
    ends = await consumer.end_offsets(places)
    begins = await consumer.beginning_offsets(places)
    consumer.assign(places)
    for place in places:
        consumer.seek(place, begins[place])
    found: dict[str, list[ConsumerRecord[bytes, bytes]]] = {topic: [] for topic in topics}
    left = set(places)
    while left:
        for place, records in (await consumer.getmany(timeout_ms=500)).items():
            found[place.topic] += records
        left = {place for place in left if await consumer.position(place) < ends[place]}
    await consumer.stop()
    return found


async def judge(
    bootstrap: str, prefix: str, partitions: int, changelog: str, until: Instant
) -> Judgement:
    """Compare everything that came out with what should have."""
    subjects = (*BREACHES, VERDICTS, WARNINGS)
    outputs = (*subjects, OPEN_LEADS, SCORECARDS, DEAD_LETTERS)
    names = [prefix + name for name in (*INPUTS, *outputs)]
    read = await read_all(bootstrap, [*names, changelog], partitions)
    found = Judgement()
    told, refused, book = _expected_of(read, prefix, found)
    expected: dict[Identity, dict[str, Any]] = {}
    open_leads: dict[bytes, dict[str, Any]] = {}
    for output in book.advance(until):
        match output:
            case Breach() | Verdict() | Warning():
                expected[_identity(orjson.loads(encode_record(output)))] = _compared(
                    orjson.loads(encode_record(output))
                )
            case OpenLead():
                record = orjson.loads(encode_record(output))
                open_leads[output.lead_id.encode()] = _compared(record)
            case OpenLeadEnd():
                open_leads.pop(output.lead_id.encode(), None)
    found.records = len(expected)
    cards = {
        record_key(card): _compared(orjson.loads(encode_record(card)))
        for card in cards_of(book, until)
    }
    records = [one for name in subjects for one in read[prefix + name]]
    _compare_records(records, expected, found)
    _compare_last(read[prefix + OPEN_LEADS], open_leads, found)
    _compare_last(read[prefix + SCORECARDS], cards, found)
    _compare_dead_letters(read[prefix + DEAD_LETTERS], refused, found)
    _compare_state(read[changelog], told, found)
    return found


Place = tuple[str, int, int]


def _expected_of(
    read: dict[str, list[ConsumerRecord[bytes, bytes]]], prefix: str, found: Judgement
) -> tuple[dict[str, dict[str, Instant]], set[Place], Book]:
    told: dict[str, dict[str, Instant]] = {}
    refused: set[Place] = set()
    facts: list[tuple[Instant, Fact]] = []
    policies = Policies()
    for name in INPUTS:
        for record in read[prefix + name]:
            try:
                fact = decode(record.value, topic=name)
            except RefusedError:
                refused.add((record.topic, record.partition, record.offset))
                continue
            seen_at = max(fact.occurred_at, record.timestamp * 1_000)
            if isinstance(fact, PolicyPublished):
                policies = policies.with_policy(policy_of(fact.body), seen_at)
            elif isinstance(fact, Fact):
                facts.append((seen_at, fact))
                known = told.setdefault(fact.lead_id, {})
                found.repeated += fact.event_id in known
                known[fact.event_id] = min(seen_at, known.get(fact.event_id, seen_at))
    found.facts = sum(map(len, told.values()))
    found.leads = len(told)
    book = Book(policies)
    for seen_at, fact in facts:
        book.tell(fact, seen_at)
    return told, refused, book


def _identity(record: dict[str, Any]) -> Identity:
    return next(record[name] for name in _IDS if name in record), record["revision"]


def _compared(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _UNCOMPARED}


def _compare_records(
    records: Iterable[ConsumerRecord[bytes, bytes]],
    expected: dict[Identity, dict[str, Any]],
    found: Judgement,
) -> None:
    seen: Counter[Identity] = Counter()
    for record in records:
        told = orjson.loads(record.value)
        identity = _identity(told)
        seen[identity] += 1
        if identity not in expected:
            found.note("false", told)
        elif seen[identity] > 1:
            found.note("doubled", told)
        elif _compared(told) != expected[identity]:
            found.note("wrong", (told, expected[identity]))
    for identity in expected.keys() - seen.keys():
        found.note("lost", expected[identity])


def _compare_last(
    records: Iterable[ConsumerRecord[bytes, bytes]],
    expected: dict[bytes, dict[str, Any]],
    found: Judgement,
) -> None:
    last: dict[bytes, bytes | None] = {}
    for record in records:
        last[record.key] = record.value
    standing = {key: _compared(orjson.loads(v)) for key, v in last.items() if v is not None}
    for key in standing.keys() | expected.keys():
        if standing.get(key) != expected.get(key):
            found.note("wrong", (key, standing.get(key), expected.get(key)))


def _compare_dead_letters(
    records: Iterable[ConsumerRecord[bytes, bytes]], refused: set[Place], found: Judgement
) -> None:
    seen: Counter[Place] = Counter()
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        place = headers["topic"], int(headers["partition"]), int(headers["offset"])
        seen[place] += 1
        if place not in refused:
            found.note("false", ("dead letter", place))
        elif seen[place] > 1:
            found.note("doubled", ("dead letter", place))
    for place in refused - seen.keys():
        found.note("lost", ("dead letter", place))
    found.dead_letters = len(refused)


def _compare_state(
    records: Iterable[ConsumerRecord[bytes, bytes]],
    told: dict[str, dict[str, Instant]],
    found: Judgement,
) -> None:
    """The changelog holds each lead's facts, each known since it was first told."""
    last: dict[bytes, bytes | None] = {}
    for record in records:
        last[record.key] = record.value
    kept = {
        key.decode(): unpack(key, value)
        for key, value in last.items()
        if value is not None and not key.startswith(b"\x00")
    }
    for lead_id, facts in told.items():
        lead = kept.get(lead_id)
        known = (
            {}
            if lead is None
            else {event_id: min(at for at, _ in one) for event_id, one in lead.tellings.items()}
        )
        if known != facts:
            found.note("wrong", ("state", lead_id, known, facts))
    for lead_id in kept.keys() - told.keys():
        found.note("false", ("state", lead_id))
