"""The whole log of BPI 2012, which may not be redistributed: give its path, see the reason.

Figures counted from the log without any SLA software.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from schemas.facts import AnyFact, ContactAttempt, LeadClosed, LeadCreated
from schemas.refusals import RefusedError
from streams.cli.files import read_facts
from streams.domain.policy import policy_of
from streams.replay import replay
from tests.support.story import agreement

VARIABLE = "LEADCLOCK_BPIC2012"

pytestmark = [
    pytest.mark.skipif(
        VARIABLE not in os.environ,
        reason=f"{VARIABLE} does not name the log of BPI 2012, which may not be redistributed",
    ),
    # Judging 150,000 facts takes longer than a unit test may.
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def facts() -> list[tuple[int, AnyFact]]:
    """Every fact of the log."""
    path = Path(os.environ[VARIABLE])
    told = list(read_facts(str(path), "bpic2012"))
    taken = [(line, fact) for line, fact in told if not isinstance(fact, RefusedError)]
    assert len(taken) == len(told)
    return taken


def test_every_row_becomes_a_fact(facts: list[tuple[int, AnyFact]]) -> None:
    """152,962 rows; 9,606 leads with an attempt, 6.581 each on average, 69 at most."""
    attempts = Counter(fact.lead_id for _, fact in facts if isinstance(fact, ContactAttempt))
    closes = Counter(fact.outcome for _, fact in facts if isinstance(fact, LeadClosed))

    assert len(facts) == 152_962
    assert sum(isinstance(fact, LeadCreated) for _, fact in facts) == 13_087
    assert len(attempts) == 9_606
    assert round(attempts.total() / len(attempts), 3) == 6.581
    assert max(attempts.values()) == 69
    assert closes == {"won": 2_246, "disqualified": 7_635, "lost": 2_807}


@pytest.mark.parametrize(
    ("target", "met"),
    [("PT5M", 1_804), ("PT15M", 2_716), ("PT1H", 4_633), ("PT4H", 6_263), ("PT24H", 9_141)],
)
def test_verdicts_meet_the_figures(facts: list[tuple[int, AnyFact]], target: str, met: int) -> None:
    """Created -> first attempt, round the clock, by the last verdict on each lead."""
    speed_to_lead = {
        "id": "lead-speed",
        "clock": "speed_to_lead",
        "calendar": "always",
        "target": target,
    }
    body = agreement(speed_to_lead, effective_from="2011-01-01T00:00:00Z")

    findings = replay(policy_of(body), facts)

    last = {one.verdict_id: one for one in findings.verdicts}
    assert sum(one.outcome == "met" for one in last.values()) == met
