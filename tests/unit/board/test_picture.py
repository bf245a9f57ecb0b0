"""The board drawn at 100 by 30: everything that is needed, at full length."""

import io
import re
from datetime import UTC

import pytest
from rich.console import Console

from schemas.instants import HOUR, MINUTE, SECOND
from streams.board.picture import Picture
from streams.board.state import BoardState
from streams.board.svg import svg_of
from streams.board.view import BoardView
from tests.unit.board.records import NOON, breach, open_lead, publish, tell, tell_card, verdict

STATUSES = (
    ("provisional", None, None, None),
    ("confirmed", None, None, None),
    ("resolved", 75 * SECOND, "met_late", None),
    ("retracted", None, None, "late_fact"),
)


def busy_floor() -> BoardView:
    """Forty leads, twenty breaches in every status and ten ends."""
    state = BoardState()
    publish(state, "alias")
    for number in range(40):
        found = (f"b-{number}",) if number % 7 == 0 else ()
        worst = "breached" if found else "within"
        record = open_lead(
            f"lead-{number:06}", due_in_seconds=7 * number + 3, open_breaches=found, state=worst
        )
        tell(state, record)
    for number in range(20):
        status, overrun, outcome, reason = STATUSES[number % 4]
        record_of = breach(
            f"b-{number}",
            lead_id=f"lead-{number:06}",
            status=status,
            due_in_seconds=-9 * number - 1,
            overrun_seconds=overrun,
            outcome=outcome,
            reason=reason,
        )
        tell(state, record_of)
    for number in range(10):
        tell(state, verdict(f"v-{number}", "met" if number else "unmet"))
    return state.view(NOON + 2 * SECOND)


def drawn(view: BoardView, width: int = 100, height: int = 30) -> str:
    """Draw without colours, so that nothing but words and symbols is left."""
    console = Console(
        file=io.StringIO(), width=width, height=height, color_system=None, legacy_windows=False
    )
    with console.capture() as capture:
        console.print(Picture(view=view, title="a simulated floor", zone=UTC), height=height)
    return capture.get()


def test_board_fills_its_terminal_and_no_more() -> None:
    """100 by 30: thirty lines, none longer than a hundred cells."""
    lines = drawn(busy_floor()).rstrip("\n").split("\n")

    assert len(lines) == 30
    assert max(len(line) for line in lines) <= 100


def test_nothing_essential_is_cut_off() -> None:
    """No ellipsis anywhere; lead, owner, commitment, state, times are there in full."""
    picture = drawn(busy_floor())

    assert "…" not in picture
    for text in (
        "2 Mar 2026 12:00:02 UTC",
        "● data 2 s old",
        "open leads 40",
        "▲ breached 6",
        "attainment 90 % (9 of 10)",
        "lead-000001",
        "nord / Anna",
        "● within",
        "▲ breached",
    ):
        assert text in picture


@pytest.mark.parametrize(
    "row",
    [
        r"△ provisional +lead-000000 +nord / Anna +speed +11:59:59 +00:03",
        r"▲ confirmed +lead-000001 +nord / Anna +speed +11:59:50 +00:12",
        r"✓ resolved +lead-000002 +nord / Anna +speed +11:59:41 +01:15 met late",
        r"✗ retracted +lead-000003 +nord / Anna +speed +11:59:32 +- late fact",
    ],
)
def test_each_status_has_symbol_and_word(row: str) -> None:
    """Without any colour a row says its status, lead, owner, commitment, due, overdue."""
    assert re.search(row, drawn(busy_floor()))


def test_eleven_breaches_fit() -> None:
    """At 100 by 30 the eleven latest breaches are on the board."""
    picture = drawn(busy_floor())

    assert re.search(r"confirmed +lead-000009", picture)
    assert re.search(r"resolved +lead-000010", picture)


@pytest.mark.parametrize(
    "row",
    [
        r"nord +6 +◆ 1 +▲ 2 +01:02 +00:03 +01:00 +2\.5",
        r"· Anna +6 +◆ 1 +▲ 2 +01:02 +00:03 +00:30 +4\.0",
        r"· other +0 +0 +0 +- +- +03:00 +1\.0",
    ],
)
def test_a_team_is_summed_up_above_its_reps(row: str) -> None:
    """Open, at risk, late, the longest wait, the next due; today's median answer and depth."""
    state = BoardState()
    publish(state, "alias")
    for number, found in enumerate(("within", "within", "within", "at_risk", "breached")):
        late = (f"b-{number}",) if found == "breached" else ()
        lead = open_lead(f"lead-{number}", state=found, open_breaches=late, due_in_seconds=5)
        tell(state, lead)
    tell(state, open_lead("lead-5", state="breached", open_breaches=("b-5",)))
    tell_card(state, "Anna", histogram={"60": 2}, unconnected=(1, 4))
    tell_card(state, "other", histogram={"300": 2}, unconnected=(1, 1))

    assert re.search(row, drawn(state.view(NOON + 2 * SECOND)))


def test_no_data_looks_unlike_an_empty_floor() -> None:
    """Nothing read: "no data yet" in each panel; one lead come and gone: zeros instead."""
    state = BoardState()
    unread = drawn(state.view(NOON))
    tell(state, open_lead())
    state.tell("open-leads", "lead-1", None, NOON)
    empty = drawn(state.view(NOON))

    assert unread.count("■ no data yet") == 5
    assert "open leads 0" not in unread
    assert "■ no data yet" not in empty
    assert "open leads 0" in empty
    assert "no breach so far" in empty
    assert "attainment no data yet" in empty


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (59 * SECOND, "● data 59 s old"),
        (2 * MINUTE, "◆ data 2 min old"),
        (HOUR, "▲ data 60 min old"),
    ],
)
def test_age_of_the_data_is_marked(age: int, text: str) -> None:
    """Up to a minute it is fresh, up to ten it is old, then stale."""
    state = BoardState()
    tell(state, open_lead(), NOON - age)

    assert text in drawn(state.view(NOON))


def test_more_owners_than_rows_are_counted() -> None:
    """Thirty teams in eleven rows: ten, and how many are left."""
    state = BoardState()
    for number in range(30):
        tell(state, open_lead(f"lead-{number}", team_id=f"team-{number:02}", rep_id=None))

    assert "and 20 more" in drawn(state.view(NOON))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 12), (200, 60)])
def test_other_terminals_get_a_board_of_their_size(width: int, height: int) -> None:
    """Smaller and larger terminals are filled exactly too."""
    lines = drawn(busy_floor(), width, height).rstrip("\n").split("\n")

    assert len(lines) == height
    assert max(len(line) for line in lines) <= width


def test_svg_asks_nobody_for_anything() -> None:
    """The only address in the SVG is the name of SVG itself, and no font is loaded."""
    svg = svg_of(Picture(view=busy_floor(), zone=UTC))

    assert re.findall(r"\w+://[^\"' <)]+", svg) == ["http://www.w3.org/2000/svg"]
    assert "@font-face" not in svg
    assert "url(http" not in svg


def test_equal_views_give_equal_svg() -> None:
    """Drawn twice, the same bytes; and the words are in it."""
    first, second = (svg_of(Picture(view=busy_floor(), zone=UTC)) for _ in range(2))

    assert first == second
    assert "provisional" in first
