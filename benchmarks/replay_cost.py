"""What a replay costs beside the least that any reader of the same lines must do.

    python -m benchmarks.replay_cost [FACTS] [--format bpic2012] [--leads 3000] [--most 10]

The least is `orjson.loads` of each line and `datetime.fromisoformat` of its
``occurred_at``. Ours is the whole command, `leadclock replay --out`, as a process of its
own: start-up, decoding, judging three clocks a lead in business hours, windows for each
rep, and writing the findings. Both are processor time, and both take turns in one run,
because other loads on the machine move either. Without FACTS a log is simulated: the
worst mess, from a seed.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from schemas.codec import encode
from schemas.refusals import RefusedError
from streams.cli.files import read_facts

POLICY: Final = Path(__file__).with_name("replay-policy.yaml")
HOURS: Final = 240
_CLI: Final = (sys.executable, "-m", "streams.cli")


class Cost(NamedTuple):
    """The best of several rounds, in seconds of processor time.

    Attributes:
        facts: Lines.
        least: Of parsing each line and its instant.
        empty: Of the command on an empty file: start-up.
        replay: Of the command on all lines, start-up included.
    """

    facts: int
    least: float
    empty: float
    replay: float

    @property
    def ratio(self) -> float:
        """How many times the least the replay costs."""
        return self.replay / self.least


def measure(facts: Path, rounds: int) -> Cost:
    """Take turns with both."""
    lines = facts.read_bytes().splitlines()
    nothing = facts.with_name("nothing.jsonl")
    nothing.write_bytes(b"")
    least, empty, ours = [], [], []
    for _ in range(rounds):
        least.append(parsing(lines))
        empty.append(replaying(nothing))
        ours.append(replaying(facts))
    return Cost(len(lines), min(least), min(empty), min(ours))


def parsing(lines: Sequence[bytes]) -> float:
    """Parse each line, and its instant; keep nothing."""
    began = time.process_time()
    for line in lines:
        datetime.fromisoformat(orjson.loads(line)["occurred_at"])
    return time.process_time() - began


def replaying(facts: Path) -> float:
    """Replay a file by the command."""
    before = _of_children()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [*_CLI, "replay", str(facts), "--policy", str(POLICY), "--out", folder],
            check=True,
            stderr=subprocess.DEVNULL,
        )
    return _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def as_lines(path: str, form: str, into: Path) -> None:
    """Write the facts of any log as JSON lines."""
    with into.open("wb") as file:
        for told in read_facts(path, form):
            if not isinstance(told.fact, RefusedError):
                file.write(encode(told.fact) + b"\n")


def simulated(leads: int, into: Path) -> None:
    """Play a floor at its worst."""
    flags = ("--leads", str(leads), "--hours", str(HOURS), "--mess", "1", "--out", str(into))
    subprocess.run([*_CLI, "simulate", *flags], check=True, stderr=subprocess.DEVNULL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description="What a replay costs beside parsing its lines.")
    parser.add_argument("facts", nargs="?", help="a log; without it one is simulated")
    parser.add_argument("--format", default="jsonl", help="of that log, as `leadclock replay` has")
    parser.add_argument("--leads", type=int, default=3_000, help="of the simulated log")
    parser.add_argument("--rounds", type=int, default=3, help="the least of so many is told")
    parser.add_argument("--most", type=float, help="exit with 1 above this ratio")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        facts = Path(folder) / "facts.jsonl"
        if chosen.facts is None:
            simulated(chosen.leads, facts)
        else:
            as_lines(chosen.facts, chosen.format, facts)
        cost = measure(facts, chosen.rounds)
    print(f"{cost.facts:,} facts; processor time, the least of {chosen.rounds} rounds")
    for name, took in (
        ("orjson.loads + datetime.fromisoformat", cost.least),
        ("leadclock replay on nothing", cost.empty),
        ("leadclock replay", cost.replay),
    ):
        print(f"{name:<38}{took:>8.2f} s{took / cost.facts * 1e6:>9.1f} us a fact")
    print(f"ratio {cost.ratio:.1f}; without start-up {(cost.replay - cost.empty) / cost.least:.1f}")
    return 1 if chosen.most is not None and cost.ratio > chosen.most else 0


if __name__ == "__main__":
    sys.exit(main())
