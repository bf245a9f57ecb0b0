"""An app on the sources' time: a history, years old, judged as it was."""

import asyncio
from pathlib import Path

import pytest

from schemas.instants import HOUR, MINUTE, format_instant, parse_instant
from tests.support.floor import (
    Floor,
    Told,
    agreement,
    closing,
    control,
    fact,
    open_floor,
    speed_within,
)

pytestmark = pytest.mark.kafka

MORNING = parse_instant("2012-03-01T09:00:00Z")


def heartbeat(origin: str, complete_up_to: int) -> Told:
    """Tell that all facts of an origin up to an instant have been sent."""
    return control(
        "source-heartbeat",
        complete_up_to,
        origin=origin,
        complete_up_to=format_instant(complete_up_to),
        event_id=f"{origin}:{complete_up_to}",
    )


def handed_off(lead_id: str, at: int) -> Told:
    """Tell a hand-off."""
    return fact("handed-off", lead_id, at, team_id="nord", rep_id="anna")


def answered(lead_id: str, at: int) -> Told:
    """Tell a call."""
    return fact("contact-attempt", lead_id, at, channel="call", rep_id="anna", evidence="system")


async def history(bootstrap: str, prefix: str, directory: Path) -> Floor:
    """Open an app on the sources' time with an agreement of one hour."""
    floor = await open_floor(bootstrap, prefix, directory, time="facts")
    await floor.publish(agreement(sales=speed_within("PT1H"), settle="PT1M"), MORNING - HOUR)
    return floor


async def test_only_heartbeats_move_a_history(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """Due at 10:00: complete up to 09:59:59 says nothing, up to 10:00 breaches at 10:00."""
    with closing(await history(kafka_bootstrap, prefix, tmp_path)) as floor:
        worker = floor.worker()
        await worker.until_ready()
        await floor.tell(handed_off("L-1", MORNING), heartbeat("send", MORNING + HOUR - 1))
        await floor.until_read("open-leads", lambda found: len(found) >= 1)
        await asyncio.sleep(1)

        assert await floor.read("speed-breaches") == []

        await floor.tell(heartbeat("send", MORNING + HOUR))
        read = await floor.until_read("speed-breaches", lambda found: len(found) >= 1)

        told = read[0].told
        assert told["breached_at"] == told["detected_at"] == "2012-03-01T10:00:00.000000Z"
        assert told["status"] == "provisional"
        assert len(read) == 1


async def test_the_origin_furthest_behind_decides(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """The CRM is at noon, the dialer at 09:30; its call of 09:50 still comes in time."""
    with closing(await history(kafka_bootstrap, prefix, tmp_path)) as floor:
        await floor.tell(
            handed_off("L-1", MORNING),
            heartbeat("dialer", MORNING + 30 * MINUTE),
            heartbeat("crm", MORNING + 3 * HOUR),
        )
        worker = floor.worker()
        await worker.until_ready()
        await floor.until_read("open-leads", lambda found: len(found) >= 1)

        await floor.tell(
            answered("L-1", MORNING + 50 * MINUTE), heartbeat("dialer", MORNING + 4 * HOUR)
        )
        verdicts = await floor.until_read("sla-verdicts", lambda found: len(found) >= 1)

        assert verdicts[0].told["outcome"] == "met"
        assert await floor.read("speed-breaches") == []


async def test_a_history_goes_on_after_a_kill(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """The heartbeat was read, the worker killed: the next life knows it, and the clock is out."""
    with closing(await history(kafka_bootstrap, prefix, tmp_path)) as floor:
        worker = floor.worker()
        await worker.until_ready()
        await floor.tell(handed_off("L-1", MORNING), heartbeat("send", MORNING + 30 * MINUTE))
        await floor.until_read("open-leads", lambda found: len(found) >= 1)
        await asyncio.sleep(0.3)
        await worker.kill()

        again = floor.worker()
        await again.until_ready()
        await floor.tell(heartbeat("send", MORNING + 2 * HOUR))
        read = await floor.until_read("speed-breaches", lambda found: len(found) >= 2)

        assert [one.told["detected_at"] for one in read] == [
            "2012-03-01T10:00:00.000000Z",
            "2012-03-01T10:01:00.000000Z",
        ]


async def test_the_kind_of_time_is_fixed_at_the_first_start(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """Begun on the sources' time, started on the wall clock: ends with 2 and the way out."""
    with closing(await history(kafka_bootstrap, prefix, tmp_path)) as floor:
        worker = floor.worker()
        await worker.until_ready()
        assert await worker.stop() == 0

        wrong = floor.worker(time="wall")

        assert await wrong.until_ended() == 2
        assert "was first started with facts, which is fixed" in wrong.log
