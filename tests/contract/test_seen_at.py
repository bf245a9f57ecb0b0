"""When Leadclock could know a fact, and facts from the future."""

import pytest

from schemas.codec import (
    RefusalReason,
    RefusedError,
    check_future,
    seen_at_in_file,
    seen_at_on_kafka,
)
from schemas.facts import LeadCreated, SourceHeartbeat
from schemas.instants import MINUTE, SECOND

NOON = 1_773_144_000 * SECOND


def a_lead(recorded_at: int | None = None) -> LeadCreated:
    """Build a lead created at noon."""
    return LeadCreated(event_id="e-1", lead_id="l-1", occurred_at=NOON, recorded_at=recorded_at)


def test_in_a_file_recorded_at_tells_if_it_is_later() -> None:
    """Written down five minutes after it happened: known then."""
    assert seen_at_in_file(a_lead(NOON + 5 * MINUTE)) == NOON + 5 * MINUTE


@pytest.mark.parametrize("recorded_at", [None, NOON, NOON - MINUTE])
def test_in_a_file_occurred_at_tells_otherwise(recorded_at: int | None) -> None:
    """Nothing is known before it happened."""
    assert seen_at_in_file(a_lead(recorded_at)) == NOON


def test_on_kafka_the_records_timestamp_tells() -> None:
    """Appended at 12:01, read at 12:10: known at 12:01, whatever the source wrote down."""
    fact = a_lead(NOON + 9 * MINUTE)

    assert seen_at_on_kafka(fact, NOON + MINUTE, NOON + 10 * MINUTE) == NOON + MINUTE


def test_on_kafka_nothing_is_known_before_it_happened() -> None:
    """Appended at 11:59 by a clock that is behind: known at noon."""
    assert seen_at_on_kafka(a_lead(), NOON - MINUTE, NOON + MINUTE) == NOON


def test_on_kafka_the_timestamp_is_bounded_by_the_first_reading() -> None:
    """A timestamp of next week, read at 12:02: known at 12:02."""
    next_week = NOON + 7 * 24 * 60 * MINUTE

    assert seen_at_on_kafka(a_lead(), next_week, NOON + 2 * MINUTE) == NOON + 2 * MINUTE


def test_in_a_facts_app_the_wall_clock_bounds_nothing() -> None:
    """A history read years later, or earlier, keeps the timestamps it was sent with."""
    assert seen_at_on_kafka(a_lead(), NOON + 3 * MINUTE, None) == NOON + 3 * MINUTE


@pytest.mark.parametrize("ahead", [-MINUTE, 0, MINUTE, 2 * MINUTE])
def test_two_minutes_ahead_are_allowed(ahead: int) -> None:
    """Exactly two minutes after the record's timestamp is accepted."""
    check_future(a_lead(), NOON - ahead)


def test_more_than_two_minutes_ahead_is_refused() -> None:
    """One microsecond more is refused, for control facts as well."""
    record_at = NOON - 2 * MINUTE - 1
    heartbeat = SourceHeartbeat(event_id="c-1", occurred_at=NOON, origin="crm", complete_up_to=NOON)

    for fact in (a_lead(), heartbeat):
        with pytest.raises(RefusedError, match="120 s") as refused:
            check_future(fact, record_at)
        assert refused.value.reason == RefusalReason.FROM_THE_FUTURE


def test_a_promise_about_the_future_is_no_fact_from_it() -> None:
    """Only occurred_at is compared: a heartbeat may be complete up to any instant."""
    heartbeat = SourceHeartbeat(
        event_id="c-1", occurred_at=NOON, origin="crm", complete_up_to=NOON + 600 * MINUTE
    )

    check_future(heartbeat, NOON)
