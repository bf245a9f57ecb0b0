"""The pump: what it waits for, what it finishes, what it never writes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest

from schemas.instants import HOUR, SECOND
from streams.config import TimeMode
from streams.runtime.broker import Record
from streams.runtime.outputs import Outgoing
from streams.runtime.partition import Step
from streams.runtime.pump import Pump
from tests.support.floor import agreement, speed_within
from tests.support.shell import NOON, Bench, bench, handed_off, heartbeat, published, until


class Desk:
    """A writer that remembers, and can be made to wait or to fail."""

    keeps_partitions = True

    def __init__(self) -> None:
        """Write at once."""
        self.written: list[tuple[Sequence[Record], Sequence[Outgoing]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = 0
        self.error: Exception | None = None

    async def prepare(self) -> None:
        """Allow it."""

    def check(self, owned: object) -> None:
        """Allow it."""

    async def open(self, partitions: object) -> None:
        """Open nothing."""

    async def release(self, partition: int) -> None:
        """Release nothing."""

    async def stop(self) -> None:
        """Stop nothing."""

    async def commit(
        self, partition: int, changes: Sequence[Record], outputs: Sequence[Outgoing]
    ) -> None:
        """Remember a commit."""
        assert partition == 0
        self.begun += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.written.append((changes, outputs))


class Ends:
    """Tells where the inputs of a bench end."""

    def __init__(self, made: Bench) -> None:
        """Look at a bench."""
        self._made = made
        self.asked = 0

    async def of(self, partition: int) -> dict[str, int]:
        """Tell the ends."""
        assert partition == 0
        self.asked += 1
        return dict(self._made.ends)


class Stage:
    """A pump that runs."""

    def __init__(self, time: TimeMode = TimeMode.WALL) -> None:
        """Set it up, held."""
        self.made = bench(time)
        self.desk = Desk()
        self.ends = Ends(self.made)
        self.facts: list[dict[str, int]] = []
        self.pump = Pump(self.made.partition, writer=self.desk, ends=self.ends, written=self.count)
        self.task = asyncio.create_task(self.pump.run())

    def count(self, step: Step) -> None:
        """Remember what was counted of a commit."""
        self.facts.append(dict(step.facts))

    def agree(self) -> None:
        """Publish an agreement of five seconds."""
        body = agreement(sales=speed_within("PT5S"))
        self.made.bring("sla-control", published(body, NOON - HOUR))
        self.pump.wake()

    async def until_written(self, number: int) -> None:
        """Wait for so many commits."""
        await until(lambda: len(self.desk.written) >= number)

    async def until_begun(self) -> None:
        """Wait until a commit is under way."""
        await until(lambda: self.desk.begun > 0)

    def topics(self) -> list[str]:
        """Give the topics of all outputs that were committed."""
        return [one.topic for _, outputs in self.desk.written for one in outputs]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run a pump on the wall clock, held."""
    opened = Stage()
    yield opened
    opened.task.cancel()
    with suppress(asyncio.CancelledError, RuntimeError):
        await opened.task


async def test_a_held_pump_writes_nothing(stage: Stage) -> None:
    """A batch waits before the partition is opened: nothing; opened: one commit."""
    stage.agree()
    await asyncio.sleep(0.03)

    assert stage.desk.begun == 0
    assert stage.ends.asked == 0

    stage.pump.release()
    await stage.until_written(1)

    assert stage.made.done == ["sla-control:1"]


async def test_a_batch_is_done_when_it_is_committed(stage: Stage) -> None:
    """The commit is under way: not done, not counted. Written: done and counted."""
    stage.desk.gate.clear()
    stage.pump.release()
    stage.agree()
    await stage.until_begun()

    assert stage.made.done == []
    assert stage.facts == []

    stage.desk.gate.set()
    await stage.until_written(1)
    await asyncio.sleep(0)

    assert stage.made.done == ["sla-control:1"]
    assert stage.facts == [{"sla-control": 1}]


async def test_what_comes_during_a_commit_goes_into_the_next(stage: Stage) -> None:
    """Ten batches during one commit: a second one takes them all."""
    stage.desk.gate.clear()
    stage.pump.release()
    stage.agree()
    await stage.until_begun()
    for number in range(10):
        stage.made.bring("handed-off", handed_off(f"L-{number}", NOON))
        stage.pump.wake()

    stage.desk.gate.set()
    await stage.until_written(2)

    assert len(stage.desk.written[1][0]) >= 11
    assert stage.made.partition.positions["handed-off"] == 10


async def test_a_due_wakes_the_pump(stage: Stage) -> None:
    """Nothing comes, the clock reaches the due: a breach is committed."""
    stage.pump.release()
    stage.agree()
    stage.made.bring("handed-off", handed_off("L-1", NOON))
    stage.pump.wake()
    await stage.until_written(1)

    stage.made.clock.at = NOON + 5 * SECOND - 50_000
    stage.pump.wake()
    await asyncio.sleep(0.02)
    assert "speed-breaches" not in stage.topics()

    # The pump sleeps by the real clock what is left by the set one.
    stage.made.clock.at = NOON + 5 * SECOND + 1_000
    await until(lambda: "speed-breaches" in stage.topics())


async def test_a_heartbeat_has_the_ends_asked_without_anything_else_coming() -> None:
    """On the sources' time: the heartbeat is read, the ends are asked, the breach is said."""
    stage = Stage(TimeMode.FACTS)
    stage.pump.release()
    stage.agree()
    stage.made.bring("handed-off", handed_off("L-1", NOON))
    stage.made.bring("sla-control", heartbeat("send", NOON + HOUR))
    stage.pump.wake()

    await until(lambda: "speed-breaches" in stage.topics())
    stage.task.cancel()

    assert stage.made.partition.now == NOON + HOUR


async def test_holding_waits_for_the_commit_under_way(stage: Stage) -> None:
    """The group rebalances in the middle of a commit: it is finished, what waits is dropped."""
    stage.desk.gate.clear()
    stage.pump.release()
    stage.agree()
    await stage.until_begun()
    stage.made.bring("handed-off", handed_off("L-1", NOON))
    holding = asyncio.create_task(stage.pump.hold())
    await asyncio.sleep(0.01)
    assert not holding.done()

    stage.desk.gate.set()
    await holding
    stage.pump.wake()
    await asyncio.sleep(0.03)

    assert len(stage.desk.written) == 1
    assert stage.made.partition.positions["handed-off"] == 0


async def test_a_commit_that_fails_ends_the_pump(stage: Stage) -> None:
    """Nobody knows what was written: the error leaves, nothing more is written or done."""
    stage.desk.error = RuntimeError("fenced")
    stage.pump.release()
    stage.agree()

    with pytest.raises(RuntimeError, match="fenced"):
        await stage.task

    assert stage.made.done == []
    assert stage.facts == []
