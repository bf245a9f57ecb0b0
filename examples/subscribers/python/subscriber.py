"""Keep the current state of every breach, and print one line for each change of it.

The store is a SQLite file that also holds the positions in the topics: what was
applied and how far was read are written in one transaction, so a restart goes on
exactly there, however it ended. A new file begins at the beginning of the topics.
One process to a file.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

TOPICS = ("speed-breaches", "depth-breaches", "marketing-breaches", "obligation-breaches")
TABLES = """
    CREATE TABLE IF NOT EXISTS breaches (
        breach_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, status TEXT NOT NULL,
        subject TEXT NOT NULL, sequence INTEGER NOT NULL, topic TEXT NOT NULL, value TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS breaches_by_subject ON breaches (subject);
    CREATE TABLE IF NOT EXISTS positions (
        topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)
    );
"""


class Change(NamedTuple):
    """A record of a breach topic."""

    topic: str
    key: str
    sequence: int
    breach: dict[str, Any] | None  # None: a tombstone


def read(records: Iterable[Any]) -> list[Change]:
    """Decode records and put those of each lead in order of ``sequence``."""
    changes = []
    newest: dict[tuple[str, str], int] = {}
    for record in records:
        key = (record.key or b"").decode(errors="replace")
        breach = None
        try:
            if record.value is not None:
                breach = json.loads(record.value)
                # Only the fields that are used must be there; all others may come and go.
                newest[record.topic, key] = int(breach["sequence"])
                _ = breach["breach_id"], breach["revision"], breach["status"], breach["subject"]
        except (ValueError, KeyError, TypeError) as error:
            at = f"{record.topic}-{record.partition}@{record.offset}"
            print(f"skipped {at}, not a breach: {error!r}", file=sys.stderr)
            continue
        # A tombstone has no sequence: it stays behind the records that it follows.
        changes.append(Change(record.topic, key, newest.get((record.topic, key), 0), breach))
    return sorted(changes, key=lambda change: change.sequence)


class Store:
    """Every breach at its greatest revision, and the positions that belong to it."""

    def __init__(self, path: str) -> None:
        self.rows = sqlite3.connect(path)
        self.rows.executescript(TABLES)

    def apply(self, change: Change) -> str | None:
        """Apply a change, and tell what became different; None: nothing."""
        if change.breach is None:
            return self._forget(change)
        told = change.breach
        kept = self.rows.execute(
            "SELECT revision, status FROM breaches WHERE breach_id = ?", (told["breach_id"],)
        ).fetchone()
        if kept is not None and told["revision"] <= kept[0]:
            return None  # seen before, or overtaken by a later revision
        (newest,) = self.rows.execute(
            "SELECT coalesce(max(sequence), 0) FROM breaches WHERE subject = ?", (told["subject"],)
        ).fetchone()
        self.rows.execute(
            "INSERT OR REPLACE INTO breaches VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(told[name] for name in ("breach_id", "revision", "status", "subject")),
                *(change.sequence, change.topic, json.dumps(told)),
            ),
        )
        line = (
            f"{told['subject']} #{change.sequence} {told.get('commitment')} {told.get('kind')}:"
            f" {kept[1] if kept else 'new'} -> {told['status']}"
            f" ({told['breach_id']}:{told['revision']})"
        )
        # Topics are read at their own pace: of two records of a lead the greater sequence
        # is the newer, even if it was read first.
        return f"{line}, overtaken by #{newest}" if change.sequence < newest else line

    def _forget(self, change: Change) -> str | None:
        gone = self.rows.execute(
            "DELETE FROM breaches WHERE subject = ? AND topic = ?", (change.key, change.topic)
        )
        return f"{change.key} forgotten: {gone.rowcount}" if gone.rowcount else None

    def move_to(self, positions: Mapping[TopicPartition, int]) -> None:
        """Keep from where to read on."""
        rows = [(where.topic, where.partition, offset) for where, offset in positions.items()]
        self.rows.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", rows)

    def position(self, where: TopicPartition) -> int | None:
        """Say from where to read on; None: nothing was read yet."""
        asked = "SELECT next_offset FROM positions WHERE topic = ? AND partition = ?"
        row = self.rows.execute(asked, (where.topic, where.partition)).fetchone()
        return None if row is None else int(row[0])

    def counts(self) -> str:
        """Say how many breaches have which status."""
        asked = "SELECT status, count(*) FROM breaches GROUP BY status ORDER BY status"
        return ", ".join(f"{status} {count}" for status, count in self.rows.execute(asked))


class FromTheStore(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Starts each partition where the store ends."""

    def __init__(self, consumer: AIOKafkaConsumer, store: Store) -> None:
        self.consumer = consumer
        self.store = store

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Do nothing: each batch is stored before the next is asked for."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Seek to the stored positions, or to the beginning."""
        beginnings = await self.consumer.beginning_offsets(list(assigned))
        for where, beginning in beginnings.items():
            # Retention may have passed the position of a reader that was long away.
            self.consumer.seek(where, max(beginning, self.store.position(where) or 0))


async def follow(env: Mapping[str, str]) -> None:
    """Read until SIGTERM, SIGINT, or nothing has come for as long as was asked."""
    prefix = env.get("LEADCLOCK_TOPIC_PREFIX", "")
    group = env.get("LEADCLOCK_GROUP", f"{prefix}breach-subscriber-python")
    idle_seconds = float(env.get("LEADCLOCK_STOP_WHEN_IDLE_SECONDS", "inf"))
    store = Store(env.get("LEADCLOCK_STORE", f"{group}.sqlite"))
    consumer = AIOKafkaConsumer(
        bootstrap_servers=env["LEADCLOCK_BOOTSTRAP_SERVERS"].split(","),
        group_id=group,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    consumer.subscribe([prefix + topic for topic in TOPICS], listener=FromTheStore(consumer, store))
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with consumer:
        heard_at = loop.time()
        while not stopping.is_set() and loop.time() - heard_at < idle_seconds:
            batches = await consumer.getmany(timeout_ms=200)
            if not batches:
                continue
            heard_at = loop.time()
            positions = {where: records[-1].offset + 1 for where, records in batches.items()}
            with store.rows:  # one transaction
                for change in read(record for records in batches.values() for record in records):
                    if line := store.apply(change):
                        print(line)
                # Printed before it is stored: after a crash a line may come twice, none is lost.
                sys.stdout.flush()
                store.move_to(positions)
            await consumer.commit(positions)  # for whoever watches the lag of the group
    print(f"now: {store.counts()}", flush=True)


if __name__ == "__main__":
    if not os.environ.get("LEADCLOCK_BOOTSTRAP_SERVERS"):
        print("LEADCLOCK_BOOTSTRAP_SERVERS is not set: host:port of a broker", file=sys.stderr)
        sys.exit(2)
    asyncio.run(follow(os.environ))
