"""The policy: which promise a lead has, in whose business time, and under which version."""

from itertools import permutations

import pytest

from schemas.instants import DAY, HOUR, MINUTE, parse_instant
from streams.domain.agreement import AgreementError, read_agreement
from streams.domain.calendar import ALWAYS
from streams.domain.commitment import BusinessDays
from streams.domain.policies import Policies
from streams.domain.policy import Policy, policy_digest, policy_of
from tests.support.agreements import VALID

BODY: dict[str, object] = {
    "agreement": "Smarketing 2026",
    "version": 1,
    "effective_from": "2026-04-01T00:00:00+02:00",
    "calendars": {
        "floor": {"zone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-17:30"]}},
        "shift": {"zone": "Europe/Berlin", "hours": {"mon-sun": ["22:00-06:00"]}},
    },
    "teams": {"nord": {"calendar": "floor", "reps": ["rep-anna"]}, "nacht": {"calendar": "shift"}},
    "sales": [
        {
            "id": "fair-large",
            "clock": "speed",
            "applies": {"source": ["fair", "partner"], "segment": ["large"]},
            "target": "PT30M",
        },
        {"id": "website", "clock": "speed", "applies": {"source": "website"}, "target": "PT1H"},
        {"id": "night", "clock": "speed", "applies": {"team_id": ["nacht"]}, "target": "PT2H"},
        {"id": "rest", "clock": "depth", "within": {"business_days": 10}, "mix": {"call": 6}},
    ],
    "marketing": [{"id": "touch", "clock": "speed", "target": "end_of_next_business_day"}],
}
POLICY = policy_of(BODY)


def chosen(clock: str, **attributes: str | None) -> str | None:
    """The id of the commitment that a lead with these attributes has."""
    commitment = POLICY.commitment_for(clock, attributes)
    return commitment.id if commitment else None


def published(version: int, effective_from: str) -> Policy:
    """A version that takes effect then."""
    return policy_of({**BODY, "version": version, "effective_from": effective_from})


def test_the_first_commitment_that_matches_holds() -> None:
    """All keys have to match, by any of their values; later entries take the rest."""
    assert chosen("speed", source="fair", segment="large", team_id="nacht") == "fair-large"
    assert chosen("speed", source="partner", segment="large") == "fair-large"
    assert chosen("speed", source="fair", segment="small", team_id="nacht") == "night"
    assert chosen("speed", source="website", segment="large") == "website"
    assert chosen("speed", source="fair", segment=None) == "touch"
    assert chosen("speed") == "touch"


def test_a_kind_without_commitment_promises_nothing() -> None:
    """There is no default promise."""
    assert chosen("speed_to_lead", source="website") is None
    assert POLICY.kinds == ("speed", "depth")


def test_the_debtor_is_the_party_under_whose_list_it_stands() -> None:
    """The creditor is the other one."""
    parties = {at.id: (at.debtor, at.creditor) for at in POLICY.commitments}

    assert parties["website"] == ("sales", "marketing")
    assert parties["touch"] == ("marketing", "sales")


def test_the_end_of_the_next_business_day_is_one_business_day() -> None:
    """Both ways to write it are one target."""
    assert POLICY.commitments[-1].target == BusinessDays(1)


def test_a_mix_without_minimum_is_the_minimum() -> None:
    """Six calls are at least six attempts."""
    depth = POLICY.commitment_for("depth", {})

    assert depth is not None
    assert (depth.min_attempts, depth.max_attempts) == (6, None)


def test_a_listed_team_has_its_calendar() -> None:
    """By name and by hours."""
    assert POLICY.calendar_of("nacht") == POLICY.calendars["shift"]
    assert POLICY.calendar_name_of("nacht") == "shift"


def test_an_unlisted_team_runs_round_the_clock_or_by_default() -> None:
    """No team is one, too; `default_calendar` names another calendar."""
    floor = policy_of({**BODY, "default_calendar": "floor"})

    for team_id in ("west", None):
        assert POLICY.calendar_of(team_id) is ALWAYS
        assert POLICY.calendar_name_of(team_id) is None
        assert floor.calendar_of(team_id) == floor.calendars["floor"]
        assert floor.calendar_name_of(team_id) == "floor"


def test_a_lead_url_is_written_for_one_lead() -> None:
    """The id is escaped; without `lead_url` there is none."""
    policy = policy_of({**BODY, "lead_url": "https://crm.example/?id={lead_id}"})

    assert policy.url_of("a:b") == "https://crm.example/?id=a%3Ab"
    assert POLICY.url_of("a:b") is None


def test_a_bad_body_is_refused_with_the_clause() -> None:
    """There is no file, so the clause stands where line and column would."""
    with pytest.raises(AgreementError) as caught:
        policy_of({**BODY, "version": -1, "settle": "P1D"}, "version 9")

    lines = str(caught.value).splitlines()
    assert [problem.where for problem in caught.value.problems] == ["settle", "version"]
    assert lines[0].startswith("version 9:settle: found 'P1D', wanted hours, minutes and seconds")


def test_a_body_that_is_no_mapping_is_refused() -> None:
    """Whatever JSON brings."""
    with pytest.raises(AgreementError, match="found a list"):
        policy_of([])  # type: ignore[arg-type] # what the type forbids may still be published


def test_unresolved_holidays_are_refused() -> None:
    """A worker never resolves holidays."""
    floor = {"zone": "UTC", "hours": {"mon": "09:00-10:00"}, "holidays": {"country": "DE"}}

    with pytest.raises(AgreementError, match="leadclock policy publish"):
        policy_of({**BODY, "calendars": {"floor": floor, "shift": floor}})


def test_a_changed_body_does_not_match_its_digest() -> None:
    """What was published is what holds, to the letter."""
    body = read_agreement(VALID, "policy.yaml")

    with pytest.raises(AgreementError, match="the digest of this body"):
        policy_of({**body, "version": 4})


def test_the_digest_is_of_the_content_alone() -> None:
    """Neither the order of keys nor the digest itself makes a difference; a version does."""
    digest = policy_digest(BODY)

    assert policy_digest(dict(reversed(BODY.items()))) == digest
    assert policy_digest({**BODY, "digest": digest}) == digest
    assert policy_digest({**BODY, "version": 2}) != digest
    assert POLICY.digest == digest


def test_fractions_of_seconds_are_exact() -> None:
    """PT1M0.25S is 60,250,000 microseconds."""
    assert policy_of({**BODY, "settle": "PT1M0.25S"}).settle == MINUTE + 250_000


FIRST, SECOND, THIRD = (
    published(1, "2026-01-01T00:00:00Z"),
    published(2, "2026-03-01T00:00:00Z"),
    published(3, "2026-03-01T00:00:00Z"),
)
JANUARY, FEBRUARY, MARCH = (parse_instant(f"2026-0{month}-01T00:00:00Z") for month in (1, 2, 3))


def test_nothing_published_holds_for_nobody() -> None:
    """A worker without policy is not ready."""
    assert Policies().pinned(JANUARY) is None


def test_c19_the_earliest_version_also_holds_before() -> None:
    """Published in February, effective from January: also for a lead of last year."""
    policies = Policies().with_policy(FIRST, FEBRUARY)

    assert policies.pinned(JANUARY - 365 * DAY) is FIRST


def test_a_version_holds_from_its_effective_from_on() -> None:
    """Published before: at the very instant, not a microsecond earlier."""
    policies = Policies().with_policy(FIRST, JANUARY).with_policy(SECOND, FEBRUARY)

    assert policies.pinned(MARCH - 1) is FIRST
    assert policies.pinned(MARCH) is SECOND


def test_g16_a_version_published_late_holds_from_its_publication_on() -> None:
    """Nobody is bound by what could not be known: effective from March, seen an hour later."""
    policies = Policies().with_policy(FIRST, JANUARY).with_policy(SECOND, MARCH + HOUR)

    assert policies.pinned(MARCH + HOUR - 1) is FIRST
    assert policies.pinned(MARCH + HOUR) is SECOND


def test_of_two_versions_with_one_start_the_higher_holds() -> None:
    """2 and 3 take effect in March; before that the lower of the earliest start."""
    policies = Policies().with_policy(THIRD, FEBRUARY).with_policy(SECOND, FEBRUARY)

    assert policies.pinned(MARCH) is THIRD
    assert policies.pinned(JANUARY) is SECOND


def test_g16_a_published_version_never_changes() -> None:
    """A second publication of version 1 is ignored, with another body, too."""
    again = policy_of({**BODY, "agreement": "Another"})
    policies = Policies().with_policy(FIRST, JANUARY)

    assert policies.with_policy(FIRST, FEBRUARY) == policies
    assert policies.with_policy(again, FEBRUARY).pinned(MARCH) is FIRST


def test_the_order_of_publications_means_nothing() -> None:
    """Any order in which three versions are told leaves the same answers."""
    told = [(FIRST, JANUARY), (SECOND, MARCH + HOUR), (THIRD, FEBRUARY), (SECOND, MARCH + DAY)]

    outcomes = set()
    for order in permutations(told):
        policies = Policies()
        for policy, seen_at in order:
            policies = policies.with_policy(policy, seen_at)
        outcomes.add(tuple((policy.version, seen_at) for policy, seen_at in policies.published))

    assert outcomes == {((1, JANUARY), (3, FEBRUARY), (2, MARCH + HOUR))}


def test_what_is_published_later_is_not_known_yet() -> None:
    """Asked as of February, version 2 of March does not exist."""
    policies = Policies().with_policy(FIRST, JANUARY).with_policy(SECOND, MARCH)

    assert policies.pinned(MARCH, known_at=FEBRUARY) is FIRST
    assert policies.pinned(MARCH, known_at=MARCH) is SECOND
    assert policies.pinned(MARCH, known_at=JANUARY - 1) is None
