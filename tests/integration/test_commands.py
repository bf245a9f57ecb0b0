"""The commands that talk to a broker, on a real one."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from click.testing import Result

from schemas.codec import encode
from schemas.facts import AnyFact
from schemas.instants import SECOND, Instant, format_instant, parse_instant
from schemas.topics import TOPICS, partition_of
from streams.cli.send import ORIGIN
from tests.support.agreements import VALID
from tests.support.floor import Floor, fact, now, open_floor
from tests.support.story import at, attempt, closed, created, handed_off
from tests.unit.cli.running import run

pytestmark = pytest.mark.kafka

STORY = (
    created("2026-03-10 09:00"),
    handed_off("2026-03-10 10:00"),
    handed_off("2026-03-10 10:00", lead="M"),
    attempt("2026-03-10 10:50", seen="2026-03-10 15:00"),
    closed("2026-03-11 09:00"),
)
SEEN = at("2026-03-11 09:00")


async def command(floor: Floor, *args: str, stdin: bytes | None = None, **env: str) -> Result:
    """Run a command beside the test, since it has an event loop of its own."""
    told = {**floor.env, **{f"LEADCLOCK_{name.upper()}": value for name, value in env.items()}}
    return await asyncio.to_thread(run, *args, env=told, stdin=stdin)


def written(facts: tuple[AnyFact, ...], directory: Path) -> str:
    """Write a file of facts."""
    path = directory / "facts.jsonl"
    path.write_bytes(b"".join(encode(one) + b"\n" for one in facts))
    return str(path)


@pytest.fixture
def agreement_file(tmp_path: Path) -> str:
    """A valid agreement."""
    path = tmp_path / "agreement.yaml"
    path.write_text(VALID, encoding="utf-8")
    return str(path)


async def test_topics_are_checked_and_created(kafka_bootstrap: str, prefix: str) -> None:
    """Missing: exit code 1 and what to run. Created: 0. Created again: left as they are."""
    env = {
        "LEADCLOCK_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "LEADCLOCK_TOPIC_PREFIX": prefix,
    }

    async def topics(*args: str) -> Result:
        return await asyncio.to_thread(run, "topics", *args, "--partitions", "2", env=env)

    missing = await topics("check")
    created_first = await topics("create", "--json")
    created_again = await topics("create")
    checked = await topics("check", "--json")
    other = await asyncio.to_thread(run, "topics", "check", "--partitions", "3", env=env)

    assert missing.exit_code == 1
    assert f"the topic '{prefix}handed-off' is missing" in missing.stdout
    # The catalogue's topics, and a changelog for each of the two tables.
    count = len(TOPICS) + 2
    assert len(orjson.loads(created_first.stdout)["created"]) == count
    assert created_again.stdout == f"{count} topics exist already and were left as they are\n"
    assert orjson.loads(checked.stdout) == {"ok": True, "problems": []}
    assert other.exit_code == 1
    assert "has 2 partitions" in other.stdout


async def test_a_policy_is_published_once_to_every_partition(
    floor: Floor, agreement_file: str
) -> None:
    """Two partitions, two equal copies; the same file again writes nothing."""
    first = await command(floor, "policy", "publish", agreement_file, "--json")
    again = await command(floor, "policy", "publish", agreement_file)

    copies = await floor.read("sla-control")
    told = orjson.loads(first.stdout)
    assert (told["copies"], told["partitions"], told["at_once"]) == (2, 2, True)
    assert "is published already; nothing was written" in again.stdout
    assert [one.partition for one in copies] == [0, 1]
    assert {one.key for one in copies} == {b"policy-published"}
    assert len({one.value for one in copies}) == 1
    assert copies[0].told["body"]["digest"] == told["digest"]


async def test_a_published_version_never_changes(
    floor: Floor, agreement_file: str, tmp_path: Path
) -> None:
    """Other content under version 3 is refused, under version 4 it is published."""
    await command(floor, "policy", "publish", agreement_file)
    changed = tmp_path / "changed.yaml"
    text = VALID.replace("target: PT4H30M", "target: PT5H")
    changed.write_text(text, encoding="utf-8")
    newer = tmp_path / "newer.yaml"
    newer.write_text(text.replace("version: 3", "version: 4"), encoding="utf-8")

    refused = await command(floor, "policy", "publish", str(changed))
    taken = await command(floor, "policy", "publish", str(newer))

    assert refused.exit_code == 2
    assert "already published with other content" in refused.stderr
    assert taken.exit_code == 0
    assert len(await floor.read("sla-control")) == 4


async def test_a_partition_without_a_copy_gets_one(floor: Floor, agreement_file: str) -> None:
    """A publication without transactions that broke off after the first partition."""
    await command(floor, "policy", "publish", agreement_file)
    (copy, _) = await floor.read("sla-control")
    other = await open_floor(
        floor.env["LEADCLOCK_BOOTSTRAP_SERVERS"],
        floor.env["LEADCLOCK_TOPIC_PREFIX"] + "x-",
        floor.directory,
    )
    async with AIOKafkaProducer(
        bootstrap_servers=list(floor.settings.bootstrap_servers)
    ) as producer:
        await producer.send_and_wait(
            other.settings.topic("sla-control"), value=copy.value, key=copy.key, partition=1
        )

    mended = await command(other, "policy", "publish", agreement_file, "--json")

    assert orjson.loads(mended.stdout)["copies"] == 1
    assert [one.partition for one in await other.read("sla-control")] == [0, 1]


async def test_facts_are_sent_to_their_place_at_their_time(floor: Floor, tmp_path: Path) -> None:
    """Topic by type, partition by murmur2 of the lead, timestamp by when it was seen."""
    sent = await command(floor, "send", written(STORY, tmp_path), "--json", time="facts")

    assert orjson.loads(sent.stdout) == {
        "sent": 5,
        "refused": 0,
        "partitions": 2,
        "complete_up_to": "2026-03-11T08:00:00.000000Z",
    }
    for name in ("lead-created", "handed-off", "contact-attempt", "lead-closed"):
        for record in await floor.read(name):
            key = record.told["lead_id"].encode()
            assert (record.key, record.partition) == (key, partition_of(key, 2))
            assert record.told["type"] == name
    listened = await command(
        floor, "subscribe", "contact-attempt", "--from-beginning", "--max", "1", "--envelope"
    )
    assert orjson.loads(listened.stdout)["timestamp"] == "2026-03-10T14:00:00.000000Z"


async def test_a_heartbeat_ends_what_was_sent(floor: Floor, tmp_path: Path) -> None:
    """On every partition: origin send, complete up to the last fact, or up to --until."""
    file = written(STORY, tmp_path)
    await command(floor, "send", file, time="facts")
    await command(floor, "send", file, "--until", "2026-04-01T00:00:00Z", time="facts")

    told = [(one.partition, one.told) for one in await floor.read("sla-control")]
    assert [(partition, one["origin"], one["complete_up_to"]) for partition, one in told] == [
        (partition, ORIGIN, up_to)
        for partition in (0, 1)
        for up_to in (format_instant(SEEN), "2026-04-01T00:00:00.000000Z")
    ]


async def test_what_is_told_to_everybody_goes_to_every_partition(floor: Floor) -> None:
    """An exclusion in a file of facts."""
    exclusion: dict[str, Any] = {
        "type": "exclusion-declared",
        "event_id": "x1",
        "occurred_at": "2026-03-10T12:00:00Z",
        "exclusion_id": "x1",
        "from": "2026-03-10T09:00:00Z",
        "to": "2026-03-10T11:00:00Z",
        "reason": "storm",
    }

    await command(floor, "send", "-", stdin=orjson.dumps(exclusion), time="facts")

    control_facts = await floor.read("sla-control")
    assert [one.partition for one in control_facts if one.told["type"] == exclusion["type"]] == [
        0,
        1,
    ]
    assert {one.key for one in control_facts} == {b"exclusion-declared", b"source-heartbeat"}


async def test_a_line_that_is_no_fact_is_left_out_and_told(floor: Floor) -> None:
    """The other line is sent; the exit code is 1."""
    stdin = b'{"type":"x"}\n' + encode(STORY[0])

    sent = await command(floor, "send", "-", stdin=stdin, time="facts")

    assert sent.exit_code == 1
    assert sent.stderr == "line 1: unknown_type: type is none that is known\n"
    assert sent.stdout.startswith("1 facts sent to 2 partitions, 1 lines refused; complete up to")
    assert len(await floor.read("lead-created")) == 1


async def test_a_pace_sends_as_time_passes(floor: Floor) -> None:
    """Twelve seconds of facts at six a second: heartbeats on the way, each a true promise."""
    begin = parse_instant("2026-03-10T09:00:00Z")
    facts = [attempt_at(begin + number * SECOND) for number in range(13)]

    sent = await command(floor, "send", "-", "--pace", "6", stdin=b"\n".join(facts), time="facts")

    assert sent.exit_code == 0, sent.output
    promises = [
        parse_instant(one.told["complete_up_to"])
        for one in await floor.read("sla-control")
        if one.partition == 0
    ]
    assert promises == sorted(promises)
    assert len(promises) >= 3
    assert promises[-1] == begin + 12 * SECOND
    assert len(await floor.read("contact-attempt")) == 13


def attempt_at(instant: Instant) -> bytes:
    """Write an attempt on lead L."""
    return orjson.dumps(
        {
            "type": "contact-attempt",
            "event_id": f"a{instant}",
            "lead_id": "L",
            "occurred_at": format_instant(instant),
            "channel": "call",
        }
    )


async def test_a_topic_that_is_not_there_is_one_sentence(kafka_bootstrap: str, prefix: str) -> None:
    """And it is not made on the way."""
    env = {"LEADCLOCK_BOOTSTRAP_SERVERS": kafka_bootstrap, "LEADCLOCK_TOPIC_PREFIX": prefix}

    for args in (("subscribe",), ("send", "-", "--time", "facts")):
        result = await asyncio.to_thread(run, *args, env=env, stdin=encode(STORY[0]))
        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert "does not exist; `leadclock topics create` makes it" in line


async def test_a_subscriber_sees_what_was_committed(floor: Floor) -> None:
    """Of two transactions the first is taken back: only the second is printed."""
    topic = floor.settings.topic("speed-breaches")
    async with AIOKafkaProducer(
        bootstrap_servers=list(floor.settings.bootstrap_servers), transactional_id=topic
    ) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, value=b'{"n":1}', key=b"L", partition=0)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(topic, value=b'{"n":2}', key=b"L", partition=0)

    heard = await command(floor, "subscribe", "--from-beginning", "--timeout", "2")

    assert (heard.exit_code, heard.stdout) == (0, '{"n":2}\n')


async def test_a_subscriber_hears_what_comes(floor: Floor) -> None:
    """From the end on: not what was there before, but what is told meanwhile."""
    await floor.tell(fact("handed-off", "old", now(), team_id="nord"))
    listening = asyncio.create_task(
        command(floor, "subscribe", "handed-off", "--max", "1", "--timeout", "20")
    )
    told = 0
    while not listening.done():
        told += 1
        await floor.tell(fact("handed-off", f"new-{told}", now(), team_id="nord"))
        await asyncio.sleep(0.2)

    heard = await listening

    assert heard.exit_code == 0
    assert orjson.loads(heard.stdout)["lead_id"].startswith("new-")


async def test_a_subscriber_that_waits_in_vain_says_no(floor: Floor) -> None:
    """One record was wanted, none came in a second: exit code 1."""
    heard = await command(floor, "subscribe", "--max", "1", "--timeout", "1")

    assert (heard.exit_code, heard.stdout) == (1, "")


async def test_a_tombstone_and_broken_bytes_are_printed_too(floor: Floor) -> None:
    """As JSON, with what can be said of them."""
    topic = floor.settings.topic("open-leads")
    async with AIOKafkaProducer(
        bootstrap_servers=list(floor.settings.bootstrap_servers)
    ) as producer:
        await producer.send_and_wait(topic, value=None, key=b"L", partition=0)
        await producer.send_and_wait(topic, value=b"\xff{", key=b"L", partition=0)

    heard = await command(floor, "subscribe", "open-leads", "--from-beginning", "--timeout", "2")

    assert [orjson.loads(line) for line in heard.stdout.splitlines()] == [
        {"key": "L", "value": None},
        "\ufffd{",
    ]


async def test_a_floor_is_played_live(floor: Floor) -> None:
    """Ten leads in three seconds, each fact recorded when it was sent, which is now."""
    begun_at = now()
    played = await command(
        floor,
        *("simulate", "--leads", "10", "--hours", "0.0008", "--speed", "600"),
        *("--rhythm", "flat", "--mess", "0"),
    )

    assert played.exit_code == 0, played.output
    created_leads = await floor.read("lead-created")
    # Who comes in the last moment is not told of before the floor closes.
    assert 5 <= len(created_leads) <= 10
    for record in created_leads:
        occurred_at = parse_instant(record.told["occurred_at"])
        # A floor opens on a whole second.
        assert begun_at - SECOND <= occurred_at <= now()
    assert {record.told["lead_id"].partition("-")[0] for record in created_leads} == {"s1"}
