"""docker-compose.yml and the Dockerfile fit each other, the code and the tests."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from ruamel.yaml import YAML

from streams.cli import main
from streams.config import Settings

ROOT = Path(__file__).parents[2]
OURS = "leadclock:"
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:-([^}]*))?\}")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of the compose file, merge keys applied."""
    parsed = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = parsed["services"]
    return found


def _images() -> Iterator[str]:
    yield from re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    yield from re.findall(r"image: (\S+)", (ROOT / "docker-compose.yml").read_text())


def _project_version() -> str:
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("image", sorted(set(_images())))
def test_an_image_has_an_exact_tag(image: str) -> None:
    """Major, minor and patch are stated, so two builds start from the same."""
    assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+(-[a-z0-9-]+)?", image)


def test_our_image_carries_our_version(services: dict[str, Any]) -> None:
    """The tag of the image is the version in pyproject.toml."""
    ours = {each["image"] for each in services.values() if each["image"].startswith(OURS)}

    assert ours == {f"{OURS}{_project_version()}"}


def test_kafka_is_the_one_the_tests_run_on(services: dict[str, Any]) -> None:
    """The image's tag is the version whose jars the tests fetch."""
    pom = ET.parse(ROOT / "tests/support/kafka/pom.xml")  # noqa: S314 - our own file
    version = pom.findtext("{*}properties/{*}kafka.version")

    assert services["kafka"]["image"] == f"apache/kafka:{version}"


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    """No port of any service can be reached from another machine."""
    published = [port for each in services.values() for port in each.get("ports", [])]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_service_is_held_short(services: dict[str, Any]) -> None:
    """No capabilities, no new privileges, and limits on memory and processes."""
    for name, each in services.items():
        limits = each["deploy"]["resources"]["limits"]

        assert each["cap_drop"] == ["ALL"], name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert {"cpus", "memory", "pids"} <= set(limits), name


def test_our_services_cannot_write_to_their_image(services: dict[str, Any]) -> None:
    """All but Kafka, whose entry point writes its configuration, are read-only."""
    writable = [name for name, each in services.items() if not each.get("read_only")]

    assert writable == ["kafka"]


def test_who_is_waited_for_can_be_waited_for(services: dict[str, Any]) -> None:
    """Healthy needs a health check; completed needs a service that is not restarted for ever."""
    for each in services.values():
        for name, wish in each.get("depends_on", {}).items():
            target = services[name]
            if wish["condition"] == "service_healthy":
                assert target["healthcheck"]["test"][0] == "CMD"
            else:
                assert wish["condition"] == "service_completed_successfully"
                assert target["restart"].startswith("on-failure")


def test_a_service_that_stays_has_a_health_check(services: dict[str, Any]) -> None:
    """Whatever is kept running says whether it is well."""
    for each in services.values():
        if each["restart"] == "unless-stopped":
            assert "start_period" in each["healthcheck"]


class _Asked(dict[str, str]):
    """An environment that remembers which variables were looked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def test_every_setting_of_ours_is_known_and_good(services: dict[str, Any]) -> None:
    """A LEADCLOCK_ variable that the code does not read, or refuses, fails here."""
    for each in services.values():
        if each["image"].startswith(OURS):
            env = _Asked({name: str(value) for name, value in each["environment"].items()})
            Settings.from_env(env)

            assert set(env) <= env.names


def test_every_command_exists(services: dict[str, Any]) -> None:
    """What a service runs is a command, or a command and a subcommand, of leadclock."""
    for each in services.values():
        if not each["image"].startswith(OURS):
            continue
        name, *rest = each["command"]
        command = main.get_command(click.Context(main), name)

        assert command is not None, name
        if isinstance(command, click.Group):
            assert rest[0] in command.list_commands(click.Context(command))


def test_every_mounted_file_exists(services: dict[str, Any]) -> None:
    """Docker would make an empty folder of a missing file; it is mounted read-only."""
    for each in services.values():
        for volume in each.get("volumes", []):
            source, _, mode = volume.split(":") if volume.count(":") == 2 else (volume, "", "")
            if source.startswith("."):
                assert (ROOT / source).is_file()
                assert mode == "ro"


def test_every_variable_has_a_default_that_is_written_down() -> None:
    """Compose runs without a .env; .env.example lists the very defaults."""
    used = VARIABLE.findall((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    listed = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )

    assert {name: default for name, _, default in used} == listed


def test_the_worker_publishes_the_port_it_serves(services: dict[str, Any]) -> None:
    """Setting, published port and health check name one port."""
    worker = services["worker"]
    port = str(worker["environment"]["LEADCLOCK_HTTP_PORT"])

    assert worker["ports"][0].endswith(f":{port}")
    assert f"127.0.0.1:{port}/-/healthy" in worker["healthcheck"]["test"][-1]
