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
from streams.cli.agreements import read_body
from streams.cli.tokens import main as make_tokens
from streams.config import Settings
from streams.domain.policy import policy_of
from streams.runtime.token import Token

ROOT = Path(__file__).parents[2]
OURS = "leadclock:"
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:-([^}]*))?\}")
VARIABLE_LINE = re.compile(r"^([A-Z_]+)=(.*)$", re.MULTILINE)


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
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+(-[a-z0-9-]+)?", image)


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


def test_nobody_is_root(services: dict[str, Any]) -> None:
    """Whoever is not built here is told its user; ours is the Dockerfile's."""
    ours = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    theirs = [each for each in services.values() if not each["image"].startswith(OURS)]

    assert re.search(r"^USER (?!0|root)\S+$", ours, re.MULTILINE)
    assert all(str(each["user"]) not in {"0", "root"} for each in theirs)
    assert not any("privileged" in each or "cap_add" in each for each in services.values())


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


def _commands(services: dict[str, Any]) -> Iterator[list[str]]:
    for each in services.values():
        if each["image"].startswith(OURS) and "entrypoint" not in each:
            yield [VARIABLE.sub(lambda found: found[3], word) for word in each["command"]]


def test_every_setting_of_ours_is_known_and_good(services: dict[str, Any]) -> None:
    """A LEADCLOCK_ variable that the code does not read, or refuses, fails here."""
    for each in services.values():
        if each["image"].startswith(OURS):
            env = _Asked({name: str(value) for name, value in each["environment"].items()})
            Settings.from_env(env)

            assert set(env) <= env.names


def test_every_command_exists(services: dict[str, Any]) -> None:
    """What a service runs is a command of leadclock, and takes these flags and arguments."""
    for name, *rest in _commands(services):
        command = main.get_command(click.Context(main), name)
        assert command is not None, name
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), rest.pop(0))
            assert command is not None, name

        command.make_parser(click.Context(command)).parse_args(args=list(rest))


def test_secrets_are_files_that_one_service_makes(services: dict[str, Any]) -> None:
    """Each path below the volume is one that is made; all others mount it to read only."""
    maker = services["tokens"]
    home = maker["entrypoint"][-1]
    made = {f"{home}/{name}" for name in maker["command"]}
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    text += (ROOT / "deploy/alertmanager/alertmanager.yml").read_text(encoding="utf-8")

    assert set(re.findall(rf"{home}/[a-z-]+", text)) == made
    assert f"tokens:{home}" in maker["volumes"]
    mounts = [
        (name, volume)
        for name, each in services.items()
        for volume in each.get("volumes", ())
        if volume.startswith("tokens:") and name != "tokens"
    ]
    assert all(volume == f"tokens:{home}:ro" for _, volume in mounts)
    assert {name for name, _ in mounts} == {"worker", "alertmanager", "grafana"}
    for name, _ in mounts:
        waits = services[name]["depends_on"]["tokens"]["condition"]
        assert waits == "service_completed_successfully"
    assert not re.search(r"(?i)(password|secret|token): [^/$\s]", text)


def test_secrets_are_made_once_and_differ(tmp_path: Path) -> None:
    """Two names, two tokens, readable; the second time nothing changes."""
    make_tokens(tmp_path, ["a", "b"])
    first = [(tmp_path / name).read_text(encoding="ascii") for name in ("a", "b")]
    make_tokens(tmp_path, ["a", "b"])

    assert [(tmp_path / name).read_text(encoding="ascii") for name in ("a", "b")] == first
    assert len(set(first)) == 2
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o444}
    assert Token.read(str(tmp_path / "a"), "A").admits(f"Bearer {first[0]}")


def test_every_mounted_path_exists(services: dict[str, Any]) -> None:
    """Docker would make an empty folder of what is missing; it is mounted to read only."""
    mounted = 0
    for each in services.values():
        for volume in each.get("volumes", []):
            if not volume.startswith((".", "$")):
                continue
            source, _, mode = VARIABLE.sub(lambda found: found[3], volume).split(":")
            assert (ROOT / source).exists(), source
            assert mode == "ro"
            mounted += 1

    assert mounted


def test_every_named_volume_is_declared_and_used() -> None:
    """Nothing is kept that nobody reads."""
    parsed = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    used = {
        volume.split(":")[0]
        for each in parsed["services"].values()
        for volume in each.get("volumes", [])
        if not volume.startswith((".", "$"))
    }

    assert used == set(parsed["volumes"])
    assert {net for each in parsed["services"].values() for net in each["networks"]} == set(
        parsed["networks"]
    )


def test_every_variable_has_a_default_that_is_written_down() -> None:
    """Compose runs without a .env; .env.example lists the very defaults."""
    used = VARIABLE.findall((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    listed = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )

    assert {name: default for name, _, default in used} == listed


def test_the_demo_changes_what_can_be_changed(services: dict[str, Any]) -> None:
    """.env.demo names variables of the compose file, and an agreement that is one."""
    known = dict(VARIABLE_LINE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))
    demo = dict(VARIABLE_LINE.findall((ROOT / ".env.demo").read_text(encoding="utf-8")))

    assert demo
    assert demo.keys() <= known.keys()
    assert policy_of(read_body(str(ROOT / demo["POLICY_FILE"]))).commitments
    assert services["simulator"]["profiles"] == ["demo"]


def test_the_worker_publishes_the_port_it_serves(services: dict[str, Any]) -> None:
    """Setting, published port and health check name one port; each worker gets one outside."""
    worker = services["worker"]
    port = str(worker["environment"]["LEADCLOCK_HTTP_PORT"])
    first, last = VARIABLE.findall(worker["ports"][0])[0][2].split("-")

    assert worker["ports"][0].endswith(f":{port}")
    assert f"127.0.0.1:{port}/-/ready" in worker["healthcheck"]["test"][-1]
    assert int(last) > int(first)
    assert "container_name" not in worker
