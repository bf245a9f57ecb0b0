"""Bytes to facts and back, and why bytes are refused.

Source:
    Contract, section 1.
"""

import typing
from typing import Any, Final

import msgspec
import orjson

from schemas.facts import FACTS, TYPES, AnyFact, Fact
from schemas.forms import Check, check_of
from schemas.instants import MINUTE, SECOND, Instant, format_instant
from schemas.refusals import RefusalReason, RefusedError
from schemas.rules import Rule, rule_of
from schemas.topics import INPUTS, TOPICS

LARGEST_VALUE: Final = 64 * 1024
"""Bytes of the longest value that is accepted."""
FUTURE_ALLOWANCE: Final = 2 * MINUTE
"""How far ``occurred_at`` may lie after the record's timestamp."""


class Field(typing.NamedTuple):
    """One field of a fact as the codec sees it."""

    attribute: str
    name: str
    required: bool
    rule: Rule
    check: Check


def fields_of(kind: type[AnyFact]) -> tuple[Field, ...]:
    """List a fact type's fields in declared order, common ones first."""
    hints = typing.get_type_hints(kind, include_extras=True)
    found = []
    for field in msgspec.structs.fields(kind):
        rule = rule_of(hints[field.name])
        assert rule is not None
        found.append(
            Field(field.name, rule.name or field.name, field.required, rule, check_of(rule))
        )
    return tuple(found)


_FIELDS: Final = {name: fields_of(kind) for name, kind in TYPES.items()}

_SHAPES: Final = {
    name: (
        TYPES[name],
        {field.name: (field.attribute, field.check) for field in fields},
        frozenset(field.attribute for field in fields if field.required),
    )
    for name, fields in _FIELDS.items()
}
"""By type: its class, the check of each name in JSON, and what is required."""

TYPES_ON: Final = {name: frozenset(TOPICS[name].records) for name in INPUTS}
"""Which types each input topic carries."""

TOPIC_OF: Final[dict[str, str]] = {
    name: topic for topic, carried in TYPES_ON.items() for name in carried
}
"""The input topic of each type."""


def decode(value: bytes | None, *, topic: str | None = None) -> AnyFact:
    """Read one fact.

    Args:
        value: The record's value, or one JSON line.
        topic: The input topic's catalogue name, without prefix; None in files and HTTP,
            where ``type`` is required.

    Raises:
        RefusedError: With the named reason.
    """
    if value is None:
        raise RefusedError(RefusalReason.NO_VALUE, "a record without a value")
    if len(value) > LARGEST_VALUE:
        raise RefusedError(RefusalReason.TOO_LARGE, f"{len(value)} bytes, at most {LARGEST_VALUE}")
    try:
        told = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise RefusedError(RefusalReason.NOT_JSON, "not JSON in UTF-8") from error
    if type(told) is not dict:
        raise RefusedError(
            RefusalReason.NOT_AN_OBJECT, f"{type(told).__name__} instead of an object"
        )
    return fact_of(told, topic=topic)


def _type_of(told: dict[str, Any], topic: str | None) -> str:
    name = told.get("type")
    if name is None:
        if topic in TYPES:
            return topic
        raise RefusedError(RefusalReason.MISSING_TYPE, "no type, and the topic does not tell it")
    if type(name) is not str:
        raise RefusedError(RefusalReason.WRONG_TYPE, f"type: {type(name).__name__} instead of text")
    if name not in TYPES:
        raise RefusedError(RefusalReason.UNKNOWN_TYPE, "type is none that is known")
    if topic is not None and name not in TYPES_ON[topic]:
        raise RefusedError(RefusalReason.TYPE_MISMATCH, f"type {name} on topic {topic}")
    return name


def fact_of(told: dict[str, Any], *, topic: str | None = None) -> AnyFact:
    """Build a fact from a decoded JSON object; see ``decode``."""
    name = _type_of(told, topic)
    kind, checks, required = _SHAPES[name]
    values: dict[str, Any] = {}
    try:
        for json_name, value in told.items():
            field = checks.get(json_name)
            if field is not None and value is not None:
                attribute, check = field
                values[attribute] = check(value)
    except RefusedError:
        return _fact_by_field(name, told)
    return kind(**values) if required <= values.keys() else _fact_by_field(name, told)


def _fact_by_field(name: str, told: dict[str, Any]) -> AnyFact:
    """Build a fact field by field, so that what is refused first is the first in their order."""
    values: dict[str, Any] = {}
    get = told.get
    for attribute, json_name, required, _, check in _FIELDS[name]:
        value = get(json_name)
        if value is not None:
            try:
                values[attribute] = check(value)
            except RefusedError as error:
                raise RefusedError(error.reason, f"{json_name}: {error.detail}") from None
        elif required:
            raise RefusedError(RefusalReason.MISSING_FIELD, f"{json_name} is required in {name}")
    return TYPES[name](**values)


def encode(fact: AnyFact) -> bytes:
    """Write a fact as its canonical JSON: ``type``, then the fields in declared order.

    Absent fields are left out and defaults written, so that facts of a lead with equal
    contents give equal bytes however they were told. ``decode(encode(x)) == x``.
    """
    told: dict[str, Any] = {"type": fact.TYPE}
    for attribute, json_name, _, rule, _check in _FIELDS[fact.TYPE]:
        value = getattr(fact, attribute)
        if value is not None:
            told[json_name] = format_instant(value) if rule.form == "instant" else value
    return orjson.dumps(told)


def pack_fact(fact: Fact) -> list[Any]:
    """Flatten a fact of a lead for the packed record: type code, then values, tail of Nones cut."""
    values: list[Any] = [_CODES[type(fact)], *msgspec.structs.astuple(fact)]
    while values[-1] is None:
        values.pop()
    return values


def unpack_fact(packed: list[Any]) -> Fact:
    """Rebuild what ``pack_fact`` flattened; fields appended since then get their defaults."""
    kind: type[Fact] = FACTS[packed[0]]
    told: dict[str, Any] = dict(zip(kind.__struct_fields__, packed[1:], strict=False))
    return kind(**told)


_CODES: Final = {kind: code for code, kind in enumerate(FACTS)}


def check_future(fact: AnyFact, record_at: Instant) -> None:
    """Refuse a fact that claims to have happened well after its record was written.

    Args:
        fact: What was decoded.
        record_at: The Kafka record's timestamp.

    Raises:
        RefusedError: ``from_the_future``; never clamped, since a wrong clock would
            otherwise turn into negative response times.
    """
    if fact.occurred_at > record_at + FUTURE_ALLOWANCE:
        ahead = (fact.occurred_at - record_at) // SECOND
        raise RefusedError(
            RefusalReason.FROM_THE_FUTURE,
            f"occurred_at is {ahead} s after the record's timestamp, at most 120 s are allowed",
        )


def seen_at_in_file(fact: AnyFact) -> Instant:
    """When a fact told in a file became known: ``recorded_at`` if later than ``occurred_at``."""
    if fact.recorded_at is not None and fact.recorded_at > fact.occurred_at:
        return fact.recorded_at
    return fact.occurred_at


def seen_at_on_kafka(fact: AnyFact, record_at: Instant, read_at: Instant | None) -> Instant:
    """When a fact on Kafka became known.

    Args:
        fact: What was decoded.
        record_at: The record's timestamp.
        read_at: The wall clock at first reading, which bounds the timestamp; None in an
            app on ``time: facts``.
    """
    known_at = record_at if read_at is None else min(record_at, read_at)
    return max(fact.occurred_at, known_at)


__all__ = [
    "FUTURE_ALLOWANCE",
    "LARGEST_VALUE",
    "TOPIC_OF",
    "TYPES_ON",
    "Field",
    "RefusalReason",
    "RefusedError",
    "check_future",
    "decode",
    "encode",
    "fact_of",
    "fields_of",
    "pack_fact",
    "seen_at_in_file",
    "seen_at_on_kafka",
    "unpack_fact",
]
