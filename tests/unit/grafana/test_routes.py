"""Routes follow from the agreement's teams, contacts and calendars."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from grafana.mixin.hours import Intervals, intervals
from grafana.mixin.routes import config
from schemas.instants import SECOND
from streams.domain.calendar import ALWAYS, Calendar
from tests.support.sites import example, site

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def receivers(of: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the receivers by name."""
    return {one["name"]: one for one in of["receivers"]}


def matches(interval: dict[str, Any], at: datetime) -> bool:
    """Say whether an instant lies in a time interval, as Alertmanager would."""
    local = at.astimezone(ZoneInfo(interval["location"]))
    minute = local.hour * 60 + local.minute
    checks = [
        DAYS[local.weekday()] in interval.get("weekdays", DAYS),
        str(local.day) in interval.get("days_of_month", [str(local.day)]),
        str(local.month) in interval.get("months", [str(local.month)]),
        str(local.year) in interval.get("years", [str(local.year)]),
        any(
            minutes(one["start_time"]) <= minute < minutes(one["end_time"])
            for one in interval.get("times", [{"start_time": "00:00", "end_time": "24:00"}])
        ),
    ]
    return all(checks)


def minutes(clock: str) -> int:
    """Read 09:30 as minutes."""
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


def tells(written: Intervals, at: datetime) -> bool:
    """Say whether a route would tell at an instant."""
    if not written.active:
        return True
    is_active = any(matches(one, at) for one in written.active)
    return is_active and not any(matches(one, at) for one in written.muted)


NIGHT = Calendar(zone="America/New_York", week={4: ((1320, 1800),), 6: ((0, 1440),)})
FLOOR = example().policy.calendars["floor"]


@pytest.mark.parametrize("calendar", [FLOOR, NIGHT], ids=["floor", "night"])
def test_people_are_told_when_they_are_there(calendar: Calendar) -> None:
    """Each quarter of an hour of two years: a route is active when the calendar is open.

    Holidays, dates with hours of their own, shifts across midnight and clock changes are
    in it.
    """
    first = datetime(2026, 1, 1, tzinfo=UTC)
    written = intervals(calendar, first.date(), date(2028, 1, 31))
    wrong = []
    for step in range(2 * 365 * 96):
        at = first + timedelta(minutes=15 * step)
        instant = int(at.timestamp()) * SECOND
        is_open = calendar.elapsed(instant, instant + SECOND) > 0
        if tells(written, at) != is_open:
            wrong.append(at)

    assert wrong == []


def test_round_the_clock_needs_no_interval() -> None:
    """Nothing mutes what is always open."""
    assert intervals(ALWAYS, date(2026, 1, 1), date(2027, 1, 1)) == Intervals([], [])


def test_a_team_lead_hears_of_the_own_team_only() -> None:
    """Each team's alerts lead to the contact whom the agreement names."""
    (leads,) = [
        one
        for one in config(example())["route"]["routes"]
        if one.get("matchers") == ['audience="team_lead"']
    ]

    assert [(one["matchers"], one["receiver"]) for one in leads["routes"]] == [
        (['team="nord"'], "nord-lead"),
        (['team="sued"'], "sued-lead"),
    ]
    assert all(one["active_time_intervals"] == ["floor"] for one in leads["routes"])
    assert all(one["mute_time_intervals"] == ["floor-closed"] for one in leads["routes"])


def test_a_new_team_has_a_route_and_a_receiver() -> None:
    """A team that is added to the agreement is told of by the next generation."""
    teams = {"west": {"calendar": "always", "lead_contact": "west-lead", "reps": ["a"]}}
    made = config(site(teams=teams))

    assert "west-lead" in receivers(made)
    assert "nord-lead" not in receivers(made)
    assert "time_intervals" not in made


def test_a_contact_with_an_address_is_posted_to_with_a_secret_from_a_file() -> None:
    """No secret stands in the configuration."""
    made = config(site(contacts={"manager": "https://chat.example/hooks/sales"}))
    hook = receivers(made)["chat-example-hooks-sales"]["webhook_configs"][0]

    assert hook["url"] == "https://chat.example/hooks/sales"
    assert hook["http_config"]["authorization"] == {
        "type": "Bearer",
        "credentials_file": "/run/leadclock/contacts-token",
    }


def test_the_ladder_lets_team_leads_hear_of_late_leads() -> None:
    """`escalation: [{at: 100%, to: team_lead}]` adds a route that goes on to the floor."""
    made = config(site(escalation=[{"at": "100%", "to": "team_lead"}]))
    late = [
        one
        for one in made["route"]["routes"]
        if one.get("matchers") == ['audience="floor"'] and one.get("continue")
    ]

    assert [one["receiver"] for one in late] == ["team_lead"]
    assert late[0]["routes"][0]["receiver"] == "nord-lead"


def test_every_route_leads_somewhere() -> None:
    """Each receiver and each interval that is named exists."""
    made = config(site(escalation=[{"at": "100%", "to": "team_lead"}]))
    names, hours = receivers(made).keys(), {one["name"] for one in made["time_intervals"]}
    waiting = [made["route"]]
    while waiting:
        route = waiting.pop()
        waiting += route.get("routes", ())
        assert route["receiver"] in names
        assert set(route.get("active_time_intervals", ())) <= hours
        assert set(route.get("mute_time_intervals", ())) <= hours
