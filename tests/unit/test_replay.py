"""A replay: the same findings for the same facts, whatever lines tell them."""

import random
from typing import Any

import pytest

from schemas.codec import decode, encode
from schemas.facts import AnyFact, PolicyPublished
from schemas.instants import format_instant
from schemas.refusals import RefusalReason, RefusedError
from schemas.verdicts import encode_record
from streams.domain.policy import policy_of
from streams.replay import Findings, Line, replay
from tests.support.story import (
    DEPTH,
    SPEED,
    agreement,
    at,
    attempt,
    closed,
    created,
    handed_off,
    local,
)

BODY = agreement(SPEED, DEPTH)
POLICY = policy_of(BODY)
STORY: tuple[AnyFact, ...] = (
    created("2026-03-10 09:00"),
    handed_off("2026-03-10 10:00"),
    attempt("2026-03-10 10:50", seen="2026-03-10 15:00"),
    closed("2026-03-11 09:00", "lost"),
    created("2026-03-10 09:00", lead="M"),
    handed_off("2026-03-10 10:00", lead="M", team="sued", rep="carla"),
    attempt("2026-03-10 12:00", lead="M", outcome="connected"),
    handed_off("2026-03-10 10:00", lead="A"),
)


def lines(*facts: AnyFact | RefusedError) -> list[Line]:
    """Number facts as the lines of a file."""
    return list(enumerate(facts, start=1))


def records(findings: Findings) -> list[bytes]:
    """Write what was found."""
    return [encode_record(one) for one in (*findings.breaches, *findings.verdicts)]


def publication(body: dict[str, Any], when: str, /, **changed: Any) -> PolicyPublished:
    """Publish an agreement."""
    policy = policy_of(body)
    told = {
        "event_id": f"policy@{when}",
        "occurred_at": at(when),
        "version": policy.version,
        "effective_from": policy.effective_from,
        "body": body,
    }
    return PolicyPublished(**{**told, **changed})


def test_shuffled_and_repeated_lines_give_the_same_bytes() -> None:
    """Fifty orders of the same lines, some of them twice."""
    whole = records(replay(POLICY, lines(*STORY)))

    for seed in range(50):
        mixed = [*STORY, *random.Random(seed).choices(STORY, k=4)]
        random.Random(seed).shuffle(mixed)
        assert records(replay(POLICY, lines(*mixed))) == whole


def test_time_ends_with_the_last_fact_seen() -> None:
    """The last thing known is L's close at 9:00 the next day."""
    findings = replay(POLICY, lines(*STORY))

    assert findings.ended_at == at("2026-03-11 09:00")
    assert findings.told == len(STORY)


def test_facts_seen_after_the_end_are_ignored() -> None:
    """Until 14:00: the attempt of 10:50, told at 15:00, is not known yet, so L is breached."""
    findings = replay(POLICY, lines(*STORY), until=at("2026-03-10 14:00"))

    assert [one.status for one in findings.breaches if one.lead_id == "L"] == [
        "provisional",
        "confirmed",
    ]
    assert findings.told == len(STORY) - 2


def test_time_may_go_on_after_the_last_fact() -> None:
    """Handed off 10:00, nothing more; due 11:00 passes because the end is later."""
    only = lines(handed_off("2026-03-10 10:00"))

    assert replay(POLICY, only).breaches == []
    (breach, *_) = replay(POLICY, only, until=at("2026-03-10 11:00")).breaches
    assert local(format_instant(breach.breached_at)) == "2026-03-10 11:00:00"


def test_records_come_by_detection_lead_commitment_cycle_and_revision() -> None:
    """A and L breach at the same instant: A first."""
    findings = replay(POLICY, lines(*STORY))

    told = [
        (one.detected_at, one.lead_id, one.commitment, one.cycle, one.revision)
        for one in findings.breaches
    ]
    assert told == sorted(told)
    assert [one.lead_id for one in findings.breaches[:2]] == ["A", "L"]


def test_lines_without_a_fact_are_set_aside_by_number() -> None:
    """The second of three."""
    refused = RefusedError(RefusalReason.NOT_JSON, "not JSON in UTF-8")

    findings = replay(POLICY, lines(STORY[0], refused, STORY[1]))

    assert [(one.line, one.reason) for one in findings.refused] == [(2, "not_json")]
    assert findings.told == 2


def test_a_lead_with_too_many_facts_names_every_line_that_found_no_place() -> None:
    """1,000 facts are kept; the 1,001st, told on two lines, is refused on both."""
    many = [attempt("2026-03-10 10:00", id=f"e{number:04d}") for number in range(1_001)]

    findings = replay(POLICY, lines(many[-1], *many))

    assert [(one.line, one.reason) for one in findings.refused] == [
        (1, "too_many_facts"),
        (1_002, "too_many_facts"),
    ]


def test_a_version_published_in_the_file_holds_from_then_on() -> None:
    """Version 2, three hours instead of one, is published at 12:00."""
    slower = agreement({**SPEED, "target": "PT3H"}, version=2)
    facts = (
        handed_off("2026-03-10 10:00", lead="before"),
        publication(slower, "2026-03-10 12:00"),
        handed_off("2026-03-10 13:00", lead="after"),
    )

    findings = replay(POLICY, lines(*facts), until=at("2026-03-10 17:00"))

    assert {one.lead_id: one.policy_version for one in findings.breaches} == {
        "before": 1,
        "after": 2,
    }


@pytest.mark.parametrize(
    "publish",
    [
        publication(BODY, "2026-03-10 12:00", body={"agreement": 1}),
        publication(BODY, "2026-03-10 12:00", version=2),
        publication(agreement({**SPEED, "target": "PT3H"}), "2026-03-10 12:00"),
    ],
    ids=["no agreement", "another version than its body's", "another body of a known version"],
)
def test_a_publication_that_a_worker_would_refuse_is_refused(publish: PolicyPublished) -> None:
    """It is set aside as bad_policy, and the version before stays in force."""
    findings = replay(POLICY, lines(publish, *STORY))

    assert [(one.line, one.reason) for one in findings.refused] == [(1, "bad_policy")]
    assert records(findings) == records(replay(POLICY, lines(*STORY)))


def test_nothing_told_and_no_end_is_nothing_found() -> None:
    """An empty file has no last instant."""
    assert replay(POLICY, []) == Findings()


def test_a_fact_survives_its_way_through_a_file() -> None:
    """What is judged is what the line said."""
    assert [decode(encode(one)) for one in STORY] == list(STORY)
