"""Rules: how a JSON value becomes a field and back, declared once in its annotation.

The codec takes its checks from here and the export its JSON Schema, so that what
is promised and what is accepted cannot drift apart.

Source:
    Contract, section 1.
"""

import types
import typing
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a JSON value becomes a field.

    Attributes:
        form: ``text``, ``name`` (text that is not empty), ``id``, ``lead_id``, ``instant``,
            ``money``, ``word``, ``number``, ``integer``, ``flag``, ``object`` or ``scope``;
            each has one check in the codec. Records that only leave also have ``seconds``:
            a number outside, microseconds inside.
        words: The closed list, for ``word``.
        otherwise: What an unknown word becomes; None: it is refused.
        name: The field's name in JSON where Python reserves it.
        doc: Meaning, with unit; goes into the exported schema.
    """

    form: str
    words: tuple[str, ...] = ()
    otherwise: str | None = None
    name: str | None = None
    doc: str = ""


def words(*listed: str, doc: str = "", otherwise: str | None = None) -> Rule:
    """Declare a field whose values come from a closed list."""
    return Rule(form="word", words=listed, otherwise=otherwise, doc=doc)


def instant(doc: str, name: str | None = None) -> Rule:
    """Declare a point in time: RFC 3339 outside, microseconds inside."""
    return Rule(form="instant", name=name, doc=doc)


def name(doc: str) -> Rule:
    """Declare text that names something and therefore is not empty."""
    return Rule(form="name", doc=doc)


def text(doc: str) -> Rule:
    """Declare text that may be anything."""
    return Rule(form="text", doc=doc)


def number(doc: str) -> Rule:
    """Declare a number, whole or not."""
    return Rule(form="number", doc=doc)


ID_LENGTH: Final = 64
"""Characters of the longest ``event_id``."""
LEAD_ID_PATTERN: Final = r"[A-Za-z0-9._:-]{1,64}"
"""A whole ``lead_id``, in the subset of regular expressions that Python and JSON Schema share."""
MONEY_PATTERN: Final = r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?"
"""A whole amount; what fits is exact as a decimal of 21 digits."""
SCOPE_KEYS: Final = ("team_id", "rep_id", "segment", "source", "campaign", "origin")
"""What may narrow an exclusion."""


def is_optional(hint: object) -> bool:
    """Tell whether an annotation allows None."""
    return type(None) in typing.get_args(hint)


def bare(hint: object) -> object:
    """Take ``| None`` away from an annotation; other unions stay whole."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint
    parts = [part for part in typing.get_args(hint) if part is not type(None)]
    return parts[0] if len(parts) == 1 else hint


def rule_of(hint: object) -> Rule | None:
    """Find the rule in a field's annotation, optional or not; None: it has none."""
    for told in getattr(bare(hint), "__metadata__", ()):
        if isinstance(told, Rule):
            return told
    return None
