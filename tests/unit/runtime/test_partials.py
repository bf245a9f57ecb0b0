"""What a partition of leads owes its reps, and how it is told."""

import pytest
from msgspec import msgpack

from schemas.instants import HOUR, MINUTE, SECOND
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.domain.scorecard import Zones
from streams.domain.standing import Standing
from streams.errors import ConfigurationError
from streams.runtime.broker import Place, Record
from streams.runtime.partial_records import CLOCK, Partial, Subject, home_of, read, write
from streams.runtime.partials import Partials, Telling
from streams.runtime.teller import Teller
from tests.support.memory_broker import MemoryBroker
from tests.support.shell import NOON, SETTINGS, bench, handed_off, published, until
from tests.support.story import SPEED, agreement, at
from tests.support.story import handed_off as told_handed_off

BODY = agreement(SPEED, privacy={"reps": "named"})
MORNING = at("2026-03-10 09:00")


def a_book() -> Book:
    """A book with a lead of Anna's that runs."""
    book = Book(Policies().with_policy(policy_of(BODY), 0))
    book.tell(told_handed_off("2026-03-10 09:00"), MORNING)
    book.advance(MORNING)
    return book


def told(telling: Telling | None) -> list[Partial]:
    """Read what is told."""
    assert telling is not None
    records = [record for several in telling.records.values() for record in several]
    return [read(record.key or b"", record.value or b"") for record in records]


@pytest.mark.parametrize(
    "partial",
    [
        Partial(source=3, epoch=2, now=NOON, subject=Subject(("n", "a"), 7), told=1 << 40),
        Partial(source=3, epoch=2, now=NOON, subject=Subject(("n", None), 7), told=0),
        Partial(
            source=0, epoch=1, now=1, subject=Subject(("n", "*"), None), told=Standing(2, 1, 0, 5)
        ),
        Partial(source=0, epoch=1, now=1, subject=CLOCK, told=Zones({"n": "Europe/Berlin"})),
    ],
)
def test_a_partial_survives_the_topic(partial: Partial) -> None:
    """read(write(x)) is x: panes, standings and how far a partition is."""
    record = write(partial)

    assert read(record.key or b"", record.value or b"") == partial


def test_a_partial_of_a_newer_release_stops_the_worker() -> None:
    """It is never half understood, and the way out is said."""
    record = write(Partial(source=0, epoch=1, now=1, subject=Subject(("n", "a"), 7), told=1))
    version, *rest = msgpack.decode(record.value or b"")

    with pytest.raises(ConfigurationError, match="upgrade this worker"):
        read(record.key or b"", msgpack.encode([version + 1, *rest]))


def test_everything_about_a_rep_has_one_home() -> None:
    """murmur2 of the scorecard's key: the queue's ends with a colon."""
    assert {home_of(("nord", "anna"), 8), home_of(("nord", None), 8)} <= set(range(8))
    assert home_of(("nord", None), 8) == home_of(("nord", ""), 8)


def test_what_changed_is_owed_from_the_commit_that_changed_it() -> None:
    """One record with the commit; then the pane, the standing and the clock are told."""
    book, partials = a_book(), Partials(0, 1, None)

    kept = partials.note(book)
    found = told(partials.telling(book, NOON))

    assert len(kept) == 1
    assert [one.subject for one in found] == [
        Subject(("nord", "anna"), MORNING // (15 * MINUTE)),
        Subject(("nord", "anna"), None),
        CLOCK,
    ]
    assert {(one.epoch, one.now) for one in found} == {(1, MORNING)}


def test_a_thing_is_told_once_a_second_at_most() -> None:
    """Changed twice within a second: the second telling waits for the next second."""
    book, partials = a_book(), Partials(0, 1, None)
    partials.note(book)
    telling = partials.telling(book, NOON)
    assert telling is not None
    partials.told(telling)
    assert partials.wake_at() is None
    book.tell(told_handed_off("2026-03-10 09:01", rep="ben"), MORNING + MINUTE)
    book.advance(MORNING + MINUTE)
    partials.note(book)

    assert partials.wake_at() == NOON + SECOND
    assert partials.telling(book, NOON + SECOND - 1) is None
    found = told(partials.telling(book, NOON + SECOND))
    assert [(one.subject.rep, one.told) for one in found if one.subject.pane is None] == [
        (("nord", "anna"), Standing()),
        (("nord", "ben"), Standing(1, 0, 0, MORNING, MORNING + HOUR)),
    ]


def test_nothing_new_is_nothing_to_keep() -> None:
    """The epoch is kept once, and a turn without a change writes nothing."""
    book, partials = a_book(), Partials(0, 1, None)

    assert len(partials.note(book)) == 1
    assert partials.note(book) == []


def test_a_new_owner_tells_what_the_one_before_owed_under_a_greater_epoch() -> None:
    """Nothing was acknowledged: all of it again, with epoch 2."""
    book, first = a_book(), Partials(0, 1, None)
    (kept,) = first.note(book)
    book.panes.take_touched()

    second = Partials(0, 1, kept.value)
    again = second.note(book)
    found = told(second.telling(book, NOON))

    assert len(again) == 1
    assert {one.epoch for one in found} == {2}
    assert len(found) == 3


def test_without_an_agreement_there_is_nothing_to_tell() -> None:
    """And nothing to wake for, so that the pump rests."""
    partials = Partials(0, 1, None)

    assert len(partials.note(Book(Policies()))) == 1
    assert partials.wake_at() is None


async def test_a_telling_that_fails_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    """The broker takes no batch; once it does, it is told, acknowledged and forgotten."""
    broker, made, woken = MemoryBroker(), bench(), []
    made.partition.partials = Partials(0, 1, None)
    made.bring("sla-control", published(BODY, NOON))
    made.bring("handed-off", handed_off("L-1", NOON))
    made.clock.at = NOON + SECOND
    made.look()
    made.partition.step()
    place = Place(SETTINGS.topic("rep-partials"), 0)
    broker.refuse.add(place)
    teller = Teller(SETTINGS, broker)

    teller.settled(made.partition, lambda: woken.append(True))
    await until(lambda: "partials_delayed" in caplog.text)
    assert broker.committed(place) == []
    broker.refuse.clear()
    await until(lambda: bool(woken))
    await teller.stop()

    assert isinstance(broker.committed(place)[0], Record)
    assert made.partition.partials.wake_at() is None
