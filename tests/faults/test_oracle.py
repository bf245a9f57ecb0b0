"""The oracle sees what is wrong: a check that cannot fail proves nothing."""

from types import SimpleNamespace
from typing import Any

import orjson

from schemas.verdicts import encode_record
from tests.contract.builders import a_breach
from tests.faults import oracle
from tests.faults.oracle import Judgement


def _record(value: bytes, key: bytes = b"L") -> Any:
    return SimpleNamespace(value=value, key=key, headers=())


def _told(**other: Any) -> bytes:
    return encode_record(a_breach(**other))


def _expected(*values: bytes) -> dict[oracle.Identity, dict[str, Any]]:
    records = [orjson.loads(value) for value in values]
    return {oracle._identity(one): oracle._compared(one) for one in records}


def _compare(came: list[bytes], expected: list[bytes]) -> tuple[int, int, int, int]:
    found = Judgement()
    oracle._compare_records(map(_record, came), _expected(*expected), found)
    return found.lost, found.doubled, found.false, found.wrong


FIRST = _told(breach_id="a", revision=1)
SECOND = _told(breach_id="a", revision=2)


def test_what_came_as_it_should_is_clean() -> None:
    """Two records, both once; detected_at and sequence may differ."""
    other = _told(breach_id="a", revision=2, detected_at=7, sequence=99)

    assert _compare([FIRST, other], [FIRST, SECOND]) == (0, 0, 0, 0)


def test_a_record_that_never_came_is_lost() -> None:
    """One of two."""
    assert _compare([FIRST], [FIRST, SECOND]) == (1, 0, 0, 0)


def test_a_record_that_came_twice_is_doubled() -> None:
    """The same revision of the same breach."""
    assert _compare([FIRST, FIRST, SECOND], [FIRST, SECOND]) == (0, 1, 0, 0)


def test_a_record_that_should_not_be_is_false() -> None:
    """A revision that no fact explains."""
    assert _compare([FIRST, SECOND], [FIRST]) == (0, 0, 1, 0)


def test_another_content_is_wrong() -> None:
    """The same revision, another rep."""
    other = _told(breach_id="a", revision=1, rep_id="somebody-else")

    assert _compare([other], [FIRST]) == (0, 0, 0, 1)


def test_an_open_lead_that_still_stands_is_wrong() -> None:
    """Its tombstone is missing."""
    found = Judgement()

    oracle._compare_last([_record(b"{}")], {}, found)

    assert found.wrong == 1


def test_dead_letters_are_counted_one_by_one() -> None:
    """One is missing, one came twice."""
    found = Judgement()
    headers = [("topic", b"t"), ("partition", b"0"), ("offset", b"5")]
    twice = [SimpleNamespace(headers=headers)] * 2

    oracle._compare_dead_letters(twice, {("t", 0, 5), ("t", 0, 9)}, found)

    assert (found.lost, found.doubled, found.false) == (1, 1, 0)


def test_state_without_a_fact_is_wrong() -> None:
    """The lead was told of, and the changelog does not know it."""
    found = Judgement()

    oracle._compare_state([], {"L": {"e1": 5}}, found)

    assert found.wrong == 1
    assert not found.is_clean
