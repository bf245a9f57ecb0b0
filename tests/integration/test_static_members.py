"""Workers that keep their partitions over a restart, on a real group coordinator."""

import re

import pytest

from schemas.instants import format_instant
from tests.support.floor import Floor, agreement, fact, now, seconds, speed_within

pytestmark = pytest.mark.kafka

SESSION = "60"
"""Seconds: long enough for a restart on a busy machine."""

_OPENED = re.compile(r"opened table=leads generation=(\d+) partitions=\[([\d,]*)\]")


async def test_a_static_member_comes_back_to_what_it_had(floor: Floor) -> None:
    """Killed and started again within the session: no partition moves, no breach is missed."""
    await floor.publish(agreement(sales=speed_within("PT3S")))
    first = floor.worker(instance_id="one", session_timeout=SESSION)
    await first.until_ready()
    second = floor.worker(instance_id="two", session_timeout=SESSION)
    await second.until(lambda: bool(_OPENED.search(second.log)))
    await first.until_ready()
    owned = _OPENED.findall(first.log)[-1]
    others = _OPENED.findall(second.log)
    handed_off_at = now()
    leads = [f"L-{number}" for number in range(8)]
    await floor.tell(
        *(fact("handed-off", lead, handed_off_at, team_id="nord", rep_id="anna") for lead in leads)
    )
    await first.kill()

    again = floor.worker(instance_id="one", session_timeout=SESSION)
    await again.until_ready()
    breaches = await floor.until_read(
        "speed-breaches", lambda found: len(found) >= 2 * len(leads), within=30.0
    )

    assert _OPENED.findall(again.log) == [owned]
    assert _OPENED.findall(second.log) == others
    assert {one.partition for one in breaches} == {0, 1}
    assert len(breaches) == 2 * len(leads)
    assert {one.told["breached_at"] for one in breaches} == {
        format_instant(handed_off_at + seconds(3))
    }
