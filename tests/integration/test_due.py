"""What comes due while nobody sends anything."""

import pytest

from schemas.instants import parse_instant
from tests.support.floor import Floor, agreement, fact, now, seconds

pytestmark = pytest.mark.kafka


async def test_a_due_that_passes_in_silence_breaches_at_its_instant(floor: Floor) -> None:
    """Two seconds of target, no answer, no other fact: due to the microsecond, said at once."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()
    handed_off_at = now()

    await floor.tell(fact("handed-off", "L-1", handed_off_at, team_id="nord", rep_id="anna"))
    read = await floor.until_read("speed-breaches", lambda found: len(found) == 2)

    provisional, confirmed = (one.told for one in read)
    due_at = parse_instant(provisional["due_at"])
    assert provisional["status"] == "provisional"
    assert provisional["breached_at"] == provisional["due_at"]
    assert due_at == handed_off_at + seconds(2)
    assert 0 <= parse_instant(provisional["detected_at"]) - due_at < seconds(1)
    assert confirmed["status"] == "confirmed"
    assert 0 <= parse_instant(confirmed["detected_at"]) - due_at - seconds(1) < seconds(1)
    assert [one.key for one in read] == [b"L-1", b"L-1"]
    assert read[0].headers["ce_type"] == "leadclock.breach.provisional.v1"


async def test_an_answer_in_time_leaves_no_breach(floor: Floor) -> None:
    """Answered after half a second: one verdict, met, and never a breach."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()
    handed_off_at = now()

    await floor.tell(
        fact("handed-off", "L-1", handed_off_at, team_id="nord", rep_id="anna"),
        fact(
            "contact-attempt",
            "L-1",
            handed_off_at + seconds(0.5),
            channel="call",
            rep_id="anna",
            evidence="system",
        ),
    )
    verdicts = await floor.until_read("sla-verdicts", lambda found: len(found) == 1)

    assert verdicts[0].told["outcome"] == "met"
    assert verdicts[0].told["elapsed_seconds"] == 0.5
    assert await floor.read("speed-breaches") == []
    assert (
        'leadclock_verdicts_total{clock="speed",outcome="met",team="nord"} 1.0'
        in (worker.get("/metrics")[1])
    )
