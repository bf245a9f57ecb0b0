"""Scorecards: what is open now, which panes a window has, and who is shown how."""

import pytest

from schemas.instants import MINUTE
from streams.domain.policy import policy_of
from streams.domain.shown import shown_teams
from tests.support.story import SPEED, agreement, at, attempt, book_of, handed_off, tell
from tests.support.windows import BODY, EVENING, NAMED, cards, cards_at, lead

# Now


def test_a_card_tells_what_is_open_now() -> None:
    """One in time, one breached: the longest wait and the next due among those ahead."""
    found = cards(
        *lead("a", handed_off("2026-03-10 09:00")),
        *lead("b", handed_off("2026-03-10 10:30")),
        *lead("c", handed_off("2026-03-10 10:40"), attempt("2026-03-10 10:41")),
        until="2026-03-10 10:45",
        body=agreement(SPEED, **NAMED),
    )

    card = found["nord", "anna"]
    assert (card.open, card.breached) == (2, 1)
    assert card.oldest_unanswered_at == at("2026-03-10 09:00")
    assert card.next_due_at == at("2026-03-10 11:30")


def test_nobody_waits_before_the_clock_starts() -> None:
    """Handed off on Saturday: open, but the wait begins on Monday."""
    until = "2026-03-07 18:00"

    card = cards(handed_off("2026-03-07 15:00"), until=until)["nord", "anna"]

    assert (card.open, card.oldest_unanswered_at) == (1, None)
    assert card.next_due_at is not None
    assert card.windows["30d"].leads == 0


# Windows


def test_c19_days_are_local_dates_of_the_teams_calendar() -> None:
    """Called at 00:10 Berlin, which is 23:10 UTC of the day before: it counts today."""
    facts = (handed_off("2026-03-09 09:00"), attempt("2026-03-10 00:10"))

    before = cards(*facts, until="2026-03-10 23:59")["nord", "anna"].windows
    after = cards(*facts, until="2026-03-11 00:00")["nord", "anna"].windows

    assert (before["today"].attempts, before["7d"].attempts) == (1, 1)
    assert (after["today"].attempts, after["7d"].attempts) == (0, 1)


@pytest.mark.parametrize(("window", "last"), [("7d", "2026-03-16"), ("30d", "2026-04-08")])
def test_c19_a_window_of_days_includes_today(window: str, last: str) -> None:
    """A call on 10 March is in 7d until the 16th and in 30d until 8 April, over a clock change."""
    facts = (handed_off("2026-03-09 09:00"), attempt("2026-03-10 12:00"))
    book = book_of(BODY)
    tell(book, facts, f"{last} 23:59")
    inside = cards_at(book, at(f"{last} 23:59"))["nord", "anna"].windows[window]
    midnight = at(f"{last} 23:59") + MINUTE
    book.advance(midnight)
    outside = cards_at(book, midnight)

    assert inside.attempts == 1
    assert ("nord", "anna") not in outside or not (outside["nord", "anna"].windows[window].attempts)


def test_c19_one_hour_is_the_current_pane_and_the_four_before() -> None:
    """A lead that started at 09:00 is in the hour until 10:14:59."""
    facts = (handed_off("2026-03-10 09:00"), attempt("2026-03-10 09:01"))
    book = book_of(BODY)
    tell(book, facts, "2026-03-10 10:14:59")
    inside = cards_at(book, at("2026-03-10 10:14:59"))["nord", "anna"].windows["1h"]
    book.advance(at("2026-03-10 10:15"))
    outside = cards_at(book, at("2026-03-10 10:15"))["nord", "anna"].windows["1h"]

    assert (inside.leads, outside.leads) == (1, 0)


# Privacy


def test_privacy_decides_under_which_name_a_rep_appears() -> None:
    """Named: ids. Alias: aliases, those without one together. Team only: one card a team."""
    teams = {
        "nord": {"calendar": "floor", "reps": {"anna": {"alias": "Kiebitz"}, "ben": None}},
        "sued": {"calendar": "long", "reps": ["carla"]},
    }
    facts = [
        *lead("a", handed_off("2026-03-10 09:00")),
        *lead("b", handed_off("2026-03-10 09:00", rep="ben")),
        *lead("c", handed_off("2026-03-10 09:00", rep="dora")),
        *lead("d", handed_off("2026-03-10 09:00", rep=None)),
        *lead("e", handed_off("2026-03-10 09:00", team="sued", rep="carla")),
    ]

    def shown(privacy: str) -> list[tuple[tuple[str, str | None], int]]:
        body = agreement(SPEED, privacy={"reps": privacy}, teams=teams)
        return [(rep, card.open) for rep, card in cards(*facts, body=body).items()]

    assert shown("named") == [
        (("nord", None), 1),
        (("nord", "anna"), 1),
        (("nord", "ben"), 1),
        (("nord", "dora"), 1),
        (("sued", "carla"), 1),
    ]
    assert shown("alias") == [
        (("nord", None), 1),
        (("nord", "Kiebitz"), 1),
        (("nord", "other"), 2),
        (("sued", "other"), 1),
    ]
    assert shown("team_only") == [(("nord", "*"), 4), (("sued", "*"), 1)]


def test_a_team_in_which_nobody_could_hide_is_shown_with_the_others() -> None:
    """At least three: nord has two reps, sued three; west is not listed, so nobody knows."""
    teams = {
        "nord": {"calendar": "floor", "reps": ["anna", "ben"]},
        "sued": {"calendar": "long", "reps": ["carla", "dora", "emil"]},
    }
    facts = [
        *lead("a", handed_off("2026-03-10 09:00")),
        *lead("b", handed_off("2026-03-10 09:00", rep=None)),
        *lead("c", handed_off("2026-03-10 09:00", team="sued", rep="carla")),
        *lead("d", handed_off("2026-03-10 09:00", team="west", rep="gast")),
    ]
    body = agreement(SPEED, privacy={"reps": "team_only", "min_group": 3}, teams=teams)

    found = {rep: card.open for rep, card in cards(*facts, body=body).items()}

    assert found == {("other", "*"): 3, ("sued", "*"): 1}
    assert shown_teams(policy_of(body)) == ["sued"]


def test_as_of_is_the_instant_asked_for() -> None:
    """A card says for when it holds, and has every window."""
    card = cards(handed_off("2026-03-10 09:00"))["nord", "anna"]

    assert card.as_of == at(EVENING)
    assert list(card.windows) == ["1h", "today", "7d", "30d"]
