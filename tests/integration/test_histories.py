"""A history through real Kafka and a worker: what a replay of its file says, no more, no less."""

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.codec import encode
from schemas.instants import parse_instant
from streams.simulate import Floor as SalesFloor
from streams.simulate import Rhythm, play
from tests.support.floor import Floor, closing, open_floor
from tests.unit.cli.running import run

LOG = "LEADCLOCK_BPIC2012"
TOPICS = ("speed-breaches", "depth-breaches", "sla-verdicts")

AGREEMENT = """
agreement: history
version: 1
effective_from: 2011-01-01T00:00:00Z
default_calendar: always
calendars:
  always: {zone: UTC, hours: {mon-sun: ["00:00-24:00"]}}
  office: {zone: Europe/Amsterdam, hours: {mon-sat: ["08:00-21:00"]}}
teams:
  nord: {calendar: office, reps: [rep-anna, rep-ben, rep-cem]}
  W_Completeren aanvraag: {calendar: office}
sales:
  - {id: website-speed, clock: speed, applies: {source: [website]}, target: PT10M}
  - {id: speed, clock: speed, target: PT1H}
  - {id: lead-speed, clock: speed_to_lead, calendar: always, target: PT5M}
  - {id: depth, clock: depth, within: PT24H, min_attempts: 4}
"""

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]


@pytest.fixture
def agreement_file(tmp_path: Path) -> str:
    """Short promises, so that many are broken."""
    path = tmp_path / "agreement.yaml"
    path.write_text(AGREEMENT, encoding="utf-8")
    return str(path)


@pytest.fixture
def floor_file(tmp_path: Path) -> str:
    """Two days of a messy floor."""
    path = tmp_path / "facts.jsonl"
    floor = SalesFloor(
        name="s",
        start=parse_instant("2026-03-27T06:00:00Z"),
        length=48 * 3_600_000_000,
        leads=300,
        rhythm=Rhythm.OFFICE,
        mess=1.0,
    )
    path.write_bytes(b"".join(encode(fact) + b"\n" for _, fact in play(floor, random.Random(5))))
    return str(path)


def replayed(directory: Path, *flags: str) -> list[dict[str, Any]]:
    """Replay a file, and read what it found."""
    out = directory / "out"
    result = run("replay", *flags, "--out", str(out))
    assert result.exit_code == 0, result.output
    return [
        orjson.loads(line)
        for name in ("breaches.jsonl", "verdicts.jsonl")
        for line in (out / name).read_bytes().splitlines()
    ]


def without_order(records: list[dict[str, Any]]) -> list[bytes]:
    """Leave out what tells of the telling, and sort."""
    return sorted(
        orjson.dumps({name: value for name, value in one.items() if name != "sequence"})
        for one in records
    )


async def through_kafka(floor: Floor, agreement: str, count: int, *flags: str) -> None:
    """Publish, send, and wait until so many records have come out."""
    published = await asyncio.to_thread(run, "policy", "publish", agreement, env=floor.env)
    assert published.exit_code == 0, published.output
    sent = await asyncio.to_thread(run, "send", *flags, env=floor.env)
    assert sent.exit_code == 0, sent.output
    worker = floor.worker()
    await worker.until_ready()
    heard = await asyncio.to_thread(
        run,
        *("subscribe", *TOPICS, "--from-beginning", "--max", str(count), "--timeout", "60"),
        env=floor.env,
    )
    assert heard.exit_code == 0, (len(heard.stdout.splitlines()), worker.log[-2_000:])
    # Had it more to say, it would say it now.
    await asyncio.sleep(1)


async def heard(floor: Floor) -> list[dict[str, Any]]:
    """Read all that was committed."""
    return [one.told for topic in TOPICS for one in await floor.read(topic)]


async def test_a_worker_says_what_a_replay_says(
    kafka_bootstrap: str, prefix: str, tmp_path: Path, agreement_file: str, floor_file: str
) -> None:
    """Two messy days: every breach step and verdict, also when it was detected."""
    until = ("--until", "2026-03-30T00:00:00Z")
    wanted = replayed(tmp_path, "--policy", agreement_file, floor_file, *until)
    floor = await open_floor(kafka_bootstrap, prefix, tmp_path, time="facts")

    with closing(floor):
        await through_kafka(floor, agreement_file, len(wanted), floor_file, *until)
        found = await heard(floor)

    assert len(wanted) > 300
    assert without_order(found) == without_order(wanted)


@pytest.mark.skipif(
    LOG not in os.environ,
    reason=f"{LOG} does not name the log of BPI 2012, which may not be redistributed",
)
async def test_a_worker_says_of_a_real_log_what_a_replay_says(
    kafka_bootstrap: str, prefix: str, tmp_path: Path, agreement_file: str
) -> None:
    """All 152,962 rows of BPI 2012: the same breaches and verdicts."""
    log = ("--format", "bpic2012", os.environ[LOG])
    wanted = replayed(tmp_path, "--policy", agreement_file, *log)
    floor = await open_floor(kafka_bootstrap, prefix, tmp_path, time="facts")

    with closing(floor):
        await through_kafka(floor, agreement_file, len(wanted), *log)
        found = await heard(floor)

    assert without_order(found) == without_order(wanted)
