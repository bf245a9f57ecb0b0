"""The short form of the chaos run; `make chaos` runs the full one."""

from pathlib import Path

import pytest

from tests.faults.run import GRACE_SECONDS, SHORT, run


@pytest.mark.kafka
@pytest.mark.timeout(540)
def test_nothing_is_lost_doubled_false_or_wrong_whatever_is_killed(tmp_path: Path) -> None:
    """Kills, restarts, a join and leave, a zombie and a broker restart under load: exact."""
    outcome = run(SHORT, seed=1, directory=tmp_path)

    assert outcome.judgement.is_clean, "\n".join(outcome.judgement.examples)
    assert outcome.judgement.facts >= SHORT.least_facts
    assert outcome.judgement.records > 0
    assert sum(outcome.faults.values()) == 7
    assert max(outcome.stops) < GRACE_SECONDS
