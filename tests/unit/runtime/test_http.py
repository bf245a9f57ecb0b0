"""The door for machines that watch a worker."""

import socket

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from streams.errors import ConfigurationError
from streams.runtime.http import Door

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
