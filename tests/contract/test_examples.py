"""Golden examples: through our codec, and through a JSON Schema validator of others."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from schemas.codec import TOPIC_OF, RefusalReason, RefusedError, decode, encode
from schemas.export import schemas
from schemas.facts import TYPES, ContactAttempt, ExclusionDeclared, LeadCreated, PolicyPublished
from schemas.verdicts import RECORDS
from tests.contract.examples import (
    EXAMPLES,
    invalid_examples,
    name_of,
    type_of,
    valid_examples,
)

SCHEMAS = schemas()
FACT_EXAMPLES = [example for example in valid_examples() if type_of(example) in TYPES]

COVERED_ELSEWHERE = {
    # A record without a value, and one that is only too long: test_refusals.
    RefusalReason.NO_VALUE,
    RefusalReason.TOO_LARGE,
    # Needs the record's timestamp: test_seen_at.
    RefusalReason.FROM_THE_FUTURE,
    # Need the record's key and partition: tests of the runtime.
    RefusalReason.KEY_MISMATCH,
    RefusalReason.MISROUTED,
    # Needs the lead's other facts: tests of the book.
    RefusalReason.TOO_MANY_FACTS,
    # Needs the meaning of the body: tests of the policy.
    RefusalReason.BAD_POLICY,
}

BEYOND_A_SCHEMA = {
    # A pattern does not know how long a month is, nor what an offset does to a year.
    "lead-created/invalid/bad_instant-after-year-9999",
    "lead-created/invalid/bad_instant-before-year-1",
    "lead-created/invalid/bad_instant-no-such-day",
    "lead-created/invalid/bad_instant-no-such-month",
    "lead-created/invalid/bad_instant-year-0",
}


def reason_of(example: Path) -> RefusalReason:
    """Read the reason that the example's name promises."""
    return RefusalReason(example.stem.partition("-")[0])


@pytest.mark.parametrize("example", FACT_EXAMPLES, ids=name_of)
def test_a_valid_fact_is_decoded(example: Path) -> None:
    """Every valid example becomes a fact of its type, on the topic of that type."""
    kind = type_of(example)

    fact = decode(example.read_bytes(), topic=TOPIC_OF[kind])

    assert kind == fact.TYPE


@pytest.mark.parametrize("example", FACT_EXAMPLES, ids=name_of)
def test_a_valid_fact_may_be_written_again(example: Path) -> None:
    """What we write of a fact says its type, follows the schema and says the same."""
    kind = type_of(example)
    fact = decode(example.read_bytes(), topic=TOPIC_OF[kind])

    written = encode(fact)

    assert decode(written, topic=None) == fact
    Draft202012Validator(SCHEMAS[kind]).validate(json.loads(written))


@pytest.mark.parametrize("example", valid_examples(), ids=name_of)
def test_the_schema_accepts_a_valid_example(example: Path) -> None:
    """A validator that knows only the exported schema accepts every valid example."""
    told = json.loads(example.read_bytes())

    Draft202012Validator(SCHEMAS[type_of(example)]).validate(told)


@pytest.mark.parametrize("example", invalid_examples(), ids=name_of)
def test_an_invalid_fact_is_refused_for_its_reason(example: Path) -> None:
    """Every invalid example is refused with the reason in its name."""
    with pytest.raises(RefusedError) as refused:
        decode(example.read_bytes(), topic=TOPIC_OF[type_of(example)])

    assert refused.value.reason == reason_of(example)
    assert refused.value.detail


@pytest.mark.parametrize(
    "example",
    [
        example
        for example in invalid_examples()
        if reason_of(example) != RefusalReason.NOT_JSON and name_of(example) not in BEYOND_A_SCHEMA
    ],
    ids=name_of,
)
def test_the_schema_refuses_an_invalid_example(example: Path) -> None:
    """A validator that knows only the exported schema refuses what a schema can refuse."""
    told = json.loads(example.read_bytes())

    assert not Draft202012Validator(SCHEMAS[type_of(example)]).is_valid(told)


@pytest.mark.parametrize("name", sorted(BEYOND_A_SCHEMA))
def test_what_is_beyond_a_schema_is_accepted_by_it(name: str) -> None:
    """The list of exceptions holds nothing that the schema refuses after all."""
    example = EXAMPLES / f"{name}.json"

    Draft202012Validator(SCHEMAS[type_of(example)]).validate(json.loads(example.read_bytes()))


def test_every_reason_is_shown_or_covered_elsewhere() -> None:
    """The reasons of the examples and those that bytes alone cannot show are all there are."""
    shown = {reason_of(example) for example in invalid_examples()}

    assert shown | COVERED_ELSEWHERE == set(RefusalReason)
    assert not shown & COVERED_ELSEWHERE


def test_every_type_has_examples() -> None:
    """Facts have several valid and invalid examples, records at least two valid ones."""
    valid = [type_of(example) for example in valid_examples()]
    invalid = [type_of(example) for example in invalid_examples()]

    assert set(valid) == {*TYPES, *(kind.TYPE for kind in RECORDS)}
    assert set(invalid) == set(TYPES)
    assert min(valid.count(name) for name in TYPES) >= 4
    assert min(invalid.count(name) for name in TYPES) >= 5
    assert min(valid.count(kind.TYPE) for kind in RECORDS) >= 2


@pytest.mark.parametrize("name", sorted(TYPES))
def test_unknown_fields_are_ignored(name: str) -> None:
    """A field of a later release changes nothing."""
    told = (EXAMPLES / name / "valid" / "unknown-field.json").read_bytes()
    plain = (EXAMPLES / name / "valid" / "minimal.json").read_bytes()

    assert decode(told) == decode(plain)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_null_is_as_absent(name: str) -> None:
    """A null says what leaving the field out says."""
    told = (EXAMPLES / name / "valid" / "null-is-absent.json").read_bytes()
    plain = (EXAMPLES / name / "valid" / "minimal.json").read_bytes()

    assert decode(told) == decode(plain)


def test_an_unknown_channel_is_other() -> None:
    """A channel that the list does not have is not refused."""
    fact = decode((EXAMPLES / "contact-attempt/valid/channel-unknown.json").read_bytes())

    assert isinstance(fact, ContactAttempt)
    assert fact.channel == "other"


def test_a_null_in_a_scope_is_as_absent() -> None:
    """A scope with a null for rep_id is the scope without rep_id."""
    fact = decode((EXAMPLES / "exclusion-declared/valid/scope-with-null.json").read_bytes())

    assert isinstance(fact, ExclusionDeclared)
    assert fact.scope == {"team_id": "nord"}


def test_a_whole_number_is_one_number() -> None:
    """63 and 63.0 are the same score, and are written alike."""
    whole = decode((EXAMPLES / "policy-published/valid/version-with-point.json").read_bytes())
    pointed = decode((EXAMPLES / "lead-created/valid/score-whole-with-point.json").read_bytes())

    assert isinstance(whole, PolicyPublished)
    assert isinstance(pointed, LeadCreated)
    assert type(whole.version) is int
    assert type(pointed.score) is int
