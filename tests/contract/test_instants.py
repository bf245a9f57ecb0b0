"""Instants and lengths at the edge."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instants import (
    MINUTE,
    SECOND,
    format_instant,
    micros,
    micros_of,
    parse_instant,
    seconds,
)

NOON = 1_773_144_000 * SECOND  # 2026-03-10T12:00:00Z
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-10T12:00:00Z",
        "2026-03-10T12:00:00.0Z",
        "2026-03-10t12:00:00z",
        "2026-03-10T13:00:00+01:00",
        "2026-03-10T17:45:00+05:45",
        "2026-03-10T02:30:00-09:30",
        "2026-03-11T11:59:00+23:59",
        "2026-03-10T12:00:00-00:00",
        "2026-03-10T12:00:00.0000009Z",
    ],
)
def test_the_same_instant_in_many_ways(text: str) -> None:
    """Offsets, letters and digits beyond the sixth do not change it."""
    assert parse_instant(text) == NOON


@pytest.mark.parametrize(
    ("digits", "wanted"),
    [("5", 500_000), ("25", 250_000), ("1234", 123_400), ("123456", 123_456)],
)
def test_fractions_are_read(digits: str, wanted: int) -> None:
    """One to six digits of a second."""
    assert parse_instant(f"2026-03-10T12:00:00.{digits}Z") == NOON + wanted


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59.9999999Z", "2026-03-10T12:00:00.9999999Z"])
def test_c19_digits_are_cut_not_rounded(text: str) -> None:
    """.9999999 stays in its second, before and after 1970."""
    assert parse_instant(text) % SECOND == 999_999


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-10T12:00:00",
        "2026-03-10 12:00:00Z",
        "2026-03-10T12:00Z",
        "2026-03-10T12Z",
        "2026-03-10",
        "2026-W11-2T12:00:00Z",
        "2026-069T12:00:00Z",
        "20260310T120000Z",
        "2026-03-10T12:00:00,5Z",
        "2026-03-10T12:00:00.Z",
        "2026-03-10T12:00:60Z",
        "2026-03-10T24:00:00Z",
        "2026-03-10T12:60:00Z",
        "2026-02-29T12:00:00Z",
        "2026-00-10T12:00:00Z",
        "0000-03-10T12:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2026-03-10T12:00:00+0100",
        "2026-03-10T12:00:00+01",
        "2026-03-10T12:00:00+01:00:30",
        "2026-03-10T12:00:00+24:00",
        "2026-03-10T12:00:00+01:60",
        "2026-03-10T12:00:00 +01:00",
        "2026-03-10T12:00:00Z\n",
        "+2026-03-10T12:00:00Z",
        "12026-03-10T12:00:00Z",
        "２０２６-03-10T12:00:00Z",  # noqa: RUF001 - digits of another script are the point
        "",
    ],
)
def test_what_is_not_rfc_3339_is_refused(text: str) -> None:
    """No offset, other separators, other calendars, instants that do not exist."""
    with pytest.raises(ValueError, match=r"is not|must be|out of range"):
        parse_instant(text)


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (NOON, "2026-03-10T12:00:00.000000Z"),
        (NOON + 500_000, "2026-03-10T12:00:00.500000Z"),
        (parse_instant("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000000Z"),
        (parse_instant("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_six_digits_and_z_always(at: int, wanted: str) -> None:
    """Whole seconds too, so that texts sort as instants do."""
    assert format_instant(at) == wanted


@given(moment=st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)), zone=OFFSETS)  # noqa: DTZ001 - hypothesis adds the zone below
def test_any_offset_is_exact(moment: datetime, zone: timezone) -> None:
    """An instant written in any offset is the same integer, and comes back the same."""
    there = moment.replace(tzinfo=UTC).astimezone(zone)

    at = parse_instant(there.isoformat())

    assert at == micros_of(there)
    assert parse_instant(format_instant(at)) == at


@pytest.mark.parametrize(
    ("length", "wanted"),
    [(0, 0), (90 * MINUTE, 5400), (SECOND // 2, 0.5), (1, 1e-06), (-1_500_000, -1.5)],
)
def test_seconds_have_at_most_six_decimals(length: int, wanted: float) -> None:
    """Whole ones are integers, so that 5400 is not written 5400.0."""
    found = seconds(length)

    assert found == wanted
    assert isinstance(found, int) == (length % SECOND == 0)


@given(length=st.integers(0, 10**15))
def test_seconds_are_exact(length: int) -> None:
    """Up to thirty years nothing is lost to binary fractions, nor written with more digits."""
    found = seconds(length)

    assert micros(found) == length
    assert found == round(found, 6)
