"""POST /facts and POST /control: who may, what is taken, what is told of the rest."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from prometheus_client import CollectorRegistry

from schemas.codec import decode
from schemas.facts import ExclusionDeclared
from schemas.instants import HOUR, MINUTE, SECOND, format_instant, parse_instant
from schemas.refusals import RefusalReason
from schemas.topics import partition_of
from streams.config import Settings
from streams.errors import ConfigurationError
from streams.runtime.alerts import AHEAD
from streams.runtime.broker import Place
from streams.runtime.http import Door, Pages
from streams.runtime.post import LARGEST_BODY, posts_of
from streams.runtime.token import Token
from tests.support.broker import free_ports
from tests.support.memory_broker import MemoryBroker

NOW = parse_instant("2026-03-02T10:00:00Z")
SECRET = "s3cret-of-the-crm-0123456789"  # noqa: S105 - of a test
OTHER = "s3cret-of-operations-987654"
PARTITIONS = 4


class Doorstep:
    """A door that takes posts, and the broker behind it."""

    def __init__(self, port: int, broker: MemoryBroker) -> None:
        """Stand before it."""
        self.broker = broker
        self._port = port

    async def post(
        self, path: str, body: object, token: str | None = SECRET, **headers: str
    ) -> tuple[int, Any]:
        """Post JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = f"http://127.0.0.1:{self._port}{path}"
        async with (
            aiohttp.ClientSession() as client,
            client.post(
                url, data=data, headers={"Content-Type": "application/json", **headers}
            ) as got,
        ):
            return got.status, orjson.loads(await got.read())

    def written(self, topic: str) -> dict[int, list[Any]]:
        """Give what readers of committed records see, by partition."""
        return {
            number: [decode(one.value, topic=topic) for one in records]
            for number in range(PARTITIONS)
            if (records := self.broker.committed(Place(f"eu-{topic}", number)))
        }


def settings(directory: Path, **more: str) -> Settings:
    """Give an app whose two paths are open."""
    for name, secret in (("facts", SECRET), ("control", OTHER)):
        (directory / name).write_text(f"{secret}\n")
    return Settings.from_env(
        {
            "LEADCLOCK_BOOTSTRAP_SERVERS": "kafka:9092",
            "LEADCLOCK_TOPIC_PREFIX": "eu-",
            "LEADCLOCK_PARTITIONS": str(PARTITIONS),
            "LEADCLOCK_FACTS_TOKEN_FILE": str(directory / "facts"),
            "LEADCLOCK_CONTROL_TOKEN_FILE": str(directory / "control"),
            **more,
        }
    )


@pytest.fixture
async def doorstep(tmp_path: Path) -> AsyncIterator[Doorstep]:
    """A door at NOW."""
    broker, (port,) = MemoryBroker(), free_ports(1)
    facts, control = posts_of(settings(tmp_path), broker, lambda: NOW)
    door = Door(
        "127.0.0.1",
        port,
        registry=CollectorRegistry(),
        missing=lambda: None,
        pages=Pages(facts=facts, control=control),
    )
    await door.open()
    yield Doorstep(port, broker)
    await door.close()


def handed_off(lead_id: str, at: int = NOW, **more: object) -> dict[str, object]:
    """Tell a hand-off."""
    return {
        "type": "handed-off",
        "event_id": f"e-{lead_id}",
        "lead_id": lead_id,
        "occurred_at": format_instant(at),
        "team_id": "nord",
        **more,
    }


def alert(status: str = "firing", starts_at: int = NOW, **more: object) -> dict[str, object]:
    """Tell of the dialer's alert as an Alertmanager does."""
    return {
        "status": status,
        "labels": {"alertname": "DialerDown", "exclusion": "dialer_down"},
        "annotations": {"summary": "No calls go out."},
        "startsAt": format_instant(starts_at),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "b5d4045c3f466fa9",
        **more,
    }


def notification(*alerts: object) -> dict[str, object]:
    """Tell alerts as Alertmanager's webhook does."""
    return {"version": "4", "receiver": "leadclock", "status": "firing", "alerts": list(alerts)}


async def test_a_posted_fact_goes_where_send_puts_it(doorstep: Doorstep) -> None:
    """On the topic of its type, on the partition of its lead's key; unknown fields go."""
    status, told = await doorstep.post("/facts", handed_off("L-1", colour="red"))

    place = Place("eu-handed-off", partition_of(b"L-1", PARTITIONS))
    (record,) = doorstep.broker.committed(place)
    assert (status, told) == (202, {"accepted": 1, "refused": []})
    assert record.key == b"L-1"
    assert b"colour" not in (record.value or b"")
    assert decode(record.value, topic="handed-off").event_id == "e-L-1"


async def test_a_list_and_lines_are_many_facts(doorstep: Doorstep) -> None:
    """Two in a list, two in lines with a blank one between: all are taken, in order."""
    listed = await doorstep.post("/facts", [handed_off("L-1"), handed_off("L-2")])
    lines = b"\n\n".join(orjson.dumps(handed_off(name)) for name in ("L-3", "L-4"))
    lined = await doorstep.post("/facts", lines, **{"Content-Type": "application/x-ndjson"})

    leads = {fact.lead_id for facts in doorstep.written("handed-off").values() for fact in facts}
    assert (listed[0], lined[0]) == (202, 202)
    assert leads == {"L-1", "L-2", "L-3", "L-4"}


async def test_what_is_wrong_is_told_by_its_place_and_reason(doorstep: Doorstep) -> None:
    """One good fact among bad ones is taken; the others are listed, with reasons."""
    status, told = await doorstep.post(
        "/facts",
        [
            {**handed_off("L-1"), "team_id": None},
            handed_off("L-2"),
            handed_off("L-3", NOW + 3 * MINUTE),
            "hello",
            {**handed_off("L-4"), "lead_id": "anna@example.com"},
            {"type": "exclusion-declared", "event_id": "x"},
            {
                "type": "source-heartbeat",
                "event_id": "h",
                "occurred_at": format_instant(NOW),
                "origin": "dialer",
                "complete_up_to": format_instant(NOW),
            },
            {**handed_off("L-5"), "rep_id": "r" * 70_000},
            {"event_id": "no-type"},
        ],
    )

    assert status == 422
    assert told["accepted"] == 1
    assert [(one["index"], one["reason"]) for one in told["refused"]] == [
        (0, "missing_field"),
        (2, "from_the_future"),
        (3, "not_an_object"),
        (4, "bad_lead_id"),
        (5, "missing_field"),
        (6, "type_mismatch"),
        (7, "too_large"),
        (8, "missing_type"),
    ]
    assert {one["reason"] for one in told["refused"]} <= set(RefusalReason)
    assert told["refused"][0]["event_id"] == "e-L-1"
    assert b"anna@" not in orjson.dumps(told)
    assert len(doorstep.written("handed-off")) == 1


@pytest.mark.parametrize("token", [None, "", SECRET[:-1], SECRET + "x", OTHER, "ünicode"])
async def test_without_the_token_nothing_is_taken(doorstep: Doorstep, token: str | None) -> None:
    """None, an empty one, one too short, too long, the other path's: 401, and it says how."""
    status, told = await doorstep.post("/facts", handed_off("L-1"), token)

    assert status == 401
    assert told == {"error": "give the token as `Authorization: Bearer TOKEN`"}
    assert doorstep.written("handed-off") == {}


async def test_a_body_has_a_bound(doorstep: Doorstep) -> None:
    """A byte more than the bound is refused before it is read as JSON."""
    status, told = await doorstep.post("/facts", b" " * (LARGEST_BODY + 1))

    assert status == 413
    assert str(LARGEST_BODY) in told["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"type=handed-off"])
async def test_a_body_that_is_no_json_is_one_sentence(doorstep: Doorstep, body: bytes) -> None:
    """Forms and fragments: 400."""
    status, told = await doorstep.post("/facts", body)

    assert (status, told) == (400, {"error": "not_json: the body is not JSON in UTF-8"})


async def test_what_the_brokers_do_not_take_is_to_be_told_again(doorstep: Doorstep) -> None:
    """503 first; the same again, once the broker is well, is taken once."""
    place = Place("eu-handed-off", partition_of(b"L-1", PARTITIONS))
    doorstep.broker.refuse.add(place)
    status, told = await doorstep.post("/facts", handed_off("L-1"))
    doorstep.broker.refuse.clear()
    again = await doorstep.post("/facts", handed_off("L-1"))

    assert status == 503
    assert told == {"error": "the brokers did not take it; tell it again"}
    assert again[0] == 202
    assert len(doorstep.broker.committed(place)) == 1


async def test_control_goes_to_every_partition_at_once(doorstep: Doorstep) -> None:
    """A heartbeat and an exclusion: a copy each, in one transaction; an agreement is refused."""
    said = {"occurred_at": format_instant(NOW)}
    status, told = await doorstep.post(
        "/control",
        [
            {
                "type": "source-heartbeat",
                "event_id": "h",
                "origin": "dialer",
                "complete_up_to": format_instant(NOW),
                **said,
            },
            {
                "type": "exclusion-declared",
                "event_id": "x",
                "exclusion_id": "x",
                "from": format_instant(NOW - HOUR),
                "to": format_instant(NOW),
                "reason": "storm",
                **said,
            },
            {
                "type": "policy-published",
                "event_id": "p",
                "version": 1,
                "effective_from": format_instant(NOW),
                "body": {},
                **said,
            },
            handed_off("L-1"),
        ],
        OTHER,
    )

    written = doorstep.written("sla-control")
    assert status == 422
    assert [(one["index"], one["reason"]) for one in told["refused"]] == [
        (2, "type_mismatch"),
        (3, "type_mismatch"),
    ]
    assert sorted(written) == list(range(PARTITIONS))
    assert all([fact.event_id for fact in facts] == ["h", "x"] for facts in written.values())
    assert sum(event.startswith("start ") for event in doorstep.broker.events) == 1


async def test_a_copy_that_cannot_be_written_takes_all_back(doorstep: Doorstep) -> None:
    """The last partition refuses: no reader of committed records sees any of the copies."""
    doorstep.broker.refuse.add(Place("eu-sla-control", PARTITIONS - 1))
    status, _ = await doorstep.post("/control", notification(alert()), OTHER)

    assert status == 503
    assert doorstep.written("sla-control") == {}


async def test_the_dialers_own_alert_declares_an_exclusion(doorstep: Doorstep) -> None:
    """From when it fires; for its reason and teams; others' alerts declare nothing."""
    labels = {"exclusion": "dialer_down", "exclusion_team_id": "nord, sued"}
    status, told = await doorstep.post(
        "/control",
        notification(
            alert(starts_at=NOW - 30 * SECOND, labels=labels),
            alert(labels={"alertname": "DiskFull"}),
        ),
        OTHER,
    )

    (exclusion,) = doorstep.written("sla-control")[0]
    assert (status, told) == (202, {"accepted": 1, "refused": [], "ignored": 1})
    assert isinstance(exclusion, ExclusionDeclared)
    assert exclusion.reason == "dialer_down"
    assert exclusion.from_at == NOW - 30 * SECOND
    assert AHEAD < exclusion.to_at - NOW <= 2 * AHEAD
    assert exclusion.scope == {"team_id": ["nord", "sued"]}
    assert exclusion.declared_by == "alertmanager"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fingerprint": None}, "bad_id"),
        ({"startsAt": "yesterday"}, "bad_instant"),
        ({"status": "resolved", "endsAt": format_instant(NOW - HOUR)}, "bad_instant"),
        ({"labels": {"exclusion": "storm", "exclusion_colour": "red"}}, "bad_scope"),
        ({"labels": {"exclusion": "storm", "exclusion_team_id": " , "}}, "bad_scope"),
        ({"labels": ["exclusion"]}, "wrong_type"),
    ],
)
async def test_an_alert_that_cannot_declare_is_told_why(
    doorstep: Doorstep, change: dict[str, object], reason: str
) -> None:
    """Never widened, never guessed: one sentence, and nothing written."""
    status, told = await doorstep.post("/control", notification(alert() | change), OTHER)

    assert status == 422
    assert [one["reason"] for one in told["refused"]] == [reason]
    assert doorstep.written("sla-control") == {}


@pytest.mark.parametrize("body", [{"version": "3", "alerts": []}, {"version": "4", "alerts": {}}])
async def test_a_webhook_of_another_form_is_refused(
    doorstep: Doorstep, body: dict[str, object]
) -> None:
    """Another version, alerts that are no list: 400."""
    status, told = await doorstep.post("/control", body, OTHER)

    assert status == 400
    assert told["error"].startswith("wrong_type: ")


async def test_the_secret_is_in_no_log(
    doorstep: Doorstep, caplog: pytest.LogCaptureFixture
) -> None:
    """Good and bad posts leave reasons in the log, and neither token nor body."""
    caplog.set_level(logging.DEBUG)
    await doorstep.post("/facts", handed_off("L-77"))
    await doorstep.post("/facts", {**handed_off("L-78"), "team_id": 5})
    await doorstep.post("/facts", handed_off("L-79"), SECRET + "x")

    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "wrong_type" in told
    assert SECRET not in told
    assert "L-7" not in told


async def test_both_paths_are_closed_unless_they_are_opened(tmp_path: Path) -> None:
    """No token file: there is no such path, with whatever token."""
    (port,) = free_ports(1)
    plain = Settings.from_env({"LEADCLOCK_BOOTSTRAP_SERVERS": "kafka:9092"})
    assert posts_of(plain, MemoryBroker(), lambda: NOW) == (None, None)
    facts, _ = posts_of(settings(tmp_path), MemoryBroker(), lambda: NOW)
    door = Door(
        "127.0.0.1",
        port,
        registry=CollectorRegistry(),
        missing=lambda: None,
        pages=Pages(facts=facts),
    )
    await door.open()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {OTHER}"}) as client:
        async with client.post(f"http://127.0.0.1:{port}/control", data=b"{}") as got:
            closed = got.status
        async with client.get(f"http://127.0.0.1:{port}/facts") as got:
            read = got.status
    await door.close()

    assert (closed, read) == (404, 405)


@pytest.mark.parametrize("content", ["", "short", "with blanks in between", "ünïcödé-ünïcödé-ü"])
def test_a_file_that_holds_no_token_is_named(tmp_path: Path, content: str) -> None:
    """Empty, short, with blanks, not ASCII: the sentence names the setting, not the content."""
    path = tmp_path / "token"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigurationError, match="LEADCLOCK_FACTS_TOKEN_FILE") as refused:
        Token.read(str(path), "LEADCLOCK_FACTS_TOKEN_FILE")
    assert content == "" or content not in str(refused.value)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """No such file: the sentence says so."""
    with pytest.raises(ConfigurationError, match=r"LEADCLOCK_X is .*cannot be read: No such file"):
        Token.read(str(tmp_path / "none"), "LEADCLOCK_X")


def test_histories_are_not_posted(tmp_path: Path) -> None:
    """An app on its sources' time has no such path: what is posted happens now."""
    with pytest.raises(ConfigurationError, match="LEADCLOCK_FACTS_TOKEN_FILE is set"):
        settings(tmp_path, LEADCLOCK_TIME="facts")
