"""The worked examples of the agreement, as the answer sheets have them."""

from fractions import Fraction

import pytest

from schemas.facts import Fact
from streams.domain.attainment import attainments
from tests.support.sheets import name_of, rows_of
from tests.support.story import (
    DEPTH,
    SPEED,
    agreement,
    attempt,
    closed,
    handed_off,
    hear,
)
from tests.support.windows import lead, today

HANDOFF = handed_off("2026-03-10 10:00")
MIX = agreement({**DEPTH, "min_attempts": 12, "mix": {"call": 6, "voicemail": 3, "email": 3}})


@pytest.mark.parametrize("row", rows_of("depth"), ids=name_of)
def test_t7_six_calls_three_voicemails_and_three_mails(row: dict[str, str]) -> None:
    """Enough only if there are twelve and each kind has its share."""
    kinds = [("calls", "call"), ("voicemails", "voicemail"), ("emails", "email")]
    channels = [channel for name, channel in kinds for _ in range(int(row[name]))]
    made = [
        attempt(f"2026-03-10 10:{2 * place + 1:02}", channel)
        for place, channel in enumerate(channels)
    ]

    heard = hear(MIX, HANDOFF, *made)

    assert len(made) == int(row["activities"])
    if row["found"] == "met":
        assert (heard.outcome("depth"), heard.breaches) == ("met", [])
    else:
        assert heard.breach("depth")["kind"] == row["found"]
        assert heard.breach("depth")["actual"] == len(made)


@pytest.mark.parametrize("row", rows_of("speed"), ids=name_of)
def test_t8_the_deadline_is_inclusive(row: dict[str, str]) -> None:
    """On the second it is kept, a second later it is not."""
    handed, tried = (row[name].replace("T", " ")[:19] for name in ("handed_off", "attempted"))

    heard = hear(agreement({**SPEED, "target": row["target"]}), handed_off(handed), attempt(tried))

    verdict = heard.verdict("speed")
    overrun = int(row["overrun_seconds"]) if row["overrun_seconds"] else None
    assert (verdict["outcome"], verdict["overrun_seconds"]) == (row["outcome"], overrun)


@pytest.mark.parametrize("row", rows_of("depth-mean"), ids=name_of)
def test_t9_mean_depth_over_leads_that_were_not_reached(row: dict[str, str]) -> None:
    """Whoever was reached stays out; without anybody left there is no mean."""
    unconnected = [int(count) for count in row["unconnected"].split()]
    connected = [int(count) for count in row["connected"].split()]

    day = today(
        *_leads("u", unconnected, last="no_answer"), *_leads("c", connected, last="connected")
    )

    assert (day.leads, day.attempts) == (
        len(unconnected) + len(connected),
        sum(unconnected) + sum(connected),
    )
    assert day.unconnected_leads == len(unconnected)
    assert (not row["mean"]) is (not day.unconnected_leads)
    if row["mean"]:
        mean = Fraction(day.unconnected_attempts, day.unconnected_leads)
        assert mean == Fraction(row["mean"])
        assert (mean >= int(row["target"])) is (row["reached"] == "yes")


def _leads(prefix: str, counts: list[int], last: str) -> list[Fact]:
    facts: list[Fact] = []
    for place, count in enumerate(counts):
        made = [attempt(f"2026-03-10 10:{2 * number:02}") for number in range(count - 1)]
        made += [attempt("2026-03-10 11:00", outcome=last)] if count else []
        facts += lead(f"{prefix}{place}", handed_off("2026-03-10 09:00"), *made)
    return facts


@pytest.fixture(scope="module")
def ours() -> Fraction | None:
    """Attainment as we count it, over the month that all four formulas are given."""
    ((in_time, answered, left, gone),) = {
        (row["in_time"], row["answered"], row["gave_up_in_time"], row["gave_up_after"])
        for row in rows_of("attainment")
    }
    story = [
        *_ended("met", int(in_time), attempt("2026-03-10 10:30")),
        *_ended("late", int(answered) - int(in_time), attempt("2026-03-10 11:30")),
        *_ended("left", int(left), closed("2026-03-10 10:30", "opted_out")),
        *_ended("gone", int(gone), closed("2026-03-10 11:30", "opted_out")),
    ]
    ((group, counts),) = attainments(hear(agreement(SPEED), *story).verdicts).items()
    assert group == ("speed", "nord")
    return counts.adjusted


@pytest.mark.parametrize("row", rows_of("attainment"), ids=name_of)
def test_t14_the_denominator_is_written_down(row: dict[str, str], ours: Fraction | None) -> None:
    """Of four formulas ours is the one that leaves out who withdrew in time, and no other."""
    theirs = Fraction(int(row["counted_as_kept"]), int(row["counted"]))

    assert round(float(100 * theirs), 1) == float(row["percent"])
    assert (ours == theirs) is (row["holds"] == "yes")


def _ended(prefix: str, count: int, end: Fact) -> list[Fact]:
    return [one for place in range(count) for one in lead(f"{prefix}{place}", HANDOFF, end)]
