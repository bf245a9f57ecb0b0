"""Debian's Prometheus and Alertmanager, and a receiver of webhooks, for one test."""

import asyncio
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from ruamel.yaml import YAML

from schemas.instants import Instant, format_instant
from streams.runtime.leash import command_on_a_leash
from streams.runtime.wall import wall_now
from tests.support.broker import free_ports

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
READY_WITHIN_SECONDS = 30.0
KEEP_SECONDS = 15
"""Alerts that bridge a hand-over do so for this long here."""
Labels = Mapping[str, str]


class MissingError(RuntimeError):
    """A program of Debian's is not installed."""


def program(*names: str) -> str:
    """Find a program by any of its names.

    Raises:
        MissingError: It is not installed; a check that did not happen is no success.
    """
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return path
    raise MissingError(
        f"{names[0]} is not installed, so alerts cannot be tried: as root, "
        "`apt-get install --no-install-recommends prometheus prometheus-alertmanager`"
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert of one notification.

    Attributes:
        at: When it arrived, by the wall clock.
        receiver: The Alertmanager's.
        status: ``firing`` or ``resolved``.
        labels: The alert's.
    """

    at: Instant
    receiver: str
    status: str
    labels: Labels

    def is_about(self, **labels: str) -> bool:
        """Tell whether it has all these labels."""
        return labels.items() <= self.labels.items()


@dataclass(slots=True)
class Monitoring:
    """Both programs, and what they told.

    Attributes:
        prometheus: Its address.
        alertmanager: Its address.
        notices: What the receiver was told, in order.
    """

    prometheus: str
    alertmanager: str
    notices: list[Notice] = field(default_factory=list)

    def query(self, expression: str, at: float | None = None) -> dict[tuple[str, ...], float]:
        """Ask Prometheus; values by the values of their labels, in the order of their names."""
        asked = {"query": expression} | ({} if at is None else {"time": f"{at:.3f}"})
        told = self._get(f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode(asked)}")
        return {_key(one["metric"]): float(one["value"][1]) for one in told["data"]["result"]}

    def history(
        self, expression: str, since: float, until: float
    ) -> dict[tuple[str, ...], dict[float, float]]:
        """Ask Prometheus for each second of a span: instants and values, by labels."""
        asked = {"query": expression, "start": f"{since:.3f}", "end": f"{until:.3f}", "step": "1"}
        told = self._get(f"{self.prometheus}/api/v1/query_range?{urllib.parse.urlencode(asked)}")
        return {
            _key(one["metric"]): {float(at): float(number) for at, number in one["values"]}
            for one in told["data"]["result"]
        }

    def of(self, alertname: str) -> list[Notice]:
        """List what was told of an alert."""
        return [one for one in self.notices if one.is_about(alertname=alertname)]

    def alerts(self, **labels: str) -> list[dict[str, Any]]:
        """List the alerts that Alertmanager has now."""
        found: list[dict[str, Any]] = self._get(f"{self.alertmanager}/api/v2/alerts")
        return [one for one in found if labels.items() <= one["labels"].items()]

    def post_alert(self, starts_at: Instant | None = None, **labels: str) -> None:
        """Tell Alertmanager of an alert, as Prometheus does; it began now, or before."""
        alert: dict[str, Any] = {"labels": labels}
        if starts_at is not None:
            alert["startsAt"] = format_instant(starts_at)
        request = urllib.request.Request(  # noqa: S310 - of our own
            f"{self.alertmanager}/api/v2/alerts",
            data=orjson.dumps([alert]),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - of our own
            pass

    async def until(
        self, holds: Callable[[], Any], within: float = READY_WITHIN_SECONDS, what: str = ""
    ) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + within
        while not await asyncio.to_thread(holds):
            assert time.monotonic() < deadline, (what, self.notices)
            await asyncio.sleep(0.1)

    async def until_told(
        self,
        status: str,
        *,
        since: Instant = 0,
        within: float = READY_WITHIN_SECONDS,
        **labels: str,
    ) -> Notice:
        """Wait for a notice, and give the first of its kind."""

        def found() -> list[Notice]:
            return [
                one
                for one in self.notices
                if one.status == status and one.at >= since and one.is_about(**labels)
            ]

        await self.until(found, within, f"{status} {labels}")
        return found()[0]

    def _get(self, url: str) -> Any:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - of our own
            return orjson.loads(answer.read())


@asynccontextmanager
async def monitoring(
    directory: Path, ports: Sequence[int], control_token: Path
) -> AsyncIterator[Monitoring]:
    """Run both as docker-compose.yml does, but each second, and on loopback.

    Args:
        directory: For their data and logs.
        ports: Where workers listen, or will.
        control_token: For ``POST /control`` of the first of them.

    Raises:
        MissingError: One of them is not installed.
    """
    programs = program("prometheus"), program("prometheus-alertmanager", "alertmanager")
    web_port, alert_port, hook_port = free_ports(3)
    found = Monitoring(f"http://127.0.0.1:{web_port}", f"http://127.0.0.1:{alert_port}")
    for name in ("prometheus/rules", "prometheus-data", "alertmanager", "alertmanager-data"):
        (directory / name).mkdir(parents=True)
    alertmanager = _read(DEPLOY / "alertmanager/alertmanager.yml")
    worker = (f"127.0.0.1:{ports[0]}", control_token)
    _write(directory / "alertmanager/alertmanager.yml", _sent_here(alertmanager, hook_port, worker))
    for path in (DEPLOY / "prometheus/rules").glob("*.yml"):
        _write(directory / "prometheus/rules" / path.name, _hurried(_read(path)))
    prometheus = _prometheus(_read(DEPLOY / "prometheus/prometheus.yml"), ports, alert_port)
    _write(directory / "prometheus/prometheus.yml", prometheus)
    runner = await _receiver(found, hook_port)
    children: list[subprocess.Popen[bytes]] = []
    try:
        # In this order, as in the compose file.
        for name, command, url, more in (
            ("alertmanager", programs[1], found.alertmanager, ()),
            # What begins to fire before Alertmanager is discovered is told a second later.
            ("prometheus", programs[0], found.prometheus, ("--rules.alert.resend-delay=1s",)),
        ):
            listen = f"--web.listen-address={url.removeprefix('http://')}"
            log = directory / f"{name}.log"
            children.append(_child(log, command, *_flags(name, directory), listen, *more))
            await found.until(lambda url=url: _is_ready(url), what=str(log))  # type: ignore[misc]
        yield found
    finally:
        for child in children:
            # The leash's end: it kills what it holds.
            assert child.stdin is not None
            child.stdin.close()
            child.wait(READY_WITHIN_SECONDS)
        await runner.cleanup()


async def _receiver(found: Monitoring, port: int) -> web.AppRunner:
    async def hear(request: web.Request) -> web.Response:
        at, told = wall_now(), await request.json()
        found.notices += [
            Notice(at, told["receiver"], one["status"], one["labels"]) for one in told["alerts"]
        ]
        return web.Response()

    app = web.Application()
    app.router.add_post("/{receiver}", hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


def service(name: str) -> dict[str, Any]:
    """Give a service of docker-compose.yml."""
    found: dict[str, Any] = _read(ROOT / "docker-compose.yml")["services"][name]
    return found


def _flags(name: str, directory: Path) -> list[str]:
    """Give a service's own flags, with its folders below one directory."""
    folders = {
        volume.split(":")[1]: directory / volume.split(":")[0].rpartition("/")[2]
        for volume in service(name)["volumes"]
    }
    flags = []
    for word in service(name)["command"]:
        flag, _, value = word.partition("=")
        for inside, outside in folders.items():
            if value == inside or value.startswith(f"{inside}/"):
                value = value.replace(inside, str(outside), 1)
                break
        flags.append(f"{flag}={value}")
    return flags


def _prometheus(config: dict[str, Any], ports: Sequence[int], alert_port: int) -> dict[str, Any]:
    """Let a Prometheus look each second, at workers on loopback."""
    intervals = ("scrape_interval", "scrape_timeout", "evaluation_interval")
    config["global"] |= dict.fromkeys(intervals, "1s")
    static = [{"targets": [f"127.0.0.1:{port}" for port in ports]}]
    # Its own DNS knows no names of containers here.
    config["scrape_configs"] = [
        {name: value for name, value in job.items() if name != "dns_sd_configs"}
        | {"static_configs": static}
        for job in config["scrape_configs"]
        if "dns_sd_configs" in job
    ]
    (alertmanager,) = config["alerting"]["alertmanagers"]
    alertmanager["static_configs"] = [{"targets": [f"127.0.0.1:{alert_port}"]}]
    return config


def _hurried(rules: dict[str, Any]) -> dict[str, Any]:
    """Let rules be evaluated each second, and wait for seconds where they wait for minutes."""
    for group in rules["groups"]:
        group.pop("interval", None)
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = _sooner(rule["for"])
            if "keep_firing_for" in rule:
                rule["keep_firing_for"] = f"{KEEP_SECONDS}s"
    return rules


def _sooner(text: str) -> str:
    """Let thirty seconds be one."""
    number, unit = int(text[:-1]), {"s": 1, "m": 60, "h": 3600}[text[-1]]
    return f"{max(1, number * unit // 30)}s"


def _sent_here(config: dict[str, Any], port: int, worker: tuple[str, Path]) -> dict[str, Any]:
    """Let an Alertmanager tell at once and at any hour: a worker what it would, us the rest."""
    address, token = worker
    for receiver in config["receivers"]:
        name, hooks = receiver["name"], receiver.get("webhook_configs", ())
        receiver.clear()
        receiver["name"] = name
        told = {"url": f"http://127.0.0.1:{port}/{name}", "send_resolved": True}
        for hook in hooks:
            if hook["url"] == "http://worker:9464/control":
                hook["url"] = f"http://{address}/control"
                hook["http_config"]["authorization"]["credentials_file"] = str(token)
                told = hook
        receiver["webhook_configs"] = [told]
    config.pop("global", None)
    config.pop("templates", None)
    _hurry_route(config["route"])
    return config


def _hurry_route(route: dict[str, Any]) -> None:
    route |= {"group_wait": "0s", "group_interval": "1s"}
    route.pop("repeat_interval", None)
    for name in ("active_time_intervals", "mute_time_intervals"):
        route.pop(name, None)
    for child in route.get("routes", ()):
        _hurry_route(child)


def _child(log: Path, *command: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as sink:
        return subprocess.Popen(
            command_on_a_leash(list(command)),
            cwd=log.parent,
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=1) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _key(metric: Labels) -> tuple[str, ...]:
    return tuple(value for name, value in sorted(metric.items()) if name != "__name__")


def _read(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return told


def _write(path: Path, told: dict[str, Any]) -> None:
    # Every JSON text is YAML.
    path.write_bytes(orjson.dumps(told))
