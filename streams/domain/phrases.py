"""Lengths, instants and lists as a person says them: the smallest pieces of every sentence.

Nothing here depends on the machine's language or zone.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from schemas.instants import HOUR, MINUTE, SECOND, Instant, Micros, datetime_of
from streams.domain.zones import zone_of

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_WEEKDAYS: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_UNITS: Final = ((HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))
_TEENS: Final = range(11, 14)


def length(micros: Micros) -> str:
    """Say a length exactly: ``1 h 30 min``, ``45 s``, ``0.25 s``; nothing is ``0 s``."""
    if micros < 0:
        return f"minus {length(-micros)}"
    parts, left = [], micros
    for unit, name in _UNITS:
        number, left = divmod(left, unit)
        text = str(number)
        if unit == SECOND and left:
            text += f".{left:06}".rstrip("0")
        if text != "0":
            parts.append(f"{text} {name}")
    return " ".join(parts) or "0 s"


def day(at: date) -> str:
    """Say a date with its weekday: ``Tue 10 Mar 2026``."""
    return f"{WEEKDAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}"


def clock_time(at: Instant, zone: str) -> str:
    """Say the local time of day: ``10:00``, with seconds only where there are some."""
    local = datetime_of(at).astimezone(zone_of(zone))
    text = f"{local.hour:02}:{local.minute:02}"
    if local.second or local.microsecond:
        text += f":{local.second:02}"
    if local.microsecond:
        text += f".{local.microsecond:06}".rstrip("0")
    return text


def moment(at: Instant, zone: str) -> str:
    """Say an instant in a zone: ``Tue 10 Mar 2026 10:00``."""
    return f"{day(local_day(at, zone))} {clock_time(at, zone)}"


def local_day(at: Instant, zone: str) -> date:
    """Give the local date of an instant."""
    return datetime_of(at).astimezone(zone_of(zone)).date()


def listed(parts: Iterable[str], last: str = "and") -> str:
    """Join words as a sentence does: ``a, b and c``."""
    words = list(parts)
    if len(words) < 2:  # noqa: PLR2004 - one word needs no conjunction
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(number: int, one: str, many: str = "") -> str:
    """Say how many: ``1 lead``, ``2 leads``, ``no leads``."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def ordinal(number: int) -> str:
    """Say a place: ``1st``, ``2nd``, ``10th``, ``21st``."""
    suffix = "th" if number % 100 in _TEENS else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def percent(share: Decimal) -> str:
    """Say per cents without needless digits: ``90%``, ``99.5%``."""
    text = f"{share:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def capital(text: str) -> str:
    """Begin a sentence: the first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]
