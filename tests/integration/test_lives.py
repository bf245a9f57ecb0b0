"""Restarts and kills: what each writer promises, and who may have company."""

import asyncio
from collections import Counter
from functools import partial

import pytest

from tests.support.floor import Floor, Read, Told, agreement, fact, now, seconds, speed_within

pytestmark = pytest.mark.kafka


EITHER = pytest.mark.parametrize("writer", ["plain", "transactions"])


def handed_off(lead_id: str) -> Told:
    """Tell a hand-off, now."""
    return fact("handed-off", lead_id, now(), team_id="nord", rep_id="anna")


def steps_of(read: list[Read]) -> Counter[tuple[str, int]]:
    """Count each step of each breach."""
    return Counter((one.told["breach_id"], one.told["revision"]) for one in read)


def has_at_least(number: int, read: list[Read]) -> bool:
    """Tell whether so many records were read."""
    return len(read) >= number


@EITHER
async def test_restarts_lose_nothing_and_repeat_nothing(floor: Floor, writer: str) -> None:
    """Three lives, stopped in order, ten leads in each: each breach's two steps once."""
    await floor.publish(agreement())
    for life in range(3):
        worker = floor.worker(writer=writer)
        await worker.until_ready()
        await floor.tell(*(handed_off(f"L-{life}-{number}") for number in range(10)))
        assert await worker.stop() == 0
    floor.worker(writer=writer)

    read = await floor.until_read("speed-breaches", lambda found: len(found) >= 60)

    assert len(steps_of(read)) == 60
    assert set(steps_of(read).values()) == {1}


@EITHER
async def test_a_kill_between_commits_repeats_nothing(floor: Floor, writer: str) -> None:
    """Killed twice while clocks run: every due passes in a later life, once."""
    await floor.publish(agreement(sales=speed_within("PT8S")))
    for life in range(2):
        worker = floor.worker(writer=writer)
        await worker.until_ready()
        await floor.tell(*(handed_off(f"L-{life}-{number}") for number in range(10)))
        running = partial(has_at_least, 10 * (life + 1))
        await floor.until_read("open-leads", running)
        # What was said is committed a moment later, and nothing else is under way then.
        await asyncio.sleep(0.3)
        await worker.kill()
    floor.worker(writer=writer)

    read = await floor.until_read("speed-breaches", lambda found: len(found) >= 40, 30)

    assert len(steps_of(read)) == 40
    assert set(steps_of(read).values()) == {1}


@EITHER
async def test_a_kill_at_any_instant_loses_nothing(floor: Floor, writer: str) -> None:
    """Killed under a stream of facts: no step is missing; by transactions none is repeated."""
    await floor.publish(agreement(sales=speed_within("PT1S")))
    leads = [f"L-{number}" for number in range(300)]
    told = iter(leads)
    for _ in range(3):
        worker = floor.worker(writer=writer)
        await worker.until_ready()
        for _ in range(10):
            await floor.tell(*(handed_off(next(told)) for _ in range(10)))
        await worker.kill()
    floor.worker(writer=writer)

    read = await floor.until_read("speed-breaches", lambda found: len(steps_of(found)) >= 600, 40)

    assert {one.told["lead_id"] for one in read} == set(leads)
    assert {one.told["status"] for one in read} == {"provisional", "confirmed"}
    assert writer == "plain" or set(steps_of(read).values()) == {1}


async def test_workers_share_the_work_and_take_over(floor: Floor) -> None:
    """Two workers, a partition each; one is killed, the other goes on with both: each step once."""
    await floor.publish(agreement(sales=speed_within("PT2S")))
    first = floor.worker()
    await first.until_ready()
    second = floor.worker()
    await second.until_ready()
    await first.until_ready()
    assert second.get("/metrics")[1].count("leadclock_partition_owned{") == 1
    await floor.tell(*(handed_off(f"L-{number}") for number in range(40)))

    await second.kill()
    await floor.tell(*(handed_off(f"M-{number}") for number in range(40)))
    read = await floor.until_read("speed-breaches", partial(has_at_least, 160), 30)

    assert len(steps_of(read)) == 160
    assert set(steps_of(read).values()) == {1}
    assert first.get("/metrics")[1].count("leadclock_partition_owned{") == 2


async def test_the_plain_writer_refuses_company(floor: Floor) -> None:
    """A second worker ends with 2 and one sentence; the first one does not notice."""
    await floor.publish(agreement())
    first = floor.worker(writer="plain")
    await first.until_ready()

    second = floor.worker(writer="plain")

    assert await second.until_ended() == 2
    assert "has another worker, and LEADCLOCK_WRITER=plain allows only one" in second.log
    assert first.get("/-/ready")[0] == 200
    assert first.log.count(" warning not_exactly_once ") == 1
    assert first.log.count(" opened table=leads ") == 1


async def test_a_stop_is_quick(floor: Floor) -> None:
    """SIGTERM to the end of the process: less than five seconds, exit code 0."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()
    began_at = now()

    assert await worker.stop() == 0
    assert now() - began_at < seconds(5)


async def test_fausts_own_command_runs_the_same_worker(floor: Floor) -> None:
    """``faust -A streams.worker worker`` gets ready beside a worker's web server, and stops."""
    await floor.publish(agreement())
    worker = floor.worker(faust=True)
    await worker.until_ready()

    assert await worker.stop() == 0
