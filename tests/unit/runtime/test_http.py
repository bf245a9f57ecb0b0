"""The door for machines that watch a worker."""

import socket

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from streams.domain.counts import LEAD
from streams.errors import ConfigurationError
from streams.metrics.reps import Owned, RepView
from streams.runtime.http import Door, Pages
from tests.support.promtool import blame
from tests.support.reps import ANNA, NOW, known, policy

HOST = "127.0.0.1"


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


async def get(port: int, path: str) -> tuple[int, str]:
    """Ask."""
    async with aiohttp.ClientSession() as client, client.get(f"http://{HOST}:{port}{path}") as got:
        return got.status, await got.text()


async def test_health_readiness_and_metrics_are_told_apart() -> None:
    """Healthy from the start, ready when nothing is missing, metrics of the given registry."""
    registry = CollectorRegistry()
    Counter("shots", "Of a test.", registry=registry).inc()
    missing: list[str | None] = ["no agreement", None]
    port = free_port()
    door = Door(HOST, port, registry=registry, missing=lambda: missing.pop(0))
    await door.open()

    healthy = await get(port, "/-/healthy")
    not_ready = await get(port, "/-/ready")
    ready = await get(port, "/-/ready")
    metrics = await get(port, "/metrics")
    await door.close()

    assert healthy == (200, "healthy\n")
    assert not_ready == (503, "not ready: no agreement\n")
    assert ready == (200, "ready\n")
    assert "shots_total 1.0" in metrics[1]


async def test_metrics_of_reps_have_a_page_of_their_own() -> None:
    """What is owned when it is asked: one rep, then nobody any more; plain and compressed."""
    rows = known((ANNA, LEAD))
    shown = [
        Owned(policy(), (RepView(NOW, rows),)),
        Owned(policy(), ()),
        Owned(policy(), (RepView(NOW, rows),)),
    ]
    port = free_port()
    door = Door(
        HOST,
        port,
        registry=CollectorRegistry(),
        missing=lambda: None,
        pages=Pages(reps=lambda: shown.pop(0)),
    )
    await door.open()

    _, first = await get(port, "/metrics/reps")
    _, second = await get(port, "/metrics/reps")
    async with (
        aiohttp.ClientSession(headers={"Accept-Encoding": "identity"}) as client,
        client.get(f"http://{HOST}:{port}/metrics/reps") as got,
    ):
        plain = await got.text()
        headers = got.headers
    await door.close()

    assert 'leadclock_rep_window_leads{team="nord",rep="anna",window="1h"} 1\n' in first
    assert blame(first) == ""
    assert "anna" not in second
    assert plain == first
    assert "Content-Encoding" not in headers
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_there_is_no_page_of_reps_where_nobody_counts_them() -> None:
    """Not an empty page, which would say that there are none."""
    port = free_port()
    door = Door(HOST, port, registry=CollectorRegistry(), missing=lambda: None)
    await door.open()
    status, _ = await get(port, "/metrics/reps")
    await door.close()

    assert status == 404


async def test_exemplars_are_told_to_who_asks_for_openmetrics() -> None:
    """A counter that names a lead: in OpenMetrics only."""
    registry = CollectorRegistry()
    Counter("shots", "Of a test.", registry=registry).inc(exemplar={"lead_id": "L-1"})
    port = free_port()
    door = Door(HOST, port, registry=registry, missing=lambda: None)
    await door.open()
    _, plain = await get(port, "/metrics")
    async with (
        aiohttp.ClientSession(headers={"Accept": "application/openmetrics-text"}) as client,
        client.get(f"http://{HOST}:{port}/metrics") as got,
    ):
        openmetrics = await got.text()
    await door.close()

    assert "L-1" not in plain
    assert '# {lead_id="L-1"} 1.0' in openmetrics
    assert openmetrics.endswith("# EOF\n")


async def test_a_port_that_is_taken_is_named() -> None:
    """Somebody listens there: one sentence with the setting."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        door = Door(HOST, port, registry=CollectorRegistry(), missing=lambda: None)

        with pytest.raises(ConfigurationError, match=f"LEADCLOCK_HTTP_PORT {port}"):
            await door.open()
        await door.close()
