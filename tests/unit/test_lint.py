"""What is allowed in an agreement, and still is hardly what was meant."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from streams.domain.lint import NOTE, WARNING, allowed, lint, of_a_year
from streams.domain.policy import policy_of
from tests.support.story import SPEED, agreement

TODAY = date(2026, 3, 10)
GOOD = {"default_calendar": "floor", "review_by": "2026-09-30"}


def warned(*sales: dict[str, Any], volume: int | None = None, **more: Any) -> list[str]:
    """The warnings that an agreement gets, with their places."""
    body = agreement(*sales, **{**GOOD, **more})
    # Every calendar of the builder is used, so that nothing else is warned of.
    body["sales"].append({"id": "m", "clock": "burnt", "calendar": "always", "report_only": True})
    remarks = lint(policy_of(body), TODAY, volume)
    return [
        f"{'.'.join(map(str, one.path))}: {one.text}" for one in remarks if one.level == WARNING
    ]


def test_a_sound_agreement_is_warned_of_nothing() -> None:
    """A second thought is for what deserves one."""
    assert warned(SPEED) == []


@pytest.mark.parametrize(
    ("objective", "volume", "said"),
    [
        ("90", None, "10 misses allowed of 100"),
        ("99.5", None, "5 misses allowed of 1,000"),
        ("90", 150, "15 misses allowed of 150 a month"),
        ("99.999", None, "1 miss allowed of 100,000"),
        ("100", None, "no misses allowed of 100"),
    ],
)
def test_a_percentage_is_said_as_allowed_misses(
    objective: str, volume: int | None, said: str
) -> None:
    """In the least round number of promises that makes them whole, or in the real one."""
    assert allowed(Decimal(objective), volume, "month") == said


def test_t10_one_misplaced_nine() -> None:
    """99.999% are 5.26 min of a year, 99.9999% are 31.5 s; so many nines are asked about."""
    assert round(of_a_year(Decimal("99.999")) / 60_000_000, 2) == 5.26
    assert round(of_a_year(Decimal("99.9999")) / 1_000_000, 1) == 31.5
    (said,) = warned({**SPEED, "objective": "99.999%"})
    assert said == (
        "sales.0.objective: 99.999% of speed: 1 miss allowed of 100,000; as time, 5 min 15.3 s of "
        "a year"
    )


def test_an_objective_without_a_single_miss_is_asked_about() -> None:
    """95% of 10 promises a month; with 90% it is a note only."""
    assert warned({**SPEED, "objective": "95%"}, volume=10) == [
        "sales.0.objective: of 10 not a single one may be missed"
    ]
    remarks = lint(policy_of(agreement({**SPEED, "objective": "90%"}, **GOOD)), TODAY, 10)
    assert [one.text for one in remarks if one.level == NOTE] == [
        "90% of speed: 1 miss allowed of 10"
    ]


def test_a_commitment_that_no_lead_reaches() -> None:
    """Behind one for all, behind two that take all of its leads; not where some are left."""
    website = {**SPEED, "id": "web", "applies": {"source": ["website"]}}
    early = {**SPEED, "id": "early", "applies": {"stage": ["iql", "mql"]}}
    ready = {**SPEED, "id": "ready", "applies": {"stage": ["sql"]}}
    fair = {**SPEED, "id": "fair", "applies": {"source": ["website", "fair"]}}

    assert warned(SPEED, website) == [
        (
            "sales.1: no lead is ever promised 'web': leads with source website fall under 'speed' "
            "before"
        )
    ]
    assert warned(early, ready, SPEED) == [
        "sales.2: no lead is ever promised 'speed': all leads fall under 'early' and 'ready' before"
    ]
    assert warned(website, fair, SPEED) == []


def test_a_target_that_runs_while_its_team_is_closed() -> None:
    """Round the clock, within an hour: what comes in at night nobody can meet."""
    speed_to_lead = {"id": "lead", "clock": "speed_to_lead", "calendar": "always"}

    (said,) = warned({**speed_to_lead, "target": "PT1H"})

    assert said == (
        "sales.0.target: counted in 'always' it cannot be met by nord and sued in their hours: "
        "what begins on Thu 1 Jan 2026 17:30, when they close, is due on Thu 1 Jan 2026 18:30, "
        "before they open again"
    )
    assert warned({**speed_to_lead, "target": "PT90H"}) == []
    assert warned({**speed_to_lead, "report_only": True}) == []


def test_a_target_that_is_too_short_or_too_long() -> None:
    """Back-dating covers it, no warning can be given, the attempts do not fit, months go by."""
    assert warned({**SPEED, "target": "PT10M"}) == [
        (
            "sales.0.target: an attempt that is written down by hand 15 min later still counts as "
            "in time within 10 min"
        )
    ]
    assert warned({**SPEED, "target": "PT4M", "warn_at": [50, 90]}, max_backdate="PT1M") == [
        "sales.0.warn_at: at 90% of 4 min less than 30 s are left, and no warning is given"
    ]
    assert warned({"id": "d", "clock": "depth", "within": "PT5M", "min_attempts": 6}) == [
        "sales.0.within: 6 attempts that are 1 min apart do not fit into 5 min"
    ]
    far = warned({**SPEED, "target": "PT800H"})
    assert far[0].startswith("sales.0.target: in calendar 'floor' that is 148 days: ")


def test_teams_and_their_reps() -> None:
    """No calendar of their own, nobody to tell, a rep twice, aliases that are missing or shared."""
    reps = {"r1": {"alias": "A"}, "r2": {"alias": "A"}, "r3": None}
    teams = {"nord": {"calendar": "floor", "reps": reps}, "sued": {"reps": ["r1"]}}

    said = warned(
        SPEED,
        teams=teams,
        privacy={"reps": "alias"},
        escalation=[{"at": "100%", "to": "team_lead"}],
    )

    assert said == [
        "calendars.long: nothing is counted in calendar 'long'",
        "teams.nord: escalation tells the lead of the team, and 'nord' names none",
        "teams.nord: r3 has no alias, and will be shown together as 'other'",
        "teams.nord: several reps have the alias 'A', and will be shown as one",
        "teams.sued: team 'sued' has no calendar; it is counted in the default one, 'floor'",
        "teams.sued: escalation tells the lead of the team, and 'sued' names none",
        "teams.sued: r1 is in 'nord' and in 'sued'",
        "teams.sued: r1 has no alias, and will be shown together as 'other'",
    ]


def test_leads_of_teams_that_are_not_listed() -> None:
    """Without a default calendar they are counted round the clock."""
    remarks = lint(policy_of(agreement(SPEED)), TODAY)

    assert any("counted round the clock" in one.text for one in remarks)


def test_holidays_are_warned_of_90_days_before_they_end() -> None:
    """Known until the end of May: on 2 March all is well, on 3 March it is not."""
    body = agreement(SPEED, **GOOD)
    body["calendars"]["floor"]["holidays"] = {
        "country": "DE",
        "first": "2025-01-01",
        "last": "2026-05-31",
    }
    policy = policy_of(body)

    def told(today: date) -> bool:
        return any("holidays" in one.path for one in lint(policy, today))

    assert (told(date(2026, 3, 1)), told(date(2026, 3, 2))) == (False, True)


def test_clauses_without_an_end() -> None:
    """Pauses without a budget, exclusions without a cap, sources of no clock, a review gone by."""
    assert warned(
        SPEED,
        review_by="2026-03-09",
        pauses={"reasons": ["vacation"]},
        exclusions={"reasons": ["storm"]},
        sources={"dialer": {"max_silence": "PT10M", "clocks": ["speed", "owner"]}},
    ) == [
        "review_by: the review was due on Mon 9 Mar 2026",
        "pauses: a clock may be paused for ever",
        "exclusions: any amount of time may be excluded, and no minimum standard remains",
        "sources.dialer.clocks: there is no commitment with the clock owner",
    ]
