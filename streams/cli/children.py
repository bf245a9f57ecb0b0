"""Processes that a command starts and that never outlive it."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from streams.runtime.leash import command_on_a_leash

_GRACE_SECONDS: Final = 5.0
_TAIL_LINES: Final = 12


class Child:
    """A process that runs while entered, and writes what it says into a file.

    It goes when the block is left, and also when this process is killed: see
    `streams.runtime.leash`.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._env = env
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it."""
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command_on_a_leash(self._command),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=dict(self._env),
                # Ctrl-C is for us alone; we end our children in order.
                start_new_session=True,
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ask it to end, and end it if it does not; when this returns it is gone."""
        process = self._running()
        try:
            if process.returncode is None:
                process.terminate()
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
        finally:
            # The leash leads the group, and its command stays in it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def ended(self) -> int:
        """Wait until it ends by itself and give its exit code."""
        return await self._running().wait()

    def tail(self) -> str:
        """Give the last lines it wrote."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process
