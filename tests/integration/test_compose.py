"""The Kafka that docker-compose.yml describes starts and takes transactions."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from ruamel.yaml import YAML

from tests.support.broker import free_ports, running_server

ROOT = Path(__file__).parents[2]
NOT_PROPERTIES = {"CLUSTER_ID", "KAFKA_HEAP_OPTS"}

pytestmark = pytest.mark.kafka


def _property(variable: str) -> str:
    """Name the property as the image does: ``___`` is a dash, ``__`` an underscore, ``_`` a dot."""
    name = variable.removeprefix("KAFKA_").lower()
    return name.replace("___", "-").replace("__", "\0").replace("_", ".").replace("\0", "_")


async def test_the_configuration_of_the_compose_file_is_a_working_kafka(tmp_path: Path) -> None:
    """Its settings, on other ports and another folder: a topic, then a committed transaction."""
    parsed = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    environment = parsed["services"]["kafka"]["environment"]
    internal, host, controller = free_ports(3)
    listeners = f"INTERNAL://127.0.0.1:{internal},HOST://127.0.0.1:{host}"
    properties = {
        **{_property(name): str(environment[name]) for name in environment.keys() - NOT_PROPERTIES},
        "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": listeners,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": str(tmp_path / "data"),
    }
    with running_server(tmp_path, properties, host) as bootstrap:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        created = await admin.create_topics([NewTopic("facts", 8, 1)])
        await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id="leads-0")
        async with producer, producer.transaction():
            sent = await producer.send_and_wait("facts", b"value", partition=0)

    assert [error for _, error, _ in created.topic_errors] == [0]
    assert sent.offset == 0
