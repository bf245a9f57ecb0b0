"""Periods: local months, quarters and years, also where clocks change."""

import pytest

from schemas.instants import HOUR
from streams.domain.periods import cut_at_periods, period_of
from tests.support.story import at


@pytest.mark.parametrize(
    ("period", "begins", "ends"),
    [
        ("month", "2026-03-01 00:00", "2026-04-01 00:00"),
        ("quarter", "2026-01-01 00:00", "2026-04-01 00:00"),
        ("year", "2026-01-01 00:00", "2027-01-01 00:00"),
    ],
)
def test_a_period_is_local(period: str, begins: str, ends: str) -> None:
    """31 March 23:30 in Berlin is March, though it is April in no zone east of it."""
    assert period_of("Europe/Berlin", period, at("2026-03-31 23:30")) == (at(begins), at(ends))


def test_march_is_an_hour_short_in_berlin() -> None:
    """Clocks go forward on the 29th."""
    begins, ends = period_of("Europe/Berlin", "month", at("2026-03-10 10:00"))

    assert ends - begins == 31 * 24 * HOUR - HOUR


def test_a_span_is_cut_where_periods_begin() -> None:
    """From 20 March to 10 May: three parts."""
    span = at("2026-03-20 10:00"), at("2026-05-10 10:00")

    assert list(cut_at_periods("Europe/Berlin", "month", span)) == [
        (at("2026-03-01 00:00"), at("2026-03-20 10:00"), at("2026-04-01 00:00")),
        (at("2026-04-01 00:00"), at("2026-04-01 00:00"), at("2026-05-01 00:00")),
        (at("2026-05-01 00:00"), at("2026-05-01 00:00"), at("2026-05-10 10:00")),
    ]
