"""Scorecards of real logs, against a batch job over the facts and the published records.

The sample is in the repository; the whole logs may not be redistributed, or are large.
"""

import os
from pathlib import Path

import pytest

from schemas.codec import seen_at_in_file
from schemas.facts import Fact
from schemas.instants import DAY, HOUR, MINUTE
from schemas.refusals import RefusedError
from streams.cli.files import read_facts
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.domain.scorecard import cards_of
from tests.support.batch_cards import by_rep, cards
from tests.support.log_rows import AGREEMENT, ZONE, Log

SAMPLE = Path(__file__).parents[1] / "data" / "uci498-sample.csv"
WHOLE = {"uci498": "LEADCLOCK_UCI498", "bpic2012": "LEADCLOCK_BPIC2012"}
INSTANTS = 10


def _assert_scorecards_are_those_of_a_batch(path: Path, form: str) -> None:
    facts = [one for _, one in read_facts(str(path), form) if not isinstance(one, RefusedError)]
    told = sorted(
        ((seen_at_in_file(one), one) for one in facts if isinstance(one, Fact)),
        key=lambda known: (known[0], known[1].lead_id, known[1].event_id),
    )
    book, log, place = Book(Policies().with_policy(policy_of(AGREEMENT), 0)), Log(), 0
    for number in range(1, INSTANTS + 1):
        # Spread over the facts, at odd minutes; the last one a day and a half after them.
        now = told[len(told) * number // INSTANTS - 1][0] + (number * 7 % 31) * MINUTE
        if number == INSTANTS:
            now += 36 * HOUR
        while place < len(told) and told[place][0] <= now:
            seen_at, fact = told[place]
            place += 1
            log.tell([fact])
            assert book.tell(fact, seen_at) is None
            if place == len(told) or told[place][0] > seen_at:
                log.publish(book.advance(min(seen_at, now)))
        log.publish(book.advance(now))

        expected = cards(log.rows(), now, lambda _team_id: ZONE)

        assert by_rep(cards_of(book, now)) == expected
        assert expected


def test_scorecards_of_the_sample_are_those_of_a_batch() -> None:
    """Part of UCI 498: every resolver and queue, every window, at ten instants."""
    _assert_scorecards_are_those_of_a_batch(SAMPLE, "uci498")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("form", WHOLE)
def test_scorecards_of_a_whole_log_are_those_of_a_batch(form: str) -> None:
    """UCI 498 and BPI 2012, when their paths are given."""
    variable = WHOLE[form]
    if variable not in os.environ:
        pytest.skip(f"{variable} does not name the log")

    _assert_scorecards_are_those_of_a_batch(Path(os.environ[variable]), form)


def test_the_sample_is_worth_counting() -> None:
    """It has hundreds of leads of more than ten queues and resolvers, some of them breached."""
    facts = [one for _, one in read_facts(str(SAMPLE), "uci498")]
    book = Book(Policies().with_policy(policy_of(AGREEMENT), 0))
    for one in facts:
        if isinstance(one, Fact):
            book.tell(one, seen_at_in_file(one))
    now = max(seen_at_in_file(one) for one in facts if isinstance(one, Fact)) + 2 * DAY
    book.advance(now)

    longest = [card.windows["7d"] for card in cards_of(book, now)]

    assert len(longest) > 10
    assert sum(one.leads for one in longest) > 150
    assert sum(one.breaches for one in longest) > 20
