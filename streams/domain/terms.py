"""What an agreement says besides its commitments: teams, labels, privacy, contacts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast, get_args

from schemas.instants import DAY, Instant
from streams.domain.advice import list_advice
from streams.domain.calendar import Calendar
from streams.domain.commitment import START
from streams.domain.found import Found, optional
from streams.domain.promises import read_calendar_name
from streams.domain.timetable import read_calendar

RepPrivacy = Literal["named", "alias", "team_only"]
"""How reps appear in what leaves Leadclock."""

LEAD_ID: Final = "{lead_id}"
"""What stands for the lead in ``lead_url``."""

_LABELS: Final = ("source", "segment", "role", "campaign")
# A calendar has to open at least this often for two years from the start on.
_LONGEST_WAIT: Final = 400 * DAY
_TWO_YEARS: Final = 731 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team of the agreement.

    Attributes:
        calendar: Name of the calendar in which its business time is counted.
        lead_contact: Who leads it, if the agreement says so.
        reps: Alias by rep id; None where a rep has no alias.
    """

    calendar: str
    lead_contact: str | None = None
    reps: Mapping[str, str | None] = field(default_factory=dict)


def read_calendars(found: Found, start: Instant | None) -> dict[str, Calendar | None]:
    """Read all calendars by name; None stands for one that has a problem.

    Args:
        found: The mapping of calendars.
        start: From when on they are needed, if that is known.
    """
    calendars: dict[str, Calendar | None] = {}
    for name, entry in found.entries().items():
        if name == START:
            entry.key.refuse(
                "another name: `calendar: start` means that of the first owner",
                "rename the calendar",
            )
        calendar = read_calendar(name, entry)
        if calendar is not None and start is not None:
            _check_opens(entry, calendar, start)
        calendars[name] = calendar
    return calendars


def read_teams(
    found: Found, calendars: Collection[str], default_calendar: str | None
) -> dict[str, Team]:
    """Read all teams by id; those without a calendar have the default one."""
    return {
        team_id: _read_team(entry, calendars, default_calendar)
        for team_id, entry in found.entries().items()
    }


def read_labels(found: Found) -> dict[str, frozenset[str]]:
    """Read the values of each attribute that may become metric labels."""
    return {name: entry.texts() for name, entry in found.keys(_LABELS).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """How reps appear in what leaves Leadclock; `streams.domain.shown` keeps to it.

    Attributes:
        min_group: With ``team_only``, so many reps a team needs to be shown by itself.
    """

    reps: RepPrivacy = "team_only"
    min_group: int = 1


def read_privacy(found: Found) -> Privacy:
    """Read how reps appear in what leaves Leadclock."""
    keys = found.keys(("reps", "min_group"))
    word = optional(keys.get("reps"), lambda at: at.word(get_args(RepPrivacy)))
    reps = cast("RepPrivacy", word or "team_only")
    min_group = optional(keys.get("min_group"), lambda at: at.whole(least=2, most=1000))
    if min_group is not None and reps != "team_only":
        keys["min_group"].key.refuse(
            "a group that somebody could hide in, as only `reps: team_only` makes",
            "remove it, or write `reps: team_only`",
        )
    return Privacy(reps=reps, min_group=min_group or 1)


def read_lead_url(found: Found) -> str | None:
    """Read the address of a lead in the customer's own system."""
    url = found.text(longest=2000)
    if url is not None and (LEAD_ID not in url or not url.startswith(("https://", "http://"))):
        found.refuse(
            f"an address with {LEAD_ID} in it", f"write it as https://crm.example/leads/{LEAD_ID}"
        )
    return url


def _check_opens(found: Found, calendar: Calendar, start: Instant) -> None:
    if calendar.longest_wait(start, start + _TWO_YEARS) > _LONGEST_WAIT:
        found.key.refuse(
            "an opening within 400 days of every instant, for two years from effective_from on",
            "add hours, or dates to `open`",
            found=f"calendar {calendar.name!r}, which stays closed for longer",
        )


def _read_team(found: Found, calendars: Collection[str], default_calendar: str | None) -> Team:
    needed = () if default_calendar is not None else ("calendar",)
    keys = found.keys(("calendar", "lead_contact", "reps"), required=needed)
    calendar = (
        optional(keys.get("calendar"), lambda at: read_calendar_name(at, calendars))
        or default_calendar
    )
    return Team(
        calendar=calendar or "",
        lead_contact=optional(keys.get("lead_contact"), Found.text),
        reps=optional(keys.get("reps"), _read_reps) or {},
    )


def _read_reps(found: Found) -> dict[str, str | None]:
    if isinstance(found.value, list):
        return dict.fromkeys(found.texts()) if found.value else {}
    if isinstance(found.value, str | int):
        found.refuse("a list of reps, or a mapping", list_advice(found.value))
        return {}
    return {rep_id: _read_alias(entry) for rep_id, entry in found.entries().items()}


def _read_alias(found: Found) -> str | None:
    if found.value is None:
        return None
    return optional(found.keys(("alias",)).get("alias"), Found.text)
