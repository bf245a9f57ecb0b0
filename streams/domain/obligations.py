"""Reading the recurring obligations of an agreement."""

import re
from collections.abc import Mapping
from typing import Final, cast, get_args

from streams.domain.calendar import Calendar
from streams.domain.commitment import Side
from streams.domain.found import Found, optional
from streams.domain.promises import read_calendar_name, read_id
from streams.domain.schedules import Obligation

_KEYS: Final = ("id", "debtor", "creditor", "every", "at", "calendar")
_WEEKDAYS: Final = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_MOST_DAYS: Final = 31


def read_obligations(
    found: Found, calendars: Mapping[str, Calendar | None]
) -> tuple[Obligation, ...]:
    """Read ``obligations``.

    Args:
        found: The list.
        calendars: Of the agreement, by name; None stands for one that has a problem.
    """
    ids: set[str] = set()
    read = []
    for item in found.items():
        obligation = _read_obligation(item, calendars, ids)
        if obligation is not None:
            read.append(obligation)
    return tuple(read)


def _read_obligation(
    found: Found, calendars: Mapping[str, Calendar | None], ids: set[str]
) -> Obligation | None:
    keys = found.keys(_KEYS, required=_KEYS)
    name = optional(keys.get("id"), read_id)
    if name and name in ids:
        keys["id"].refuse("an id of its own", "choose another id", found=f"{name!r} a second time")
    ids.add(name or "")
    debtor = optional(keys.get("debtor"), lambda at: at.word(get_args(Side)))
    creditor = optional(keys.get("creditor"), lambda at: at.word(get_args(Side)))
    if debtor is not None and debtor == creditor:
        keys["creditor"].refuse("the other party", "write whom it is owed to")
    weekday, day = _read_every(keys["every"]) if "every" in keys else (None, None)
    minute = optional(keys.get("at"), _read_time)
    called = optional(keys.get("calendar"), lambda at: read_calendar_name(at, calendars))
    calendar = calendars.get(called or "")
    if not name or debtor is None or creditor is None or minute is None or calendar is None:
        return None
    if weekday is None and day is None:
        return None
    return Obligation(
        id=name,
        debtor=cast("Side", debtor),
        creditor=cast("Side", creditor),
        weekday=weekday,
        day=day,
        minute=minute,
        calendar=calendar,
    )


def _read_every(found: Found) -> tuple[int | None, int | None]:
    """Read a weekday, or a day of the month."""
    if isinstance(found.value, str) and not found.value.isdigit():
        word = found.word(_WEEKDAYS)
        return (None if word is None else _WEEKDAYS.index(word)), None
    return None, found.whole(most=_MOST_DAYS)


def _read_time(found: Found) -> int | None:
    match = _TIME.fullmatch(found.value) if isinstance(found.value, str) else None
    if match is not None:
        return int(match[1]) * 60 + int(match[2])
    found.refuse("a time of day as 10:00", "write it in quotes, with two digits each")
    return None
