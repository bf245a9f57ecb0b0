"""When a recurring obligation is due.

Source:
    Domain, M16 and M17; contract, section 3, ``obligations``.
"""

import calendar as days
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from schemas.instants import DAY, Instant
from streams.domain.calendar import Calendar
from streams.domain.commitment import Side
from streams.domain.zones import local_date, opening_instant, zone_of

_DECEMBER: Final = 12
_WEEK: Final = timedelta(days=7)
_LONGEST_CLOSED: Final = 62 * DAY
"""A due instant moves past closed days; by more than this it is not looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What one party owes the other again and again.

    Attributes:
        id: Unique in the agreement.
        weekday: 0 is Monday; None: it is owed by day of the month.
        day: Of the month, 1 to 31; in a shorter month its last day.
        minute: Of the local day.
        calendar: Whose zone and hours hold; a due instant at which it is closed moves to
            its next opening, its closing itself excepted.
    """

    id: str
    debtor: Side
    creditor: Side
    weekday: int | None = None
    day: int | None = None
    minute: int
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Instance:
    """One time that an obligation is owed.

    Attributes:
        period: The local date on which it is owed, ISO 8601; part of the breach's key.
        due_at: Its last instant in time.
    """

    period: str
    due_at: Instant


def instances(obligation: Obligation, after: Instant, until: Instant) -> Iterator[Instance]:
    """List when an obligation is due, later than an instant, until another, in order."""
    for day in _days(obligation, after - _LONGEST_CLOSED):
        instance = instance_on(obligation, day)
        if instance.due_at > until:
            return
        if instance.due_at > after:
            yield instance


def instance_on(obligation: Obligation, day: date) -> Instance:
    """Say when what is owed on a local date is due."""
    calendar = obligation.calendar
    at = opening_instant(zone_of(calendar.zone), day.toordinal(), obligation.minute)
    if not calendar.is_open(at) and not calendar.is_open(at - 1):
        at = calendar.next_open(at)
    return Instance(day.isoformat(), at)


def _days(obligation: Obligation, at: Instant) -> Iterator[date]:
    """List the local dates on which it is owed, from about an instant on, without end."""
    today = local_date(zone_of(obligation.calendar.zone), at)
    if obligation.weekday is not None:
        first = today - timedelta(days=(today.weekday() - obligation.weekday) % 7)
        while True:
            yield first
            first += _WEEK
    year, month = today.year, today.month
    while True:
        _, last = days.monthrange(year, month)
        yield date(year, month, min(obligation.day or 1, last))
        year, month = (year, month + 1) if month < _DECEMBER else (year + 1, 1)
