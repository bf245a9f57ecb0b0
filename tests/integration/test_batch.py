"""All that two workers tell of reps and open leads, against a batch job over the facts."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.instants import HOUR, MINUTE, Instant
from schemas.verdicts import encode_record
from streams.config import REPS_TABLE, TimeMode
from streams.runtime.changelog import read_states
from streams.runtime.kafka import KafkaBroker
from streams.runtime.partition import Frame
from streams.runtime.reps import RepsPartition
from tests.support.batch.oracle import Batch, Found
from tests.support.batch.told import card_told, gauges_told, lead_told
from tests.support.busy_days import BODY, MONDAY, busy_days, lines
from tests.support.floor import Floor, Read, Worker, closing, open_floor
from tests.support.two_days import heartbeat

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

LEADS = 150


def last(read: Sequence[Read]) -> dict[str, dict[str, Any]]:
    """Give the last value under each key, those that were taken back left out."""
    values = {(one.key or b"").decode(): one for one in read}
    return {key: one.told for key, one in values.items() if one.value is not None}


async def told(floor: Floor, workers: Sequence[Worker]) -> Found:
    """Read what stands on the topics, and scrape the workers."""
    cards = last(await floor.read("rep-scorecards"))
    open_leads = last(await floor.read("open-leads"))
    return Found(
        {(card["team_id"], card["rep_id"] or ""): card_told(card) for card in cards.values()},
        gauges_told(worker.get("/metrics/reps")[1] for worker in workers),
        {lead_id: lead_told(lead) for lead_id, lead in open_leads.items()},
    )


async def tables(floor: Floor) -> dict[tuple[str, str], dict[str, Any]]:
    """Read the table of reps from its changelog, as the next owner would."""
    settings = floor.settings
    broker = KafkaBroker(settings)
    numbers = range(settings.partitions)
    try:
        states = await read_states(broker, settings.changelog_of(REPS_TABLE), numbers)
    finally:
        await broker.stop()
    found = {}
    for number, state in states.items():
        frame = Frame(
            number=number,
            partitions=settings.partitions,
            time=TimeMode.FACTS,
            names={},
            source="test",
            wall=lambda: 0,
        )
        partition = RepsPartition(frame, rows=state.leads, positions={})
        for rep, windows in partition.windows():
            card = windows.card(rep, partition.now or 0)
            found[rep[0], rep[1] or ""] = card_told(orjson.loads(encode_record(card)))
    return found


async def until_as_in_a_batch(
    floor: Floor, workers: Sequence[Worker], batch: Batch, now: Instant
) -> None:
    """Wait until everything told is what the facts come to at an instant."""
    expected, deadline = batch.at(now), time.monotonic() + 40.0
    while True:
        found = await told(floor, workers)
        is_same = (
            found.cards == expected.cards
            and found.open_leads == expected.open_leads
            and found.gauges == pytest.approx(expected.gauges, rel=1e-12)
        )
        if is_same or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.3)
    assert found.cards == expected.cards
    assert found.open_leads == expected.open_leads
    assert found.gauges == pytest.approx(expected.gauges, rel=1e-12)


async def test_two_workers_tell_what_a_batch_finds(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """Over a rebalance and a kill: cards, open leads, gauges and the table, at three instants."""
    facts = busy_days(LEADS)
    path = tmp_path / "facts.jsonl"
    path.write_bytes(lines(facts))
    batch = Batch(BODY, path)
    told_until = 0
    with closing(await open_floor(kafka_bootstrap, prefix, tmp_path, time="facts")) as floor:
        await floor.publish(BODY, MONDAY - HOUR)
        first, second = floor.worker(), floor.worker()
        await first.until_ready()
        await second.until_ready()

        async def tell(share: float, *, is_all: bool = True) -> Instant:
            """Tell all facts up to a share of them, and that these are all."""
            nonlocal told_until
            now = (facts[round(len(facts) * share) - 1].recorded_at or 0) + 17 * MINUTE
            until = sum((one.recorded_at or 0) <= now for one in facts)
            await floor.tell(*facts[told_until:until])
            told_until = until
            if is_all:
                await floor.tell(heartbeat(now))
            return now

        now = await tell(0.3)
        await until_as_in_a_batch(floor, [first, second], batch, now)
        seen = [batch.at(now)]

        # A third worker joins while facts come in.
        third = floor.worker()
        now = await tell(0.6)
        await third.until_ready()
        await until_as_in_a_batch(floor, [first, second, third], batch, now)
        seen.append(batch.at(now))

        await tell(0.95, is_all=False)
        await second.kill()
        now = await tell(1)
        await until_as_in_a_batch(floor, [first, third], batch, now)
        assert await first.stop() == 0
        assert await tables(floor) == batch.at(now).cards
        await until_as_in_a_batch(floor, [third], batch, now)

    states = {lead[2] for found in seen for lead in found.open_leads.values()}
    assert states == {"within", "at_risk", "breached"}
