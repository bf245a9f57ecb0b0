"""Rows of the checklist about reading an agreement before it is signed."""

import re
from datetime import date

import pytest

from streams.domain.agreement import read_agreement
from streams.domain.lint import WARNING, Remark, lint
from streams.domain.policy import policy_of
from streams.domain.render import render
from tests.support.agreements import VALID
from tests.support.sheets import name_of, rows_of

TODAY = date(2026, 5, 1)


def remarks(old: str, new: str, today: date = TODAY) -> list[Remark]:
    """Lint the valid agreement after one change."""
    assert VALID.count(old) == 1
    return lint(policy_of(read_agreement(VALID.replace(old, new), "policy.yaml")), today)


@pytest.mark.parametrize("row", rows_of("nines"), ids=name_of)
def test_t10_nines_of_a_year(row: dict[str, str]) -> None:
    """What is left of a year besides five and six nines."""
    found = remarks("objective: 90%", f"objective: {row['objective']}")

    (remark,) = [one for one in found if one.path[-1] == "objective"]
    told = re.search(r"as time, (?:(\d+) min )?([\d.]+) s of a year", remark.text)
    assert told, remark.text
    minutes = int(told[1] or 0) + float(told[2]) / 60
    assert minutes == pytest.approx(float(row["minutes_of_a_year"]), abs=0.005)
    assert remark.level == WARNING


def test_g10_one_nine_too_many_is_noticed() -> None:
    """90% is a number of misses; 99.999% is a question, too."""
    ninety = [one for one in remarks("objective: 90%", "objective: 90.0%") if "90%" in one.text]
    nines = remarks("objective: 90%", "objective: 99.999%")

    assert [one.level for one in ninety] != [WARNING]
    assert "10 misses allowed of 100" in ninety[0].text
    assert any(one.mend == "check the number of nines" for one in nines)


def test_g9_a_promise_that_can_never_hold_is_noticed() -> None:
    """A second promise of one kind for the same leads: the first one always comes before it."""
    twice = "  - {id: speed, clock: speed, target: PT4H30M}\n"
    found = remarks(twice, twice + twice.replace("id: speed", "id: spare"))

    (path,) = {one.path[:2] for one in found if "spare" in one.text}
    assert path == ("sales", 2)


def test_c19_lint_warns_of_teams_that_are_not_listed() -> None:
    """Without a default calendar their leads are counted round the clock; with one they are not."""
    without = remarks("settle: PT45S", "settle: PT46S")
    named = remarks("settle: PT45S", "default_calendar: floor")

    def warned(found: list[Remark]) -> bool:
        return any("a team that is not listed" in one.text for one in found)

    assert (warned(without), warned(named)) == (True, False)


def test_c19_lint_warns_ninety_days_before_the_holidays_end() -> None:
    """The published holidays of floor have a last day: 90 days before it, not 91."""
    policy = policy_of(read_agreement(VALID, "policy.yaml"))
    resolved = policy.body["calendars"]["floor"]["holidays"]  # type: ignore[index] # a mapping
    last = date.fromisoformat(str(resolved["last"]))

    def warned(days: int) -> bool:
        today = date.fromordinal(last.toordinal() - days)
        return any("holidays are known until" in one.text for one in lint(policy, today))

    assert (warned(91), warned(90)) == (False, True)


def test_g3_g7_the_readable_agreement_has_both_columns_and_every_building_block() -> None:
    """Promises of each side beside each other, time, stops, counting, people, consequences."""
    text = render(policy_of(read_agreement(VALID, "policy.yaml")))

    assert "| Sales promises Marketing | Marketing promises Sales |" in text
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert titles[0] == "What we promise each other"
    assert len(titles) >= 6, titles
    for name in ("Smarketing 2026", "Version 3", "Berlin"):
        assert name in text
