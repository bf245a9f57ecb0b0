"""Recurring obligations: when they are due, what a receipt does, and what is missed."""

from datetime import date
from typing import Any

import pytest

from schemas.facts import ObligationFulfilled
from schemas.instants import format_instant
from schemas.verdicts import Breach, record_key, record_topic
from streams.domain.calendar import Calendar
from streams.domain.found import Found, Ledger
from streams.domain.obligation import Duty
from streams.domain.obligations import read_obligations
from streams.domain.policy import policy_of
from streams.domain.schedules import Obligation, instances
from tests.support.story import SPEED, agreement, at, control, local

POLICY = policy_of(agreement(SPEED))
FLOOR = POLICY.calendars["floor"]
WEEKLY: dict[str, Any] = {
    "id": "weekly-report",
    "debtor": "sales",
    "creditor": "marketing",
    "every": "monday",
    "at": "10:00",
    "calendar": "floor",
}


def read(**changed: Any) -> tuple[tuple[Obligation, ...], list[str]]:
    """Read the weekly report with changes; give it and the complaints."""
    body = {key: value for key, value in {**WEEKLY, **changed}.items() if value is not None}
    ledger = Ledger(lambda _path, _key: (1, 1))
    found = read_obligations(Found([body], (), ledger), dict(POLICY.calendars))
    return found, [problem.wanted for problem in ledger.problems]


def owed(**changed: Any) -> Obligation:
    """Give the weekly report, changed."""
    (obligation,), problems = read(**changed)
    assert problems == []
    return obligation


def due(obligation: Obligation, after: str, until: str) -> list[str]:
    """List when it is due, Berlin local time."""
    found = instances(obligation, at(after), at(until))
    return [local(format_instant(one.due_at)) for one in found]


def receipt(when: str, seen: str | None = None, **fields: Any) -> tuple[ObligationFulfilled, int]:
    """Tell that the report was sent."""
    told = control("obligation-fulfilled", when, obligation="weekly-report", **fields)
    assert isinstance(told, ObligationFulfilled)
    return told, at(seen or when)


def kept(*receipts: tuple[ObligationFulfilled, int], until: str) -> list[Breach]:
    """Keep the weekly report from Tuesday, 3 March, on."""
    begins_at = at("2026-03-03 00:00")
    duty = Duty(owed(), POLICY, begins_at, begins_at)
    for told, seen_at in receipts:
        duty.tell(told, seen_at)
    return duty.advance(at(until))


def chain(breaches: list[Breach]) -> list[tuple[str, str]]:
    """Give each step: status, and when it was said."""
    return [(one.status, local(format_instant(one.detected_at))) for one in breaches]


def test_every_monday_in_the_zone_of_the_calendar() -> None:
    """10:00 in Berlin, before and after clocks go forward."""
    assert due(owed(), "2026-03-20 00:00", "2026-04-08 00:00") == [
        "2026-03-23 10:00:00",
        "2026-03-30 10:00:00",
        "2026-04-06 10:00:00",
    ]


def test_on_a_day_of_the_month_or_its_last() -> None:
    """The 31st: 30 April is a Thursday, 31 May a Sunday and moves to Monday's opening."""
    assert due(owed(every=31), "2026-03-03 00:00", "2026-06-02 00:00") == [
        "2026-03-31 10:00:00",
        "2026-04-30 10:00:00",
        "2026-06-01 09:00:00",
    ]


def test_on_a_closed_day_it_is_due_at_the_next_opening() -> None:
    """Monday, 6 April is a holiday: Tuesday 9:00."""
    closed = Calendar(
        zone=FLOOR.zone,
        week=FLOOR.week,
        closed=frozenset({date(2026, 4, 6)}),
        name="floor",
    )
    weekly = owed()
    moved = Obligation(
        id=weekly.id,
        debtor=weekly.debtor,
        creditor=weekly.creditor,
        weekday=weekly.weekday,
        minute=weekly.minute,
        calendar=closed,
    )

    assert due(moved, "2026-04-05 00:00", "2026-04-08 00:00") == ["2026-04-07 09:00:00"]


def test_the_close_of_business_is_due_at_the_close() -> None:
    """17:30 is the closing, not next morning."""
    assert due(owed(at="17:30"), "2026-03-09 00:00", "2026-03-11 00:00") == ["2026-03-09 17:30:00"]


def test_nothing_sent_is_missed() -> None:
    """Due Monday 10:00: provisional, confirmed; the subject is the obligation."""
    breaches = kept(until="2026-03-10 00:00")

    assert chain(breaches) == [
        ("provisional", "2026-03-09 10:00:00"),
        ("confirmed", "2026-03-09 10:00:30"),
    ]
    breach = breaches[-1]
    assert (breach.kind, breach.clock, breach.subject) == ("missed", "obligation", "weekly-report")
    assert (breach.debtor, breach.creditor, breach.lead_id) == ("sales", "marketing", None)
    assert record_topic(breach) == "obligation-breaches"
    assert record_key(breach) == b"weekly-report"


def test_each_period_is_an_instance_of_its_own() -> None:
    """Two weeks, two breaches."""
    breaches = kept(until="2026-03-17 00:00")

    assert len({one.breach_id for one in breaches}) == 2


@pytest.mark.parametrize("when", ["2026-03-06 16:00", "2026-03-09 10:00"])
def test_a_receipt_in_time_keeps_it(when: str) -> None:
    """On Friday before, or at the last instant."""
    assert kept(receipt(when), until="2026-03-10 00:00") == []


def test_a_receipt_after_due_resolves_the_breach() -> None:
    """Sent at 11:00: 1 h over."""
    breaches = kept(receipt("2026-03-09 11:00"), until="2026-03-10 00:00")

    assert chain(breaches)[-1] == ("resolved", "2026-03-09 11:00:00")
    assert breaches[-1].overrun_seconds == 3_600_000_000


def test_a_receipt_is_about_the_nearest_due_instant() -> None:
    """Week one is missed, week two sent on Monday 9:00: that is week two's."""
    breaches = kept(receipt("2026-03-16 09:00"), until="2026-03-17 00:00")

    assert [status for status, _ in chain(breaches)] == ["provisional", "confirmed"]


def test_a_receipt_told_late_takes_the_breach_back() -> None:
    """Sent at 9:00, told at 15:00."""
    breaches = kept(
        receipt("2026-03-09 09:00", seen="2026-03-09 15:00", id="r"), until="2026-03-10 00:00"
    )

    assert chain(breaches)[-1] == ("retracted", "2026-03-09 15:00:00")
    assert (breaches[-1].reason, breaches[-1].evidence_id) == ("late_fact", "r")


def test_a_receipt_told_after_the_horizon_changes_nothing() -> None:
    """Sent in time, told nine days later: it stays confirmed."""
    late = receipt("2026-03-09 09:00", seen="2026-03-18 15:00")

    breaches = kept(late, until="2026-03-20 00:00")

    first = [one.status for one in breaches if one.due_at == at("2026-03-09 10:00")]
    assert first == ["provisional", "confirmed"]


def test_receipts_in_any_order_and_number_give_the_same() -> None:
    """Twice, and backwards."""
    told = [receipt("2026-03-09 11:00", id="a"), receipt("2026-03-16 09:00", id="b")]

    assert kept(*told, until="2026-03-20 00:00") == kept(
        *reversed(told), *told, until="2026-03-20 00:00"
    )


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"every": "mon"}, "one of monday"),
        ({"every": 32}, "from 1 to 31"),
        ({"every": None}, "'every'"),
        ({"at": "25:00"}, "a time of day"),
        ({"at": "9:00"}, "a time of day"),
        ({"debtor": "service"}, "one of sales"),
        ({"creditor": "sales"}, "the other party"),
        ({"calendar": "flor"}, "a calendar of this agreement"),
    ],
)
def test_an_obligation_that_is_wrong_is_refused(changed: dict[str, Any], wanted: str) -> None:
    """With what was wanted."""
    found, problems = read(**changed)

    assert found == () or problems
    assert any(wanted in problem for problem in problems)
