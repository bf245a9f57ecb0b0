"""Records of the domain on their way to topics."""

import msgspec
import pytest

from schemas.facts import LeadClosed
from schemas.refusals import RefusalReason
from schemas.verdicts import Breach, OpenLeadEnd
from streams.domain.book import LateFact
from streams.runtime.broker import Record
from streams.runtime.dead_letters import LARGEST_KEPT, dead_letter
from streams.runtime.outputs import outgoing
from tests.support.shell import NOON, Incoming

CLOSED = LeadClosed(event_id="e", lead_id="L-1", occurred_at=NOON, outcome="won")


def breach() -> Breach:
    """Build a breach with every required field."""
    told = dict.fromkeys(Breach.__struct_fields__)
    told |= {
        "breach_id": "b-1",
        "revision": 1,
        "status": "confirmed",
        "kind": "late",
        "commitment": "speed",
        "clock": "speed",
        "subject": "L-1",
        "lead_id": "L-1",
        "cycle": 1,
        "debtor": "sales",
        "creditor": "marketing",
        "started_at": NOON,
        "due_at": NOON,
        "breached_at": NOON,
        "detected_at": NOON,
        "unit": "seconds",
        "policy_version": 1,
        "shares": (),
        "sequence": 1,
    }
    return msgspec.convert(told, Breach)


def test_a_breach_goes_to_the_topic_of_its_clock_with_headers() -> None:
    """Key: the lead; headers as CloudEvents wants them, and who says so."""
    going = outgoing(breach(), "leadclock/app")

    assert going.topic == "speed-breaches"
    assert going.record.key == b"L-1"
    headers = dict(going.record.headers)
    assert headers["ce_id"] == b"b-1:1"
    assert headers["ce_source"] == b"leadclock/app"


def test_the_end_of_an_open_lead_is_a_tombstone() -> None:
    """The topic keeps the last record of a key, so a lead without clocks must vanish."""
    going = outgoing(OpenLeadEnd(lead_id="L-1"), "leadclock/app")

    assert (going.topic, going.record) == ("open-leads", Record(b"L-1", None))


def test_a_late_fact_leaves_as_it_was_told() -> None:
    """Its canonical JSON, under its lead."""
    going = outgoing(LateFact(CLOSED), "leadclock/app")

    assert going.topic == "late-facts"
    assert going.record.key == b"L-1"
    assert (going.record.value or b"").startswith(b'{"type":"lead-closed","event_id":"e"')


@pytest.mark.parametrize(("size", "kept"), [(LARGEST_KEPT, LARGEST_KEPT), (2 << 20, LARGEST_KEPT)])
def test_a_value_too_large_to_be_kept_is_cut(size: int, kept: int) -> None:
    """A mebibyte is kept whole; of two the first, and the detail says so."""
    record = Incoming("t-handed-off", 3, 12, 0, b"k", b"x" * size)

    going = dead_letter(record, RefusalReason.TOO_LARGE, "too large")

    headers = dict(going.record.headers)
    assert len(going.record.value or b"") == kept
    assert (b"bytes are kept" in headers["detail"]) is (kept < size)
    assert (headers["partition"], headers["offset"]) == (b"3", b"12")
