"""Keeps workers running, as systemd or Kubernetes would: a pause, then again."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import aiohttp

READY_WITHIN_SECONDS: Final = 240.0
_FIRST_PAUSE: Final = 0.2
_MOST_PAUSE: Final = 5.0


class Slot:
    """One place for a worker: what runs there is started again until told otherwise."""

    def __init__(self, name: str, env: Mapping[str, str], port: int, log: Path) -> None:
        self.name = name
        self.exits: list[int] = []
        self._env = {**os.environ, **env, "LEADCLOCK_HTTP_PORT": str(port)}
        self._url = f"http://127.0.0.1:{port}/-/ready"
        self._log = log
        self._wanted = False
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def up(self) -> None:
        """Want a worker here."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep())

    async def down(self) -> float:
        """Want none here; give how many seconds its graceful stop took."""
        self._wanted = False
        return await self.terminate()

    async def terminate(self) -> float:
        """Ask it to stop; give how many seconds that took."""
        process, began = self._process, time.monotonic()
        if process is None or process.returncode is not None:
            return 0.0
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
        return time.monotonic() - began

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def kill(self) -> None:
        """Leave nothing behind."""
        self._wanted = False
        self.send(signal.SIGCONT)
        self.send(signal.SIGKILL)
        if self._task is not None:
            await self._task

    async def is_ready(self) -> bool:
        """Ask its HTTP door."""
        timeout = aiohttp.ClientTimeout(total=5)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self._url) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def until_ready(self) -> None:
        """Wait until it is ready twice in a row, so that no rebalance is half done."""
        until, seen = time.monotonic() + READY_WITHIN_SECONDS, 0
        while seen < 2:
            seen = seen + 1 if await self.is_ready() else 0
            if time.monotonic() > until:
                raise TimeoutError(f"worker {self.name} was not ready in time; see {self._log}")
            await asyncio.sleep(0.25)

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while self._wanted:
            with self._log.open("ab") as sink:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "streams.cli", "worker"),
                    env=self._env,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                )
            began = time.monotonic()
            self.exits.append(await self._process.wait())
            pause = _FIRST_PAUSE if time.monotonic() - began > 10 else min(pause * 2, _MOST_PAUSE)
            if self._wanted:
                await asyncio.sleep(pause)
