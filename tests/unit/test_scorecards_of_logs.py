"""Scorecards, open leads and gauges of real logs, against a batch job over the facts alone.

The sample is in the repository; the whole logs may not be redistributed, or are large.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.codec import encode, seen_at_in_file
from schemas.facts import Fact, HandedOff
from schemas.instants import HOUR, MINUTE, Instant
from schemas.verdicts import encode_record
from streams.cli.files import read_facts
from streams.domain.policy import policy_of
from streams.replay import replay
from tests.support.batch.core import Told, lived
from tests.support.batch.oracle import Batch
from tests.support.batch.told import card_told

SAMPLE = Path(__file__).parents[1] / "data" / "uci498-sample.csv"
WHOLE = {"uci498": "LEADCLOCK_UCI498", "bpic2012": "LEADCLOCK_BPIC2012"}
INSTANTS = 10
CALENDARS = {
    "desk": {"zone": "Europe/Lisbon", "hours": {"mon-fri": ["08:00-12:30", "13:30-18:00"]}},
    "late": {
        "zone": "America/New_York",
        "hours": {"mon-sat": ["07:00-15:30"], "sun": ["10:00-12:00"]},
    },
}


def told_by(path: Path, form: str) -> list[Told]:
    """Read a log's facts in the order in which they became known."""
    facts = [fact for _, fact in read_facts(str(path), form) if isinstance(fact, Fact)]
    told = [(seen_at_in_file(fact), fact) for fact in facts]
    return sorted(told, key=lambda one: (one[0], one[1].lead_id, one[1].event_id))


def agreement(told: Sequence[Told]) -> dict[str, Any]:
    """List every team of a log, half of them in another zone, each with a rep who does nothing."""
    teams = sorted({fact.team_id for _, fact in told if isinstance(fact, HandedOff)})
    calendars = ("late", "desk")
    return {
        "agreement": "log",
        "version": 1,
        "effective_from": "2010-01-01T00:00:00Z",
        "privacy": {"reps": "named"},
        "default_calendar": "desk",
        "calendars": CALENDARS,
        "teams": {
            team_id: {"calendar": calendars[number % 2], "reps": ["idle"]}
            for number, team_id in enumerate(teams)
        },
        "sales": [
            {"id": "speed", "clock": "speed", "target": "PT2H"},
            {"id": "depth", "clock": "depth", "within": "PT18H", "min_attempts": 2},
        ],
    }


def instants(told: Sequence[Told]) -> Iterator[Instant]:
    """Spread over the facts, at odd minutes; the last one a day and a half after them."""
    for number in range(1, INSTANTS + 1):
        at = told[len(told) * number // INSTANTS - 1][0] + (number * 7 % 31) * MINUTE
        yield at + 36 * HOUR if number == INSTANTS else at


def batch_of(told: Sequence[Told], body: Mapping[str, Any], directory: Path) -> Batch:
    """Let the batch job read the same facts."""
    path = directory / "facts.jsonl"
    path.write_bytes(b"\n".join(encode(fact) for _, fact in told))
    return Batch(body, path)


def assert_all_is_as_in_a_batch(path: Path, form: str, directory: Path) -> None:
    """Cards, gauges and open leads, at ten instants."""
    told = told_by(path, form)
    body = agreement(told)
    batch = batch_of(told, body, directory)
    for now, found in lived(told, policy_of(body), instants(told)):
        expected = batch.at(now)

        assert found.cards == expected.cards
        assert found.open_leads == expected.open_leads
        assert found.gauges == pytest.approx(expected.gauges, rel=1e-12)
        assert expected.cards


def test_the_sample_is_as_in_a_batch(tmp_path: Path) -> None:
    """Part of UCI 498: every resolver and queue, every window, at ten instants."""
    assert_all_is_as_in_a_batch(SAMPLE, "uci498", tmp_path)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("form", WHOLE)
def test_a_whole_log_is_as_in_a_batch(form: str, tmp_path: Path) -> None:
    """UCI 498 and BPI 2012, when their paths are given."""
    variable = WHOLE[form]
    if variable not in os.environ:
        pytest.skip(f"{variable} does not name the log")

    assert_all_is_as_in_a_batch(Path(os.environ[variable]), form, tmp_path)


def test_the_cards_of_a_replay_are_as_in_a_batch(tmp_path: Path) -> None:
    """What `leadclock replay` ends with, a day before the last fact of the sample."""
    told = told_by(SAMPLE, "uci498")
    body, now = agreement(told), told[-1][0] - 13 * HOUR - MINUTE
    lines = [(number, fact) for number, (_, fact) in enumerate(told)]

    found = replay(policy_of(body), lines, until=now).scorecards

    cards = [orjson.loads(encode_record(card)) for card in found]
    assert {(card["team_id"], card["rep_id"] or ""): card_told(card) for card in cards} == (
        batch_of(told, body, tmp_path).at(now).cards
    )


def test_the_sample_is_worth_counting(tmp_path: Path) -> None:
    """It has hundreds of leads of dozens of queues and resolvers, late, at risk, answered."""
    told = told_by(SAMPLE, "uci498")
    batch = batch_of(told, agreement(told), tmp_path)

    found = [batch.at(now) for now in instants(told)]

    longest = [card["windows"]["7d"] for card in found[-2].cards.values()]
    assert len(longest) > 50
    assert sum(one["leads"] for one in longest) > 150
    assert sum(one["breaches"] for one in longest) > 20
    assert sum(one["response_sum"] for one in longest) > 0
    states = {lead[2] for one in found for lead in one.open_leads.values()}
    assert states == {"within", "at_risk", "breached"}
