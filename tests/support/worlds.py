"""Agreements for made-up lives: teams whose hours have nothing in common, and every option."""

from typing import Any, Final

from schemas.instants import DAY, parse_instant

# The Friday before clocks change in Berlin; Easter follows a week later.
START: Final = parse_instant("2026-03-27T06:00:00Z")
END: Final = START + 60 * DAY

_CALENDARS: Final[dict[str, Any]] = {
    "floor": {
        "zone": "Europe/Berlin",
        "hours": {
            "mon-thu": ["09:00-12:00", "13:00-17:30"],
            "fri": ["09:00-12:00", "12:30-14:10"],
            "sun": ["01:30-02:30"],
        },
        "closed": ["2026-04-03", "2026-04-06"],
        "open": {"2026-04-04": ["10:00-10:45"]},
    },
    "night": {
        "zone": "America/New_York",
        "hours": {"mon-wed": ["22:00-06:00"], "fri": ["03:00-04:00", "11:15-19:00"]},
        "closed": ["2026-03-31"],
    },
    "always": {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}},
}
_COMMON: Final[dict[str, Any]] = {
    "effective_from": "2026-01-01T00:00:00Z",
    "calendars": _CALENDARS,
    "teams": {
        "nord": {"calendar": "floor", "reps": ["anna", "ben"]},
        "west": {"calendar": "night", "reps": ["carl"]},
    },
}

PLAIN: Final[dict[str, Any]] = {
    **_COMMON,
    "agreement": "plain",
    "version": 1,
    "settle": "PT10M",
    "sales": [
        {"id": "web", "clock": "speed", "applies": {"source": ["web"]}, "target": "PT30M"},
        {"id": "speed", "clock": "speed", "target": "PT1H"},
        {"id": "lead", "clock": "speed_to_lead", "calendar": "always", "target": "PT1H"},
        {
            "id": "depth",
            "clock": "depth",
            "within": "PT3H",
            "min_attempts": 2,
            "max_attempts": 3,
            "automated": ["email"],
        },
    ],
}
STRICT: Final[dict[str, Any]] = {
    **_COMMON,
    "agreement": "strict",
    "version": 3,
    "default_calendar": "night",
    "correction_horizon": "PT24H",
    "false_close": "PT30M",
    "max_backdate": "PT5M",
    "double_dial": "PT0S",
    "sales": [
        {
            "id": "speed",
            "clock": "speed",
            "target": "end_of_next_business_day",
            "calendar": "start",
            "qualifying": {"channels": ["call", "email"]},
        },
        {"id": "lead", "clock": "speed_to_lead", "calendar": "floor", "target": "PT20M"},
        {
            "id": "mixed",
            "clock": "depth",
            "applies": {"team_id": "nord", "stage": "sql"},
            "within": {"business_days": 2},
            "mix": {"call": 1, "email": 1},
        },
        {
            "id": "depth",
            "clock": "depth",
            "within": "PT45M",
            "min_attempts": 3,
            "max_attempts": 3,
            "mix": {"voicemail": 1},
            "calendar": "always",
        },
    ],
}
NARROW: Final[dict[str, Any]] = {
    **_COMMON,
    "agreement": "narrow",
    "version": 7,
    "settle": "PT0S",
    "correction_horizon": "PT48H",
    "double_dial": "PT10M",
    "sales": [
        {"id": "speed", "clock": "speed", "target": "PT1H30M", "qualifying": {"by": "owner"}},
        {
            "id": "depth",
            "clock": "depth",
            "within": "end_of_next_business_day",
            "calendar": "floor",
            "min_attempts": 1,
            "max_attempts": 2,
            "qualifying": {"by": "team", "channels": ["call", "email", "voicemail"]},
        },
    ],
}
CHANGED: Final[dict[str, Any]] = {
    **_COMMON,
    "agreement": "changed",
    "version": 2,
    "effective_from": "2026-03-28T12:00:00Z",
    "settle": "PT0S",
    "correction_horizon": "PT72H",
    "false_close": "PT5M",
    "sales": [
        {"id": "speed", "clock": "speed", "target": "PT20M", "report_only": True},
        {"id": "lead", "clock": "speed_to_lead", "calendar": "always", "report_only": True},
        {
            "id": "depth",
            "clock": "depth",
            "within": "PT2H",
            "min_attempts": 2,
            "calendar": "floor",
        },
    ],
}
WORLDS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "plain": (PLAIN,),
    "strict": (STRICT,),
    "narrow": (NARROW,),
    "changed": (PLAIN, CHANGED),
}
SLEEPY: Final[dict[str, Any]] = {**NARROW, "agreement": "sleepy", "dormant": "PT60H"}
SLEEPING_TOO: Final = {**WORLDS, "sleepy": (SLEEPY,)}
"""One more in which leads without facts leave soon. Nobody knows then which ids they used."""
