"""What watches the workers looks where they are: names, ports, paths and metrics agree."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client import CollectorRegistry
from ruamel.yaml import YAML

from streams.config import Settings
from streams.metrics.catalogue import METRICS
from streams.metrics.reps import Owned
from streams.runtime.http import Door, Pages
from streams.runtime.post import posts_of
from tests.support.memory_broker import MemoryBroker

ROOT = Path(__file__).parents[2]
DEPLOY, GRAFANA = ROOT / "deploy", ROOT / "grafana"
METRIC = re.compile(r"(?<![:\w])leadclock_[a-z0-9_]+")
SUFFIXES = ("_bucket", "_sum", "_count")


def read(path: Path) -> Any:
    """Read a YAML file."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of the compose file."""
    found: dict[str, Any] = read(ROOT / "docker-compose.yml")["services"]
    return found


def ports_of(service: dict[str, Any]) -> set[int]:
    """Give the ports on which a service listens, as it publishes them."""
    return {int(port.rpartition(":")[2]) for port in service["ports"]}


def rules() -> Iterator[dict[str, Any]]:
    """Give every rule."""
    for path in sorted((DEPLOY / "prometheus/rules").glob("*.yml")):
        for group in read(path)["groups"]:
            yield from group["rules"]


async def test_prometheus_scrapes_what_a_worker_serves(
    services: dict[str, Any], tmp_path: Path
) -> None:
    """By the service's name, one address a replica, on its port, on paths that there are."""
    (tmp_path / "token").write_text("x" * 20, encoding="ascii")
    env = {
        "LEADCLOCK_BOOTSTRAP_SERVERS": "kafka:9092",
        "LEADCLOCK_CONTROL_TOKEN_FILE": str(tmp_path / "token"),
    }
    _, control = posts_of(Settings.from_env(env), MemoryBroker(), lambda: 0)
    door = Door(
        "127.0.0.1",
        0,
        registry=CollectorRegistry(),
        missing=lambda: None,
        pages=Pages(reps=lambda: Owned(None, ()), control=control),
    )
    await door.open()
    assert door._runner is not None
    assert door._runner.app is not None
    served = {resource.canonical for resource in door._runner.app.router.resources()}
    await door.close()
    jobs = read(DEPLOY / "prometheus/prometheus.yml")["scrape_configs"]
    ours = {job["job_name"]: job for job in jobs if "dns_sd_configs" in job}
    hook = next(
        urlsplit(hook["url"])
        for receiver in read(DEPLOY / "alertmanager/alertmanager.yml")["receivers"]
        for hook in receiver.get("webhook_configs", ())
        if "worker" in hook["url"]
    )

    assert {job["metrics_path"] for job in ours.values()} == {"/metrics", "/metrics/reps"}
    assert {"/metrics", "/metrics/reps", "/control"} <= served
    for job in ours.values():
        (names,) = job["dns_sd_configs"]
        assert (names["names"], names["type"]) == (["worker"], "A")
        assert {names["port"]} == ports_of(services["worker"])
    assert (hook.hostname, {hook.port}, hook.path) == (
        "worker",
        ports_of(services["worker"]),
        "/control",
    )
    assert "LEADCLOCK_CONTROL_TOKEN_FILE" in services["worker"]["environment"]


def test_every_address_names_a_service_on_the_same_network(services: dict[str, Any]) -> None:
    """Prometheus to Alertmanager, Grafana to both, Alertmanager to the workers."""
    prometheus = read(DEPLOY / "prometheus/prometheus.yml")
    targets = {
        (urlsplit(f"//{target}").hostname, urlsplit(f"//{target}").port)
        for where in (
            *prometheus["scrape_configs"],
            *prometheus["alerting"]["alertmanagers"],
        )
        for static in where.get("static_configs", ())
        for target in static["targets"]
        if not target.startswith("localhost:")
    }
    sources = read(GRAFANA / "provisioning/datasources/leadclock.yml")["datasources"]
    targets |= {(urlsplit(one["url"]).hostname, urlsplit(one["url"]).port) for one in sources}

    assert targets
    for name, port in targets:
        assert name is not None
        assert port in ports_of(services[name]), name
    watchers = ("worker", "prometheus", "alertmanager", "grafana")
    assert all("monitoring" in services[name]["networks"] for name in watchers)
    assert all("backend" not in services[name]["networks"] for name in watchers[1:])


def test_configurations_are_where_the_programs_look(services: dict[str, Any]) -> None:
    """Flags and provisioning name paths below a mount, and the files lie there."""
    for name, flag in (("prometheus", "--config.file="), ("alertmanager", "--config.file=")):
        (path,) = [
            word.removeprefix(flag) for word in services[name]["command"] if word.startswith(flag)
        ]
        mounts = dict(volume.split(":")[:2][::-1] for volume in services[name]["volumes"])
        assert (ROOT / mounts[str(Path(path).parent)] / Path(path).name).is_file()
    mounts = dict(volume.split(":")[:2][::-1] for volume in services["grafana"]["volumes"])
    (provider,) = read(GRAFANA / "provisioning/dashboards/leadclock.yml")["providers"]

    assert (ROOT / mounts[provider["options"]["path"]]).is_dir()
    assert (ROOT / mounts["/etc/grafana/provisioning"] / "datasources").is_dir()
    assert list((DEPLOY / "prometheus").glob("rules/*.yml"))


def test_rules_ask_for_metrics_that_there_are() -> None:
    """A misspelt name would be silent for ever."""
    known = {metric.name for metric in METRICS}
    asked = {name for rule in rules() for name in METRIC.findall(rule["expr"])}
    for suffix in SUFFIXES:
        asked = {name.removesuffix(suffix) for name in asked}

    assert asked
    assert asked <= known


def test_a_metric_path_has_a_limit_below_which_many_reps_fit() -> None:
    """Thirty-eight series for each of five thousand reps are let in, a flood is not."""
    jobs = read(DEPLOY / "prometheus/prometheus.yml")["scrape_configs"]
    limits = {job["job_name"]: job.get("sample_limit") for job in jobs}

    assert limits["leadclock-reps"] >= 5_000 * 38
    assert limits["leadclock"] is not None
