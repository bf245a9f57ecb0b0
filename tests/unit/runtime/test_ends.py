"""One question for all partitions that want to know."""

import asyncio
from collections.abc import Collection

import pytest

from streams.runtime import ends as ends_module
from streams.runtime.broker import BrokerTroubleError, Place
from streams.runtime.ends import Ends
from tests.support.memory_broker import MemoryBroker
from tests.support.shell import SETTINGS

INPUTS = ("handed-off", "contact-attempt")


class Slow(MemoryBroker):
    """Answers a moment later, after as many failures as it is told."""

    def __init__(self, failures: int = 0) -> None:
        """Fail so often."""
        super().__init__()
        self.failures = failures
        self.questions: list[set[Place]] = []

    async def ends(self, places: Collection[Place]) -> dict[Place, int]:
        """Answer."""
        self.questions.append(set(places))
        await asyncio.sleep(0.01)
        if self.failures:
            self.failures -= 1
            raise BrokerTroubleError("not now")
        return {place: place.partition * 100 + len(place.topic) for place in places}


async def test_partitions_share_a_question() -> None:
    """Three partitions ask in one turn: one question about six places, an answer for each."""
    broker = Slow()
    ends = Ends(broker, SETTINGS, INPUTS)

    answers = await asyncio.gather(ends.of(0), ends.of(1), ends.of(2))

    assert len(broker.questions) == 1
    assert len(broker.questions[0]) == 6
    assert answers[2] == {"handed-off": 212, "contact-attempt": 217}


async def test_an_answer_is_never_older_than_the_question() -> None:
    """Asked while a question is under way: the next one answers."""
    broker = Slow()
    ends = Ends(broker, SETTINGS, INPUTS)

    first = asyncio.create_task(ends.of(0))
    await asyncio.sleep(0.002)
    second = asyncio.create_task(ends.of(0))
    await asyncio.gather(first, second)

    assert len(broker.questions) == 2


async def test_trouble_is_borne_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker is away for two questions: the third is answered."""
    monkeypatch.setattr(ends_module, "_RETRY_SECONDS", 0.001)

    answer = await Ends(Slow(failures=2), SETTINGS, INPUTS).of(1)

    assert answer["handed-off"] == 112


async def test_trouble_that_stays_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than our patience: a new process has better chances."""
    monkeypatch.setattr(ends_module, "PATIENCE_SECONDS", 0.0)

    with pytest.raises(BrokerTroubleError):
        await Ends(Slow(failures=9), SETTINGS, INPUTS).of(1)
