"""Who is told of what, and when: routes by audience and team, from the agreement.

What a contact says after ``contacts:`` or ``lead_contact:`` becomes a receiver. If it is an
address, alerts are posted to it, with a bearer token that is kept in a file; else the
receiver has a name only, and whoever runs Alertmanager says where it leads.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from grafana.mixin.alerts import FLOOR, MANAGER, OUTAGES, PLATFORM, TEAM_LEAD
from grafana.mixin.hours import Intervals, intervals
from grafana.mixin.site import Site
from schemas.instants import SECOND

SECRETS: Final = "/run/leadclock"
_ADDRESSES: Final = ("http://", "https://")
_TWO_YEARS: Final = timedelta(days=731)
_QUICK: Final = {"group_wait": "5s", "group_interval": "10s", "repeat_interval": "30m"}

Route = dict[str, Any]


def config(site: Site) -> dict[str, Any]:
    """Give the configuration of Alertmanager."""
    hours = _hours(site)
    told = {
        "route": {
            "receiver": PLATFORM,
            "group_by": ["alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "routes": [
                _control(),
                _watchdog(),
                *_people(site, hours),
                # Without it, what declares an exclusion would be told to no person.
                {"receiver": PLATFORM},
            ],
        },
        "inhibit_rules": [
            {
                "source_matchers": [f'alertname=~"{"|".join(OUTAGES)}"'],
                "target_matchers": [f'audience=~"{FLOOR}|{TEAM_LEAD}|{MANAGER}"'],
            },
            # Who is late already need not hear that he soon will be.
            {
                "source_matchers": ['alertname="LeadclockRepBreached"'],
                "target_matchers": ['alertname="LeadclockTeamAtRisk"'],
                "equal": ["team"],
            },
        ],
        "receivers": _receivers(site),
    }
    named = [
        {"name": name, "time_intervals": found}
        for calendar, (active, muted) in hours.items()
        for name, found in ((calendar, active), (_closed(calendar), muted))
        if found
    ]
    return told | ({"time_intervals": named} if named else {})


def _control() -> Route:
    return {
        "receiver": "leadclock-control",
        "matchers": ['exclusion!=""'],
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "1m",
        # An exclusion reaches at least five minutes ahead.
        "repeat_interval": "4m",
        "continue": True,
    }


def _watchdog() -> Route:
    return {
        "receiver": "watchdog",
        "matchers": ['alertname="Watchdog"'],
        "repeat_interval": "5m",
    }


def _people(site: Site, hours: dict[str, Intervals]) -> list[Route]:
    """Give the routes of each audience, by team where teams differ."""
    told = site.policy.teams
    leads = {team: told[team].lead_contact if team in told else None for team in site.teams}
    found = [
        _audience(site, hours, FLOOR, dict.fromkeys(site.teams, FLOOR)),
        _audience(site, hours, TEAM_LEAD, {team: _named(one) for team, one in leads.items()}),
        _audience(site, hours, MANAGER, dict.fromkeys(site.teams, _manager(site))),
    ]
    if any(one.to == "team_lead" for one in site.policy.escalation):
        # The ladder of the agreement names them, so they hear of what is late, too.
        late = _audience(site, hours, FLOOR, {team: _named(one) for team, one in leads.items()})
        found.insert(0, late | {"receiver": TEAM_LEAD, "continue": True})
    return found


def _audience(
    site: Site, hours: dict[str, Intervals], audience: str, receivers: dict[str, str]
) -> Route:
    default = _manager(site) if audience == MANAGER else audience
    route: Route = {
        "receiver": default,
        "matchers": [f'audience="{audience}"'],
        "group_by": ["alertname", "team"],
        **_QUICK,
    }
    children: list[Route] = []
    for team, receiver in receivers.items():
        calendar = site.policy.calendar_name_of(team)
        written = hours.get(calendar or "", Intervals([], []))
        child: Route = {"receiver": receiver, "matchers": [f"team={_quoted(team)}"]}
        if written.active:
            child["active_time_intervals"] = [calendar]
        if written.muted and calendar is not None:
            child["mute_time_intervals"] = [_closed(calendar)]
        children.append(child)
    return route | {"routes": children}


def _receivers(site: Site) -> list[dict[str, Any]]:
    contacts = [told.lead_contact for told in site.policy.teams.values()]
    addresses = {_named(one): one for one in (*contacts, *site.policy.contacts.values()) if one}
    names = (PLATFORM, FLOOR, TEAM_LEAD, _manager(site), "watchdog", *addresses)
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys(names):
        receiver: dict[str, Any] = {"name": name}
        address = addresses.get(name, "")
        if address.startswith(_ADDRESSES):
            receiver["webhook_configs"] = [_webhook(address, "contacts-token")]
        found.append(receiver)
    control = _webhook("http://worker:9464/control", "control-token")
    return [*found, {"name": "leadclock-control", "webhook_configs": [control]}]


def _webhook(url: str, secret: str) -> dict[str, Any]:
    login = {"type": "Bearer", "credentials_file": f"{SECRETS}/{secret}"}
    return {"url": url, "send_resolved": True, "http_config": {"authorization": login}}


def _hours(site: Site) -> dict[str, Intervals]:
    first = _day(site)
    return {
        name: found
        for name in dict.fromkeys(site.policy.calendar_name_of(team) for team in site.teams)
        if name is not None
        and (found := intervals(site.policy.calendars[name], first, first + _TWO_YEARS)).active
    }


def _day(site: Site) -> date:
    return datetime.fromtimestamp(site.policy.effective_from // SECOND, tz=UTC).date()


def _closed(calendar: str) -> str:
    return f"{calendar}-closed"


def _manager(site: Site) -> str:
    return _named(site.policy.contacts.get(MANAGER, MANAGER))


def _named(contact: str | None) -> str:
    """Name a receiver; what is an address is named by its host and path."""
    if contact is None:
        return TEAM_LEAD
    if contact.startswith(_ADDRESSES):
        return re.sub(r"[^A-Za-z0-9]+", "-", contact.partition("://")[2]).strip("-")
    return contact


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
