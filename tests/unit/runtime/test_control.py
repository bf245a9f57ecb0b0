"""What a partition remembers beside its leads."""

from collections.abc import Sequence

import pytest

from schemas.facts import LeadClosed, ObligationFulfilled, PolicyPublished, SourceHeartbeat
from streams.config import TimeMode
from streams.errors import ConfigurationError
from streams.runtime.broker import Record
from streams.runtime.control import INNER, Control, key_of
from streams.runtime.position import FORMAT, Position
from streams.runtime.routing import Router
from tests.support.shell import NOON, SETTINGS

POLICY = PolicyPublished(
    event_id="p", occurred_at=NOON, version=3, effective_from=NOON, body={"agreement": "x"}
)
FULFILLED = ObligationFulfilled(event_id="f", occurred_at=NOON, obligation="report")

CLOSED = LeadClosed(event_id="e", lead_id="L-1", occurred_at=NOON, outcome="won")


def beat(origin: str, complete_up_to: int) -> SourceHeartbeat:
    """Tell a heartbeat."""
    return SourceHeartbeat(
        event_id="h", occurred_at=NOON, origin=origin, complete_up_to=complete_up_to
    )


def loaded(records: Sequence[Record]) -> Control:
    """Read back what was written."""
    control = Control()
    for record in records:
        assert record.key is not None
        assert record.value is not None
        control.load(record.key, record.value)
    return control


def test_what_is_written_is_what_is_read_back() -> None:
    """A policy, a receipt, a heartbeat and a count survive a restart."""
    control = Control()
    control.keep(POLICY, NOON)
    control.keep(FULFILLED, NOON + 1)
    control.heard(beat("crm", NOON))
    router = Router(partition=0, partitions=1, accepted=(), control=control)
    router.check(CLOSED, known=True)

    again = loaded(control.take_changed())

    assert again.told == control.told
    assert again.heartbeats == {"crm": NOON}
    assert again.routing == control.routing
    assert list(again.policies()) == [(POLICY, NOON)]


def test_only_changes_are_written() -> None:
    """Nothing at first, a record for what changed, nothing again."""
    control = Control()

    assert control.take_changed() == []

    control.keep(POLICY, NOON)

    assert [one.key for one in control.take_changed()] == [b"\x00policy:3"]
    assert control.take_changed() == []


def test_an_older_heartbeat_takes_no_promise_back() -> None:
    """Complete up to noon, then up to before noon: noon, and nothing to write."""
    control = Control()
    control.heard(beat("crm", NOON))
    control.take_changed()

    control.heard(beat("crm", NOON - 1))

    assert control.heartbeats == {"crm": NOON}
    assert control.take_changed() == []


def test_of_two_of_one_identity_the_one_seen_first_holds() -> None:
    """Seen at noon, then again later: unchanged. Told later but seen earlier: that one."""
    control = Control()

    assert control.keep(POLICY, NOON)
    assert not control.keep(POLICY, NOON + 1)
    assert control.keep(POLICY, NOON - 1)
    assert control.told[key_of(POLICY)] == (POLICY, NOON - 1)


def test_no_lead_id_can_be_an_inner_key() -> None:
    """Inner keys begin with a zero byte."""
    assert key_of(POLICY).startswith(INNER)
    assert key_of(FULFILLED) == b"\x00fulfilled:f"


def position(**changes: object) -> Position:
    """Build a position of the test app."""
    told = {"offsets": {"handed-off": 7}, "now": NOON, "partitions": 1, "time": TimeMode.WALL}
    return Position(**{**told, **changes})  # type: ignore[arg-type] # of a test


def test_a_position_is_read_back_as_it_was_written() -> None:
    """Offsets, now, partitions and time."""
    assert Position.unpack(position().pack()) == position()
    assert Position.unpack(position(now=None).pack()).now is None


def test_a_position_of_a_newer_release_is_refused() -> None:
    """What was written under a format that is not known must not be guessed at."""
    with pytest.raises(ConfigurationError, match="start the release that wrote it"):
        Position.unpack(position(format=FORMAT + 1).pack())


def test_a_position_holds_an_app_to_its_first_start() -> None:
    """The same settings pass; other time or other partitions are refused with the way out."""
    position().check(SETTINGS)

    with pytest.raises(ConfigurationError, match="LEADCLOCK_TIME is wall"):
        position(time=TimeMode.FACTS).check(SETTINGS)
    with pytest.raises(ConfigurationError, match="leadclock topics migrate"):
        position(partitions=9).check(SETTINGS)
