"""Lines for pipes and logs: one for each change, one sum."""

from datetime import UTC

from schemas.instants import DAY, HOUR, MINUTE, SECOND
from streams.board import wording
from streams.board.lines import line_of, sum_of
from streams.board.state import BoardState
from tests.unit.board.records import NOON, breach, open_lead, publish, tell, verdict


def test_line_says_when_what_who_and_due() -> None:
    """A provisional breach of Anna's, due at 11:59:40."""
    state = BoardState()
    publish(state, "alias")
    change = tell(state, breach())

    assert change is not None
    assert line_of(change, UTC) == (
        "02 Mar 2026 11:59:40 UTC  △ provisional  lead-1            nord / Anna       "
        "speed             due 11:59:40"
    )


def test_line_ends_with_the_reason() -> None:
    """A retraction says why, in words."""
    change = tell(BoardState(), breach(status="retracted", reason="late_fact"))

    assert change is not None
    assert line_of(change, UTC).endswith("due 11:59:40  late fact")


def test_sum_of_a_floor() -> None:
    """One open lead, one confirmed and one retracted breach, one promise kept."""
    state = BoardState()
    tell(state, open_lead())
    tell(state, breach("b-1", status="confirmed"))
    tell(state, breach("b-2", status="retracted"))
    tell(state, verdict("a", "met"))

    assert sum_of(state.view(NOON)) == (
        "2 breaches (0 provisional, 1 confirmed, 0 resolved, 1 retracted); "
        "1 leads open, 0 of them breached; attainment 100 % (1 of 1)"
    )


def test_sum_of_nothing_is_no_row_of_zeros() -> None:
    """Not one record: the sum says so."""
    assert sum_of(BoardState().view(NOON)) == "■ no data yet: not one verdict was read"


def test_lengths_read_as_a_clock() -> None:
    """Minutes and seconds, then hours, then days; cut, never rounded up."""
    lengths = (None, 0, 59 * SECOND + 999_999, 61 * SECOND, HOUR + 2 * MINUTE, 3 * DAY + 4 * HOUR)

    assert [wording.length(one) for one in lengths] == [
        "-",
        "00:00",
        "00:59",
        "01:01",
        "1:02:00",
        "3d 04h",
    ]


def test_other_days_are_named() -> None:
    """Noon of today is a time; noon of yesterday carries its date."""
    assert wording.time_of(NOON, now=NOON, zone=UTC) == "12:00:00"
    assert wording.time_of(NOON - DAY, now=NOON, zone=UTC) == "01 Mar 12:00"


def test_all_is_said_only_of_all() -> None:
    """999 of 1000 is 99 %, not 100 %."""
    assert wording.share(999, 1000) == "99 % (999 of 1000)"
