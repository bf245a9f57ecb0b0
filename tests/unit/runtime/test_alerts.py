"""Alerts as exclusions: what a chain of notifications declares."""

from itertools import pairwise

import pytest

from schemas.facts import ExclusionDeclared
from schemas.instants import MINUTE, SECOND, format_instant, parse_instant
from streams.runtime.alerts import AHEAD, exclusion_of

START = parse_instant("2026-03-02T10:00:00.123456789Z")


def told(now: int, ends_at: int | None = None) -> ExclusionDeclared:
    """Give what one notification declares."""
    exclusion = exclusion_of(
        {
            "status": "firing" if ends_at is None else "resolved",
            "labels": {"exclusion": "dialer_down"},
            "startsAt": "2026-03-02T12:00:00.123456789+02:00",
            "endsAt": "0001-01-01T00:00:00Z" if ends_at is None else format_instant(ends_at),
            "fingerprint": "b5d4045c3f466fa9",
        },
        now,
    )
    assert isinstance(exclusion, ExclusionDeclared)
    return exclusion


def test_an_alert_that_is_repeated_in_time_leaves_no_gap() -> None:
    """Told anew each five minutes for an hour: each reaches over the next, from the same start."""
    chain = [told(START + number * AHEAD) for number in range(12)]

    assert all(one.from_at == START for one in chain)
    assert all(one.to_at > START + (number + 1) * AHEAD for number, one in enumerate(chain))
    assert all(before.to_at < after.to_at for before, after in pairwise(chain))
    assert len({one.exclusion_id for one in chain}) == 12


def test_the_same_notification_declares_the_same() -> None:
    """Two Alertmanagers tell of it within a minute: one exclusion, of one extent."""
    first, second = told(START + MINUTE), told(START + 2 * MINUTE)

    assert (first.exclusion_id, first.to_at) == (second.exclusion_id, second.to_at)
    assert first.event_id == first.exclusion_id
    assert len(first.event_id) <= 64


def test_what_is_over_is_excluded_to_its_end() -> None:
    """Told only when it was resolved: from start to end, exactly."""
    over = told(START + 40 * MINUTE, ends_at=START + 33 * MINUTE)

    assert (over.from_at, over.to_at) == (START, START + 33 * MINUTE)


@pytest.mark.parametrize("ahead", [0, 1, SECOND])
def test_a_clock_that_runs_ahead_is_forgiven(ahead: int) -> None:
    """Alertmanager's clock is a second before ours: as if it were the same."""
    assert told(START - ahead).to_at == START + 2 * AHEAD
