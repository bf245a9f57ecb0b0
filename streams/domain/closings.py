"""Public holidays as dates; done once, when an agreement is read, never by a worker."""

from datetime import date
from importlib.metadata import version
from typing import Final

import holidays

from streams.domain.advice import nearest
from streams.domain.found import Found, optional
from streams.domain.zones import TZDATA_VERSION

_YEARS_BEFORE: Final = 1
_YEARS_AFTER: Final = 2
_WRITTEN: Final = ("country", "subdivision")


def resolve(root: Found, year: int | None) -> dict[str, str]:
    """Turn the holidays of all calendars into ``closed`` dates, in place.

    They reach from the year before the agreement takes effect until two years after
    that year ends. A date with hours of its own in ``open`` is not closed.

    Args:
        root: The agreement, freshly read; its value is changed.
        year: In which it takes effect, if that is known.

    Returns:
        What the dates were made with: versions by the name of the package.
    """
    versions = {"tzdata": TZDATA_VERSION}
    for calendar in _calendars(root):
        if not isinstance(calendar.value, dict) or "holidays" not in calendar.value:
            continue
        written = calendar.entries()["holidays"]
        dates = _dates(written, year)
        if dates is None:
            # Something is wrong already; what is missing then is nobody's fault.
            del calendar.value["holidays"]
            continue
        first, last, days = dates
        calendar.value["holidays"] = {
            **{key: entry.value for key, entry in written.entries().items()},
            "first": first.isoformat(),
            "last": last.isoformat(),
        }
        _close(calendar.value, days)
        versions["holidays"] = version("holidays")
    return versions


def _calendars(root: Found) -> list[Found]:
    if not isinstance(root.value, dict) or not isinstance(root.value.get("calendars"), dict):
        return []
    return list(root.entries()["calendars"].entries().values())


def _dates(found: Found, year: int | None) -> tuple[date, date, list[date]] | None:
    noted = len(found.ledger.problems)
    keys = found.keys(_WRITTEN, required=("country",))
    country = optional(keys.get("country"), Found.text)
    subdivision = optional(keys.get("subdivision"), Found.text)
    if country is None or len(found.ledger.problems) > noted:
        return None
    countries = holidays.list_supported_countries()
    if country not in countries:
        keys["country"].refuse("a country code as DE", nearest(country, countries))
        return None
    if subdivision is not None and subdivision not in countries[country]:
        keys["subdivision"].refuse(
            "one of " + ", ".join(countries[country]), nearest(subdivision, countries[country])
        )
        return None
    if year is None:
        return None
    years = range(year - _YEARS_BEFORE, year + _YEARS_AFTER + 1)
    days = holidays.country_holidays(country, subdiv=subdivision, years=years)
    # Some holidays of the last year are observed in the year after it.
    inside = sorted(day for day in days if day.year in years)
    return date(years[0], 1, 1), date(years[-1], 12, 31), inside


def _close(calendar: dict[str, object], days: list[date]) -> None:
    closed, dated = calendar.get("closed", []), calendar.get("open", {})
    if isinstance(closed, list) and isinstance(dated, dict):
        texts = {day.isoformat() for day in days} - dated.keys()
        calendar["closed"] = [*closed, *sorted(texts.difference(map(str, closed)))]
