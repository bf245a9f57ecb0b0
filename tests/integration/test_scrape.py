"""What a real worker tells Prometheus and people who call."""

import orjson
import pytest

from tests.support.floor import Floor, agreement, fact, now, seconds
from tests.support.promtool import blame

pytestmark = pytest.mark.kafka


async def test_a_real_scrape_is_clean_and_the_worklist_current(floor: Floor) -> None:
    """One lead overdue, one answered: counted, timed, nothing to blame; the first is listed."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()
    at = now()

    await floor.tell(
        fact("handed-off", "L-1", at, team_id="nord", rep_id="anna"),
        fact("handed-off", "L-2", at, team_id="nord", rep_id="anna"),
        fact("contact-attempt", "L-2", at + seconds(0.5), channel="call", evidence="system"),
    )
    await floor.until_read("speed-breaches", lambda found: len(found) == 2)
    _, text = worker.get("/metrics")
    status, listed = worker.get("/worklist?team=nord")
    others = orjson.loads(worker.get("/worklist?team=sued")[1])["leads"]

    assert blame(text) == ""
    assert 'leadclock_response_seconds_count{clock="speed",team="nord"} 1.0' in text
    assert "leadclock_detection_lag_seconds_count 1.0" in text
    assert 'leadclock_partition_held_back{partition="0",topic="handed-off"} 0.0' in text
    assert status == 200
    (lead,) = orjson.loads(listed)["leads"]
    assert (lead["lead_id"], lead["state"], lead["rep_id"]) == ("L-1", "breached", "anna")
    assert lead["business_seconds_left"] < 0
    assert others == []
