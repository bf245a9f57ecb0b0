"""The plan: which faults, in which order; and the table that comes out.

python -m tests.faults [--short] [--rate N] [--seed N]
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from streams.config import Settings
from streams.runtime.wall import wall_now
from tests.faults.oracle import Judgement, judge
from tests.faults.supervisor import Slot
from tests.faults.traffic import AGREEMENT, LAST_DUE_SECONDS, Traffic, environment
from tests.support.broker import Server, free_ports, properties_in

PARTITIONS: Final = 8
ZOMBIE_SECONDS: Final = 15.0
GRACE_SECONDS: Final = 5.0
"""A graceful stop is over within so long."""
LEAST_FACTS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How often each fault, and how much load."""

    kills: int
    restarts: int
    joins: int
    zombies: int
    broker_restarts: int
    broker_kills: int
    rate: int
    least_facts: int


FULL: Final = Plan(15, 5, 5, 3, 1, 1, rate=1_000, least_facts=LEAST_FACTS)
SHORT: Final = Plan(3, 1, 1, 1, 1, 0, rate=300, least_facts=5_000)


@dataclass(slots=True)
class Outcome:
    """What a run did and what the oracle said."""

    judgement: Judgement
    faults: Counter[str] = field(default_factory=Counter)
    exits: Counter[int] = field(default_factory=Counter)
    stops: list[float] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    sent_again: int = 0
    seconds: float = 0.0

    def table(self) -> str:
        """Write what happened as a Markdown table."""
        found = self.judgement
        faults = ", ".join(f"{count} x {name}" for name, count in self.faults.items())
        exits = ", ".join(f"{code}: {count}" for code, count in sorted(self.exits.items()))
        rows = [
            ("faults", faults),
            (
                "facts appended, sent again, leads",
                _thousands(found.facts, found.repeated, found.leads),
            ),
            ("breach, verdict and warning records expected", _thousands(found.records)),
            ("refused records", _thousands(found.dead_letters)),
            ("**lost / doubled / false / wrong**", "**" + _slashed(found) + "**"),
            ("longest graceful stop", f"{max(self.stops, default=0):.1f} s"),
            ("fault to both ready, median and longest", _spread(self.returns)),
            ("exit codes of workers", exits),
            ("length of the run", f"{self.seconds:.0f} s"),
        ]
        lines = ["| what | figure |", "|---|---|"]
        return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows)])


def _thousands(*numbers: int) -> str:
    return ", ".join(f"{number:,}" for number in numbers)


def _slashed(found: Judgement) -> str:
    return f"{found.lost} / {found.doubled} / {found.false} / {found.wrong}"


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "-"
    ordered = sorted(seconds)
    return f"{ordered[len(ordered) // 2]:.1f} s, {ordered[-1]:.1f} s"


class Run:
    """One run: a broker of its own, two workers under a supervisor, traffic, faults."""

    def __init__(self, directory: Path, plan: Plan, seed: int) -> None:
        self._directory = directory
        self._plan = plan
        self._random = random.Random(seed)
        self._seed = seed
        self._outcome = Outcome(Judgement())
        port, properties = properties_in(directory)
        # A fact is known since it was appended, whoever held it back before.
        properties["log.message.timestamp.type"] = "LogAppendTime"
        self._server = Server(directory, properties, port)
        self._bootstrap = f"127.0.0.1:{port}"
        self._env = environment(self._bootstrap, "chaos-")
        self._settings = Settings.from_env(self._env)
        ports = free_ports(3)
        self._slots = [
            Slot(name, self._env, port, directory / f"worker-{name}.log")
            for name, port in zip("abc", ports, strict=True)
        ]

    async def run(self) -> Outcome:
        """Run the plan and let the oracle judge."""
        began = time.monotonic()
        self._server.start()
        try:
            self._prepare()
            await self._under_load()
            self._outcome.judgement = await judge(
                self._bootstrap,
                self._settings.topic_prefix,
                PARTITIONS,
                self._settings.changelog,
                self._until,
            )
        finally:
            await asyncio.gather(*(slot.kill() for slot in self._slots))
            self._server.stop()
        for slot in self._slots:
            self._outcome.exits.update(slot.exits)
        self._outcome.seconds = time.monotonic() - began
        return self._outcome

    def _prepare(self) -> None:
        policy = self._directory / "policy.yaml"
        policy.write_text(AGREEMENT, encoding="utf-8")
        for arguments in (["topics", "create"], ["policy", "publish", str(policy)]):
            subprocess.run(
                [sys.executable, "-m", "streams.cli", *arguments],
                env={**os.environ, **self._env},
                check=True,
                stdout=subprocess.DEVNULL,
            )

    async def _under_load(self) -> None:
        first, second, _ = self._slots
        first.up()
        second.up()
        await self._both_ready()
        traffic = Traffic(
            self._bootstrap, self._settings.topic_prefix, PARTITIONS, self._plan.rate, self._seed
        )
        sending = asyncio.create_task(traffic.run())
        for name, fault in self._faults():
            await asyncio.sleep(self._random.uniform(0.5, 3))
            began = time.monotonic()
            await fault()
            await self._both_ready()
            self._outcome.faults[name] += 1
            self._outcome.returns.append(time.monotonic() - began)
            say(f"{name}: ready after {self._outcome.returns[-1]:.1f} s", traffic.acknowledged)
        await traffic.until(self._plan.least_facts)
        traffic.stop()
        await sending
        self._outcome.sent_again = traffic.sent_again
        await asyncio.sleep(LAST_DUE_SECONDS)
        # Judged up to here; the workers get a little longer to say it.
        self._until = wall_now()
        await asyncio.sleep(5)

    def _faults(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        plan = self._plan
        faults: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            *[("kill -9 of a worker", self._kill)] * plan.kills,
            *[("graceful restart", self._restart)] * plan.restarts,
            *[("join and leave", self._join_and_leave)] * plan.joins,
            *[("zombie of 15 s", self._zombie)] * plan.zombies,
        ]
        self._random.shuffle(faults)
        middle = len(faults) // 2
        faults[middle:middle] = [("broker restart", self._restart_broker)] * plan.broker_restarts
        return faults + [("broker kill -9", self._kill_broker)] * plan.broker_kills

    async def _both_ready(self) -> None:
        await asyncio.gather(*(slot.until_ready() for slot in self._slots[:2]))

    def _any(self) -> Slot:
        return self._random.choice(self._slots[:2])

    async def _kill(self) -> None:
        self._any().send(signal.SIGKILL)
        await asyncio.sleep(0.5)

    async def _restart(self) -> None:
        self._outcome.stops.append(await self._any().terminate())
        await asyncio.sleep(0.5)

    async def _join_and_leave(self) -> None:
        third = self._slots[2]
        third.up()
        await third.until_ready()
        await asyncio.sleep(self._random.uniform(0, 2))
        self._outcome.stops.append(await third.down())

    async def _zombie(self) -> None:
        slot = self._any()
        slot.send(signal.SIGSTOP)
        await asyncio.sleep(ZOMBIE_SECONDS)
        slot.send(signal.SIGCONT)
        await asyncio.sleep(1)

    async def _restart_broker(self) -> None:
        await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._server.start)

    async def _kill_broker(self) -> None:
        await asyncio.to_thread(self._server.kill)
        await asyncio.to_thread(self._server.start)


def say(what: str, facts: int) -> None:
    """Show progress: a full run takes many minutes."""
    print(f"{time.strftime('%H:%M:%S')}  {facts:>9,} facts  {what}", file=sys.stderr, flush=True)  # noqa: T201 - a run at a terminal


def run(plan: Plan, seed: int, directory: Path | None = None) -> Outcome:
    """Run a plan; without a directory in one that goes away."""
    if directory is not None:
        return asyncio.run(Run(directory, plan, seed).run())
    with tempfile.TemporaryDirectory(prefix="leadclock-chaos-") as made:
        return asyncio.run(Run(Path(made), plan, seed).run())
