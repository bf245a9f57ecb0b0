"""Exclusions: declared in time they are pauses, declared later they may take a breach back."""

from typing import Any

import pytest

from schemas.facts import AnyFact, ControlFact
from schemas.instants import format_instant
from schemas.verdicts import Breach
from streams.domain.book import CONTROL_PREFIX, Book
from tests.support.story import (
    DEPTH,
    SPEED,
    agreement,
    at,
    attempt,
    book_of,
    closed,
    control,
    created,
    fact,
    handed_off,
    hear,
    local,
    tell,
)

EXCLUSIONS = {"reasons": ["dialer_down", "storm"]}
FLOOR = agreement(SPEED, exclusions=EXCLUSIONS)
HANDOFF = handed_off("2026-03-10 10:00")


def excluded(declared: str, from_at: str, to_at: str, name: str = "x1", **more: Any) -> ControlFact:
    """Declare an exclusion on 10 March, by times of day, seen when it is declared."""
    return control(
        "exclusion-declared",
        f"2026-03-10 {declared}" if len(declared) < 6 else declared,
        id=f"e-{name}",
        **{
            "exclusion_id": name,
            "reason": "storm",
            "from": format_instant(at(f"2026-03-10 {from_at}" if len(from_at) < 6 else from_at)),
            "to": format_instant(at(f"2026-03-10 {to_at}" if len(to_at) < 6 else to_at)),
            **more,
        },
    )


@pytest.mark.parametrize("declared", ["09:00", "10:45", "11:00"])
def test_c19_declared_at_or_before_due_it_is_a_pause(declared: str) -> None:
    """A storm from 10:15 to 10:45, declared by 11:00: due at 11:30, whenever it was said."""
    heard = hear(FLOOR, HANDOFF, excluded(declared, "10:15", "10:45"), until="2026-03-11 00:00")

    assert [one for one, _ in heard.chain("speed")] == ["provisional", "confirmed"]
    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:30:00"


def test_c19_declared_later_it_retracts_the_breach_and_ends_the_clock() -> None:
    """Due 11:00; at 11:20 a storm 10:00 to 11:30 is declared: not breached at that moment."""
    heard = hear(
        FLOOR,
        HANDOFF,
        excluded("11:20", "10:00", "11:30"),
        attempt("2026-03-10 11:25"),
        until="2026-03-11 00:00",
    )

    breach = heard.breach("speed")
    assert (breach["status"], breach["reason"]) == ("retracted", "excluded:x1")
    assert breach["evidence_id"] == "e-x1"
    (verdict,) = heard.verdicts
    assert (verdict.outcome, verdict.reason) == ("excluded", "excluded:x1")
    assert verdict.answered_at is None


def test_c19_declared_later_nothing_changes_if_it_would_still_be_breached() -> None:
    """Due 11:00; at 14:00 a storm 10:15 to 10:45 is declared: 11:30 has passed, too."""
    heard = hear(FLOOR, HANDOFF, excluded("14:00", "10:15", "10:45"), until="2026-03-11 00:00")

    breach = heard.breach("speed")
    assert (breach["status"], local(breach["due_at"])) == ("confirmed", "2026-03-10 11:00:00")


def test_declared_later_it_counts_what_was_answered_by_the_due_it_gives() -> None:
    """Answered at 11:25, late; with a storm 10:15 to 10:45 in time: declared a day later."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 11:25"),
        excluded("2026-03-11 10:00", "10:15", "10:45"),
    )

    assert [one.outcome for one in heard.verdicts] == ["met_late", "excluded"]
    assert [status for status, _ in heard.chain("speed")][-1] == "retracted"
    assert local(heard.verdict("speed")["answered_at"]) == "2026-03-10 11:25:00"


@pytest.mark.parametrize(
    ("declared", "status"),
    [("2026-03-17 11:00:00", "retracted"), ("2026-03-17 11:00:01", "resolved")],
)
def test_c19_declared_after_the_horizon_nothing_changes(declared: str, status: str) -> None:
    """168 h after due; its end counts."""
    heard = hear(
        FLOOR,
        HANDOFF,
        attempt("2026-03-10 11:25"),
        excluded(declared, "10:15", "10:45"),
    )

    assert heard.breach("speed")["status"] == status


def test_c19_an_unlisted_reason_stops_no_clock() -> None:
    """Nobody agreed on parties."""
    heard = hear(
        FLOOR,
        HANDOFF,
        excluded("09:00", "10:15", "10:45", reason="party"),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:00:00"


def test_c19_started_at_is_not_moved_by_an_exclusion() -> None:
    """A storm from 9 to 11: started 10:00, due 12:00."""
    heard = hear(FLOOR, HANDOFF, excluded("09:00", "09:00", "11:00"), until="2026-03-11 00:00")

    breach = heard.breach("speed")
    assert local(breach["started_at"]) == "2026-03-10 10:00:00"
    assert local(breach["due_at"]) == "2026-03-10 12:00:00"


@pytest.mark.parametrize(
    ("scope", "matches"),
    [
        (None, True),
        ({}, True),
        ({"team_id": "nord"}, True),
        ({"team_id": ["sued", "nord"]}, True),
        ({"team_id": "sued"}, False),
        ({"rep_id": "anna"}, True),
        ({"rep_id": "ben"}, False),
        ({"segment": "small"}, True),
        ({"segment": ["large"]}, False),
        ({"source": "website", "segment": "small"}, True),
        ({"source": "fair", "segment": "small"}, False),
        ({"campaign": "spring"}, False),
        ({"origin": "crm"}, True),
    ],
)
def test_c19_all_keys_of_a_scope_must_match_by_any_value(
    scope: dict[str, Any] | None, *, matches: bool
) -> None:
    """A value or a list; no scope matches all."""
    heard = hear(
        FLOOR,
        created("2026-03-10 09:00", segment="small", source="website", origin="crm"),
        HANDOFF,
        excluded("09:00", "10:15", "10:45", scope=scope),
        until="2026-03-11 00:00",
    )

    due = "2026-03-10 11:30:00" if matches else "2026-03-10 11:00:00"
    assert local(heard.breach("speed")["due_at"]) == due


def test_c19_team_id_is_the_owners_team_at_each_moment() -> None:
    """A storm at nord from 10:15 to 10:45; sued gets the lead at 10:30: 15 min are excluded."""
    heard = hear(
        FLOOR,
        HANDOFF,
        handed_off("2026-03-10 10:30", team="sued", rep="carla"),
        excluded("09:00", "10:15", "10:45", scope={"team_id": "nord"}),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:15:00"


def test_c19_the_earliest_declaration_of_an_id_holds() -> None:
    """Declared for 30 min and, later, for two hours under the same id: 30 min."""
    first = excluded("09:00", "10:15", "10:45")
    second = excluded("10:20", "10:15", "12:00")

    heard = hear(FLOOR, HANDOFF, first, second, until="2026-03-11 00:00")

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:30:00"


CAP = {**EXCLUSIONS, "cap": "PT1H"}
CAPPED = agreement(SPEED, exclusions=CAP, zone="Europe/Berlin", period="month")


def test_c19_what_goes_beyond_the_cap_stops_no_clock() -> None:
    """1 h a month: the first takes 45 min, 15 min of the second are left."""
    heard = hear(
        CAPPED,
        HANDOFF,
        excluded("09:00", "10:00", "10:45"),
        excluded("09:10", "11:00", "11:30", name="x2"),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 12:00:00"


def test_c19_the_cap_is_used_in_order_of_declaration_then_id() -> None:
    """Declared at one instant: a takes the whole hour, b gets nothing."""
    heard = hear(
        CAPPED,
        HANDOFF,
        excluded("09:00", "10:00", "10:30", name="b"),
        excluded("09:00", "13:00", "14:00", name="a"),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:00:00"


def test_c19_the_cap_is_in_open_hours_of_the_teams_calendar() -> None:
    """17:00 to 9:30 next morning are 1 h of nord's time: nothing goes beyond."""
    heard = hear(
        CAPPED,
        handed_off("2026-03-10 17:00"),
        excluded("09:00", "17:00", "2026-03-11 09:30"),
        until="2026-03-12 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-11 10:30:00"


def test_c19_the_cap_is_per_period() -> None:
    """1 h in March and 1 h in April: each month has its own."""
    april = control(
        "exclusion-declared",
        "2026-03-10 09:30",
        exclusion_id="x2",
        reason="storm",
        **{"from": "2026-04-01T09:00:00+02:00", "to": "2026-04-01T10:00:00+02:00"},
    )

    heard = hear(
        CAPPED,
        handed_off("2026-04-01 09:00"),
        excluded("09:00", "10:00", "11:00"),
        april,
        until="2026-04-02 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-04-01 11:00:00"


def test_c19_the_cap_is_per_team() -> None:
    """Nord's hour is used up by nord's storm; sued has its own."""
    heard = hear(
        CAPPED,
        handed_off("2026-03-10 13:00", team="sued", rep="carla"),
        excluded("09:00", "09:00", "12:00", scope={"team_id": "nord"}),
        excluded("09:10", "13:00", "14:00", name="x2"),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 15:00:00"


def test_c19_time_that_an_exclusion_stops_costs_no_pause_budget() -> None:
    """Paused from 10:00 with 30 min; a storm to 11:00 takes none of it: due 12:30, in lunch."""
    body = agreement(
        SPEED, exclusions=EXCLUSIONS, pauses={"reasons": ["vacation"], "budget": "PT30M"}
    )

    heard = hear(
        body,
        HANDOFF,
        fact("clock-paused", "2026-03-10 10:00", reason="vacation"),
        excluded("09:00", "10:00", "11:00"),
        until="2026-03-11 00:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 13:30:00"


def test_an_exclusion_moves_the_window_of_depth() -> None:
    """10 h from 10:00 with an hour's storm: Wednesday 14:30 instead of 13:30."""
    body = agreement(DEPTH, exclusions=EXCLUSIONS)

    heard = hear(body, HANDOFF, excluded("09:00", "10:00", "11:00"), until="2026-03-12 00:00")

    assert local(heard.breach("depth")["due_at"]) == "2026-03-11 14:30:00"


def test_a_close_in_time_with_the_exclusion_is_excluded() -> None:
    """Closed at 11:20 unanswered, due 11:00: unmet; with the storm it had closed in time."""
    heard = hear(
        FLOOR,
        HANDOFF,
        closed("2026-03-10 11:20", "disqualified"),
        excluded("15:00", "10:15", "10:45"),
    )

    assert [one.outcome for one in heard.verdicts] == ["unmet", "excluded"]


def test_a_late_attempt_before_due_still_makes_an_excluded_clock_met() -> None:
    """Excluded at 11:20; at 15:00 the dialer tells of a call at 10:40."""
    heard = hear(
        FLOOR,
        HANDOFF,
        excluded("11:20", "10:00", "11:30"),
        attempt("2026-03-10 10:40", seen="2026-03-10 15:00"),
    )

    assert [one.outcome for one in heard.verdicts] == ["excluded", "met"]


MANY = [handed_off("2026-03-10 10:00", lead=f"L{number:03}") for number in range(40)]


def test_a_mass_exclusion_takes_many_steps() -> None:
    """Forty breached leads, some records at a time: none is forgotten, each is retracted once."""
    book = book_of(FLOOR)
    tell(book, MANY, "2026-03-10 11:10")
    book.control(excluded("11:20", "10:00", "11:30"), at("2026-03-10 11:20"))
    retracted = []
    while book.now is None or book.now < at("2026-03-10 11:21"):
        outputs = book.advance(at("2026-03-10 11:21"), limit=4)
        assert len(outputs) <= 6
        retracted += [one.lead_id for one in outputs if isinstance(one, Breach)]

    assert sorted(one for one in retracted if one) == [one.lead_id for one in MANY]


def test_a_restart_amid_a_mass_exclusion_forgets_no_lead() -> None:
    """Packed after the first few: the next life goes on with the rest, and repeats nothing."""
    book = book_of(FLOOR)
    tell(book, MANY, "2026-03-10 11:10")
    kept = dict(book.take_changed())
    book.control(excluded("11:20", "10:00", "11:30"), at("2026-03-10 11:20"))
    outputs = book.advance(at("2026-03-10 11:30"), limit=10)
    kept.update(book.take_changed())
    control_state = dict(book.take_changed_control())
    assert all(key.startswith(CONTROL_PREFIX) for key in control_state)

    second = reopened(kept, control_state, book)
    outputs += second.advance(at("2026-03-10 11:30"))

    retracted = [one.lead_id for one in outputs if isinstance(one, Breach)]
    assert sorted(one for one in retracted if one) == [one.lead_id for one in MANY]
    done = dict(second.take_changed_control())
    assert reopened(kept, {**control_state, **done}, second).next_instant() is not None


def reopened(
    kept: dict[bytes, bytes | None], control_state: dict[bytes, bytes], before: Book
) -> Book:
    """Begin another life with what was kept."""
    book = book_of(FLOOR)
    for key, packed in kept.items():
        assert packed is not None
        book.load(key, packed)
    for key, value in control_state.items():
        book.load_control(key, value)
    book.now = before.now
    return book


def test_an_exclusion_told_ahead_finds_a_lead_that_is_told_later() -> None:
    """Told at once, to be seen at 11:20; the lead is told after it: retracted at 11:20."""
    book = book_of(FLOOR)
    storm = excluded("11:20", "10:00", "11:30")
    book.control(storm, storm.occurred_at)

    heard = tell(book, [HANDOFF], "2026-03-10 12:00")

    assert heard.chain("speed")[-1] == ("retracted", "2026-03-10 11:20:00")


def test_exclusions_told_ahead_in_any_order_change_nothing() -> None:
    """All told before time moves, or as they become known: the same records."""
    story: list[AnyFact] = [
        HANDOFF,
        attempt("2026-03-10 11:25"),
        excluded("09:00", "10:15", "10:20"),
        excluded("11:50", "10:30", "10:45", name="x2"),
    ]
    as_known = hear(CAPPED, *story)
    book = book_of(CAPPED)
    for one in reversed(story):
        if isinstance(one, ControlFact):
            book.control(one, one.occurred_at)
        else:
            book.tell(one, one.occurred_at)
    ahead = book.advance(at("2026-04-30 00:00"))

    assert [one for one in ahead if isinstance(one, Breach)] == as_known.breaches
