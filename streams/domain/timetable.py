"""Reading the calendars of an agreement: days, hours, closings and openings."""

import re
from datetime import date
from typing import Final

from streams.domain.advice import day_advice, hours_advice, nearest
from streams.domain.calendar import DAY_MINUTES, Calendar
from streams.domain.found import Found
from streams.domain.spans import Hours
from streams.domain.zones import zone_names

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CALENDAR_KEYS: Final = ("zone", "hours", "holidays", "closed", "open")
HOLIDAY_KEYS: Final = ("country", "subdivision", "first", "last")
_HOURS: Final = re.compile(r"(\d\d):([0-5]\d) ?- ?(\d\d):([0-5]\d)", re.ASCII)


def read_calendar(name: str, found: Found) -> Calendar | None:
    """Read one calendar, its holidays already resolved into ``closed``."""
    keys = found.keys(CALENDAR_KEYS, required=("zone",))
    noted = len(found.ledger.problems)
    zone = read_zone(keys["zone"]) if "zone" in keys else None
    week = _week(keys["hours"]) if "hours" in keys else {}
    closed = _dates(keys["closed"]) if "closed" in keys else frozenset()
    dated = _open(keys["open"], closed) if "open" in keys else {}
    if "holidays" in keys:
        _check_holidays(keys["holidays"])
    if zone is None or len(found.ledger.problems) > noted:
        return None
    if not any(week.values()) and not any(dated.values()):
        found.refuse(
            "at least one opening",
            "add hours; round the clock is {mon-sun: ['00:00-24:00']}",
            found="a calendar that never opens",
        )
        return None
    return Calendar(zone=zone, week=week, closed=closed, open=dated, name=name)


def read_zone(found: Found) -> str | None:
    """Read the name of a time zone."""
    text = found.text()
    if text is None or text in zone_names():
        return text
    found.refuse("an IANA time zone as Europe/Berlin", nearest(text, zone_names()))
    return None


def _week(found: Found) -> dict[int, Hours]:
    week: dict[int, Hours] = {}
    for spec, entry in found.entries().items():
        days = _days(spec)
        if not days:
            entry.key.refuse("days as mon or mon-fri", day_advice(spec, DAYS))
        if twice := [DAYS[day] for day in days if day in week]:
            entry.key.refuse(
                "each day once",
                f"take {twice[0]} out of one of them",
                found=f"{spec!r}, and {twice[0]} a second time",
            )
        hours = _hours(entry)
        week.update(dict.fromkeys(days, hours))
    return week


def _days(spec: str) -> list[int]:
    first, dash, last = spec.partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        return []
    start = DAYS.index(first)
    length = (DAYS.index(last or first) - start) % len(DAYS)
    return [(start + step) % len(DAYS) for step in range(length + 1)]


def _hours(found: Found) -> Hours:
    return tuple(sorted(span for item in found.one_or_more() if (span := _span(item)) is not None))


def _span(found: Found) -> tuple[int, int] | None:
    match = _HOURS.fullmatch(found.value) if isinstance(found.value, str) else None
    if match is None:
        found.refuse("hours as 09:00-17:30", hours_advice(found.value))
        return None
    start = int(match[1]) * 60 + int(match[2])
    end = int(match[3]) * 60 + int(match[4])
    if start >= DAY_MINUTES or end > DAY_MINUTES:
        found.refuse("times from 00:00 to 24:00", "end at 24:00; 22:00-06:00 ends the next morning")
        return None
    if start == end:
        found.refuse(
            "an end that is not the start", "write 00:00-24:00 for round the clock, or remove it"
        )
        return None
    return start, end if end > start else end + DAY_MINUTES


def _dates(found: Found) -> frozenset[date]:
    return frozenset(day for item in found.items() if (day := item.day()) is not None)


def _open(found: Found, closed: frozenset[date]) -> dict[date, Hours]:
    dated: dict[date, Hours] = {}
    for entry in found.entries().values():
        day = entry.key.day()
        if day in closed:
            entry.key.refuse(
                "a date either open or closed",
                "remove it from `open` or from `closed`",
                found=f"{day} in both",
            )
        hours = _hours(entry)
        if day is not None:
            dated[day] = hours
    return dated


def _check_holidays(found: Found) -> None:
    keys = found.keys(HOLIDAY_KEYS, required=("country",))
    for key in ("country", "subdivision"):
        if key in keys:
            keys[key].text()
    for key in ("first", "last"):
        if key in keys:
            keys[key].day()
        else:
            found.refuse(
                "holidays resolved into `closed`",
                "publish the agreement through `leadclock policy publish`",
                found=f"holidays without {key!r}",
            )
