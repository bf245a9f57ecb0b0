"""A partition's now: what may be known, and what may not yet be said."""

import pytest

from schemas.instants import SECOND, Instant
from streams.runtime.now import REFRESH, FactsNow, Mark, WallNow

MILLISECOND = 1_000
INPUTS = ("lead-created", "contact-attempt", "sla-control")
NOON: Instant = 1_700_000_000 * SECOND


def wall(kept: Instant | None = None, **positions: int) -> WallNow:
    """A wall clock partition; positions by topic with underscores, others at 0."""
    return WallNow({name: positions.get(name.replace("-", "_"), 0) for name in INPUTS}, kept)


def ends(instant: Instant, **offsets: int) -> Mark:
    """A mark; ends by topic with underscores, others at 0."""
    return Mark(instant, {name: offsets.get(name.replace("-", "_"), 0) for name in INPUTS})


def test_nothing_is_known_before_anything_was_asked() -> None:
    """A fresh partition has no now."""
    assert wall().now is None


def test_empty_inputs_are_read_to_their_ends() -> None:
    """Three inputs without a record: now is the instant of the question."""
    now = wall()

    now.told_ends(ends(NOON))

    assert now.now == NOON


def test_an_input_that_is_behind_holds_now_at_its_last_record() -> None:
    """5 of 9 attempts read, the last of 11:59:50: now is one microsecond before that."""
    now = wall()
    now.told_ends(ends(NOON, contact_attempt=9))

    now.read("contact-attempt", 5, NOON - 10 * SECOND)

    assert now.now == NOON - 10 * SECOND - 1


def test_the_slowest_input_decides() -> None:
    """Leads read to 11:59:55, attempts to 11:30: now stays before 11:30."""
    now = wall()
    now.told_ends(ends(NOON, lead_created=9, contact_attempt=9))

    now.read("lead-created", 5, NOON - 5 * SECOND)
    now.read("contact-attempt", 5, NOON - 1800 * SECOND)

    assert now.now == NOON - 1800 * SECOND - 1


def test_what_holds_now_back_is_told() -> None:
    """Nothing asked: nothing holds. 5 of 9 attempts read: 4 do. All read: nothing again."""
    now = wall()
    before = now.held_back()
    now.told_ends(ends(NOON, contact_attempt=9))
    now.read("contact-attempt", 5, NOON - 10 * SECOND)
    behind = now.held_back()
    now.read("contact-attempt", 9, NOON)

    assert before == dict.fromkeys(INPUTS, 0)
    assert behind == {"lead-created": 0, "contact-attempt": 4, "sla-control": 0}
    assert now.held_back() == before


def test_an_input_of_which_nothing_was_read_yet_stops_time() -> None:
    """After a restart one input has delivered, the other not: only the kept now is sure."""
    kept = NOON - 3600 * SECOND
    now = wall(kept, lead_created=4, contact_attempt=7)
    now.told_ends(ends(NOON, lead_created=9, contact_attempt=9))

    now.read("lead-created", 5, NOON - 5 * SECOND)

    assert now.now == kept


def test_now_is_the_clock_once_all_is_read() -> None:
    """The last missing attempt arrives: now jumps to the instant of the question."""
    now = wall()
    now.told_ends(ends(NOON, contact_attempt=9))
    now.read("contact-attempt", 5, NOON - 10 * SECOND)

    now.read("contact-attempt", 9, NOON - 9 * SECOND)

    assert now.now == NOON


def test_markers_behind_the_last_record_count_as_read() -> None:
    """The position passes a transaction's marker without a record: the input is at its end."""
    now = wall()
    now.told_ends(ends(NOON, contact_attempt=10))
    now.read("contact-attempt", 9, NOON - 10 * SECOND)

    now.read("contact-attempt", 10, None)

    assert now.now == NOON


def test_records_of_one_millisecond_are_not_overtaken() -> None:
    """Two records share a timestamp, one is read: now stays below the timestamp."""
    now = wall()
    now.told_ends(ends(NOON, contact_attempt=2))

    now.read("contact-attempt", 1, NOON - MILLISECOND)

    assert now.now == NOON - MILLISECOND - 1


def test_a_timestamp_from_the_future_does_not_carry_now_past_the_clock() -> None:
    """A record stamped an hour ahead: now is the instant of the question at most."""
    now = wall()
    now.told_ends(ends(NOON, contact_attempt=2))

    now.read("contact-attempt", 1, NOON + 3600 * SECOND)

    assert now.now == NOON


def test_now_never_goes_back() -> None:
    """Caught up at noon, then an input falls behind with old records: still noon."""
    now = wall()
    now.told_ends(ends(NOON))
    now.told_ends(ends(NOON + SECOND, contact_attempt=3))

    now.read("contact-attempt", 1, NOON - 60 * SECOND)

    assert now.now == NOON


def test_a_clock_that_was_set_back_does_not_take_now_along() -> None:
    """The machine's clock steps back five seconds: now waits for it."""
    now = wall()
    now.told_ends(ends(NOON))

    now.told_ends(ends(NOON - 5 * SECOND))

    assert now.now == NOON


def test_the_kept_now_holds_over_a_restart() -> None:
    """A new life starts at the committed now, not at the clock and not at nothing."""
    assert wall(NOON).now == NOON


def test_steady_traffic_does_not_starve_now() -> None:
    """Each question finds one more record than was read: older questions still get their due."""
    now = wall()
    for count in range(1, 40):
        now.told_ends(ends(NOON + count * SECOND, contact_attempt=count + 1))
        now.read("contact-attempt", count, NOON - 60 * SECOND)

    assert now.now is not None
    assert now.now >= NOON + 16 * SECOND


def test_ends_are_asked_when_something_is_due() -> None:
    """Due a tenth of a second after the last question: not before it, then at once, then once."""
    now = wall()
    now.told_ends(ends(NOON, contact_attempt=1))
    due_at = NOON + SECOND // 10

    assert now.wanted(due_at - 1, due_at) is None
    assert now.wake_at(due_at) == due_at
    assert now.wanted(due_at, due_at) == due_at

    now.told_ends(ends(due_at, contact_attempt=1))

    assert now.wanted(due_at + 1, due_at) is None


def test_an_idle_partition_asks_now_and_then() -> None:
    """Nothing is due: the ends are asked again after the refresh, and first of all."""
    now = wall()

    assert now.wanted(NOON, None) == NOON

    now.told_ends(ends(NOON))

    assert now.wanted(NOON + REFRESH - 1, None) is None
    assert now.wake_at(None) == NOON + REFRESH
    assert now.wanted(NOON + REFRESH, None) == NOON + REFRESH


def test_heartbeats_do_not_move_the_wall_clock() -> None:
    """A source is complete up to noon: a wall partition takes no notice."""
    now = wall()

    now.heard("crm", NOON)

    assert now.now is None


def facts(kept: Instant | None = None, **heartbeats: Instant) -> FactsNow:
    """A partition on the sources' time, nothing read yet."""
    return FactsNow(dict.fromkeys(INPUTS, 0), kept, heartbeats)


def others(instant: Instant, **offsets: int) -> Mark:
    """A mark over the inputs beside the control topic."""
    return Mark(
        instant, {k: v for k, v in ends(instant, **offsets).ends.items() if k != "sla-control"}
    )


def test_without_heartbeats_a_facts_app_knows_no_time() -> None:
    """Facts alone, whatever the clock says: no now, and no question."""
    now = facts()

    now.read("lead-created", 5, NOON)

    assert now.now is None
    assert now.wanted(NOON, NOON - SECOND) is None


def test_a_heartbeat_moves_now_once_the_other_inputs_are_read() -> None:
    """Complete up to noon with three leads before it: now is noon after the third."""
    now = facts()
    now.heard("send", NOON)
    instant = now.wanted(2 * NOON, None)
    assert instant == NOON

    now.told_ends(others(instant, lead_created=3))
    now.read("lead-created", 2, NOON)

    assert now.now is None

    now.read("lead-created", 3, NOON)

    assert now.now == NOON


def test_the_least_complete_origin_decides() -> None:
    """CRM up to noon, dialer up to 11:59: now is 11:59, then noon at most."""
    now = facts()
    now.heard("crm", NOON)
    now.heard("dialer", NOON - 60 * SECOND)

    assert now.wanted(2 * NOON, None) == NOON - 60 * SECOND

    now.told_ends(others(NOON - 60 * SECOND))
    now.heard("dialer", NOON + 60 * SECOND)

    assert now.now == NOON - 60 * SECOND
    assert now.wanted(2 * NOON, None) == NOON


@pytest.mark.parametrize("later", [NOON, NOON - SECOND])
def test_a_heartbeat_that_says_nothing_new_asks_nothing(later: Instant) -> None:
    """The same instant, or an older one: there is nothing to find out."""
    now = facts()
    now.heard("send", NOON)
    now.told_ends(others(NOON))

    now.heard("send", later)

    assert now.now == NOON
    assert now.wanted(2 * NOON, None) is None


def test_heartbeats_are_remembered_over_a_restart() -> None:
    """Heartbeat committed, facts not yet read when the worker died: asked again, then noon."""
    now = facts(NOON - 60 * SECOND, send=NOON)

    assert now.wanted(2 * NOON, None) == NOON

    now.told_ends(others(NOON, lead_created=1))
    now.read("lead-created", 1, NOON)

    assert now.now == NOON
