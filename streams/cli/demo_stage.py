"""What the demo runs on: broker, topics, agreement and worker, all gone at its end."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp

from streams.cli.children import Child
from streams.cli.cluster import reaching
from streams.cli.demo_traffic import Traffic
from streams.cli.exits import AnswerIsNoError
from streams.cli.policy import publish_agreement
from streams.config import PREFIX, Settings
from streams.runtime.admin import ensure_topics
from streams.runtime.embedded import EmbeddedBroker
from streams.runtime.patience import be_patient

_HOST: Final = "127.0.0.1"
_POLL_SECONDS: Final = 0.1
_READY_WITHIN_SECONDS: Final = 60.0

Say = Callable[[str, str], None]
"""Tells the person waiting: a step, and what it came to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that runs.

    Attributes:
        settings: Of the app.
        worker: The process that judges.
        traffic: Ends when all facts are sent.
    """

    settings: Settings
    worker: Child
    traffic: asyncio.Task[None]


async def set_up(stack: AsyncExitStack, traffic: Traffic, say: Say) -> Stage:
    """Start everything; the stack ends it, the last first.

    Raises:
        ConfigurationError: There is no embedded broker here, or it does not run.
        AnswerIsNoError: The worker did not start.
    """
    be_patient()
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadclock-demo-")))
    broker = await stack.enter_async_context(EmbeddedBroker())
    say("broker", f"in memory, at {broker.bootstrap}")
    env = _env(traffic, broker.bootstrap)
    settings = Settings.from_env(env)
    created = await ensure_topics(settings)
    say("topics", f"{len(created)}, with {settings.partitions} partitions each")
    agreement = traffic.agreement
    with reaching(settings):
        await publish_agreement(settings, traffic.body, agreement)
    promises = ", ".join(commitment.id for commitment in agreement.commitments)
    say("agreement", f"{agreement.agreement!r} with {promises}")
    sending = asyncio.create_task(traffic.run(settings))
    stack.push_async_callback(_cancelled, sending)
    say("traffic", traffic.doc)
    command = (sys.executable, "-m", "streams.cli.demo_worker")
    worker = await stack.enter_async_context(Child(command, env, directory / "worker.log"))
    say("worker", "starting")
    url = f"http://{settings.http_host}:{settings.http_port}"
    await _ready(worker, url)
    say("worker", f"ready; its metrics are at {url}/metrics")
    return Stage(settings=settings, worker=worker, traffic=sending)


async def watch_over(worker: Child) -> None:
    """Wait for as long as the worker works.

    Raises:
        AnswerIsNoError: It has ended, with its last words.
    """
    code = await worker.ended()
    raise AnswerIsNoError(
        f"the demo's worker ended with exit code {code}; its last words were:\n{worker.tail()}"
    )


async def _ready(worker: Child, url: str) -> None:
    """Wait until the worker works."""
    watching = asyncio.create_task(watch_over(worker))
    asking = asyncio.create_task(_answers(f"{url}/-/ready"))
    try:
        done, _ = await asyncio.wait(
            (watching, asking),
            timeout=_READY_WITHIN_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        for task in done:
            task.result()
    finally:
        await _cancelled(watching)
        await _cancelled(asking)
    if not done:
        raise AnswerIsNoError(
            f"the demo's worker was not ready within {_READY_WITHIN_SECONDS:g} s; "
            f"its last words were:\n{worker.tail()}"
        )


async def _answers(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == HTTPStatus.OK:
                        return
            except aiohttp.ClientConnectionError:
                # It does not listen yet.
                pass
            await asyncio.sleep(_POLL_SECONDS)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    # Whatever it came to was told where it was awaited.
    await asyncio.wait((task,))


def _env(traffic: Traffic, bootstrap: str) -> dict[str, str]:
    """Give the worker's environment: ours, but for what names another installation."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    told = {
        "BOOTSTRAP_SERVERS": bootstrap,
        "TOPIC_PREFIX": traffic.prefix,
        "TIME": str(traffic.time),
        "WRITER": "plain",
        "HTTP_HOST": _HOST,
        "HTTP_PORT": str(_free_port()),
    }
    return inherited | {f"{PREFIX}{name}": value for name, value in told.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
