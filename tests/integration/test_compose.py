"""What docker-compose.yml starts, started here: its Kafka, and its commands in their order."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from ruamel.yaml import YAML

from streams.config import Settings
from tests.support.broker import free_ports, running_server
from tests.support.floor import Floor, Worker, closing

ROOT = Path(__file__).parents[2]
NOT_PROPERTIES = {"CLUSTER_ID", "KAFKA_HEAP_OPTS"}

pytestmark = pytest.mark.kafka


def _services() -> dict[str, Any]:
    parsed = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services: dict[str, Any] = parsed["services"]
    return services


def _property(variable: str) -> str:
    """Name the property as the image does: ``___`` is a dash, ``__`` an underscore, ``_`` a dot."""
    name = variable.removeprefix("KAFKA_").lower()
    return name.replace("___", "-").replace("__", "\0").replace("_", ".").replace("\0", "_")


async def test_the_configuration_of_the_compose_file_is_a_working_kafka(tmp_path: Path) -> None:
    """Its settings, on other ports and another folder: a topic, then a committed transaction."""
    environment = _services()["kafka"]["environment"]
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


class Stack:
    """The services that are ours, as processes: the same words, other addresses and folders."""

    def __init__(self, bootstrap: str, prefix: str, directory: Path) -> None:
        """Start nothing yet."""
        self.services = _services()
        (self.port,) = free_ports(1)
        self.places = {
            "kafka:9092": bootstrap,
            "/run/leadclock": str(directory),
            "/etc/leadclock/policy.yaml": str(ROOT / "streams/cli/demo-policy.yaml"),
            "0.0.0.0": "127.0.0.1",  # noqa: S104 - that is what is replaced
            "9464": str(self.port),
        }
        self.own = {"LEADCLOCK_TOPIC_PREFIX": prefix, "LEADCLOCK_PARTITIONS": "2"}

    def moved(self, words: str) -> str:
        """Put this machine's places in, and the defaults of variables."""
        for place, here in self.places.items():
            words = words.replace(place, here)
        return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", words)

    def env(self, name: str) -> dict[str, str]:
        """Give a service's environment."""
        told = self.services[name]["environment"]
        return {key: self.moved(str(value)) for key, value in told.items()} | self.own

    def run(self, name: str, *more: str) -> str:
        """Run a service that ends by itself, and give what it says."""
        each = self.services[name]
        entry = each.get("entrypoint", ["python", "-m", "streams.cli"])
        words = [self.moved(word) for word in [*entry[1:], *each["command"], *more]]
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env={**os.environ, **self.env(name)},
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


async def test_the_services_of_the_compose_file_do_their_work_in_their_order(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """Topics, agreement, tokens, a worker that gets ready, a floor that is judged; then SIGTERM."""
    stack = Stack(kafka_bootstrap, prefix, tmp_path)
    stack.run("topics")
    stack.run("policy")
    stack.run("tokens")
    floor = Floor(Settings.from_env(stack.env("worker")), stack.env("worker"), tmp_path)
    with closing(floor):
        worker: Worker = floor.worker()
        check = [stack.moved(word) for word in stack.services["worker"]["healthcheck"]["test"][2:]]

        def is_healthy() -> bool:
            command = [sys.executable, *check]
            done = subprocess.run(command, check=False, capture_output=True, timeout=20)
            return done.returncode == 0

        assert not is_healthy()
        await worker.until(is_healthy, within=60)
        # As .env.demo plays it, but for some seconds.
        played = ("--leads=20", "--hours=0.002", "--speed=100")
        await asyncio.to_thread(stack.run, "simulator", *played)
        breaches = await floor.until_read("speed-breaches", bool, within=60)
        made = await asyncio.to_thread(lambda: {path.name for path in tmp_path.iterdir()})

        assert breaches[0].told["team_id"] in {"nord", "sued"}
        assert worker.get("/control")[0] == 405
        assert {name for name in made if "." not in name} == {"control-token", "grafana-admin"}
        assert await worker.stop() == 0
