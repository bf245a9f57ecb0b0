"""What is posted to a worker, on real Kafka: facts of a CRM, and the dialer's own alert."""

import urllib.error
import urllib.request
from pathlib import Path

import orjson
import pytest

from schemas.instants import format_instant
from tests.support.floor import Floor, Worker, agreement, now, seconds

pytestmark = pytest.mark.kafka

TOKENS = {"facts": "crm-0123456789abcdef", "control": "ops-0123456789abcdef"}


def post(worker: Worker, path: str, told: object) -> tuple[int, str]:
    """Post JSON with the path's token."""
    request = urllib.request.Request(  # noqa: S310 - of our own worker
        worker.url + path,
        data=orjson.dumps(told),
        headers={"Authorization": f"Bearer {TOKENS[path[1:]]}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def test_facts_and_alerts_that_are_posted_do_what_they_say(
    floor: Floor, tmp_path: Path
) -> None:
    """A posted hand-off is breached; the dialer's alert, told afterwards, retracts the breach."""
    for name, token in TOKENS.items():
        (tmp_path / name).write_text(token)
    await floor.publish(agreement(exclusions={"reasons": ["dialer_down"]}))
    worker = floor.worker(
        facts_token_file=str(tmp_path / "facts"), control_token_file=str(tmp_path / "control")
    )
    await worker.until_ready()
    at = now()
    handed_off = {
        "type": "handed-off",
        "event_id": "e-1",
        "lead_id": "L-1",
        "occurred_at": format_instant(at),
        "team_id": "nord",
    }
    alert = {
        "status": "firing",
        "labels": {"alertname": "DialerDown", "exclusion": "dialer_down"},
        "startsAt": format_instant(at - seconds(5)),
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "b5d4045c3f466fa9",
    }

    taken = post(worker, "/facts", [handed_off, {**handed_off, "event_id": None}])
    await floor.until_read("speed-breaches", lambda found: len(found) == 2)
    declared = post(worker, "/control", {"version": "4", "alerts": [alert]})
    breaches = await floor.until_read("speed-breaches", lambda found: len(found) == 3)

    assert taken[0] == 422
    assert orjson.loads(taken[1])["accepted"] == 1
    assert orjson.loads(taken[1])["refused"][0]["reason"] == "missing_field"
    assert declared[0] == 202
    assert [one.told["status"] for one in breaches] == ["provisional", "confirmed", "retracted"]
    assert breaches[2].told["reason"].startswith("excluded:b5d4045c3f466fa9:")
    assert len(await floor.read("sla-control")) == 2 * floor.settings.partitions
    assert await worker.stop() == 0
    assert not any(token in worker.log for token in TOKENS.values())


async def test_a_token_file_that_is_missing_ends_the_worker(floor: Floor, tmp_path: Path) -> None:
    """Exit 2 and one sentence."""
    worker = floor.worker(facts_token_file=str(tmp_path / "none"))

    assert await worker.until_ended() == 2
    assert "leadclock: LEADCLOCK_FACTS_TOKEN_FILE is " in worker.log
