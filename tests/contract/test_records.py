"""Records that leave: their bytes, keys, topics and headers."""

import re

import orjson
import pytest
from jsonschema import Draft202012Validator

from schemas.export import schemas
from schemas.instants import SECOND
from schemas.verdicts import (
    BREACH_STATUSES,
    OpenLeadEnd,
    Record,
    encode_record,
    record_headers,
    record_key,
    record_topic,
    told_of,
)
from tests.contract.builders import (
    BREACH_ID,
    DUE_AT,
    a_breach,
    a_goal_progress,
    a_scorecard,
    a_verdict,
    a_warning,
    an_open_lead,
)
from tests.contract.examples import EXAMPLES

SCHEMAS = schemas()
SOURCE = "leadclock/0.1.0"
GOLDEN = [
    ("breach/valid/provisional", a_breach()),
    (
        "breach/valid/resolved",
        a_breach(
            revision=3,
            status="resolved",
            detected_at=DUE_AT + 1800 * SECOND,
            actual=5400,
            answered_at=DUE_AT + 1800 * SECOND,
            overrun_seconds=1800 * SECOND,
            outcome="met_late",
            sequence=3,
        ),
    ),
    ("verdict/valid/met-late", a_verdict()),
    ("warning/valid/share-used", a_warning()),
    ("open-lead/valid/breached", an_open_lead()),
    ("rep-scorecard/valid/rep", a_scorecard()),
    ("goal-progress/valid/behind", a_goal_progress()),
]
every_record = pytest.mark.parametrize(("example", "record"), GOLDEN)


@every_record
def test_a_record_is_written_as_its_example(example: str, record: Record) -> None:
    """Value for value, nulls and key order included."""
    wanted = orjson.loads((EXAMPLES / f"{example}.json").read_bytes())

    assert encode_record(record) == orjson.dumps(wanted)


@every_record
def test_a_record_follows_its_schema(example: str, record: Record) -> None:
    """What is written is accepted by the exported schema of its type."""
    assert example.startswith(record.TYPE)
    Draft202012Validator(SCHEMAS[record.TYPE]).validate(orjson.loads(encode_record(record)))


@every_record
def test_every_field_is_written(example: str, record: Record) -> None:
    """Absent ones as null, so that equal records are equal bytes."""
    assert example
    assert tuple(told_of(record)) == record.__struct_fields__


def test_instants_have_six_digits_and_whole_seconds_none() -> None:
    """due_at ends in .000000Z; a share of 900.5 s has one decimal, an overrun of 1800 s none."""
    value = encode_record(a_breach(overrun_seconds=1800 * SECOND))

    assert b'"due_at":"2026-03-10T12:30:00.000000Z"' in value
    assert b'"seconds":900.5' in value
    assert b'"overrun_seconds":1800,' in value
    assert b'"answered_at":null' in value


def test_zero_is_not_absent() -> None:
    """Answered before the hand-off: elapsed is 0, not null."""
    assert told_of(a_verdict(elapsed_seconds=0))["elapsed_seconds"] == 0


@pytest.mark.parametrize(
    ("clock", "kind", "topic"),
    [
        ("speed", "late", "speed-breaches"),
        ("speed_to_lead", "late", "speed-breaches"),
        ("owner", "late", "speed-breaches"),
        ("next_attempt", "late", "speed-breaches"),
        ("burnt", "burnt", "speed-breaches"),
        ("depth", "too_few", "depth-breaches"),
        ("depth", "too_many", "depth-breaches"),
        ("depth", "mix", "depth-breaches"),
        ("too_early", "too_early", "depth-breaches"),
        ("goal", "behind", "marketing-breaches"),
        ("goal", "burst", "marketing-breaches"),
        ("gate", "premature", "marketing-breaches"),
        ("qualify", "late", "marketing-breaches"),
        ("first_touch", "late", "marketing-breaches"),
        ("obligation", "missed", "obligation-breaches"),
    ],
)
def test_a_breach_goes_to_the_topic_of_its_clock(clock: str, kind: str, topic: str) -> None:
    """As the contract's table sorts them."""
    assert record_topic(a_breach(clock=clock, kind=kind)) == topic


@pytest.mark.parametrize(
    ("record", "topic", "key"),
    [
        (a_breach(), "speed-breaches", b"lead-000042"),
        (a_breach(clock="goal", subject="q-goal", lead_id=None), "marketing-breaches", b"q-goal"),
        (a_verdict(), "sla-verdicts", b"lead-000042"),
        (a_warning(), "sla-warnings", b"lead-000042"),
        (a_warning(subject="nord:rep-17", lead_id=None), "sla-warnings", b"nord:rep-17"),
        (an_open_lead(), "open-leads", b"lead-000042"),
        (OpenLeadEnd(lead_id="lead-000042"), "open-leads", b"lead-000042"),
        (a_scorecard(), "rep-scorecards", b"nord:rep-17"),
        (a_scorecard(rep_id=None), "rep-scorecards", b"nord:"),
        (a_scorecard(rep_id="*"), "rep-scorecards", b"nord:*"),
        (a_goal_progress(), "goal-progress", b"q-goal"),
    ],
)
def test_a_record_has_its_topic_and_key(
    record: Record | OpenLeadEnd, topic: str, key: bytes
) -> None:
    """Keys are raw UTF-8; a tombstone has the key of what it ends."""
    assert record_topic(record) == topic
    assert record_key(record) == key


@every_record
def test_headers_are_cloudevents(example: str, record: Record) -> None:
    """The attributes that CloudEvents 1.0 requires are there, named as its Kafka binding says."""
    assert example
    headers = dict(record_headers(record, SOURCE))

    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_source"] == SOURCE.encode()
    assert headers["content-type"] == b"application/json"
    assert headers["ce_id"]
    assert re.fullmatch(rb"leadclock\.[a-z_.-]+\.v1", headers["ce_type"])
    assert headers["ce_time"].endswith(b"Z")
    # Names of attributes are small letters and digits only.
    assert all(re.fullmatch("ce_[a-z0-9]{1,20}|content-type", name) for name in headers)
    assert len(headers) == len(record_headers(record, SOURCE))


@pytest.mark.parametrize("status", BREACH_STATUSES)
def test_a_breach_names_its_status_in_the_header(status: str) -> None:
    """A subscriber can choose without reading the value."""
    headers = dict(record_headers(a_breach(status=status, revision=2), SOURCE))

    assert headers["ce_type"] == f"leadclock.breach.{status}.v1".encode()
    assert headers["ce_id"] == f"{BREACH_ID}:2".encode()
    assert headers["ce_time"] == b"2026-03-10T12:30:00.000000Z"
    assert headers["ce_clock"] == b"speed"
    assert headers["ce_kind"] == b"late"
    assert headers["ce_team"] == b"nord"


@pytest.mark.parametrize(
    ("record", "ce_type"),
    [
        (a_verdict(), b"leadclock.verdict.met_late.v1"),
        (a_warning(), b"leadclock.warning.share_used.v1"),
        (an_open_lead(), b"leadclock.open-lead.v1"),
        (a_scorecard(), b"leadclock.rep-scorecard.v1"),
        (a_goal_progress(), b"leadclock.goal-progress.v1"),
    ],
)
def test_other_records_are_named_in_the_header(record: Record, ce_type: bytes) -> None:
    """Verdicts by outcome, warnings by kind."""
    assert dict(record_headers(record, SOURCE))["ce_type"] == ce_type


def test_what_is_absent_is_no_header() -> None:
    """A breach of a lead that nobody owns has no ce_team."""
    assert "ce_team" not in dict(record_headers(a_breach(team_id=None), SOURCE))
