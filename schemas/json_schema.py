"""JSON Schema 2020-12 of every fact and record, from their declarations.

What a schema cannot say, its description does: which day exists, how long a value
may be. Where both speak, a value that a schema accepts is not refused for its form.
"""

import inspect
import re
import types
import typing
from typing import Any, Final

import msgspec

from schemas.codec import TOPIC_OF, fields_of
from schemas.facts import AnyFact
from schemas.records import Record
from schemas.rules import (
    ID_LENGTH,
    LEAD_ID_PATTERN,
    MONEY_PATTERN,
    SCOPE_KEYS,
    Rule,
    bare,
    is_optional,
    rule_of,
)

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
TOLD_INSTANT: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""An instant as a source may write it; ``format`` alone is only a remark to most validators."""
WRITTEN_INSTANT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"
"""An instant as Leadclock writes it."""


def fact_schema(kind: type[AnyFact]) -> Schema:
    """Describe a fact as a source tells it: unknown fields are ignored, null is as absent."""
    # A topic of the type's own name says the type already.
    optional = TOPIC_OF[kind.TYPE] == kind.TYPE
    properties: dict[str, Schema] = {"type": _type_schema(kind.TYPE, optional=optional)}
    required = [] if optional else ["type"]
    defaults = {field.name: field.default for field in msgspec.structs.fields(kind)}
    for field in fields_of(kind):
        schema = {"description": field.rule.doc, **_told(field.rule)}
        if field.required:
            required.append(field.name)
        else:
            schema = _or_null(schema)
            if defaults[field.attribute] is not None:
                schema["default"] = defaults[field.attribute]
        properties[field.name] = schema
    return _object_schema(kind, properties, required)


def record_schema(kind: type[Record]) -> Schema:
    """Describe a record as Leadclock writes it: every field is there, absent ones as null."""
    properties = _written_fields(kind)
    return _object_schema(kind, properties, list(properties))


def summary_of(kind: type) -> str:
    """Give the first paragraph of a class's docstring, on one line."""
    return _one_line((inspect.getdoc(kind) or "").split("\n\n")[0])


def _object_schema(
    kind: type[AnyFact | Record], properties: dict[str, Schema], required: list[str]
) -> Schema:
    return {
        "$schema": DIALECT,
        "$id": f"urn:leadclock:{kind.TYPE}:v1",
        "title": kind.TYPE,
        "description": summary_of(kind),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": True,
    }


def _type_schema(name: str, *, optional: bool) -> Schema:
    if not optional:
        return {"description": "What is told.", "const": name}
    doc = "What is told; may be left out on the topic of this name, required elsewhere."
    return {"description": doc, "enum": [name, None]}


def _told(rule: Rule) -> Schema:
    match rule.form:
        case "word":
            if rule.otherwise is None:
                return {"type": "string", "enum": list(rule.words)}
            known = ", ".join(rule.words)
            doc = f"{rule.doc} Known words: {known}; any other is taken as {rule.otherwise}."
            return {"description": doc, "type": "string"}
        case "instant":
            return {"type": "string", "format": "date-time", "pattern": TOLD_INSTANT}
        case "scope":
            one: Schema = {"type": "string"}
            several = {"type": "array", "items": one, "minItems": 1}
            key = {"anyOf": [one, several, {"type": "null"}]}
            return {
                "type": "object",
                "properties": dict.fromkeys(SCOPE_KEYS, key),
                "additionalProperties": False,
            }
        case form:
            return dict(_SIMPLE[form])


_SIMPLE: Final[dict[str, Schema]] = {
    "text": {"type": "string"},
    "name": {"type": "string", "minLength": 1},
    "id": {"type": "string", "minLength": 1, "maxLength": ID_LENGTH},
    "lead_id": {"type": "string", "pattern": f"^{LEAD_ID_PATTERN}$"},
    "money": {"type": "string", "pattern": f"^{MONEY_PATTERN}$"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "flag": {"type": "boolean"},
    "object": {"type": "object"},
}


def _or_null(schema: Schema) -> Schema:
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def _written_fields(kind: type[msgspec.Struct]) -> dict[str, Schema]:
    hints = typing.get_type_hints(kind, include_extras=True)
    docs = _attribute_docs(kind)
    found: dict[str, Schema] = {}
    for name in kind.__struct_fields__:
        schema = _written(bare(hints[name]))
        told = {"description": docs[name], **schema}
        found[name] = _or_null(told) if is_optional(hints[name]) else told
    return found


def _written(hint: object) -> Schema:
    rule = rule_of(hint)
    if rule is not None:
        return _written_form(rule)
    inner = typing.get_args(hint)
    match typing.get_origin(hint):
        case typing.Union | types.UnionType:
            # int and float are one number outside; nothing else is left open.
            assert set(inner) <= {int, float, type(None)}
            return {"type": "number"}
        case origin if origin is tuple:
            return {"type": "array", "items": _written(inner[0])}
        case origin if origin is dict:
            return {"type": "object", "additionalProperties": _written(inner[1])}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        fields = _written_fields(hint)
        return {
            "description": summary_of(hint),
            "type": "object",
            "properties": fields,
            "required": list(fields),
            "additionalProperties": True,
        }
    assert isinstance(hint, type)
    return {"type": _PLAIN[hint]}


def _written_form(rule: Rule) -> Schema:
    match rule.form:
        case "instant":
            return {"type": "string", "format": "date-time", "pattern": WRITTEN_INSTANT}
        case "seconds":
            return {"type": "number"}
        case _:
            return _told(rule)


_PLAIN: Final[dict[type, str]] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_ATTRIBUTE: Final = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def _attribute_docs(kind: type) -> dict[str, str]:
    told = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    return {name: _one_line(doc) for name, doc in _ATTRIBUTE.findall(told)}


def _one_line(doc: str) -> str:
    return " ".join(doc.replace("``", "").split())
