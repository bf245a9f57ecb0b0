"""Refusals that no example file can show, and where ``type`` may be left out."""

import orjson
import pytest

from schemas.codec import (
    LARGEST_VALUE,
    TOPIC_OF,
    RefusalReason,
    RefusedError,
    decode,
)
from schemas.facts import TYPES
from schemas.topics import INPUTS
from tests.contract.examples import EXAMPLES


def minimal(name: str) -> dict[str, object]:
    """Read the smallest example of a type."""
    told: dict[str, object] = orjson.loads((EXAMPLES / f"{name}/valid/minimal.json").read_bytes())
    return told


def refusal_of(value: bytes | None, topic: str | None = None) -> RefusedError:
    """Decode and give the refusal."""
    with pytest.raises(RefusedError) as refused:
        decode(value, topic=topic)
    return refused.value


def test_a_record_without_a_value_is_refused() -> None:
    """A tombstone on an input topic is no fact."""
    assert refusal_of(None, "lead-created").reason == RefusalReason.NO_VALUE


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_value_of_64_kib_is_accepted_and_no_byte_more(name: str) -> None:
    """65,536 bytes are a fact, 65,537 are refused, on every topic."""
    told = orjson.dumps(minimal(name))
    padded = told[:-1] + b" " * (LARGEST_VALUE - len(told)) + b"}"

    assert name == decode(padded, topic=TOPIC_OF[name]).TYPE
    assert refusal_of(padded + b" ", TOPIC_OF[name]).reason == RefusalReason.TOO_LARGE


@pytest.mark.parametrize("name", sorted(TYPES))
def test_type_may_be_left_out_only_on_the_topic_of_that_name(name: str) -> None:
    """On lead-created it goes without; on clock-control, sla-control and in files it does not."""
    told = minimal(name)
    del told["type"]
    value = orjson.dumps(told)

    assert refusal_of(value, None).reason == RefusalReason.MISSING_TYPE
    if name in INPUTS:
        assert name == decode(value, topic=name).TYPE
    else:
        assert refusal_of(value, TOPIC_OF[name]).reason == RefusalReason.MISSING_TYPE


@pytest.mark.parametrize("topic", INPUTS)
@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_type_is_accepted_on_its_topic_only(name: str, topic: str) -> None:
    """A hand-off on lead-created is a mismatch."""
    value = orjson.dumps(minimal(name))

    if topic == TOPIC_OF[name]:
        assert name == decode(value, topic=topic).TYPE
    else:
        assert refusal_of(value, topic).reason == RefusalReason.TYPE_MISMATCH


@pytest.mark.parametrize("name", sorted(TYPES))
def test_in_files_the_type_alone_tells(name: str) -> None:
    """A JSON line with its type needs no topic."""
    assert name == decode(orjson.dumps(minimal(name)), topic=None).TYPE


def test_a_refusal_names_the_field_and_never_the_value() -> None:
    """What a source wrote into the wrong field may name a person."""
    told = {**minimal("contact-attempt"), "outcome": "spoke to somebody in person"}

    refused = refusal_of(orjson.dumps(told))

    assert refused.detail.startswith("outcome: ")
    assert "somebody" not in str(refused)


@pytest.mark.parametrize(
    "nested", [b"[" * 5000 + b"]" * 5000, b'{"a":' * 3000 + b"1" + b"}" * 3000]
)
def test_deep_nesting_is_refused(nested: bytes) -> None:
    """A value made to exhaust the reader is not JSON to us, and no crash."""
    value = b'{"type":"lead-created","x":' + nested + b"}"

    assert refusal_of(value).reason == RefusalReason.NOT_JSON
