"""Agreements come by a topic only, and take hold while a worker runs."""

import asyncio

import pytest

from tests.support.floor import Floor, agreement, fact, now, speed_within

pytestmark = pytest.mark.kafka


async def test_without_an_agreement_facts_wait(floor: Floor) -> None:
    """Not ready and nothing judged; published, it is ready and judges what had waited."""
    worker = floor.worker()
    await worker.until(lambda: "no agreement" in worker.get("/-/ready")[1])

    await floor.tell(fact("handed-off", "L-1", now(), team_id="nord"))
    await asyncio.sleep(0.5)

    assert worker.get("/-/ready")[0] == 503
    assert worker.get("/-/healthy")[0] == 200
    assert await floor.read("open-leads") == []

    await floor.publish(agreement())
    await worker.until_ready()
    breaches = await floor.until_read("speed-breaches", lambda found: len(found) >= 1)

    assert breaches[0].told["lead_id"] == "L-1"


async def test_a_new_version_holds_for_what_begins_after_it(floor: Floor) -> None:
    """Version 2 comes while the worker runs: it judges the next lead, and outlives a restart."""
    await floor.publish(agreement(sales=speed_within("PT1H")))
    worker = floor.worker()
    await worker.until_ready()
    await floor.tell(fact("handed-off", "old", now(), team_id="nord"))

    await floor.publish(agreement(2, sales=speed_within("PT1S")))
    await worker.until(lambda: 'leadclock_policy_info{digest="' in worker.get("/metrics")[1])
    await worker.until(lambda: 'version="2"' in worker.get("/metrics")[1])
    await floor.tell(fact("handed-off", "new", now(), team_id="nord"))
    breaches = await floor.until_read("speed-breaches", lambda found: len(found) >= 2)

    assert {(one.told["lead_id"], one.told["policy_version"]) for one in breaches} == {("new", 2)}

    assert await worker.stop() == 0
    again = floor.worker()
    await again.until_ready()

    assert 'version="2"' in again.get("/metrics")[1]
