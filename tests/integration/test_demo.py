"""`leadclock demo` from outside: something to look at soon, and nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from streams.runtime import embedded
from tests.support.processes import alive, descendants_of, outlived
from tests.unit.cli.running import run

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "data" / "uci498-sample.csv"
PROVISIONAL = (
    r"△ provisional +lead-\d{6} +(nord|sued)( / \w+)? +(website-)?speed +due \d\d:\d\d:\d\d"
)


class Demo:
    """A demo that runs as a person would start it; standard output is no terminal."""

    def __init__(self, *flags: str, directory: Path) -> None:
        self.lines: list[str] = []
        self.complaints: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "demo", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**_inherited(), "TMPDIR": str(directory), "PYTHONPATH": str(ROOT), "TZ": "UTC"},
            cwd=directory,
        )
        self._readers = [
            threading.Thread(target=_read, args=(stream, lines), daemon=True)
            for stream, lines in (
                (self.process.stdout, self.lines),
                (self.process.stderr, self.complaints),
            )
        ]
        for reader in self._readers:
            reader.start()

    @property
    def text(self) -> str:
        """Everything on standard output so far."""
        return "\n".join(self.lines)

    @property
    def told(self) -> str:
        """Everything it said, for a person who reads why a test failed."""
        return "\n".join([*self.lines, "--- standard error", *self.complaints])

    def until(self, pattern: str, within_seconds: float) -> None:
        """Wait for a line."""
        patience = time.monotonic() + within_seconds
        while not re.search(pattern, self.text):
            assert time.monotonic() < patience, self.told
            assert self.process.poll() is None, self.told
            time.sleep(0.05)

    def ended(self, within_seconds: float) -> int:
        """Wait for the end; give the exit code."""
        code = self.process.wait(within_seconds)
        for reader in self._readers:
            reader.join()
        return code


def _read(stream: IO[str], lines: list[str]) -> None:
    lines.extend(line.rstrip("\n") for line in stream)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LEADCLOCK_")}


@contextmanager
def running(*flags: str, directory: Path) -> Iterator[Demo]:
    """Run a demo; whatever the test did, it is gone afterwards."""
    demo = Demo(*flags, directory=directory)
    try:
        yield demo
    finally:
        demo.process.kill()
        demo.ended(10)


def test_demo_shows_breaches_and_ends(tmp_path: Path) -> None:
    """`--seconds 25`: breaches on standard output, exit code 0, no process, no file left."""
    with running("--seconds", "25", directory=tmp_path) as demo:
        demo.until(r"worker +ready", 60)
        started = descendants_of(demo.process.pid)
        code = demo.ended(60)

    assert code == 0, demo.told
    assert re.search(PROVISIONAL, demo.text), demo.told
    assert re.search(r"▲ confirmed +lead-", demo.text)
    assert re.fullmatch(r"\d+ breaches .* attainment \d+ % \(\d+ of \d+\)", demo.lines[-1])
    assert len(started) == 4
    assert alive(started) == set()
    assert list(tmp_path.iterdir()) == []


def test_each_step_of_the_start_is_told(tmp_path: Path) -> None:
    """Broker, topics, agreement, traffic, worker: a line each, before the board."""
    with running("--seconds", "0.5", directory=tmp_path) as demo:
        code = demo.ended(60)

    steps = [line.split()[0] for line in demo.lines[:6]]
    assert code == 0, demo.told
    assert steps == ["broker", "topics", "agreement", "traffic", "worker", "worker"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM while the board is shown: exit code 0, a sum, nothing left."""
    with running(directory=tmp_path) as demo:
        demo.until(r"worker +ready", 60)
        demo.until(r"○ running", 30)
        started = descendants_of(demo.process.pid)
        demo.process.send_signal(number)
        code = demo.ended(30)

    assert code == 0, demo.told
    assert demo.lines[-1].endswith(")") or "attainment no data yet" in demo.lines[-1]
    assert (len(started), alive(started)) == (4, set())
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_it_starts_ends_everything(tmp_path: Path) -> None:
    """The worker has been started and is not ready yet: still nothing is left."""
    with running(directory=tmp_path) as demo:
        demo.until(r"worker +starting", 60)
        started = descendants_of(demo.process.pid)
        demo.process.send_signal(signal.SIGINT)
        code = demo.ended(30)

    assert code == 0, demo.told
    assert len(started) >= 3
    assert alive(started) == set()
    assert list(tmp_path.iterdir()) == []


def test_children_die_with_a_killed_demo(tmp_path: Path) -> None:
    """SIGKILL leaves it no chance to end anything; broker and worker go all the same."""
    with running(directory=tmp_path) as demo:
        demo.until(r"worker +ready", 60)
        started = descendants_of(demo.process.pid)
        demo.process.kill()
        demo.ended(10)

    assert (len(started), outlived(started, within_seconds=10)) == (4, set())


def test_a_worker_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    """The demo ends with exit code 1 and the end of the worker's log, and leaves nothing."""
    with running(directory=tmp_path) as demo:
        demo.until(r"worker +ready", 60)
        started = descendants_of(demo.process.pid)
        (worker,) = (
            pid
            for pid, command in started.items()
            if "demo_worker" in command and "leash" not in command
        )
        os.kill(worker, signal.SIGKILL)
        code = demo.ended(30)

    assert code == 1
    assert "the demo's worker ended with exit code" in demo.told
    assert "policy_taken" in demo.told
    assert outlived(started, within_seconds=10) == set()


def test_a_log_is_judged_to_its_end(tmp_path: Path) -> None:
    """42 hours of a help desk at six hours a second: breaches of 2016, then it ends by itself."""
    pace = str(6 * 3600)
    with running("--facts", str(SAMPLE), "--pace", pace, directory=tmp_path) as demo:
        code = demo.ended(90)

    assert code == 0, demo.told
    assert re.search(
        r"29 Feb 2016 02:23:00 UTC +△ provisional +0000045 +group-56 +speed", demo.text
    )
    assert re.search(r"01 Mar 2016 .*▲ confirmed", demo.text)
    assert re.match(r"\d{3} breaches \(0 provisional, \d+ confirmed", demo.lines[-1])


def test_the_last_picture_is_written(tmp_path: Path) -> None:
    """`--svg FILE`: a picture of the board, with what was on it."""
    place = tmp_path / "board.svg"
    with running("--seconds", "4", "--svg", str(place), directory=tmp_path) as demo:
        code = demo.ended(60)

    assert code == 0, demo.told
    assert "LEADCLOCK" in place.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--pace", "60"), "--pace goes with --facts"),
        (("--facts", "nowhere.csv"), "nowhere.csv cannot be read"),
        (("--policy", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        (("--svg", "nowhere/board.svg"), "there is no directory"),
        (("--seconds", "0"), "0.0 is not in the range"),
        (("--facts", os.devnull), "holds no fact"),
    ],
)
def test_what_cannot_be_shown_is_said_before_anything_starts(
    flags: tuple[str, ...], sentence: str
) -> None:
    """Exit code 2 and one sentence on standard error."""
    result = run("demo", *flags)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_without_the_broker_one_sentence_names_the_other_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the broker's wheel does not exist: exit code 2, and the way by compose."""
    monkeypatch.setattr(embedded, "_program", lambda: None)

    result = run("demo")

    assert result.exit_code == 2
    assert "docker compose up" in result.stderr
    assert result.stderr.count("\n") == 1
