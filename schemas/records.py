"""What every record that leaves has in common: its name, and its JSON object.

Instants and lengths are integer microseconds here and become text and seconds
when a record is encoded. Every field is written, absent ones as null, so that
equal records are equal bytes.
"""

import typing
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, ClassVar, Final

import msgspec

from schemas.facts import CLOCKS
from schemas.instants import format_instant, seconds
from schemas.rules import Rule, bare, rule_of, words

At = Annotated[int, Rule(form="instant")]
"""An instant: UTC, RFC 3339, ``Z``, six digits outside."""
Length = Annotated[int, Rule(form="seconds")]
"""A length: seconds with at most six decimals outside."""
LeadId = Annotated[str, Rule(form="lead_id")]
Clock = Annotated[str, words(*CLOCKS)]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What every output record has: its name in schemas."""

    TYPE: ClassVar[str] = ""


def told_of(record: msgspec.Struct) -> dict[str, Any]:
    """Turn a record into its JSON object: instants as text, lengths as seconds."""
    writers = _writers(type(record))
    told: dict[str, Any] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        writer = writers.get(name)
        told[name] = writer(value) if writer is not None and value is not None else value
    return told


_WRITERS: Final[dict[str, Callable[[Any], Any]]] = {"instant": format_instant, "seconds": seconds}


@cache
def _writers(kind: type[msgspec.Struct]) -> dict[str, Callable[[Any], Any]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    found = {name: _writer(hints[name]) for name in kind.__struct_fields__}
    return {name: writer for name, writer in found.items() if writer is not None}


def _writer(hint: object) -> Callable[[Any], Any] | None:
    rule = rule_of(hint)
    if rule is not None:
        return _WRITERS.get(rule.form)
    inner = typing.get_args(bare(hint))
    if not any(isinstance(part, type) and issubclass(part, msgspec.Struct) for part in inner):
        return None
    return _told_items if typing.get_origin(bare(hint)) is dict else _told_list


def _told_items(records: dict[str, msgspec.Struct]) -> dict[str, Any]:
    return {name: told_of(record) for name, record in records.items()}


def _told_list(records: tuple[msgspec.Struct, ...]) -> list[dict[str, Any]]:
    return [told_of(record) for record in records]
