"""UCI 498: which difference between two rows of an incident becomes which fact."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from streams.errors import ConfigurationError
from streams.importers.uci498 import COLUMNS
from tests.unit.importers.rows import refused, table, told

SAMPLE = Path(__file__).parents[2] / "data" / "uci498-sample.csv"

# Made up, in the form of the log.
NEW = {
    "number": "0000001",
    "incident_state": "New",
    "sys_updated_at": "2016-02-29T09:05",
    "assignment_group": "56",
    "contact_type": "Phone",
    "priority": "3",
    "opened_at": "2016-02-29T09:00",
}
TAKEN = {
    **NEW,
    "incident_state": "Active",
    "sys_updated_at": "2016-02-29T09:20",
    "assigned_to": "89",
}
UPDATED = {**TAKEN, "sys_updated_at": "2016-02-29T09:40", "incident_state": "Awaiting User Info"}
CLOSED = {**TAKEN, "sys_updated_at": "2016-03-05T09:00", "incident_state": "Closed"}


def types_of(*rows: dict[str, str]) -> list[str]:
    """Name the facts of a file."""
    return [one["type"] for _, one in told("uci498", table(COLUMNS, *rows))]


def test_the_first_row_creates_the_lead_when_it_was_opened() -> None:
    """Opened 09:00, known with its first row at 09:05; minutes are read as UTC."""
    created: dict[str, Any] = told("uci498", table(COLUMNS, NEW))[0][1]

    assert created["occurred_at"] == "2016-02-29T09:00:00.000000Z"
    assert created["recorded_at"] == "2016-02-29T09:05:00.000000Z"
    assert (created["source"], created["segment"]) == ("phone", "priority-3")


def test_a_change_of_owner_is_a_hand_off_and_no_attempt() -> None:
    """To group 56's queue, then to resolver 89."""
    found = told("uci498", table(COLUMNS, NEW, TAKEN))

    assert [(one["type"], one.get("team_id"), one.get("rep_id")) for _, one in found] == [
        ("lead-created", None, None),
        ("handed-off", "group-56", None),
        ("handed-off", "group-56", "resolver-89"),
    ]


def test_an_update_by_the_owner_in_work_is_an_attempt_of_the_system() -> None:
    """Same owner, awaiting the user: one attempt by phone, then nothing when resolved."""
    resolved = {**UPDATED, "incident_state": "Resolved"}
    attempt = told("uci498", table(COLUMNS, NEW, TAKEN, UPDATED, resolved))[-1][1]

    assert (attempt["type"], attempt["channel"], attempt["rep_id"], attempt["evidence"]) == (
        "contact-attempt",
        "call",
        "resolver-89",
        "system",
    )
    assert attempt["occurred_at"] == "2016-02-29T09:40:00.000000Z"


def test_a_lead_closes_once_and_a_reopening_hands_it_off_again() -> None:
    """Two closed rows are one close; active again begins a cycle."""
    again = {**TAKEN, "sys_updated_at": "2016-03-06T09:00"}

    assert types_of(NEW, TAKEN, CLOSED, CLOSED, again) == [
        "lead-created",
        "handed-off",
        "handed-off",
        "lead-closed",
        "handed-off",
    ]


def test_a_rep_without_a_group_stays_in_the_last_team() -> None:
    """An empty group is not the end of the team."""
    found = told("uci498", table(COLUMNS, NEW, {**TAKEN, "assignment_group": ""}))

    assert found[-1][1]["team_id"] == "group-56"


def test_rows_of_other_incidents_may_lie_between() -> None:
    """The difference is to the incident's own row before."""
    other = {**NEW, "number": "0000002"}

    assert types_of(NEW, other, UPDATED).count("lead-created") == 2


def test_the_log_is_read_as_it_was_published() -> None:
    """Days first, question marks for what is unknown, words before the numbers."""
    published = {
        "number": "INC0000001",
        "incident_state": "New",
        "sys_updated_at": "29/2/2016 09:05",
        "assignment_group": "Group 56",
        "assigned_to": "?",
        "contact_type": "Phone",
        "priority": "3 - Moderate",
        "opened_at": "29/2/2016 09:00",
    }

    created, handed_off = (one for _, one in told("uci498", table(COLUMNS, published)))

    assert created["occurred_at"] == "2016-02-29T09:00:00.000000Z"
    assert created["segment"] == "priority-3"
    assert (handed_off["team_id"], handed_off.get("rep_id")) == ("group-56", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sys_updated_at": "soon"}, "bad_instant"),
        ({"sys_updated_at": "2016-02-30T09:00"}, "bad_instant"),
        ({"opened_at": "2016-02-29"}, "bad_instant"),
        ({"number": ""}, "bad_lead_id"),
    ],
)
def test_a_row_that_makes_no_fact_is_told(change: dict[str, str], reason: str) -> None:
    """And the next row of the incident is not compared with it."""
    lines = table(COLUMNS, {**NEW, **change}, NEW)

    assert [(line, why) for line, why, _ in refused("uci498", lines)] == [(2, reason)]


def test_another_file_is_refused_as_a_whole() -> None:
    """An empty file has no header either."""
    with pytest.raises(ConfigurationError, match="no uci498 file"):
        told("uci498", [])


def test_the_sample_holds_a_day_of_a_help_desk() -> None:
    """207 incidents of 29 February 2016 and what became of them until the next midnight."""
    found = told("uci498", SAMPLE.read_bytes().splitlines(keepends=True))

    assert Counter(one["type"] for _, one in found) == {
        "lead-created": 207,
        "handed-off": 313,
        "contact-attempt": 116,
        "lead-closed": 2,
    }
    assert {one["occurred_at"][:10] for _, one in found if one["type"] == "lead-created"} == {
        "2016-02-29"
    }
