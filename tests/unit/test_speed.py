"""The clock of response time: start, stop, end, owner."""

from typing import Any

import pytest

from tests.support.story import (
    SPEED,
    agreement,
    at,
    attempt,
    closed,
    created,
    fact,
    handed_off,
    hear,
    local,
)

FLOOR = agreement(SPEED)


def test_c19_breached_at_due_while_nobody_says_anything() -> None:
    """Due 11:00: provisional at 11:00, confirmed 30 s later, with the true breached_at."""
    heard = hear(FLOOR, handed_off("2026-03-10 10:00"), until="2026-03-10 12:00")

    assert heard.chain("speed") == [
        ("provisional", "2026-03-10 11:00:00"),
        ("confirmed", "2026-03-10 11:00:30"),
    ]
    assert local(heard.breach("speed")["breached_at"]) == "2026-03-10 11:00:00"


def test_c19_started_at_is_the_first_open_instant() -> None:
    """Handed off on Saturday, nord opens on Monday at 9: due at 10."""
    heard = hear(FLOOR, handed_off("2026-03-07 15:00"), until="2026-03-09 12:00")

    breach = heard.breach("speed")
    assert local(breach["started_at"]) == "2026-03-09 09:00:00"
    assert local(breach["due_at"]) == "2026-03-09 10:00:00"


def test_c19_business_time_is_counted_in_the_calendar_of_whoever_owns_the_lead() -> None:
    """Nord keeps it 30 min until 17:30; sued, open to 20:00, gets it at 18:00: due 18:30."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 17:00"),
        handed_off("2026-03-10 18:00", team="sued", rep="carla"),
        until="2026-03-11 12:00",
    )

    breach = heard.breach("speed")
    assert local(breach["due_at"]) == "2026-03-10 18:30:00"
    assert (breach["team_id"], breach["rep_id"]) == ("sued", "carla")
    assert breach["shares"] == [
        {"team_id": "nord", "rep_id": "anna", "seconds": 1800, "share": 0.5},
        {"team_id": "sued", "rep_id": "carla", "seconds": 1800, "share": 0.5},
    ]


def test_c19_calendar_start_pins_the_first() -> None:
    """With calendar: start the remaining half hour is nord's, on the next morning."""
    body = agreement({**SPEED, "calendar": "start"})

    heard = hear(
        body,
        handed_off("2026-03-10 17:00"),
        handed_off("2026-03-10 18:00", team="sued", rep="carla"),
        until="2026-03-12 12:00",
    )

    assert local(heard.breach("speed")["due_at"]) == "2026-03-11 09:30:00"


def test_c19_a_team_that_is_not_listed_is_counted_round_the_clock() -> None:
    """Team west is nowhere in the agreement: due on Sunday, one hour after the hand-off."""
    heard = hear(FLOOR, handed_off("2026-03-08 15:00", team="west"), until="2026-03-09 12:00")

    assert local(heard.breach("speed")["due_at"]) == "2026-03-08 16:00:00"


@pytest.mark.parametrize(
    ("told", "stops"),
    [
        ({}, True),
        ({"channel": "message"}, True),
        ({"outcome": "no_answer"}, True),
        ({"rep_id": "somebody-else"}, True),
        ({"automated": True}, False),
        ({"outcome": "bounced"}, False),
        ({"outcome": "failed"}, False),
        ({"party": "marketing"}, False),
        ({"direction": "inbound"}, False),
        ({"direction": "inbound", "outcome": "connected"}, True),
        ({"direction": "inbound", "outcome": "appointment_booked"}, False),
        ({"direction": "inbound", "outcome": "connected", "automated": True}, False),
    ],
)
def test_c19_what_stops_a_clock(told: dict[str, Any], *, stops: bool) -> None:
    """Of the debtor's party: outbound, by a person, delivered; or inbound and connected."""
    heard = hear(FLOOR, handed_off("2026-03-10 10:00"), attempt("2026-03-10 10:30", **told))

    assert (heard.outcome("speed") == "met") is stops


@pytest.mark.parametrize(
    ("qualifying", "rep", "stops"),
    [
        ({"by": "owner"}, "anna", True),
        ({"by": "owner"}, "ben", False),
        ({"by": "team"}, "ben", True),
        ({"by": "team"}, "carla", False),
        ({"by": "anyone"}, None, True),
        ({"channels": ["meeting"]}, "anna", False),
    ],
)
def test_c19_qualifying_narrows_it(
    qualifying: dict[str, object], rep: str | None, *, stops: bool
) -> None:
    """Only the owner, the owner's team, or certain channels."""
    body = agreement({**SPEED, "qualifying": qualifying})

    heard = hear(body, handed_off("2026-03-10 10:00"), attempt("2026-03-10 10:30", rep_id=rep))

    assert (heard.outcome("speed") == "met") is stops


def test_the_first_attempt_is_the_earliest_not_the_first_told() -> None:
    """10:50 is told before 10:20: answered at 10:20, in revision 2."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:50"),
        attempt("2026-03-10 10:20", seen="2026-03-10 10:55"),
    )

    verdict = heard.verdict("speed")
    assert local(verdict["answered_at"]) == "2026-03-10 10:20:00"
    assert verdict["revision"] == 2


def test_c19_an_attempt_before_the_handoff_counts_from_lead_created_on() -> None:
    """Marketing's colleague in Sales called at 9:30: met with 0 s, flagged, not at 8:30."""
    facts = [created("2026-03-10 09:00"), handed_off("2026-03-10 10:00")]

    heard = hear(FLOOR, *facts, attempt("2026-03-10 09:30"))
    too_early = hear(FLOOR, *facts, attempt("2026-03-10 08:30"))

    verdict = heard.verdict("speed")
    assert (verdict["outcome"], verdict["pre_handoff"]) == ("met", True)
    assert verdict["elapsed_seconds"] == 0
    assert too_early.outcome("speed") is None


@pytest.mark.parametrize(
    ("outcome", "when", "verdict"),
    [
        ("disqualified", "10:30", "cancelled"),
        ("duplicate", "11:00", "cancelled"),
        ("won", "10:30", "cancelled"),
        ("lost", "10:30", "unmet"),
        ("disqualified", "11:30", "unmet"),
        ("lost", "11:30", "unmet"),
    ],
)
def test_c19_a_close_without_an_attempt(outcome: str, when: str, verdict: str) -> None:
    """At or before due it cancels, except lost, which is a miss; after due it is unmet."""
    heard = hear(FLOOR, handed_off("2026-03-10 10:00"), closed(f"2026-03-10 {when}", outcome))

    assert heard.outcome("speed") == verdict
    breached = [status for status, _ in heard.chain("speed")]
    assert breached == ([] if when <= "11:00" else ["provisional", "confirmed", "resolved"])


def test_c19_a_verdict_caused_by_a_close_waits_for_false_close() -> None:
    """Closed 10:30: cancelled is said at 10:45."""
    heard = hear(FLOOR, handed_off("2026-03-10 10:00"), closed("2026-03-10 10:30", "disqualified"))

    (verdict,) = heard.verdicts
    assert verdict.detected_at == at("2026-03-10 10:45")


def test_c19_resolved_follows_confirmed_only() -> None:
    """Answered 11:00:10, within settle: confirmed, then resolved, both at 11:00:30."""
    heard = hear(FLOOR, handed_off("2026-03-10 10:00"), attempt("2026-03-10 11:00:10"))

    assert heard.chain("speed") == [
        ("provisional", "2026-03-10 11:00:00"),
        ("confirmed", "2026-03-10 11:00:30"),
        ("resolved", "2026-03-10 11:00:30"),
    ]
    assert heard.breach("speed")["overrun_seconds"] == 10
    assert heard.verdicts[0].detected_at == at("2026-03-10 11:00:10")


def test_c19_report_only_gives_verdicts_breaches_never() -> None:
    """Answered an hour late under a commitment that only reports: met_late, no breach."""
    body = agreement({**SPEED, "report_only": True})

    heard = hear(body, handed_off("2026-03-10 10:00"), attempt("2026-03-10 14:00"))

    assert heard.outcome("speed") == "met_late"
    assert heard.breaches == []


def test_c19_speed_to_lead_runs_from_creation_in_its_own_calendar() -> None:
    """Created on Sunday night, called 4 min later, round the clock: met before any hand-off."""
    body = agreement(
        {"id": "fast", "clock": "speed_to_lead", "calendar": "always", "target": "PT5M"}
    )

    heard = hear(body, created("2026-03-08 23:00"), attempt("2026-03-08 23:04"))

    verdict = heard.verdict("fast")
    assert (verdict["outcome"], verdict["elapsed_seconds"]) == ("met", 240)
    assert (verdict["calendar"], verdict["team_id"]) == ("always", None)


def test_c19_speed_to_lead_exists_in_cycle_1_only() -> None:
    """A lead that comes back after a close has a speed clock again, no speed_to_lead."""
    body = agreement(
        SPEED, {"id": "fast", "clock": "speed_to_lead", "calendar": "always", "target": "PT5M"}
    )

    heard = hear(
        body,
        created("2026-03-10 09:55"),
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:01"),
        closed("2026-03-10 10:30"),
        handed_off("2026-03-12 10:00"),
        attempt("2026-03-12 10:30"),
    )

    assert [(one.commitment, one.cycle) for one in heard.verdicts] == [
        ("fast", 1),
        ("speed", 1),
        ("speed", 2),
    ]


def test_c19_report_only_without_a_target_has_no_due() -> None:
    """due_at is null, the elapsed time real."""
    body = agreement({"id": "fast", "clock": "speed_to_lead", "report_only": True})

    heard = hear(body, created("2026-03-08 23:00"), attempt("2026-03-09 01:00"))

    verdict = heard.verdict("fast")
    assert (verdict["due_at"], verdict["elapsed_seconds"]) == (None, 7200)


def test_the_first_commitment_that_matches_holds() -> None:
    """website-speed (1 h) for the website, speed (4 h) for the rest; in 4 h a fair lead is met."""
    body = agreement(
        {**SPEED, "id": "website-speed", "applies": {"source": ["website"]}},
        {**SPEED, "target": "PT4H"},
    )
    story = [handed_off("2026-03-10 10:00"), attempt("2026-03-10 14:00")]

    website = hear(body, created("2026-03-10 09:00", source="website"), *story)
    fair = hear(body, created("2026-03-10 09:00", source="fair"), *story)

    assert [(one.commitment, one.outcome) for one in website.verdicts] == [
        ("website-speed", "met_late")
    ]
    assert [(one.commitment, one.outcome) for one in fair.verdicts] == [("speed", "met")]


def test_c19_end_of_next_business_day_is_a_duration_from_the_start_on() -> None:
    """Handed off Friday 10:00: due on Monday 17:30."""
    body = agreement({**SPEED, "target": "end_of_next_business_day"})

    heard = hear(body, handed_off("2026-03-13 10:00"), until="2026-03-17 12:00")

    assert local(heard.breach("speed")["due_at"]) == "2026-03-16 17:30:00"


def test_c19_handed_back_ends_the_clocks_as_a_close_with_disqualified() -> None:
    """Sales returns it at 10:30: cancelled, and the next hand-off begins cycle 2 at once."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00"),
        fact("handed-back", "2026-03-10 10:30", reason="no budget"),
        handed_off("2026-03-10 10:35"),
        attempt("2026-03-10 10:40"),
    )

    assert [(one.cycle, one.outcome, one.reason) for one in heard.verdicts] == [
        (2, "met", None),
        (1, "cancelled", "handed_back"),
    ]


def test_c19_lead_updated_holds_for_clocks_that_start_from_then_on() -> None:
    """An update to website before the hand-off changes the commitment; one after does not."""
    body = agreement(
        {**SPEED, "id": "website-speed", "applies": {"source": ["website"]}},
        {**SPEED, "target": "PT4H"},
    )
    story = [created("2026-03-10 09:00", source="fair"), handed_off("2026-03-10 10:00")]

    before = hear(
        body,
        *story,
        fact("lead-updated", "2026-03-10 09:30", source="website"),
        attempt("2026-03-10 10:10"),
    )
    after = hear(
        body,
        *story,
        fact("lead-updated", "2026-03-10 10:05", source="website"),
        attempt("2026-03-10 10:10"),
    )

    assert before.verdicts[0].commitment == "website-speed"
    assert after.verdicts[0].commitment == "speed"
