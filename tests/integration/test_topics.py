"""The app's topics: made, checked, and wanted by a worker before it starts."""

from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic

from streams.config import Settings
from streams.runtime.admin import check_topics, ensure_topics, wanted_topics
from tests.support.floor import Floor, closing

pytestmark = pytest.mark.kafka


def env(bootstrap: str, prefix: str, **more: str) -> dict[str, str]:
    """Give the variables of an app with two partitions."""
    return {
        "LEADCLOCK_BOOTSTRAP_SERVERS": bootstrap,
        "LEADCLOCK_TOPIC_PREFIX": prefix,
        "LEADCLOCK_PARTITIONS": "2",
        **more,
    }


async def test_topics_are_made_once_and_as_they_must_be(kafka_bootstrap: str, prefix: str) -> None:
    """All are missing, then all are made, then nothing is to be done and nothing differs."""
    settings = Settings.from_env(env(kafka_bootstrap, prefix))

    missing = await check_topics(settings)
    created = await ensure_topics(settings)

    assert len(missing) == len(created) == len(wanted_topics(settings))
    assert f"{prefix}leadclock-leads-changelog" in created
    assert await ensure_topics(settings) == []
    assert await check_topics(settings) == []


async def test_a_history_is_kept_whatever_its_age(kafka_bootstrap: str, prefix: str) -> None:
    """Topics made for the wall clock delete by time: an app on facts says so, each topic once."""
    await ensure_topics(Settings.from_env(env(kafka_bootstrap, prefix)))

    problems = await check_topics(
        Settings.from_env(env(kafka_bootstrap, prefix, LEADCLOCK_TIME="facts"))
    )

    assert f"the topic '{prefix}handed-off' has retention.ms=34560000000, wanted -1" in problems
    assert not [problem for problem in problems if "open-leads" in problem]


async def test_a_worker_wants_its_topics(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> None:
    """None there: exit code 2 and what to run. One with three partitions: the same."""
    told = env(kafka_bootstrap, prefix)
    settings = Settings.from_env(told)
    with closing(Floor(settings, told, tmp_path)) as floor:
        worker = floor.worker()
        assert await worker.until_ended() == 2
        assert "run `leadclock topics create`" in worker.log

        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(settings.topic("handed-off"), 3, 1)])
        await admin.close()
        await ensure_topics(settings)

        worker = floor.worker()
        assert await worker.until_ended() == 2
        assert "has 3 partitions, but LEADCLOCK_PARTITIONS is 2" in worker.log


async def test_more_partitions_than_the_state_was_made_with(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """An app's topics are grown behind its back: exit code 2 and the way out."""
    told = env(kafka_bootstrap, prefix, LEADCLOCK_SESSION_TIMEOUT="3")
    settings = Settings.from_env(told)
    await ensure_topics(settings)
    with closing(Floor(settings, told, tmp_path)) as floor:
        worker = floor.worker()
        await worker.until(lambda: " opened " in worker.log)
        assert await worker.stop() == 0
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        names = [topic for topic in await admin.list_topics() if topic.startswith(prefix)]
        await admin.create_partitions({name: NewPartitions(3) for name in names})
        await admin.close()

        worker = floor.worker(partitions="3")

        assert await worker.until_ended() == 2
        assert "was made with 2, and leads have moved" in worker.log


async def test_a_worker_whose_broker_is_away_ends_to_be_started_again(tmp_path: Path) -> None:
    """Nobody listens there: 70, not 2, for it may be back soon."""
    told = env("127.0.0.1:9", "t-")
    with closing(Floor(Settings.from_env(told), told, tmp_path)) as floor:
        worker = floor.worker()

        assert await worker.until_ended() == 70
        assert " critical broker_unreachable" in worker.log


async def test_a_worker_whose_port_is_taken_says_so(floor: Floor) -> None:
    """Two workers on one machine with one port: the second ends with 2 and the setting."""
    first = floor.worker()
    await first.until(lambda: "listening url=" in first.log)
    port = first.log.partition("listening url=http://127.0.0.1:")[2].split()[0]

    second = floor.worker(http_port=port)

    assert await second.until_ended() == 2
    assert f"LEADCLOCK_HTTP_PORT {port} on 127.0.0.1 cannot be listened on" in second.log
