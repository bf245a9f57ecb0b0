"""The two writers, and what can be read back of what they wrote."""

from collections.abc import Awaitable, Callable

import pytest

from streams.config import Settings
from streams.errors import ConfigurationError
from streams.runtime.broker import Place, Record
from streams.runtime.changelog import BrokenStateError, read_states
from streams.runtime.commit import Writer
from streams.runtime.outputs import Outgoing
from streams.runtime.plain import PlainWriter
from streams.runtime.position import KEY as POSITION_KEY
from streams.runtime.position import Position
from streams.runtime.transactions import TransactionalWriter
from tests.support.memory_broker import FencedError, MemoryBroker, RefusedWriteError
from tests.support.shell import NOON, SETTINGS

STATE = Place("t-leadclock-leads-changelog", 0)
BREACHES = Place("t-speed-breaches", 0)
LEAD = Record(b"L-1", b"packed")
BREACH = Outgoing("speed-breaches", Record(b"L-1", b"{}"))


def position(offset: int) -> Record:
    """Write a position."""
    written = Position(offsets={"handed-off": offset}, now=NOON, partitions=1, time=SETTINGS.time)
    return Record(POSITION_KEY, written.pack())


def members(*counts: int) -> Callable[[], Awaitable[int]]:
    """Count members: one number after the other, the last one for good."""
    left = list(counts)

    async def count() -> int:
        return left.pop(0) if len(left) > 1 else left[0]

    return count


def plain(broker: MemoryBroker, settings: Settings = SETTINGS) -> PlainWriter:
    """Build a plain writer that is alone."""
    return PlainWriter(settings, broker, members(0))


@pytest.fixture(params=["plain", "transactions"])
def broker_and_writer(request: pytest.FixtureRequest) -> tuple[MemoryBroker, Writer]:
    """Give either writer, and the broker it writes to."""
    broker = MemoryBroker()
    if request.param == "plain":
        return broker, plain(broker)
    return broker, TransactionalWriter(SETTINGS, broker)


async def test_a_commit_can_be_read_back(broker_and_writer: tuple[MemoryBroker, Writer]) -> None:
    """State, position and outputs are there; a tombstone takes its lead away."""
    broker, writer = broker_and_writer
    await writer.open([0])

    await writer.commit(0, [LEAD, Record(b"L-2", b"x"), position(1)], [BREACH])
    await writer.commit(0, [Record(b"L-2", None), position(2)], [])

    assert broker.committed(BREACHES) == [BREACH.record]
    state = (await read_states(broker, STATE.topic, [0]))[0]
    assert state.leads == {b"L-1": b"packed"}
    assert state.position is not None
    assert state.position.offsets == {"handed-off": 2}
    assert state.records == 5


async def test_a_failed_batch_fails_the_commit(
    broker_and_writer: tuple[MemoryBroker, Writer],
) -> None:
    """The broker takes no breaches: no state is written, and the writer says so."""
    broker, writer = broker_and_writer
    broker.refuse.add(BREACHES)
    await writer.open([0])

    with pytest.raises(RefusedWriteError):
        await writer.commit(0, [LEAD, position(1)], [BREACH])

    assert broker.committed(STATE) == []


async def test_the_plain_writer_writes_state_last() -> None:
    """A crash in between repeats outputs; the other order would lose them."""
    broker = MemoryBroker()
    writer = plain(broker)
    await writer.open([0])

    await writer.commit(0, [LEAD, position(1)], [BREACH])

    assert broker.events == ["write t-speed-breaches/0 1", f"write {STATE.topic}/0 2"]


async def test_the_plain_writer_waits_for_a_dead_worker_to_leave() -> None:
    """Killed a moment ago, it is still in the group: seen twice, then gone, and we may start."""
    writer = PlainWriter(SETTINGS, MemoryBroker(), members(1, 1, 0))

    await writer.prepare()


async def test_the_plain_writer_ends_where_somebody_stays() -> None:
    """After the session timeout the other one is still there: it is alive."""
    settings = Settings(bootstrap_servers=("127.0.0.1:9",), session_timeout_seconds=-10)
    writer = PlainWriter(settings, MemoryBroker(), members(1))

    with pytest.raises(ConfigurationError, match="allows only one"):
        await writer.prepare()


async def test_a_static_member_may_find_itself() -> None:
    """Under a stable name the member in the group is our own last life."""
    settings = Settings(bootstrap_servers=("127.0.0.1:9",), instance_id="worker-1")

    await PlainWriter(settings, MemoryBroker(), members(1)).prepare()


def test_the_plain_writer_wants_all_partitions() -> None:
    """Three of four: somebody has the fourth."""
    settings = Settings(bootstrap_servers=("127.0.0.1:9",), partitions=4)
    writer = plain(MemoryBroker(), settings)

    writer.check([0, 1, 2, 3])

    with pytest.raises(ConfigurationError, match="allows only one"):
        writer.check([0, 1, 2])


async def test_a_transaction_is_whole_or_not_there() -> None:
    """The breach is taken, the state refused: a reader of committed records sees neither."""
    broker = MemoryBroker()
    writer = TransactionalWriter(SETTINGS, broker)
    broker.refuse.add(STATE)
    await writer.open([0])

    with pytest.raises(RefusedWriteError):
        await writer.commit(0, [LEAD, position(1)], [BREACH])
    await writer.stop()

    assert broker.committed(BREACHES) == []


async def test_who_opens_a_partition_fences_who_had_it() -> None:
    """Two workers believe they own it: the first one can write no more."""
    broker = MemoryBroker()
    first, second = TransactionalWriter(SETTINGS, broker), TransactionalWriter(SETTINGS, broker)
    await first.open([0])
    await first.commit(0, [LEAD, position(1)], [BREACH])

    await second.open([0])

    with pytest.raises(FencedError):
        await first.commit(0, [LEAD, position(9)], [BREACH])
    await second.commit(0, [LEAD, position(2)], [])
    state = (await read_states(broker, STATE.topic, [0]))[0]
    assert state.position is not None
    assert state.position.offsets == {"handed-off": 2}
    assert broker.committed(BREACHES) == [BREACH.record]


async def test_a_partition_that_stays_is_not_opened_again() -> None:
    """Opening others leaves its producer alone; opening it again takes a new one."""
    broker = MemoryBroker()
    settings = Settings(bootstrap_servers=("127.0.0.1:9",), partitions=2)
    writer = TransactionalWriter(settings, broker)

    await writer.open([0])
    await writer.open([1])
    await writer.release(1)
    await writer.open([1])

    assert broker.events == [
        "start leadclock-leads-0",
        "start leadclock-leads-1",
        "start leadclock-leads-1",
    ]


async def test_state_without_a_position_is_not_followed() -> None:
    """Somebody deleted the position, or wrote what was not ours: facts would count twice."""
    broker = MemoryBroker()
    producer = await broker.plain_producer()
    await producer.hand_over(STATE, [LEAD])

    with pytest.raises(BrokenStateError, match="1 records, no position"):
        await read_states(broker, STATE.topic, [0])


async def test_an_empty_changelog_is_a_first_start() -> None:
    """Nothing was ever written: no leads, no position."""
    state = (await read_states(MemoryBroker(), STATE.topic, [0]))[0]

    assert state.leads == {}
    assert state.position is None
