"""What benchmarks share: topics, an agreement, processes that end whatever happens."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

PARTITIONS = 8
WORKER = (sys.executable, "-m", "streams.cli", "worker")


@contextlib.contextmanager
def children(
    commands: Sequence[Sequence[str]], envs: Sequence[dict[str, str]]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run commands and end them, whatever happens."""
    running = [
        subprocess.Popen(command, env={**os.environ, **env})
        for command, env in zip(commands, envs, strict=True)
    ]
    try:
        yield running
    finally:
        for child in running:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in running:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()


def leadclock(env: dict[str, str], *arguments: str) -> None:
    """Run a command to its end."""
    command = [sys.executable, "-m", "streams.cli", *arguments]
    subprocess.run(command, env={**os.environ, **env}, check=True, stdout=subprocess.DEVNULL)


def wait_ready(ports: Sequence[int]) -> None:
    """Wait until every worker says it is ready."""
    for port in ports:
        until = time.monotonic() + 60
        while True:
            # Anything but success raises.
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2).close()
                break
            if time.monotonic() > until:
                raise SystemExit("a worker did not get ready within a minute")
            time.sleep(0.2)


def prepare(env: dict[str, str], policy: str) -> None:
    """Create the topics and publish an agreement."""
    leadclock(env, "topics", "create")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.yaml"
        file.write_text(policy, encoding="utf-8")
        leadclock(env, "policy", "publish", str(file))
