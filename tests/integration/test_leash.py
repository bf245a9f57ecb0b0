"""A command on a leash ends with its asker, and otherwise as it likes."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from streams.runtime.leash import command_on_a_leash

Start = Callable[[str], subprocess.Popen[str]]

READY_THEN_SLEEP = "print('ready', flush=True); time.sleep(60)"


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python code on a leash; whatever is left is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command_on_a_leash([sys.executable, "-c", f"import signal, sys, time; {code}"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        with process:
            pass


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_exit_code_is_the_commands_own(start: Start) -> None:
    """A command that ends by itself with 7 ends the leash with 7."""
    process = start("sys.exit(7)")

    assert process.wait(10) == 7


def test_letting_go_kills_the_command(start: Start) -> None:
    """The pipe's end is SIGKILL for the command, which is reported as such."""
    process = start(READY_THEN_SLEEP)
    said = _line(process)
    assert process.stdin is not None
    process.stdin.close()

    assert said == "ready"
    assert process.wait(10) != 0
    # The command held the other end of this pipe: it is closed, so it is gone.
    assert _line(process) == ""


def test_a_wish_to_stop_is_passed_on(start: Start) -> None:
    """SIGTERM to the leash reaches the command, which may end in its own way."""
    process = start(f"signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); {READY_THEN_SLEEP}")
    said = _line(process)
    process.send_signal(signal.SIGTERM)

    assert said == "ready"
    assert process.wait(10) == 3
