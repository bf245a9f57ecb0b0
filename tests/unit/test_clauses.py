"""The clauses of an agreement beside its promises: read, and refused with place and remedy."""

import pytest

from schemas.instants import HOUR
from streams.domain.agreement import read_agreement
from streams.domain.policy import policy_of
from tests.support.agreements import VALID, problems_of

REFUSED = [
    ("pauses: {budget: PT16H}", "29:9", "'reasons'", "add `reasons: [vacation]`"),
    ("pauses: {reasons: [a], budget: P2D}", "29:32", "PT1H30M", "a day is not a length"),
    ("pauses: {reasons: [a], bugdet: PT1H}", "29:24", "budget", "did you mean 'budget'?"),
    ("pauses: {reasons: []}", "29:19", "at least one value", "remove the key"),
    (
        "marketing:\n  - {id: early, clock: too_early}",
        "30:5",
        "the stages",
        "add `stage: [iql]`",
    ),
    (
        "marketing:\n  - {id: early, clock: too_early, stage: [iqll]}",
        "30:43",
        "iql, mql, sql",
        "did you mean 'iql'?",
    ),
    ("exclusions: {cap: PT40H}", "29:13", "'reasons'", "add `reasons: [vacation]`"),
    ("exclusions: {reasons: [storm], cap: P5D}", "29:37", "PT1H30M", "a day is not a length"),
    ("sources: {dialer: {clocks: [speed]}}", "29:19", "'max_silence'", "add `max_silence: PT10M`"),
    (
        "sources: {dialer: {max_silence: PT1H, clocks: [gate]}}",
        "29:48",
        "one of speed",
        "write a known one",
    ),
    ("marketing:\n  - {id: gate, clock: gate}", "30:5", "through", "add `min_score: 50`"),
    (
        "marketing:\n  - {id: gate, clock: gate, min_score: high}",
        "30:40",
        "a number",
        "as 50 or 12.5",
    ),
    ("privacy: {min_group: 1}", "29:22", "from 2 to 1000", "such a number"),
    (
        "privacy: {reps: alias, min_group: 5}",
        "29:24",
        "a group that somebody could hide in",
        "write `reps: team_only`",
    ),
    (
        "marketing:\n  - {id: q, clock: qualify, target: PT1H, calendar: start}",
        "30:53",
        "the name of a calendar",
        "no team owns",
    ),
    (
        "marketing:\n  - {id: q, clock: qualify, target: PT1H, qualifying: {by: team}}",
        "30:43",
        "a key",
        "remove it",
    ),
]


@pytest.mark.parametrize(("block", "place", "wanted", "mend"), REFUSED)
def test_a_clause_that_is_wrong_has_a_place_and_a_remedy(
    block: str, place: str, wanted: str, mend: str
) -> None:
    """One clause after the valid agreement: where it is refused, why, and how to mend it."""
    # Instead of the line that says it already, if there is one.
    text = VALID.replace("privacy: {reps: alias}\n", "\n") if "privacy" in block else VALID

    (problem,) = problems_of(text + block + "\n")

    assert f"{problem.line}:{problem.column}" == place, problem
    assert wanted in problem.wanted or problem.wanted.startswith("one of")
    assert mend in problem.mend


def test_pauses_are_read() -> None:
    """Reasons and budget."""
    policy = policy_of(
        read_agreement(VALID + "pauses: {reasons: [vacation], budget: PT16H}\n", "policy.yaml")
    )

    assert policy.pauses.reasons == {"vacation"}
    assert policy.pauses.budget == 16 * HOUR


def test_a_cap_needs_a_period() -> None:
    """Of what month, in which zone?"""
    text = VALID.replace("zone: Europe/Berlin\nperiod: month\n", "")

    (problem,) = problems_of(text + "exclusions: {reasons: [storm], cap: PT40H}\n")

    assert (problem.line, problem.column) == (27, 32)
    assert problem.found == "a cap without 'zone' and 'period'"


def test_every_kind_of_clock_but_goals_is_read() -> None:
    """Each with what it needs and nothing more."""
    kinds = """marketing:
  - {id: owner, clock: owner, target: PT1H, qualifying: {channels: [call]}}
  - {id: qualify, clock: qualify, target: end_of_next_business_day}
  - {id: touch, clock: first_touch, target: PT1H, calendar: always}
  - {id: next, clock: next_attempt, target: PT4H}
  - {id: burnt, clock: burnt, target: PT40H}
  - {id: early, clock: too_early, stage: [iql]}
  - {id: gate, clock: gate, min_score: "49.5", stage: [mql, sql]}
"""
    policy = policy_of(read_agreement(VALID + kinds, "policy.yaml"))

    by_id = {one.id: one for one in policy.commitments}
    assert by_id["gate"].min_score == 49.5
    assert by_id["gate"].debtor == "marketing"
    assert by_id["early"].stages == {"iql"}
    assert policy.from_creation == ("speed_to_lead", "qualify", "first_touch")
    assert policy.from_handoff == ("speed", "depth", "burnt")
