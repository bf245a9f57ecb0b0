"""The subscribers of examples/ keep the five rules, each in its own language."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.topics import TOPICS, partition_of
from schemas.verdicts import Breach, encode_record, record_headers, record_key, record_topic
from tests.contract.builders import a_breach
from tests.support.subscribers import LANGUAGES, built, run_until_idle, run_until_told, why_not

# A first build fetches libraries.
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

PARTITIONS: Final = 2
LINE: Final = re.compile(r"(\S+) #(\d+) (.+ -> \w+) \(0+-(\w)0*:(\d+)\)(?:, overtaken by #(\d+))?")


@dataclass
class Writer:
    """Writes what Leadclock could write, and some of what it never would."""

    producer: AIOKafkaProducer
    prefix: str

    async def tell(self, *records: Breach, **unknown: Any) -> None:
        """Send records, with further fields."""
        for record in records:
            value = json.dumps({**json.loads(encode_record(record)), **unknown}).encode()
            await self.send(record_topic(record), record_key(record), value, record)

    async def send(
        self, topic: str, key: bytes, value: bytes | None, record: Breach | None = None
    ) -> None:
        """Send any bytes."""
        headers = [] if record is None else record_headers(record, "leadclock/test")
        partition = partition_of(key, PARTITIONS)
        await self.producer.send_and_wait(
            self.prefix + topic, value, key, partition=partition, headers=headers
        )

    @asynccontextmanager
    async def transaction(self, *, aborted: bool = False) -> AsyncIterator[None]:
        """Commit what is sent inside, or take it back."""
        await self.producer.begin_transaction()
        yield
        if aborted:
            await self.producer.abort_transaction()
        else:
            await self.producer.commit_transaction()


def told(letter: str, revision: int, status: str, sequence: int, **other: Any) -> Breach:
    """Build a revision of the breach with this letter in its id."""
    lead_id = other.pop("lead_id", "lead-1")
    return a_breach(
        breach_id=f"00000000-{letter}000",
        revision=revision,
        status=status,
        sequence=sequence,
        lead_id=lead_id,
        subject=other.pop("subject", lead_id),
        **other,
    )


def depth(letter: str, revision: int, status: str, sequence: int, **other: Any) -> Breach:
    """Build a revision of a breach of depth."""
    kinds = {"clock": "depth", "commitment": "depth", "kind": "too_few"}
    return told(letter, revision, status, sequence, **kinds, **other)


GOAL: Final = {"lead_id": None, "cycle": None, "subject": "q-goal"}
GOAL_BEHIND: Final = {"clock": "goal", "commitment": "q-goal", "kind": "behind"}
REPORT: Final = {"clock": "obligation", "commitment": "report", "kind": "missed"}


async def _create_topics(bootstrap: str, prefix: str) -> None:
    names = [topic.name for topic in TOPICS.values() if topic.records == ("breach",)]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(prefix + name, PARTITIONS, 1) for name in names])
    finally:
        await admin.close()


async def _write_first(writer: Writer) -> None:
    """Write all statuses on all topics, with two aborted transactions in between."""
    a_2, b_3 = told("a", 2, "confirmed", 3), told("b", 3, "retracted", 4, lead_id="lead-2")
    async with writer.transaction():
        await writer.tell(told("a", 1, "provisional", 1), depth("c", 1, "provisional", 2))
        await writer.tell(told("b", 1, "provisional", 1, lead_id="lead-2"))
    async with writer.transaction(aborted=True):
        # The wrong second revision, and a breach that never was: more of it than one
        # fetch brings, so that readers see its beginning without its end.
        await writer.tell(told("a", 2, "retracted", 3), depth("c", 2, "resolved", 3))
        for number in range(1, 8):
            bulk = told("f", number, "confirmed", number)
            await writer.tell(bulk, bulk="x" * 300_000)
    async with writer.transaction():
        await writer.tell(a_2, told("b", 2, "confirmed", 2, lead_id="lead-2"))
    async with writer.transaction(aborted=True):
        # The same producer on the same partition again; of depth, one fetch brings both.
        await writer.tell(told("a", 3, "retracted", 4), depth("c", 2, "retracted", 4))
    async with writer.transaction():
        await writer.tell(told("a", 3, "resolved", 5, outcome="met_late"))
        await writer.tell(a_2, b_3, b_3)
        # A goal has neither lead nor sequence.
        await writer.tell(told("d", 1, "provisional", 0, **GOAL, **GOAL_BEHIND), new=[{"field": 1}])
        await writer.tell(told("d", 2, "resolved", 0, **GOAL, **GOAL_BEHIND), team_id={"new": 1})
        await writer.tell(told("e", 1, "confirmed", 0, **GOAL, **REPORT))
    async with writer.transaction():
        await writer.tell(told("7", 1, "confirmed", 1, lead_id="lead-4"))
        await writer.tell(depth("8", 1, "confirmed", 2, lead_id="lead-4"))
        await writer.send("speed-breaches", b"lead-4", None)
        await writer.send("speed-breaches", b"lead-5", b"no JSON")
        await writer.send("depth-breaches", b"lead-5", b'{"subject": "lead-5"}')


FIRST: Final = {
    "lead-1": [
        (1, "a", 1, "website-speed late: new -> provisional"),
        (2, "c", 1, "depth too_few: new -> provisional"),
        (3, "a", 2, "website-speed late: provisional -> confirmed"),
        (5, "a", 3, "website-speed late: confirmed -> resolved"),
    ],
    "lead-2": [
        (1, "b", 1, "website-speed late: new -> provisional"),
        (2, "b", 2, "website-speed late: provisional -> confirmed"),
        (4, "b", 3, "website-speed late: confirmed -> retracted"),
    ],
    "lead-4": [
        (1, "7", 1, "website-speed late: new -> confirmed"),
        (2, "8", 1, "depth too_few: new -> confirmed"),
    ],
    "q-goal": [
        (0, "d", 1, "q-goal behind: new -> provisional"),
        (0, "d", 2, "q-goal behind: provisional -> resolved"),
        (0, "e", 1, "report missed: new -> confirmed"),
    ],
}
FORGOTTEN: Final = "lead-4 forgotten: 1"
FIRST_NOW: Final = "now: confirmed 2, provisional 1, resolved 2, retracted 1"


async def _write_then(writer: Writer) -> None:
    """Write of a lead what happened before what was read already, and repeat the latter."""
    async with writer.transaction():
        await writer.tell(depth("c", 2, "confirmed", 4), depth("c", 3, "resolved", 6))
        await writer.tell(told("a", 3, "resolved", 5, outcome="met_late"))
        await writer.tell(told("a", 1, "provisional", 1))


THEN: Final = {
    "lead-1": [
        (4, "c", 2, "depth too_few: provisional -> confirmed"),
        (6, "c", 3, "depth too_few: confirmed -> resolved"),
    ],
    "lead-6": [(1, "9", 1, "website-speed late: new -> provisional")],
}
OVERTAKEN: Final = (
    "lead-1 #4 depth too_few: provisional -> confirmed (00000000-c000:2), overtaken by #5"
)
THEN_NOW: Final = "now: confirmed 2, provisional 1, resolved 3, retracted 1"


def _by_subject(lines: list[str]) -> dict[str, list[tuple[int, str, int, str]]]:
    """Read lines back, in order of sequence; each must say rightly whether it was overtaken."""
    found: dict[str, list[tuple[int, str, int, str]]] = {}
    for line in lines:
        match = LINE.fullmatch(line)
        assert match is not None, line
        subject, sequence, change, letter, revision, _ = match.groups()
        found.setdefault(subject, []).append((int(sequence), letter, int(revision), change))
    return {subject: sorted(changes) for subject, changes in found.items()}


def _says_what_was_overtaken(lines: list[str]) -> bool:
    """Tell whether a line is marked just if a newer one of its lead was printed before."""
    newest: dict[str, int] = {}
    for match in filter(None, map(LINE.fullmatch, lines)):
        subject, sequence, overtaken_by = match[1], int(match[2]), match[6]
        before = newest.get(subject, 0)
        if (overtaken_by is not None) != (sequence < before):
            return False
        newest[subject] = max(before, sequence)
    return True


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_subscriber_keeps_the_rules(
    language: str,
    kafka_bootstrap: str,
    prefix: str,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    """Committed changes are told once each, over three runs, the second ended by SIGTERM."""
    reason = why_not(language)
    if reason is not None:
        pytest.skip(reason)
    assert pytestconfig.cache is not None
    command = built(language, pytestconfig.cache.mkdir("subscribers"))
    env = {"LEADCLOCK_BOOTSTRAP_SERVERS": kafka_bootstrap, "LEADCLOCK_TOPIC_PREFIX": prefix}
    await _create_topics(kafka_bootstrap, prefix)

    async with (
        AIOKafkaProducer(
            bootstrap_servers=kafka_bootstrap, transactional_id=f"{prefix}1", max_request_size=2**20
        ) as first,
        AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, transactional_id=f"{prefix}2") as other,
    ):
        writer, slow = Writer(first, prefix), Writer(other, prefix)
        await _write_first(writer)
        await other.begin_transaction()
        await slow.tell(told("9", 1, "provisional", 1, lead_id="lead-6"))
        begun = await run_until_idle(command, tmp_path, env)

        await other.commit_transaction()
        await _write_then(writer)
        continued = await run_until_told(command, tmp_path, env, count=3)
    again = await run_until_idle(command, tmp_path, env)

    assert (begun.code, continued.code, again.code) == (0, 0, 0), begun.errors
    assert begun.lines.count(FORGOTTEN) == 1
    changes = [line for line in begun.lines if line != FORGOTTEN]
    assert _by_subject(changes) == FIRST
    assert _says_what_was_overtaken(changes)
    assert begun.now == FIRST_NOW
    assert sorted(re.findall(r"skipped \S+-(speed|depth)-breaches-\d@\d+", begun.errors)) == [
        "depth",
        "speed",
    ]
    assert _by_subject(continued.lines) == THEN
    assert OVERTAKEN in continued.lines
    assert continued.now == THEN_NOW
    assert (again.lines, again.now) == ([], THEN_NOW)
