"""BPI Challenge 2012: which row becomes which fact."""

import pytest

from streams.errors import ConfigurationError
from streams.importers.bpic2012 import COLUMNS
from tests.unit.importers.rows import refused, table, told

# Made up, in the form of the log.
CREATED = {"ts": "2011-10-03T08:00:00.500Z", "type": "lead_created", "lead": "7", "amount": "2000"}
QUEUED = {"ts": "2011-10-03T08:01:00.000Z", "type": "queued", "lead": "7", "source": "W_Calls"}
HANDED_OFF = {**QUEUED, "type": "handed_off", "rep": "11", "outcome": "10"}
ATTEMPT = {
    "ts": "2011-10-03T08:02:00.000Z",
    "type": "contact_attempt",
    "lead": "7",
    "rep": "11",
    "channel": "phone",
    "outcome": "connected",
    "source": "W_Calls",
    "ended_at": "2011-10-03T08:04:00.250Z",
    "dur_s": "120.25",
    "progressed": "1",
}
CLOSED = {
    "ts": "2011-10-03T09:00:00.000Z",
    "type": "deal_closed",
    "lead": "7",
    "outcome": "won",
    "source": "A_APPROVED",
}


def test_each_row_is_one_fact() -> None:
    """Submitted on the website; queued for a team, handed to a rep; a call; closed."""
    found = told("bpic2012", table(COLUMNS, CREATED, QUEUED, HANDED_OFF, ATTEMPT, CLOSED))

    kept = ("type", "team_id", "rep_id", "channel", "source", "value", "reason", "outcome")
    assert [{name: one[name] for name in kept if name in one} for _, one in found] == [
        {"type": "lead-created", "source": "website", "value": "2000"},
        {"type": "handed-off", "team_id": "W_Calls"},
        {"type": "handed-off", "team_id": "W_Calls", "rep_id": "11"},
        {"type": "contact-attempt", "rep_id": "11", "channel": "call", "outcome": "connected"},
        {"type": "lead-closed", "reason": "A_APPROVED", "outcome": "won"},
    ]
    assert {one["lead_id"] for _, one in found} == {"7"}


def test_an_attempt_is_known_when_it_ends() -> None:
    """Begun 08:02:00, written down by the system at its end, 08:04:00.25, after 120.25 s."""
    ((_, attempt),) = told("bpic2012", table(COLUMNS, ATTEMPT))

    assert attempt["occurred_at"] == "2011-10-03T08:02:00.000000Z"
    assert attempt["recorded_at"] == "2011-10-03T08:04:00.250000Z"
    assert (attempt["evidence"], attempt["duration_seconds"]) == ("system", 120.25)


def test_an_attempt_that_the_log_does_not_see_ending_is_one_all_the_same() -> None:
    """No end, no outcome, no length."""
    cut = {**ATTEMPT, "outcome": "", "ended_at": "", "dur_s": ""}

    ((_, attempt),) = told("bpic2012", table(COLUMNS, cut))

    assert not {"recorded_at", "outcome", "duration_seconds"} & attempt.keys()


@pytest.mark.parametrize(
    ("outcome", "closed"),
    [("won", "won"), ("lost_declined", "disqualified"), ("lost_cancelled", "lost")],
)
def test_the_bank_disqualifies_and_the_customer_is_lost(outcome: str, closed: str) -> None:
    """Declined by the bank is disqualified, cancelled by the customer is lost."""
    ((_, close),) = told("bpic2012", table(COLUMNS, {**CLOSED, "outcome": outcome}))

    assert close["outcome"] == closed


def test_ids_follow_the_lines_of_the_file() -> None:
    """The header is line 1; facts of one instant stay in the order of the file."""
    found = told("bpic2012", table(COLUMNS, CREATED, QUEUED))

    assert [(line, one["event_id"]) for line, one in found] == [
        (2, "bpic2012-0000002"),
        (3, "bpic2012-0000003"),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "phoned"}, "unknown_type"),
        ({"ts": "yesterday"}, "bad_instant"),
        ({"lead": "a b"}, "bad_lead_id"),
        ({"outcome": "asleep"}, "unknown_word"),
        ({"dur_s": "nan"}, "wrong_type"),
        ({"ts": ""}, "missing_field"),
    ],
)
def test_a_row_that_makes_no_fact_is_told(change: dict[str, str], reason: str) -> None:
    """With its line and a reason from the closed list."""
    found = refused("bpic2012", table(COLUMNS, CREATED, {**ATTEMPT, **change}))

    assert [(line, why) for line, why, _ in found] == [(3, reason)]


def test_another_file_is_refused_as_a_whole() -> None:
    """Without the columns no row can be read."""
    with pytest.raises(ConfigurationError, match=r"no bpic2012 file: .* no column ts, type"):
        told("bpic2012", [b"a,b\n", b"1,2\n"])
