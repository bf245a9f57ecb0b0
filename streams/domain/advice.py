"""How to mend what stands in an agreement, as exactly as it can be said.

Who wrote ``4h`` is told to write PT4H, not to read up on ISO 8601.
"""

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

MAPPINGS: Final = {
    "privacy": "{reps: alias}",
    "labels": "{source: [website, fair]}",
    "calendars": "{floor: {zone: Europe/Berlin, hours: {mon-fri: ['09:00-17:00']}}}",
    "hours": "{mon-fri: ['09:00-17:00']}",
    "holidays": "{country: DE, subdivision: BE}",
    "open": "{2026-12-31: ['09:00-12:00']}",
    "teams": "{nord: {calendar: floor, reps: [rep-anna]}}",
    "applies": "{source: [website]}",
    "qualifying": "{channels: [call, email]}",
    "mix": "{call: 3, email: 2}",
    "pauses": "{reasons: [vacation], budget: PT16H}",
    "exclusions": "{reasons: [storm], cap: PT40H}",
    "sources": "{dialer: {max_silence: PT10M, clocks: [speed]}}",
    "contacts": "{manager: head-of-sales}",
    "strikes": "{clocks: [speed], window_days: 30, threshold: 3}",
    "reps": "[rep-anna, rep-ben]",
}
"""What a mapping under a key looks like; reps may be a plain list."""

VALUES: Final = {
    "agreement": "Smarketing 2026",
    "version": "1",
    "effective_from": "2026-04-01T00:00:00+02:00",
    "calendars": MAPPINGS["calendars"],
    "teams": MAPPINGS["teams"],
    "zone": "Europe/Berlin",
    "calendar": "floor",
    "country": "DE",
    "id": "website-speed",
    "reasons": "[vacation]",
    "max_silence": "PT10M",
    "clocks": "[speed]",
    "business_days": "10",
    "to": "team_lead",
    "window_days": "30",
    "threshold": "3",
    "debtor": "sales",
    "creditor": "marketing",
    "at": "'10:00'",
}
"""What may stand under a key that is missing."""

_LOOSE_LENGTH: Final = re.compile(r"(\d{1,9}) ?([a-z]+)\.?", re.ASCII | re.IGNORECASE)
_UNITS: Final = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std"), "H"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "M"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "S"),
}
_DAYS: Final = ("d", "day", "days", "business days", "workdays", "w", "week", "weeks")
_LOOSE_HOURS: Final = re.compile(
    r"(\d{1,2})(?:[:.](\d\d))? ?(?:-|to|\u2013) ?(\d{1,2})(?:[:.](\d\d))?", re.ASCII
)
_LOOSE_DATE: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_LAST_HOUR: Final = 24
_LAST_MINUTE: Final = 59


def mapping_advice(key: object) -> str:
    """Advise how to write the mapping under a key."""
    example = MAPPINGS.get(str(key))
    return f"write it as {example}" if example else "write it as `key: value` lines"


def list_advice(value: object) -> str:
    """Advise how to write a list, where a single value stands."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return f"write it in brackets: [{_iso_date(value) or value}]"
    if isinstance(value, dict):
        return "write it in brackets: [{...}], or begin each entry with a dash: - {...}"
    return "write it in brackets: [...]"


def missing_advice(key: str) -> str:
    """Advise what to add."""
    example = VALUES.get(key)
    return f"add `{key}: {example}`" if example else f"add {key!r} here"


def duration_advice(value: object) -> str:
    """Advise how to write a length of business or elapsed time."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"say of what: PT{value}H is hours, PT{value}M minutes, PT{value}S seconds"
    if isinstance(value, str):
        loose = _LOOSE_LENGTH.fullmatch(value.strip())
        unit = loose[2].lower() if loose else ""
        if loose and unit in _UNITS:
            return f"write PT{loose[1]}{_UNITS[unit]}"
        if unit in _DAYS or re.fullmatch(r"P(?!T).+", value):
            return (
                "a day is not a length of business time: write hours (PT24H), and for a target "
                "end_of_next_business_day or {business_days: 10}"
            )
    return "write PT1H30M for an hour and a half, PT30S for half a minute"


def hours_advice(value: object) -> str:
    """Advise how to write an interval of a day."""
    loose = _LOOSE_HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if loose is not None:
        start, end = (int(loose[1]), int(loose[2] or 0)), (int(loose[3]), int(loose[4] or 0))
        if all(hour <= _LAST_HOUR and minute <= _LAST_MINUTE for hour, minute in (start, end)):
            return f"write {start[0]:02}:{start[1]:02}-{end[0]:02}:{end[1]:02}"
    return "write both times with two digits each, 00:00 to 24:00"


def date_advice(value: object) -> str:
    """Advise how to write a date."""
    written = _iso_date(value)
    return "write it as 2026-12-24, year first" if written is None else f"write {written}"


def _iso_date(value: object) -> str | None:
    """Read a date as it is written in Germany; slashes mean other things elsewhere."""
    loose = _LOOSE_DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if loose is None:
        return None
    try:
        return date(int(loose[3]), int(loose[2]), int(loose[1])).isoformat()
    except ValueError:
        return None


def instant_advice(value: object) -> str:
    """Advise how to write an instant."""
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return f"write {text}T00:00:00+02:00, with the offset of your zone"
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", text):
        return f"write {text}+02:00, with the offset of your zone"
    return "write it as 2026-04-01T00:00:00+02:00"


def percent_advice(value: object) -> str:
    """Advise how to write a percentage."""
    text = str(value)
    if re.fullmatch(r"0\.\d{1,6}", text):
        return f"write {(Decimal(text) * 100).normalize():f}%"
    if re.fullmatch(r"\d{1,3}(\.\d{1,6})?", text) and 0 < Decimal(text) <= 100:  # noqa: PLR2004
        return f"write {text}%"
    return "write it as 90%"


def day_advice(spec: str, days: Collection[str]) -> str:
    """Advise how to write days of the week."""
    short = [word[:3].lower() for word in re.split(r" ?(?:-|to) ?", spec)]
    if len(short) in (1, 2) and all(word in days for word in short):
        return f"write {'-'.join(short)}"
    return "write mon, tue, wed, thu, fri, sat or sun, or a range of them"


def nearest(name: str, known: Collection[str]) -> str:
    """Advise the known word that ``name`` most likely was meant to be."""
    close = close_to(name, known)
    return f"did you mean {close!r}?" if close is not None else "remove it, or write a known one"


def close_to(name: str, known: Collection[str]) -> str | None:
    """Find the known word that a misspelt one most likely was meant to be."""
    by_shape = {_shape(word): word for word in known}
    close = get_close_matches(_shape(name), by_shape, n=1)
    return by_shape[close[0]] if close else None


def _shape(word: str) -> str:
    return word.lower().replace("-", "_")


_YAML: Final = (
    ("character '\\t'", "a tab", "indent with spaces"),
    (
        "mapping values are not allowed here",
        "a second colon, or a line that is indented too far",
        "put a text with a colon in quotes, or line it up with the keys above",
    ),
    ("expected ',' or ']'", "a list that is not closed", "close it with ] on the same line"),
    ("expected ',' or '}'", "braces that are not closed", "close them with } on the same line"),
    (
        "could not find expected ':'",
        "a line without a colon",
        "write it as `key: value`, or put it in quotes",
    ),
    (
        "expected <block end>",
        "a line that is not indented as those above",
        "line it up with the keys above",
    ),
    (
        "found unexpected end of stream",
        "a text whose quotes are not closed",
        "close the quotes",
    ),
)


def yaml_advice(problem: str) -> tuple[str, str]:
    """Say what a YAML reader stumbled over, and how to mend it."""
    for part, found, mend in _YAML:
        if part in problem:
            return found, mend
    return problem.removeprefix("found "), "mend the indentation, quotes or brackets"
