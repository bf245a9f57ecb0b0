"""Everything told of reps and open leads on busy floors, against a batch job in SQL."""

from pathlib import Path

import pytest

from schemas.codec import decode
from schemas.facts import Fact
from schemas.instants import HOUR, MINUTE
from streams.domain.policy import policy_of
from tests.support.batch.core import Told, lived
from tests.support.batch.oracle import Batch
from tests.support.busy_days import BODY, MONDAY, busy_days, lines


@pytest.mark.parametrize(
    ("seed", "privacy"), [(1, "named"), (2, "alias"), (3, "team_only"), (4, "named")]
)
def test_a_busy_floor_is_as_in_a_batch(seed: int, privacy: str, tmp_path: Path) -> None:
    """Cards, gauges and open leads at eight instants of three days, whoever is shown how."""
    path, body = tmp_path / "facts.jsonl", {**BODY, "privacy": {"reps": privacy}}
    sent = busy_days(60, seed)
    path.write_bytes(lines(sent))
    told: list[Told] = []
    for one in sent:
        fact = decode(one.value or b"", topic=one.topic)
        assert isinstance(fact, Fact)
        told.append((max(fact.occurred_at, one.recorded_at or 0), fact))
    told.sort(key=lambda known: (known[0], known[1].lead_id, known[1].event_id))
    instants = [MONDAY + number * (11 * HOUR + 7 * MINUTE) for number in range(1, 9)]

    batch = Batch(body, path)
    for now, found in lived(told, policy_of(body), instants):
        expected = batch.at(now)

        assert found.cards == expected.cards
        assert found.open_leads == expected.open_leads
        assert found.gauges == pytest.approx(expected.gauges, rel=1e-12)
