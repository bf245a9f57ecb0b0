"""A child ends with its block, whatever it thinks of that."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from streams.cli.children import Child
from tests.support.processes import alive, descendants_of

PATIENT = """
import time
print("here", flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("never", flush=True)
time.sleep(60)
"""


def child(program: str, log: Path) -> Child:
    """A child that runs a few lines of Python."""
    return Child((sys.executable, "-c", program), os.environ, log)


async def started_by(one: Child) -> dict[int, str]:
    """Wait until the child has said something; list it and its leash."""
    while not one.tail():  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(0.02)
    return descendants_of(os.getpid())


async def test_child_is_gone_when_the_block_ends(tmp_path: Path) -> None:
    """Inside the block it and its leash run, afterwards neither does."""
    async with child(PATIENT, tmp_path / "log") as patient:
        started = await started_by(patient)

    assert len(started) == 2
    assert alive(started) == set()


async def test_child_that_ignores_the_request_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ignores SIGTERM; after the time of grace it is gone all the same."""
    monkeypatch.setattr("streams.cli.children._GRACE_SECONDS", 0.2)
    async with child(STUBBORN, tmp_path / "log") as stubborn:
        started = await started_by(stubborn)

    assert len(started) == 2
    assert alive(started) == set()


async def test_child_is_gone_when_the_block_fails(tmp_path: Path) -> None:
    """An error in the block passes through, and ends it too."""
    started: dict[int, str] = {}

    async def fail() -> None:
        async with child(PATIENT, tmp_path / "log") as patient:
            started.update(await started_by(patient))
            raise ValueError("of ours")

    with pytest.raises(ValueError, match="of ours"):
        await fail()

    assert len(started) == 2
    assert alive(started) == set()


async def test_end_and_last_words_are_told(tmp_path: Path) -> None:
    """It writes twenty lines and exits with 3: the code, and the last twelve lines."""
    program = "print(*range(20), sep='\\n'); raise SystemExit(3)"
    async with child(program, tmp_path / "log") as short:
        code = await short.ended()

    assert code == 3
    assert short.tail().splitlines() == [str(number) for number in range(8, 20)]
