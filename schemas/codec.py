"""Bytes to facts and back, and why bytes are refused.

Source:
    Contract, section 1.
"""

import re
import types
import typing
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import msgspec
import orjson

from schemas.facts import FACTS, SCOPE_KEYS, TYPES, AnyFact, Fact, Rule
from schemas.instants import MINUTE, Instant, format_instant, parse_instant

LARGEST_VALUE: Final = 64 * 1024
"""Bytes of the longest value that is accepted."""
FUTURE_ALLOWANCE: Final = 2 * MINUTE
"""How far ``occurred_at`` may lie after the record's timestamp."""


class RefusalReason(StrEnum):
    """Why bytes can never become a fact: the closed list, also a metric label."""

    TOO_LARGE = "too_large"
    NO_VALUE = "no_value"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_TYPE = "missing_type"
    UNKNOWN_TYPE = "unknown_type"
    TYPE_MISMATCH = "type_mismatch"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    BAD_ID = "bad_id"
    BAD_LEAD_ID = "bad_lead_id"
    BAD_INSTANT = "bad_instant"
    BAD_MONEY = "bad_money"
    UNKNOWN_WORD = "unknown_word"
    BAD_SCOPE = "bad_scope"
    KEY_MISMATCH = "key_mismatch"
    FROM_THE_FUTURE = "from_the_future"
    MISROUTED = "misrouted"
    TOO_MANY_FACTS = "too_many_facts"
    BAD_POLICY = "bad_policy"


class RefusedError(Exception):
    """These bytes can never be a fact; they are set aside with a reason.

    Attributes:
        reason: Code from the closed list.
        detail: One sentence: what was found, what was wanted. Never a value that
            could name a person.
    """

    def __init__(self, reason: RefusalReason, detail: str) -> None:
        """Keep both parts."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


_LEAD_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_MONEY = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?", re.ASCII)
_LONGEST_ID: Final = 64

Check = Callable[[Any], Any]


def _wrong(found: object, wanted: str) -> RefusedError:
    return RefusedError(RefusalReason.WRONG_TYPE, f"{type(found).__name__} instead of {wanted}")


def _text(value: Any) -> Any:
    if type(value) is not str:
        raise _wrong(value, "text")
    return value


def _name(value: Any) -> Any:
    if not _text(value):
        raise RefusedError(RefusalReason.BAD_ID, "empty text")
    return value


def _id(value: Any) -> Any:
    if not 1 <= len(_text(value)) <= _LONGEST_ID:
        raise RefusedError(RefusalReason.BAD_ID, f"{len(value)} characters instead of 1 to 64")
    return value


def _lead_id(value: Any) -> Any:
    if _LEAD_ID.fullmatch(_text(value)) is None:
        raise RefusedError(
            RefusalReason.BAD_LEAD_ID, "not 1 to 64 characters of A-Z a-z 0-9 . _ : -"
        )
    return value


def _instant(value: Any) -> Any:
    try:
        return parse_instant(_text(value))
    except ValueError as error:
        raise RefusedError(
            RefusalReason.BAD_INSTANT, "not an RFC 3339 instant with an offset"
        ) from error


def _money(value: Any) -> Any:
    # A number has been through binary floating point by the time it is seen here.
    if type(value) is not str or _MONEY.fullmatch(value) is None:
        raise RefusedError(RefusalReason.BAD_MONEY, 'not decimal text such as "1200.50"')
    return value


def _number(value: Any) -> Any:
    if type(value) is not int and type(value) is not float:
        raise _wrong(value, "a number")
    return value


def _integer(value: Any) -> Any:
    if type(value) is not int:
        raise _wrong(value, "a whole number")
    return value


def _flag(value: Any) -> Any:
    if type(value) is not bool:
        raise _wrong(value, "true or false")
    return value


def _object(value: Any) -> Any:
    if type(value) is not dict:
        raise _wrong(value, "an object")
    return value


def _scope(value: Any) -> Any:
    for key, listed in _object(value).items():
        if key not in SCOPE_KEYS:
            raise RefusedError(RefusalReason.BAD_SCOPE, f"key is none of {', '.join(SCOPE_KEYS)}")
        wanted = listed if type(listed) is list else [listed]
        if not wanted or any(type(one) is not str for one in wanted):
            raise RefusedError(RefusalReason.BAD_SCOPE, f"{key} is neither text nor a list of texts")
    return value


_CHECKS: Final[dict[str, Check]] = {
    "text": _text,
    "name": _name,
    "id": _id,
    "lead_id": _lead_id,
    "instant": _instant,
    "money": _money,
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "object": _object,
    "scope": _scope,
}


def _check_of(rule: Rule) -> Check:
    if rule.form != "word":
        return _CHECKS[rule.form]
    listed, otherwise = frozenset(rule.words), rule.otherwise

    def word(value: Any) -> Any:
        if _text(value) in listed:
            return value
        if otherwise is None:
            raise RefusedError(
                RefusalReason.UNKNOWN_WORD, f"not one of {', '.join(rule.words)}"
            )
        return otherwise

    return word


def rule_of(hint: Any) -> Rule:
    """Find the rule in a field's annotation, optional or not."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = typing.get_args(hint)[0]
    rule: Rule = hint.__metadata__[0]
    return rule


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
        found.append(
            Field(field.name, rule.name or field.name, field.required, rule, _check_of(rule))
        )
    return tuple(found)


_FIELDS: Final = {name: fields_of(kind) for name, kind in TYPES.items()}

TYPES_ON: Final[dict[str, frozenset[str]]] = {
    "lead-created": frozenset({"lead-created"}),
    "handed-off": frozenset({"handed-off"}),
    "contact-attempt": frozenset({"contact-attempt"}),
    "lead-closed": frozenset({"lead-closed"}),
    "clock-control": frozenset(
        {
            "clock-paused",
            "clock-resumed",
            "handed-back",
            "lead-updated",
            "fact-withdrawn",
            "lead-erased",
        }
    ),
    "sla-control": frozenset(
        {"policy-published", "exclusion-declared", "source-heartbeat", "obligation-fulfilled"}
    ),
}
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
    # A published agreement lists every holiday of several years; facts of leads stay small.
    if len(value) > LARGEST_VALUE and topic != "sla-control":
        raise RefusedError(RefusalReason.TOO_LARGE, f"{len(value)} bytes, at most {LARGEST_VALUE}")
    try:
        told = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise RefusedError(RefusalReason.NOT_JSON, "not JSON in UTF-8") from error
    if type(told) is not dict:
        raise RefusedError(RefusalReason.NOT_AN_OBJECT, f"{type(told).__name__} instead of an object")
    return fact_of(told, topic=topic)


def _type_of(told: dict[str, Any], topic: str | None) -> str:
    name = told.get("type")
    if name is None:
        if topic in TYPES:
            return topic
        raise RefusedError(RefusalReason.MISSING_TYPE, "no type, and the topic does not tell it")
    if type(name) is not str:
        raise _wrong(name, "text in type")
    if name not in TYPES:
        raise RefusedError(RefusalReason.UNKNOWN_TYPE, "type is none that is known")
    if topic is not None and name not in TYPES_ON[topic]:
        raise RefusedError(RefusalReason.TYPE_MISMATCH, f"type {name} on topic {topic}")
    return name


def fact_of(told: dict[str, Any], *, topic: str | None = None) -> AnyFact:
    """Build a fact from a decoded JSON object; see ``decode``."""
    name = _type_of(told, topic)
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

    Absent fields are left out and defaults written, so that equal contents give equal
    bytes however they were told. ``decode(encode(x)) == x``.
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
    kind = FACTS[packed[0]]
    return kind(**dict(zip(kind.__struct_fields__, packed[1:], strict=False)))


_CODES: Final = {kind: code for code, kind in enumerate(FACTS)}


def check_future(fact: AnyFact, recorded_at: Instant) -> None:
    """Refuse a fact that claims to have happened well after its record was written.

    Args:
        fact: What was decoded.
        recorded_at: The Kafka record's timestamp.

    Raises:
        RefusedError: ``from_the_future``; never clamped, since a wrong clock would
            otherwise turn into negative response times.
    """
    if fact.occurred_at > recorded_at + FUTURE_ALLOWANCE:
        ahead = (fact.occurred_at - recorded_at) // 1_000_000
        raise RefusedError(
            RefusalReason.FROM_THE_FUTURE,
            f"occurred_at is {ahead} s after the record's timestamp, at most 120 s are allowed",
        )


def seen_at_in_file(fact: AnyFact) -> Instant:
    """When a fact told in a file became known: ``recorded_at`` if later than ``occurred_at``."""
    if fact.recorded_at is not None and fact.recorded_at > fact.occurred_at:
        return fact.recorded_at
    return fact.occurred_at


def seen_at_on_kafka(fact: AnyFact, recorded_at: Instant, read_at: Instant | None) -> Instant:
    """When a fact on Kafka became known.

    Args:
        fact: What was decoded.
        recorded_at: The record's timestamp.
        read_at: The wall clock at first reading, which bounds the timestamp; None in an
            app on ``time: facts``.
    """
    known_at = recorded_at if read_at is None else min(recorded_at, read_at)
    return max(fact.occurred_at, known_at)
