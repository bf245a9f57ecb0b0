"""An input that is not read any more is noticed, and no other one."""

from streams.runtime.broker import Place
from streams.runtime.watchdog import PATIENCE_SECONDS, Progress

A = Place("handed-off", 0)
B = Place("contact-attempt", 0)
LONG = PATIENCE_SECONDS + 1


def test_an_input_that_stays_behind_is_stuck() -> None:
    """At 3 of 5 for over a minute."""
    progress = Progress()

    assert progress.stuck({A: 3, B: 5}, {A: 5, B: 5}, 0) == []
    assert progress.stuck({A: 3, B: 5}, {A: 5, B: 5}, PATIENCE_SECONDS) == []
    assert progress.stuck({A: 3, B: 5}, {A: 9, B: 5}, LONG) == [A]


def test_an_input_that_moves_is_not_stuck() -> None:
    """Always behind, but further on each time."""
    progress = Progress()

    for minute in range(5):
        assert progress.stuck({A: minute}, {A: 100}, minute * LONG) == []


def test_an_input_at_its_end_is_not_stuck() -> None:
    """Nothing comes for an hour, then something: it has its minute from then."""
    progress = Progress()
    progress.stuck({A: 5}, {A: 5}, 0)

    assert progress.stuck({A: 5}, {A: 6}, 3600) == []
    assert progress.stuck({A: 5}, {A: 6}, 3600 + LONG) == [A]


def test_a_pause_begins_anew() -> None:
    """Behind, then not to be read for a while (a rebalance), then behind again."""
    progress = Progress()
    progress.stuck({A: 3}, {A: 5}, 0)
    progress.stuck({}, {}, 30)

    assert progress.stuck({A: 3}, {A: 5}, LONG) == []
