"""What can never be understood is set aside, with its bytes, and stops nobody."""

from collections.abc import Mapping

import orjson
import pytest

from schemas.instants import format_instant
from schemas.topics import partition_of
from tests.support.floor import PARTITIONS, Floor, Told, agreement, control, fact, now, seconds

pytestmark = pytest.mark.kafka


def raw(value: bytes | None, topic: str = "handed-off", key: bytes | None = b"L-1") -> Told:
    """Tell bytes as they are."""
    return Told(topic, value, key)


def handed_off(**changes: object) -> Told:
    """Tell a hand-off with something wrong."""
    at = now()
    told = {
        "event_id": "e-1",
        "lead_id": "L-1",
        "occurred_at": format_instant(at),
        "team_id": "nord",
        **changes,
    }
    return raw(orjson.dumps({name: value for name, value in told.items() if value is not None}))


def refused_facts() -> Mapping[str, Told]:
    """Give one record for each reason that a worker can refuse a fact of a lead for."""
    astray = 1 - partition_of(b"L-9", PARTITIONS)
    good = fact("handed-off", "L-9", now(), team_id="nord")
    return {
        "not_json": raw(b"\xff{"),
        "not_an_object": raw(b"[1]"),
        "no_value": raw(None),
        "too_large": handed_off(rep_id="x" * 70_000),
        "missing_type": raw(b"{}", "clock-control"),
        "unknown_type": raw(b'{"type":"lead-lost"}'),
        "type_mismatch": raw(b'{"type":"lead-closed"}'),
        "missing_field": handed_off(team_id=None),
        "wrong_type": handed_off(team_id=7),
        "bad_id": handed_off(event_id=""),
        "bad_lead_id": handed_off(lead_id="anna@example.org"),
        "bad_instant": handed_off(occurred_at="yesterday"),
        "unknown_word": handed_off(stage="hot"),
        "key_mismatch": handed_off(lead_id="L-2"),
        "from_the_future": handed_off(occurred_at=format_instant(now() + seconds(300))),
        "misrouted": Told(good.topic, good.value, good.key, good.recorded_at, astray),
    }


async def test_each_refused_fact_is_set_aside_with_its_bytes(floor: Floor) -> None:
    """Sixteen reasons, one record each, then a good fact: seventeen read, sixteen set aside."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()
    refused = refused_facts()

    await floor.tell(*refused.values(), fact("handed-off", "L-1", now(), team_id="nord"))
    letters = await floor.until_read("lead-events-dlq", lambda found: len(found) >= len(refused))
    await floor.until_read("open-leads", lambda found: len(found) >= 1)

    by_reason = {one.headers["reason"]: one for one in letters}
    assert len(letters) == len(refused)
    assert by_reason.keys() == refused.keys()
    for reason, told in refused.items():
        letter = by_reason[reason]
        assert (letter.key, letter.value) == (told.key, told.value)
        assert letter.headers["topic"] == floor.settings.topic(told.topic)
        assert letter.partition == told.partitions(PARTITIONS)[0]
        assert letter.headers["partition"] == str(letter.partition)
        assert letter.headers["offset"].isdigit()
        assert letter.headers["detail"]
    _, metrics = worker.get("/metrics")
    assert 'leadclock_dead_letters_total{reason="not_json",topic="handed-off"} 1.0' in metrics
    assert 'leadclock_facts_total{topic="handed-off"} 1.0' in metrics


async def test_an_unreadable_agreement_leaves_the_old_one_in_force(floor: Floor) -> None:
    """Version 2 is nonsense: set aside on every partition, version 1 still judges."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()

    await floor.tell(
        control(
            "policy-published",
            None,
            version=2,
            effective_from="2026-01-01T00:00:00Z",
            body={"agreement": "nonsense"},
        )
    )
    letters = await floor.until_read("lead-events-dlq", lambda found: len(found) == PARTITIONS)
    await floor.tell(fact("handed-off", "L-1", now(), team_id="nord"))
    breaches = await floor.until_read("speed-breaches", lambda found: len(found) >= 1)

    assert {one.headers["reason"] for one in letters} == {"bad_policy"}
    assert breaches[0].told["policy_version"] == 1
    assert " error policy_refused version=2 " in worker.log
    assert 'version="1"' in worker.get("/metrics")[1]


async def test_a_source_with_another_partitioner_stops_the_worker(floor: Floor) -> None:
    """Thirty facts astray: it ends with 2, names origin and setting, and sets none aside."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()
    leads = [name for name in (f"L-{n}" for n in range(90)) if partition_of(name.encode(), 2) == 1]
    facts = [fact("handed-off", name, now(), team_id="nord", origin="dialer") for name in leads]

    await floor.tell(
        *(Told(one.topic, one.value, one.key, one.recorded_at, 0) for one in facts[:30])
    )

    assert await worker.until_ended() == 2
    assert "the origin 'dialer' on partition 0 belong on other partitions" in worker.log
    assert "partitioner to murmur2" in worker.log
    assert await floor.read("lead-events-dlq") == []

    # Starting again does not eat them piece by piece, saying that they may go does.
    again = floor.worker()
    assert await again.until_ended() == 2
    accepting = floor.worker(accept_misrouted="dialer")
    await accepting.until_ready()
    letters = await floor.until_read("lead-events-dlq", lambda found: len(found) >= 30)
    assert {one.headers["reason"] for one in letters} == {"misrouted"}
