"""The gauges of reps, as Prometheus scrapes them from real workers."""

from pathlib import Path
from typing import Any

import pytest

from schemas.instants import HOUR
from tests.support.floor import Floor, Worker, agreement, closing, fact, now
from tests.support.gauges import counts, counts_of, reps, value
from tests.support.promtool import blame
from tests.support.two_days import END, cards_of_a_replay, heartbeat, history, two_days

pytestmark = pytest.mark.kafka

ALL = {("nord", rep_id) for rep_id in ("", "anna", "ben", "carla")}


def scraped(worker: Worker) -> str:
    """Scrape a worker."""
    return worker.get("/metrics/reps")[1]


def told_of(*workers: Worker) -> list[tuple[str, str]]:
    """Say who is told of by workers, whoever by several as often."""
    return sorted(rep for worker in workers for rep in reps(scraped(worker)))


async def test_two_workers_tell_of_each_rep_once_and_one_takes_over(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """One, then two: their scrapes together are the scorecards; a kill, and one tells of all."""
    told = two_days()
    with closing(await history(kafka_bootstrap, prefix, tmp_path)) as floor:
        first = floor.worker()
        await first.until_ready()
        await floor.tell(*told, heartbeat(END - HOUR))
        await first.until(lambda: set(told_of(first)) == ALL)
        second = floor.worker()
        # Whoever is let go is let go before the other tells of them.
        await second.until(lambda: told_of(second) != [])
        both = told_of(second) + told_of(first)
        assert len(both) == len(set(both))
        await first.until(lambda: told_of(first, second) == sorted(ALL))
        await floor.tell(heartbeat(END))
        cards = cards_of_a_replay(told, END)
        expected = {key: counts_of(card) for key, card in cards.items()}

        def agree(*workers: Worker) -> bool:
            found: dict[str, Any] = {}
            for worker in workers:
                found |= counts(scraped(worker))
            return found == expected

        await first.until(lambda: agree(first, second))
        assert all(reps(scraped(worker)) for worker in (first, second))
        await first.kill()
        await second.until(lambda: agree(second))
        text = scraped(second)

    assert blame(text) == ""


async def test_a_gauge_moves_as_it_happens(floor: Floor) -> None:
    """By the wall clock: nobody waits, one lead waits, it is late, it is answered."""
    await floor.publish(agreement(privacy={"reps": "named"}))
    worker = floor.worker()
    await worker.until_ready()
    who = {"team": "nord", "rep": "anna"}

    async def says(name: str, expected: float | None, **labels: str) -> None:
        await worker.until(lambda: value(scraped(worker), name, **who, **labels) == expected)

    await says("window_leads", 0, window="1h")
    at = now()
    await floor.tell(fact("handed-off", "L-1", at, team_id="nord", rep_id="anna"))
    await says("oldest_unanswered_timestamp_seconds", at / 1_000_000)
    await says("open_leads", 1, state="breached")
    await floor.tell(fact("contact-attempt", "L-1", now(), channel="call", evidence="system"))
    await says("open_leads", 0, state="breached")
    await says("window_answered", 1, window="today")
    await says("oldest_unanswered_timestamp_seconds", None)

    assert value(scraped(worker), "window_within_target", **who, window="1h") == 0
    assert value(scraped(worker), "info", **who, alias="") == 1
