"""The agreement file: what is read out of it."""

import json

from schemas.instants import HOUR, MINUTE, SECOND, format_instant, parse_instant
from streams.domain.agreement import read_agreement
from streams.domain.commitment import BusinessDays
from streams.domain.policy import policy_digest, policy_of
from streams.domain.zones import TZDATA_VERSION
from tests.support.agreements import EXAMPLES, VALID

SMALLEST = """\
agreement: A
version: 1
effective_from: 2026-01-01T00:00:00Z
calendars: {}
teams: {}
sales: [{id: speed, clock: speed, target: end_of_next_business_day}]
"""


def test_the_agreement_of_the_contract_is_read() -> None:
    """Every clause that is kept arrives in the policy with its meaning."""
    policy = policy_of(read_agreement(VALID, "policy.yaml"))

    website, speed, lead_speed, depth = policy.commitments
    assert (policy.agreement, policy.version) == ("Smarketing 2026", 3)
    assert format_instant(policy.effective_from) == "2026-03-31T22:00:00.000000Z"
    assert (policy.zone, policy.period, policy.privacy) == ("Europe/Berlin", "month", "alias")
    assert policy.settle == 45 * SECOND
    assert website.applies == {"source": frozenset({"website"})}
    assert (website.target, speed.target) == (HOUR, 4 * HOUR + 30 * MINUTE)
    assert [str(share) for share in website.warn_at] == ["50", "75", "90"]
    assert str(website.objective) == "90"
    assert lead_speed.report_only
    assert (lead_speed.calendar, lead_speed.target) == ("always", None)
    assert lead_speed.buckets == (5 * MINUTE, HOUR)
    assert depth.within == BusinessDays(10)
    assert (depth.min_attempts, depth.max_attempts) == (6, 12)
    assert depth.mix == {"call": 3, "email": 2}
    assert depth.automated == frozenset({"email"})
    assert {commitment.debtor for commitment in policy.commitments} == {"sales"}
    assert {commitment.creditor for commitment in policy.commitments} == {"marketing"}
    assert policy.teams["nord"].reps == {"rep-anna": "Anna", "rep-ben": None}
    assert policy.teams["sued"].reps == {"rep-dora": None, "rep-emil": None}
    assert policy.labels["segment"] == frozenset({"small", "medium", "large"})


def test_g8_the_smallest_agreement_is_enough() -> None:
    """Only six keys are required; every length has the default of the contract."""
    policy = policy_of(read_agreement(SMALLEST, "policy.yaml"))

    assert policy.commitments[0].target == BusinessDays(1)
    assert (policy.settle, policy.correction_horizon) == (30 * SECOND, 168 * HOUR)
    assert (policy.false_close, policy.max_backdate) == (15 * MINUTE, 15 * MINUTE)
    assert (policy.double_dial, policy.dormant) == (60 * SECOND, 2160 * HOUR)
    assert policy.privacy == "team_only"


def test_c19_holidays_become_closed_dates() -> None:
    """Berlin, from the year before 2026 until two years after it; dated openings stay open."""
    body = read_agreement(
        VALID.replace("{2026-12-31:", "{2026-05-01: ['10:00-11:00'], 2026-12-31:"), "policy.yaml"
    )

    floor = policy_of(body).calendars["floor"]
    closed = sorted(day.isoformat() for day in floor.closed)
    assert "2026-04-03" in closed
    assert "2026-12-24" in closed
    assert "2026-05-01" not in closed
    assert (closed[0], closed[-1]) == ("2025-01-01", "2028-12-26")


def test_the_body_says_what_it_was_made_with() -> None:
    """Zone data and holidays by version, the years that are covered, and a digest of it all."""
    body = read_agreement(VALID, "policy.yaml")

    plain = json.loads(json.dumps(body))
    assert plain["resolved"]["tzdata"] == TZDATA_VERSION
    assert plain["resolved"]["holidays"]
    assert plain["calendars"]["floor"]["holidays"]["last"] == "2028-12-31"
    assert plain["digest"] == policy_digest(plain)
    assert policy_of(plain).tzdata == TZDATA_VERSION


def test_the_year_of_the_holidays_is_the_local_one() -> None:
    """New Year in Berlin is still the old year in UTC; the agreement means 2026."""
    body = read_agreement(
        VALID.replace("2026-04-01T00:00:00+02:00", "2026-01-01T00:00:00+01:00"), "policy.yaml"
    )

    assert max(policy_of(body).calendars["floor"].closed).isoformat() == "2028-12-26"


def test_quotes_make_no_difference() -> None:
    """Numbers, dates, instants, hours and truth values, quoted or not."""
    quoted = (
        VALID.replace("version: 3", 'version: "3"')
        .replace("2026-04-01T00:00:00+02:00", "'2026-04-01T00:00:00+02:00'")
        .replace("[2026-12-24]", "['2026-12-24']")
        .replace('"09:00-12:00", "13:00-17:30"', "09:00-12:00, 13:00-17:30")
        .replace("report_only: true", "report_only: 'true'")
        .replace("objective: 90%", "objective: '90%'")
    )

    plain, again = (policy_of(read_agreement(text, "p")) for text in (VALID, quoted))

    assert plain.commitments == again.commitments
    assert plain.calendars == again.calendars
    assert (plain.version, plain.effective_from) == (again.version, again.effective_from)


def test_hours_may_cross_midnight() -> None:
    """22:00-06:00 on Friday is still open on Saturday at 05:59."""
    text = VALID.replace('{mon-fri: ["09:00-12:00", "13:00-17:30"]}', "{fri: 22:00-06:00}")

    floor = policy_of(read_agreement(text, "policy.yaml")).calendars["floor"]

    saturday = parse_instant("2026-03-14T05:59:00+01:00")
    assert floor.is_open(saturday)
    assert not floor.is_open(saturday + MINUTE)


def test_the_example_is_valid() -> None:
    """What people copy first is right, and keeps all three clock kinds."""
    text = (EXAMPLES / "policy.yaml").read_text(encoding="utf-8")

    policy = policy_of(read_agreement(text, "policy.yaml"))

    assert policy.kinds == ("speed", "speed_to_lead", "depth")


def test_a_team_without_calendar_has_the_default_one() -> None:
    """It may be left out of a team when there is a `default_calendar`."""
    text = VALID.replace("calendar: floor, ", "").replace(
        "period: month", "default_calendar: always"
    )

    policy = policy_of(read_agreement(text, "policy.yaml"))

    assert policy.calendar_of("nord") == policy.calendars["always"]


def test_numbers_that_are_names_stay_as_they_are_written() -> None:
    """A campaign 2026, a segment 007: text in a fact, text in the agreement."""
    text = VALID.replace("{source: [website]}", "{campaign: [2026], segment: [007]}")

    website = policy_of(read_agreement(text, "policy.yaml")).commitments[0]

    assert website.matches({"campaign": "2026", "segment": "007"})
