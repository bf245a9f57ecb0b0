"""The contract's tables, written out by hand: no field may go missing."""

import pytest

from schemas.codec import fields_of
from schemas.facts import (
    ATTEMPT_OUTCOMES,
    CHANNELS,
    CLOCKS,
    CLOSE_OUTCOMES,
    CONTROL_FACTS,
    DIRECTIONS,
    EVIDENCE,
    FACTS,
    PARTIES,
    SCOPE_KEYS,
    STAGES,
    TYPES,
    ContactAttempt,
    LeadCreated,
)
from schemas.verdicts import (
    BREACH_KINDS,
    BREACH_STATUSES,
    RECORDS,
    VERDICT_OUTCOMES,
    WARNING_KINDS,
    OpenClock,
    Share,
    WindowCounts,
)

EVERY_LEAD_FACT = "event_id! lead_id! occurred_at! recorded_at origin"
EVERY_CONTROL_FACT = "event_id! occurred_at! recorded_at"
FACT_FIELDS = {
    "lead-created": "source segment stage score campaign role value",
    "handed-off": "team_id! rep_id score stage",
    "contact-attempt": "channel! attempt_id rep_id party direction outcome automated"
    " duration_seconds effort_seconds evidence",
    "lead-closed": "outcome! reason revenue currency merged_into",
    "clock-paused": "reason! clock",
    "clock-resumed": "reason! clock",
    "handed-back": "reason!",
    "lead-updated": "source segment stage score campaign role value",
    "fact-withdrawn": "withdraws!",
    "lead-erased": "",
    "policy-published": "origin version! effective_from! body!",
    "exclusion-declared": "origin exclusion_id! from! to! reason! declared_by scope",
    "source-heartbeat": "origin! complete_up_to!",
    "obligation-fulfilled": "origin obligation! by",
}
"""Each type's own fields; ``!``: required."""

RECORD_FIELDS = {
    "breach": "breach_id revision status answered_at overrun_seconds outcome reason evidence_id"
    " kind commitment clock subject lead_id cycle debtor creditor team_id rep_id segment"
    " started_at due_at breached_at detected_at target actual unit shares load policy_version"
    " calendar lead_url sequence",
    "verdict": "verdict_id revision outcome commitment clock lead_id cycle team_id rep_id segment"
    " started_at due_at answered_at elapsed_seconds overrun_seconds attempts pre_handoff"
    " policy_version calendar reason detected_at connected sequence",
    "warning": "warning_id revision kind step to detected_at commitment clock subject lead_id"
    " cycle team_id rep_id segment started_at due_at policy_version calendar lead_url sequence",
    "open-lead": "lead_id team_id rep_id segment state waiting_since next_due_at open_breaches"
    " clocks lead_url sequence",
    "rep-scorecard": "team_id rep_id as_of windows open at_risk breached oldest_unanswered_at"
    " next_due_at",
    "goal-progress": "goal_id period as_of line actual goal pace",
}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_fact_has_the_fields_of_the_contract(name: str) -> None:
    """Names and what is required are as in the contract's table."""
    of_a_lead = TYPES[name] in FACTS
    common = EVERY_LEAD_FACT if of_a_lead else EVERY_CONTROL_FACT
    wanted = f"{common} {FACT_FIELDS[name]}".split()

    found = [field.name + "!" * field.required for field in fields_of(TYPES[name])]

    assert sorted(found) == sorted(wanted)


def test_the_types_are_those_of_the_contract() -> None:
    """Ten facts of leads and four for every partition."""
    assert set(TYPES) == set(FACT_FIELDS)
    assert (len(FACTS), len(CONTROL_FACTS)) == (10, 4)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.TYPE)
def test_a_record_has_the_fields_of_the_contract(kind: type) -> None:
    """Every field that the contract names is there, and none that it does not."""
    record = next(record for record in RECORDS if record is kind)

    assert sorted(record.__struct_fields__) == sorted(RECORD_FIELDS[record.TYPE].split())


def test_the_parts_of_records_have_the_fields_of_the_contract() -> None:
    """Shares, open clocks and windows."""
    windows = (
        "leads answered within_target response_seconds_sum response_histogram attempts"
        " attempts_by_channel unconnected_leads unconnected_attempts breaches"
    )

    assert Share.__struct_fields__ == ("team_id", "rep_id", "seconds", "share")
    assert WindowCounts.__struct_fields__ == tuple(windows.split())
    assert {"commitment", "clock", "state", "due_at"} <= set(OpenClock.__struct_fields__)


def test_closed_lists_are_those_of_the_contract() -> None:
    """Word for word."""
    assert " ".join(STAGES) == "iql mql sql"
    assert " ".join(CHANNELS) == "call voicemail email message meeting other"
    assert " ".join(PARTIES) == "sales marketing service"
    assert " ".join(DIRECTIONS) == "outbound inbound"
    assert " ".join(ATTEMPT_OUTCOMES) == (
        "connected appointment_booked no_answer voicemail sent bounced failed"
    )
    assert " ".join(EVIDENCE) == "manual system"
    assert " ".join(CLOSE_OUTCOMES) == "won lost disqualified duplicate opted_out"
    assert " ".join(SCOPE_KEYS) == "team_id rep_id segment source campaign origin"
    assert " ".join(CLOCKS) == (
        "speed speed_to_lead owner qualify first_touch next_attempt burnt depth too_early"
        " gate goal obligation"
    )
    assert " ".join(BREACH_STATUSES) == "provisional confirmed resolved retracted"
    assert " ".join(BREACH_KINDS) == (
        "late too_few too_many mix too_early burnt premature behind burst missed"
    )
    assert " ".join(VERDICT_OUTCOMES) == "met met_late unmet cancelled excluded unverified"
    assert " ".join(WARNING_KINDS) == (
        "share_used escalation unverified strike_threshold review_due goal_reached"
    )


def test_defaults_are_those_of_the_contract() -> None:
    """What a source leaves out."""
    lead = LeadCreated(event_id="e", lead_id="l", occurred_at=0)
    attempt = ContactAttempt(event_id="e", lead_id="l", occurred_at=0, channel="call")

    assert lead.stage == "mql"
    assert (attempt.party, attempt.direction) == ("sales", "outbound")
    assert (attempt.automated, attempt.evidence) == (False, "manual")
    assert (attempt.attempt_id, attempt.rep_id, attempt.outcome) == (None, None, None)
