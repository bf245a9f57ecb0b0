"""Packed facts of earlier releases can still be unpacked.

A changelog keeps a lead's facts for hundreds of days, so what was packed once is
read by every release after. Fields may be appended to a fact; a reordered field, a
reordered type or a field put into the common ones fails here. Never change a record
below: add new ones beside.
"""

import msgspec
import pytest

from schemas.codec import pack_fact, unpack_fact
from schemas.facts import (
    FACTS,
    ClockPaused,
    ClockResumed,
    ContactAttempt,
    Fact,
    FactWithdrawn,
    HandedBack,
    HandedOff,
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadUpdated,
)
from schemas.verdicts import Breach, Share, Verdict

AT = 1773138600000000
SEEN_AT = 1773138602250000

VERSION_1 = [
    (
        (
            b"\x9d\x00\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xa7we"
            b"bsite\xa5small\xa3iql\xcb@D\xc0\x00\x00\x00\x00\x00"
            b"\xa6spring\xa8director\xa71200.50"
        ),
        LeadCreated(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            source="website",
            segment="small",
            stage="iql",
            score=41.5,
            campaign="spring",
            role="director",
            value="1200.50",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (
            b"\x99\x00\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xc0\xc0\xc0\xc0\xa3mql"
        ),
        LeadCreated(event_id="crm-000184", lead_id="lead-000042", occurred_at=AT, stage="mql"),
    ),
    (
        (
            b"\x9a\x01\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xa4no"
            b"rd\xa6rep-17?\xa3sql"
        ),
        HandedOff(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            team_id="nord",
            rep_id="rep-17",
            score=63,
            stage="sql",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (b"\x97\x01\xaacrm-000184\xablead-000042\xcf\x00\x06L\xa9\x00c\xfa\x00\xc0\xc0\xa4nord"),
        HandedOff(event_id="crm-000184", lead_id="lead-000042", occurred_at=AT, team_id="nord"),
    ),
    (
        (
            b"\xdc\x00\x10\x02\xaacrm-000184\xablead-00004"
            b"2\xcf\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xa4"
            b"call\xa9call-9001\xa6rep-17\xa5sa"
            b"les\xa8outbound\xa9connected\xc2\xcb"
            b"@s\x88\x00\x00\x00\x00\x00\xcd\x02X\xa6system"
        ),
        ContactAttempt(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            channel="call",
            attempt_id="call-9001",
            rep_id="rep-17",
            party="sales",
            direction="outbound",
            outcome="connected",
            automated=False,
            duration_seconds=312.5,
            effort_seconds=600,
            evidence="system",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (
            b"\xdc\x00\x10\x02\xaacrm-000184\xablead-00004"
            b"2\xcf\x00\x06L\xa9\x00c\xfa\x00\xc0\xc0\xa4call\xc0\xc0\xa5sale"
            b"s\xa8outbound\xc0\xc2\xc0\xc0\xa6manual"
        ),
        ContactAttempt(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            channel="call",
            party="sales",
            direction="outbound",
            automated=False,
            evidence="manual",
        ),
    ),
    (
        (
            b"\x9b\x03\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xa3wo"
            b"n\xa5price\xa848000.00\xa3EUR\xablea"
            b"d-000041"
        ),
        LeadClosed(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            outcome="won",
            reason="price",
            revenue="48000.00",
            currency="EUR",
            merged_into="lead-000041",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (b"\x97\x03\xaacrm-000184\xablead-000042\xcf\x00\x06L\xa9\x00c\xfa\x00\xc0\xc0\xa4lost"),
        LeadClosed(event_id="crm-000184", lead_id="lead-000042", occurred_at=AT, outcome="lost"),
    ),
    (
        (
            b"\x98\x04\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xaecu"
            b"stomer_asked\xa5speed"
        ),
        ClockPaused(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            reason="customer_asked",
            clock="speed",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (
            b"\x97\x04\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xc0\xc0\xaecustomer_aske"
            b"d"
        ),
        ClockPaused(
            event_id="crm-000184", lead_id="lead-000042", occurred_at=AT, reason="customer_asked"
        ),
    ),
    (
        (
            b"\x98\x05\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xaecu"
            b"stomer_asked\xa5depth"
        ),
        ClockResumed(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            reason="customer_asked",
            clock="depth",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (
            b"\x97\x05\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xc0\xc0\xaecustomer_aske"
            b"d"
        ),
        ClockResumed(
            event_id="crm-000184", lead_id="lead-000042", occurred_at=AT, reason="customer_asked"
        ),
    ),
    (
        (
            b"\x97\x06\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xa9no"
            b"_budget"
        ),
        HandedBack(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            reason="no_budget",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (
            b"\x97\x06\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xc0\xc0\xa9no_budget"
        ),
        HandedBack(
            event_id="crm-000184", lead_id="lead-000042", occurred_at=AT, reason="no_budget"
        ),
    ),
    (
        (
            b"\x9d\x07\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xa4fa"
            b"ir\xa5large\xa3mql\xfe\xa6autumn\xa7man"
            b"ager\xa3-15"
        ),
        LeadUpdated(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            source="fair",
            segment="large",
            stage="mql",
            score=-2,
            campaign="autumn",
            role="manager",
            value="-15",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (b"\x94\x07\xaacrm-000184\xablead-000042\xcf\x00\x06L\xa9\x00c\xfa\x00"),
        LeadUpdated(event_id="crm-000184", lead_id="lead-000042", occurred_at=AT),
    ),
    (
        (
            b"\x97\x08\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm\xaacr"
            b"m-000183"
        ),
        FactWithdrawn(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            withdraws="crm-000183",
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (
            b"\x97\x08\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xc0\xc0\xaacrm-000183"
        ),
        FactWithdrawn(
            event_id="crm-000184", lead_id="lead-000042", occurred_at=AT, withdraws="crm-000183"
        ),
    ),
    (
        (
            b"\x96\t\xaacrm-000184\xablead-000042\xcf"
            b"\x00\x06L\xa9\x00c\xfa\x00\xcf\x00\x06L\xa9\x00\x86O\x10\xa3crm"
        ),
        LeadErased(
            event_id="crm-000184",
            lead_id="lead-000042",
            occurred_at=AT,
            recorded_at=SEEN_AT,
            origin="crm",
        ),
    ),
    (
        (b"\x94\t\xaacrm-000184\xablead-000042\xcf\x00\x06L\xa9\x00c\xfa\x00"),
        LeadErased(event_id="crm-000184", lead_id="lead-000042", occurred_at=AT),
    ),
]
"""Packed bytes and the fact that they hold, as version 1 packed them."""


@pytest.mark.parametrize(("packed", "fact"), VERSION_1)
def test_what_was_packed_is_still_understood(packed: bytes, fact: Fact) -> None:
    """The recorded bytes give the fact that was packed; fields since then their defaults."""
    assert unpack_fact(msgspec.msgpack.decode(packed)) == fact


@pytest.mark.parametrize(("packed", "fact"), VERSION_1)
def test_only_the_end_of_a_packed_fact_may_grow(packed: bytes, fact: Fact) -> None:
    """What is packed today begins as it did then."""
    recorded = msgspec.msgpack.decode(packed)

    assert pack_fact(fact)[: len(recorded)] == recorded


PUBLISHED = {
    Breach: "breach_id revision status kind commitment clock subject lead_id cycle debtor creditor"
    " team_id rep_id segment started_at due_at breached_at detected_at target actual unit shares"
    " load policy_version calendar lead_url answered_at overrun_seconds outcome reason evidence_id"
    " sequence",
    Verdict: "verdict_id revision outcome commitment clock lead_id cycle team_id rep_id segment"
    " started_at due_at answered_at elapsed_seconds overrun_seconds attempts pre_handoff"
    " policy_version calendar reason detected_at connected sequence",
    Share: "team_id rep_id seconds share",
}
"""Order of the fields of version 1: a lead's record packs what was published by position too."""


@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
def test_only_the_end_of_a_published_record_may_grow(kind: type[msgspec.Struct]) -> None:
    """Fields that a lead's record holds keep their places."""
    recorded = tuple(PUBLISHED[kind].split())

    assert kind.__struct_fields__[: len(recorded)] == recorded


def test_every_type_is_recorded() -> None:
    """A new fact type needs its record here."""
    assert {type(fact) for _, fact in VERSION_1} == set(FACTS)
