"""A synthetic lead: under any agreement, at any hour, a verdict at once and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from schemas.codec import fact_of
from schemas.facts import AnyFact, HandedOff
from schemas.instants import DAY, SECOND, Instant, parse_instant
from streams.domain.agreement import read_agreement
from streams.domain.attainment import attainments
from streams.domain.policy import Policy, policy_of
from streams.domain.probe import erased, told_of
from streams.domain.strikes import actor_of
from streams.replay import replay
from tests.support.floor import agreement

MONDAY = parse_instant("2026-03-02T10:00:00Z")
SUNDAY = parse_instant("2026-03-01T03:00:00Z")
EXAMPLE = Path(__file__).parents[2] / "examples/policy.yaml"
HOURS = {"zone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-17:00"]}}
LEAD = "synthetic:1"


def sales(*commitments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Give an agreement with these promises of Sales."""
    return agreement(sales=list(commitments), **more)


AGREEMENTS = {
    "speed": agreement(),
    "business hours": agreement(calendars={"always": HOURS}),
    "narrowed": sales(
        {
            "id": "s",
            "clock": "speed",
            "target": "PT1H",
            "applies": {"source": ["website"], "segment": ["big"], "stage": ["sql"]},
            "qualifying": {"channels": ["meeting", "email"], "by": "team"},
        }
    ),
    "owner": sales({"id": "o", "clock": "owner", "target": "PT1H"}),
    "depth": sales({"id": "d", "clock": "depth", "within": "PT8H", "min_attempts": 6}),
    "to lead": sales(
        {"id": "l", "clock": "speed_to_lead", "calendar": "always", "report_only": True}
    ),
    "with a gate": {
        **sales(
            {"id": "s", "clock": "speed", "target": "PT1H"},
            {"id": "early", "clock": "too_early", "stage": ["mql", "iql"]},
        ),
        "marketing": [{"id": "g", "clock": "gate", "min_score": 50, "stage": ["sql"]}],
    },
    "warnings and more": sales(
        {"id": "s", "clock": "speed", "target": "PT1H", "warn_at": [50], "objective": "90%"},
        {"id": "n", "clock": "next_attempt", "target": "PT4H"},
        {"id": "b", "clock": "burnt", "target": "PT40H"},
    ),
}


def lines(policy: Policy, at: Instant) -> list[tuple[int, AnyFact]]:
    """Tell a synthetic lead from first to last."""
    told = told_of(LEAD, policy, at)
    assert told is not None
    return list(enumerate([*told, erased(LEAD, at + SECOND)]))


@pytest.mark.parametrize("at", [MONDAY, SUNDAY], ids=["monday", "sunday"])
@pytest.mark.parametrize("name", AGREEMENTS)
def test_a_verdict_follows_at_once(name: str, at: Instant) -> None:
    """Before it is erased: met; and never a breach or a warning, however long one waits."""
    policy = policy_of(AGREEMENTS[name])
    at_once = replay(policy, lines(policy, at)[:-1], until=at)
    in_the_end = replay(policy, lines(policy, at), until=at + 10 * DAY)

    assert "met" in [one.outcome for one in at_once.verdicts]
    assert (in_the_end.breaches, in_the_end.warnings) == ([], [])
    assert attainments(in_the_end.verdicts) == {}
    assert not any(
        window.leads for card in in_the_end.scorecards for window in card.windows.values()
    )


def test_the_published_example_can_be_probed() -> None:
    """What the documentation begins with is watched as well."""
    policy = policy_of(read_agreement(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))

    found = replay(policy, lines(policy, MONDAY))

    assert "met" in [one.outcome for one in found.verdicts]


def test_where_nothing_ends_by_reaching_a_lead_there_is_nothing_to_tell() -> None:
    """Marketing's promises alone; or a team's own attempts, and no team has a rep."""
    marketing = {"id": "g", "clock": "gate", "min_score": 50}
    by_team = {"id": "s", "clock": "speed", "target": "PT1H", "qualifying": {"by": "team"}}
    alone = agreement(sales=[], marketing=[marketing])
    empty = agreement(sales=[by_team], teams={"nord": {"calendar": "always", "reps": []}})

    assert told_of(LEAD, policy_of(alone), MONDAY) is None
    assert told_of(LEAD, policy_of(empty), MONDAY) is None


def test_a_rep_is_named_only_where_somebody_has_to_answer() -> None:
    """Anyone's attempts count: the lead lies in the queue, where nobody misses it."""
    told = told_of(LEAD, policy_of(AGREEMENTS["speed"]), MONDAY)
    owned = told_of(LEAD, policy_of(AGREEMENTS["owner"]), MONDAY)

    assert told is not None
    assert owned is not None
    assert [fact.rep_id for fact in told if isinstance(fact, HandedOff)] == [None]
    assert [fact.rep_id for fact in owned if isinstance(fact, HandedOff)] == ["anna"]


def test_a_breach_of_a_synthetic_lead_is_nobodys_strike() -> None:
    """Should the telling of the answer have failed."""
    handed_off = fact_of(
        {
            "type": "handed-off",
            "event_id": "e",
            "lead_id": LEAD,
            "occurred_at": "2026-03-02T10:00:00Z",
            "team_id": "nord",
        }
    )
    found = replay(policy_of(agreement()), [(1, handed_off)], until=MONDAY + DAY)

    assert [one.status for one in found.breaches] == ["provisional", "confirmed"]
    assert {actor_of(one) for one in found.breaches} == {None}
