"""Calendars for tests, and the answer sheet of worked examples.

Whoever extends the sheet works the answers out by hand or with another program.
Nothing in this module may compute an answer.
"""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from schemas.instants import MINUTE, Instant, Micros, parse_instant
from streams.domain.calendar import ALWAYS, Calendar
from streams.domain.spans import Hours

SHEET = Path(__file__).parent.parent / "answers" / "calendar.csv"
REFUSED = "refused"
WEEKDAYS = range(5)
EVERY_DAY = range(7)
_LUNCH: Hours = ((9 * 60, 12 * 60), (13 * 60, 17 * 60 + 30))


def berlin(days: range, *hours: tuple[int, int], closed: frozenset[date] = frozenset()) -> Calendar:
    """The same hours, in minutes, on all of these weekdays, in Europe/Berlin."""
    return Calendar(zone="Europe/Berlin", week=dict.fromkeys(days, hours), closed=closed)


FLOOR = berlin(
    WEEKDAYS,
    *_LUNCH,
    closed=frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1)}),
)
CALENDARS = {
    "floor": FLOOR,
    "always": ALWAYS,
    "night": berlin(EVERY_DAY, (22 * 60, 30 * 60)),
    "early": berlin(EVERY_DAY, (60, 5 * 60)),
    "nine-to-five": berlin(WEEKDAYS, (9 * 60, 17 * 60)),
    "eight-to-six": berlin(WEEKDAYS, (8 * 60, 18 * 60)),
    "over-the-fold": berlin(EVERY_DAY, (60, 150)),
    "from-the-gap": berlin(EVERY_DAY, (150, 6 * 60)),
    "into-the-fold": berlin(EVERY_DAY, (22 * 60, 26 * 60)),
}

UNEVEN = Calendar(
    zone="Europe/Berlin",
    week={
        0: _LUNCH,
        1: ((10 * 60 + 15, 11 * 60),),
        3: ((7 * 60, 9 * 60 + 20), (9 * 60 + 40, 12 * 60), (20 * 60, 27 * 60)),
        4: ((22 * 60, 30 * 60),),
        5: ((9 * 60, 13 * 60),),
    },
    closed=frozenset({date(2026, 3, 26), date(2026, 12, 31)}),
    open={date(2026, 3, 25): ((8 * 60, 8 * 60 + 7),), date(2026, 12, 25): ((0, 24 * 60),)},
)
"""No two days alike, so that no test passes by luck of symmetry; closed on Wednesdays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One line of the sheet: ``length`` of business time from ``start`` ends at ``end``."""

    name: str
    calendar: Calendar
    start: Instant
    pauses: tuple[tuple[Instant, Instant], ...]
    length: Micros
    end: Instant
    opens: Instant | None


def read_answers() -> list[Answer]:
    """Read the sheet."""
    with SHEET.open(newline="") as lines:
        return [
            Answer(
                name=row["id"],
                calendar=CALENDARS[row["calendar"]],
                start=parse_instant(row["start"]),
                pauses=tuple(_span(text) for text in row["pauses"].split()),
                length=int(row["minutes"]) * MINUTE,
                end=parse_instant(row["end"]),
                opens=parse_instant(row["opens"]) if row["opens"] else None,
            )
            for row in csv.DictReader(lines)
            if row["end"] != REFUSED
        ]


def read_refused() -> list[str]:
    """Read which examples have no answer, for there must be no such calendar."""
    with SHEET.open(newline="") as lines:
        return [row["id"] for row in csv.DictReader(lines) if row["end"] == REFUSED]


def _span(text: str) -> tuple[Instant, Instant]:
    start, end = text.split("/")
    return parse_instant(start), parse_instant(end)
