"""A worker that was away for an hour, then reads its backlog."""

import pytest

from schemas.instants import HOUR, MINUTE, Instant, format_instant, parse_instant
from tests.support.floor import Floor, Told, agreement, fact, now, seconds, speed_within

pytestmark = pytest.mark.kafka

LEADS = 150
TARGET = "PT5M"
MILLISECOND = 1_000


def handed_off(lead_id: str, at: Instant) -> Told:
    """Tell a hand-off."""
    return fact("handed-off", lead_id, at, team_id="nord", rep_id="anna")


def answered(lead_id: str, at: Instant) -> Told:
    """Tell a call."""
    return fact("contact-attempt", lead_id, at, channel="call", rep_id="anna", evidence="system")


async def test_an_outage_delays_verdicts_and_invents_none(floor: Floor) -> None:
    """150 leads answered in time, 150 late, 150 never, all an hour ago: all as it truly was.

    Every hand-off lies on its topic before the first answer is written, so a worker that
    believed the clock, or one topic alone, would breach every lead.
    """
    start_at = now() - HOUR
    await floor.publish(agreement(sales=speed_within(TARGET)), start_at - MINUTE)
    handed_off_at = {
        f"{kind}-{number}": start_at + number * 10 * MILLISECOND
        for kind in ("timely", "late", "never")
        for number in range(LEADS)
    }
    # The last possible instant: an answer at due is an answer in time.
    delay = {"timely": 5 * MINUTE, "late": 5 * MINUTE + MILLISECOND}
    answers = sorted(
        (at + delay[lead_id.partition("-")[0]], lead_id)
        for lead_id, at in handed_off_at.items()
        if not lead_id.startswith("never")
    )
    ordered = sorted(handed_off_at.items(), key=lambda entry: entry[1])
    await floor.tell(*(handed_off(lead_id, at) for lead_id, at in ordered))
    await floor.tell(*(answered(lead_id, at) for at, lead_id in answers))

    floor.worker()
    breaches = await floor.until_read("speed-breaches", lambda found: len(found) >= 5 * LEADS, 30)
    verdicts = await floor.until_read("sla-verdicts", lambda found: len(found) >= 2 * LEADS)

    told = [one.told for one in breaches]
    assert not [one for one in told if one["lead_id"].startswith("timely")]
    assert len(told) == 5 * LEADS
    for one in told:
        due_at = handed_off_at[one["lead_id"]] + 5 * MINUTE
        assert one["due_at"] == one["breached_at"] == format_instant(due_at)
        assert parse_instant(one["detected_at"]) > now() - MINUTE
    chains = {
        kind: {one["status"] for one in told if one["lead_id"].startswith(kind)}
        for kind in ("late", "never")
    }
    assert chains == {
        "late": {"provisional", "confirmed", "resolved"},
        "never": {"provisional", "confirmed"},
    }
    outcomes = sorted(one.told["outcome"] for one in verdicts)
    assert outcomes == ["met"] * LEADS + ["met_late"] * LEADS


async def test_a_worker_that_was_stopped_goes_on_where_it_was(floor: Floor) -> None:
    """Stopped with a clock running: due passes meanwhile, answered before it: no breach."""
    await floor.publish(agreement(sales=speed_within("PT6S")))
    first = floor.worker()
    await first.until_ready()
    handed_off_at = now()
    await floor.tell(handed_off("in-time", handed_off_at), handed_off("never", handed_off_at))
    await floor.until_read("open-leads", lambda found: len(found) >= 2)

    assert await first.stop() == 0
    await floor.tell(answered("in-time", handed_off_at + seconds(2)))
    while now() < handed_off_at + seconds(7):
        await floor.read("sla-verdicts")
    floor.worker()
    breaches = await floor.until_read("speed-breaches", lambda found: len(found) >= 2)

    assert [(one.told["lead_id"], one.told["status"]) for one in breaches] == [
        ("never", "provisional"),
        ("never", "confirmed"),
    ]
    due_at = format_instant(handed_off_at + seconds(6))
    assert {one.told["breached_at"] for one in breaches} == {due_at}
