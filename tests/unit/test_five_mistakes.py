"""An agreement with five mistakes, mended with what the command says and nothing else."""

import re
from pathlib import Path

import pytest

from streams.domain.advice import (
    date_advice,
    day_advice,
    duration_advice,
    hours_advice,
    instant_advice,
    list_advice,
    percent_advice,
)
from streams.domain.agreement import read_agreement
from streams.domain.policy import policy_of
from streams.domain.timetable import DAYS
from tests.support.agreements import problems_of
from tests.unit.cli.running import run

FILE = Path(__file__).parents[1] / "data" / "agreements" / "five-mistakes.yaml"
SAID = """\
five.yaml:4:17: effective_from: found '2026-04-01', wanted an instant with an offset from UTC; \
write 2026-04-01T00:00:00+02:00, with the offset of your zone
five.yaml:8:23: calendars.floor.hours.mon-fri[0]: found '9:00-12:00', wanted hours as \
09:00-17:30; write 09:00-12:00
five.yaml:10:20: teams.nord.calendar: found 'flor', wanted a calendar of this agreement; \
did you mean 'floor'?
five.yaml:12:77: sales[0].target: found '1h', wanted hours, minutes and seconds as PT1H30M; \
write PT1H
five.yaml:14:40: sales[2].within.bussiness_days: found 'bussiness_days', wanted one of \
business_days; did you mean 'business_days'?
"""
_FOUND = re.compile(r"found '([^']*)'")
_WRITE = re.compile(r"(?:write |did you mean ')([^,']+)")


def test_all_five_are_said_at_once(tmp_path: Path) -> None:
    """Line, column, what was found, what was wanted, how to mend it; exit code 2, no traceback."""
    copy = tmp_path / "five.yaml"
    copy.write_bytes(FILE.read_bytes())

    result = run("replay", "--policy", str(copy), "/dev/null")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.replace(f"{tmp_path}/", "") == SAID


def test_who_does_what_it_says_has_an_agreement() -> None:
    """Replacing what was found by what is said to be written, at the place that is named."""
    lines = FILE.read_text(encoding="utf-8").splitlines()

    for said in SAID.splitlines():
        _, line, column, _ = said.split(":", 3)
        found, write = _FOUND.search(said), _WRITE.search(said.rpartition("; ")[2])
        assert found is not None
        assert write is not None
        row, place = lines[int(line) - 1], int(column) - 1
        # A text in quotes begins after them.
        start = place + (row[place] == '"')
        assert row.startswith(found[1], start)
        lines[int(line) - 1] = row[:start] + write[1] + row[start + len(found[1]) :]

    mended = policy_of(read_agreement("\n".join(lines), "five.yaml"))
    assert [one.target for one in mended.commitments[:2]] == [3_600_000_000, 4 * 3_600_000_000]


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        (duration_advice("4h"), "write PT4H"),
        (duration_advice("30 minutes"), "write PT30M"),
        (duration_advice("2 days"), "a day is not a length of business time"),
        (duration_advice("P1D"), "a day is not a length of business time"),
        (duration_advice(60), "PT60H is hours, PT60M minutes, PT60S seconds"),
        (duration_advice("soon"), "write PT1H30M for an hour and a half"),
        (hours_advice("9-17"), "write 09:00-17:00"),
        (hours_advice("8.30 to 17.15"), "write 08:30-17:15"),
        (hours_advice("9-27"), "two digits each"),
        (hours_advice(9), "two digits each"),
        (date_advice("24.12.2026"), "write 2026-12-24"),
        (date_advice("31.02.2026"), "year first"),
        (date_advice("12/24/2026"), "year first"),
        (instant_advice("2026-04-01"), "write 2026-04-01T00:00:00+02:00"),
        (instant_advice("2026-04-01T08:00:00"), "write 2026-04-01T08:00:00+02:00"),
        (instant_advice("April"), "write it as 2026-04-01T00:00:00+02:00"),
        (percent_advice("0.95"), "write 95%"),
        (percent_advice(90), "write 90%"),
        (percent_advice(150), "write it as 90%"),
        (day_advice("Saturday", DAYS), "write sat"),
        (day_advice("Monday to Friday", DAYS), "write mon-fri"),
        (day_advice("weekdays", DAYS), "a range of them"),
        (list_advice("24.12.2026"), "write it in brackets: [2026-12-24]"),
        (list_advice("75%"), "write it in brackets: [75%]"),
        (list_advice({}), "begin each entry with a dash"),
        (list_advice(None), "write it in brackets: [...]"),
    ],
)
def test_what_was_nearly_right_is_said_right(said: str, mend: str) -> None:
    """The very text to write, where one can be told; else an example."""
    assert mend in said


@pytest.mark.parametrize(
    ("text", "found", "mend"),
    [
        ("agreement: a\n\tversion: 1\n", "a tab", "indent with spaces"),
        ("agreement: Smarketing: 2026\n", "a second colon", "in quotes"),
        ("a: [1, {b: 2}\nc: 3\n", "a list that is not closed", "close it with ]"),
        ("a: {b: 1\nc: 3\n", "braces that are not closed", "close them with }"),
        ("a: 'b\nc: 3\n", "a text whose quotes are not closed", "close the quotes"),
        ("a: 1\n b\nc\n", "", ""),
        ("", "nothing", "write it as `key: value` lines"),
    ],
)
def test_a_text_that_is_no_yaml_is_said_so(text: str, found: str, mend: str) -> None:
    """In words for people, at the place where the reader stumbled."""
    (problem,) = problems_of(text)

    assert found in problem.found
    assert mend in problem.mend


@pytest.mark.parametrize(
    ("text", "mends"),
    [
        (
            "Agreement: a\nagreement: b\n",
            ["remove it, or put it into the 'agreement' that is there"],
        ),
        ("privacy: alias\n", ["write it as {reps: alias}"]),
        (
            "calendars: {c: {zone: UTC, hours: {mon: ['09:00-10:00']}, holidays: DE}}\n",
            ["{country: DE"],
        ),
        ("teams: {t: {calendar: c, reps: anna}}\n", ["write it in brackets: [anna]"]),
        ("escalation: [{at: 50%, to: boss}]\n", ["add `contacts: {boss: head-of-sales}`"]),
    ],
)
def test_a_wrong_form_is_shown_the_right_one(text: str, mends: list[str]) -> None:
    """With an example that can be copied; the rest of what is missing is said, too."""
    told = [problem.mend for problem in problems_of(text)]

    assert all(any(mend in one for one in told) for mend in mends)
