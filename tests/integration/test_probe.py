"""A synthetic lead through real Kafka: answered each second, and counted nowhere else."""

import re

import orjson
import pytest

from tests.support.floor import Floor, agreement, fact, now
from tests.support.promtool import blame

pytestmark = pytest.mark.kafka


def value(text: str, name: str) -> float:
    """Read a sample without labels, or the sum over them; 0: there is none."""
    return sum(
        float(told) for told in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
    )


async def test_synthetic_leads_are_answered_and_counted_nowhere(floor: Floor) -> None:
    """Two workers, one probe a second: both answer, and no figure knows of it."""
    await floor.publish(agreement())
    first, second = floor.worker(probe="1"), floor.worker(probe="1")
    await first.until_ready()
    await second.until_ready()
    answered = 'leadclock_probes_total{outcome="answered"}'

    def answers() -> list[float]:
        return [value(one.get("/metrics")[1], re.escape(answered)) for one in (first, second)]

    # Each owns one of two partitions, whose turns come one after the other.
    await first.until(lambda: min(answers()) >= 2)
    await floor.tell(fact("handed-off", "L-1", now(), team_id="nord", rep_id="anna"))
    cards = await floor.until_read("rep-scorecards", bool)
    verdicts = sorted(await floor.read("sla-verdicts"), key=lambda one: one.told["sequence"])
    open_leads = await floor.until_read(
        "open-leads", lambda found: b"L-1" in {one.key for one in found}
    )
    text = first.get("/metrics")[1]
    both = text + second.get("/metrics")[1]
    listed = [orjson.loads(one.get("/worklist")[1])["leads"] for one in (first, second)]

    assert {one.told["outcome"] for one in verdicts} == {"met"}
    assert all((one.key or b"").startswith(b"synthetic:") for one in verdicts)
    assert await floor.read("speed-breaches") == []
    assert await floor.read("late-facts") == []
    assert {one.key for one in cards} == {b"nord:*"}
    assert cards[-1].told["windows"]["1h"]["leads"] == 1
    assert [one["lead_id"] for worker in listed for one in worker] == ["L-1"]
    last = {one.key: one.value for one in open_leads}
    forgotten = {one.key for one in verdicts[:-2]}
    assert [last.get(key) for key in forgotten] == [None] * len(forgotten)
    assert last[b"L-1"] is not None
    assert value(both, "leadclock_facts_total") == 1 + 2
    assert value(both, "leadclock_verdicts_total") == 0
    assert value(both, "leadclock_response_seconds_count") == 0
    assert value(text, "leadclock_probe_seconds_sum") > 0
    assert 'leadclock_probes_total{outcome="unanswered"} 0.0' in text
    assert blame(text) == ""
    for worker in (first, second):
        assert await worker.stop() == 0
