"""`leadclock control` takes effect in workers that run already."""

import asyncio

import orjson
import pytest
from click.testing import Result

from schemas.instants import HOUR, MINUTE, format_instant
from tests.support.floor import Floor, Read, agreement, fact, now
from tests.unit.cli.running import run

pytestmark = pytest.mark.kafka


async def control(floor: Floor, *args: str) -> Result:
    """Run `leadclock control` beside the test, since it has an event loop of its own."""
    return await asyncio.to_thread(run, "control", *args, env=floor.env)


def statuses(read: list[Read]) -> list[tuple[str, str, str | None]]:
    """Give what became of breaches: lead, status, reason."""
    return [(one.told["lead_id"], one.told["status"], one.told.get("reason")) for one in read]


async def test_an_exclusion_takes_back_what_a_running_worker_found(floor: Floor) -> None:
    """Declared for one of two leads' teams after the breach; the other's stands."""
    teams = {name: {"calendar": "always", "reps": []} for name in ("nord", "sued")}
    clause = {"reasons": ["dialer_down"]}
    await floor.publish(agreement(teams=teams, exclusions=clause))
    worker = floor.worker()
    await worker.until_ready()
    await floor.tell(fact("handed-off", "L-1", now(), team_id="nord"))
    await floor.tell(fact("handed-off", "L-2", now(), team_id="sued"))
    await floor.until_read("speed-breaches", lambda found: len(found) == 4)

    span = (
        *("--from", format_instant(now() - HOUR)),
        *("--to", format_instant(now() + MINUTE)),
    )
    told = await control(
        floor, "exclude", "x-1", *span, "--reason", "dialer_down", "--team", "nord", "--json"
    )
    found = await floor.until_read("speed-breaches", lambda found: len(found) == 5)

    assert told.exit_code == 0, told.output
    summary = orjson.loads(told.stdout)
    assert (summary["partitions"], summary["at_once"], summary["notes"]) == (2, True, [])
    assert summary["fact"]["scope"] == {"team_id": ["nord"]}
    assert [one for one in statuses(found) if one[1] == "retracted"] == [
        ("L-1", "retracted", "excluded:x-1")
    ]
    copies = [one for one in await floor.read("sla-control") if one.key == b"exclusion-declared"]
    assert [one.partition for one in copies] == [0, 1]
    assert len({one.value for one in copies}) == 1


async def test_a_reason_that_is_not_agreed_on_is_noted(floor: Floor) -> None:
    """It is told all the same: a later version may list it, but whoever mistyped it knows."""
    await floor.publish(agreement(exclusions={"reasons": ["storm"]}))

    told = await control(
        floor,
        *("exclude", "x-1", "--reason", "strom"),
        *("--from", "2026-03-10T09:00:00Z", "--to", "2026-03-10T11:00:00Z"),
    )

    assert told.exit_code == 0
    assert told.stderr == (
        "note: version 1 of the agreement does not list the reason 'strom': "
        "no clock stops (storm)\n"
    )
    assert told.stdout.endswith("; 2 partitions have a copy\n")


async def test_a_heartbeat_lets_a_running_worker_judge(floor: Floor) -> None:
    """Unverified while the dialer is silent; it speaks, and the breach is there."""
    sources = {"dialer": {"max_silence": "PT1S", "clocks": ["speed"]}}
    await floor.publish(agreement(sources=sources))
    worker = floor.worker()
    await worker.until_ready()
    await floor.tell(fact("handed-off", "L-1", now(), team_id="nord"))
    (warning,) = await floor.until_read("sla-warnings", lambda found: len(found) == 1)
    before = await floor.read("speed-breaches")

    told = await control(floor, "heartbeat", "dialer")
    breaches = await floor.until_read("speed-breaches", lambda found: len(found) >= 1)

    assert warning.told["kind"] == "unverified"
    assert before == []
    assert told.stdout.startswith("told that 'dialer' is complete up to ")
    assert statuses(breaches)[0] == ("L-1", "provisional", None)
