"""Any fact of any type, built from the same rules as codec and export."""

from typing import Any, Final

from hypothesis import strategies as st

from schemas.codec import fields_of
from schemas.facts import TYPES, AnyFact
from schemas.instants import DAY
from schemas.rules import ID_LENGTH, LEAD_ID_PATTERN, MONEY_PATTERN, SCOPE_KEYS, Rule

_TEXTS: Final = st.text(max_size=12)
_NAMES: Final = st.text(min_size=1, max_size=12)
_INSTANTS: Final = st.integers(min_value=-400 * 365 * DAY, max_value=4000 * 365 * DAY)
_NUMBERS: Final = st.one_of(
    st.integers(min_value=-(2**63), max_value=2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False).filter(
        lambda number: not number.is_integer() or abs(number) >= 2.0**64
    ),
)
_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_SCOPES: Final = st.dictionaries(
    st.sampled_from(SCOPE_KEYS),
    _TEXTS | st.lists(_TEXTS, min_size=1, max_size=3),
).map(lambda scope: {key: scope[key] for key in SCOPE_KEYS if key in scope})
_FORMS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "text": _TEXTS,
    "name": _NAMES,
    "id": st.text(min_size=1, max_size=ID_LENGTH),
    "lead_id": st.from_regex(LEAD_ID_PATTERN, fullmatch=True),
    "instant": _INSTANTS,
    "money": st.from_regex(MONEY_PATTERN, fullmatch=True),
    "number": _NUMBERS,
    "integer": st.integers(min_value=-(2**63), max_value=2**64 - 1),
    "flag": st.booleans(),
    "object": st.dictionaries(_TEXTS, _JSON, max_size=4),
    "scope": _SCOPES,
}


def _values(rule: Rule) -> st.SearchStrategy[Any]:
    return st.sampled_from(rule.words) if rule.form == "word" else _FORMS[rule.form]


def facts_of(name: str) -> st.SearchStrategy[AnyFact]:
    """Give any fact of a type, each optional field there or not."""
    fields = fields_of(TYPES[name])
    required = {field.attribute: _values(field.rule) for field in fields if field.required}
    optional = {field.attribute: _values(field.rule) for field in fields if not field.required}
    kind = TYPES[name]
    return st.fixed_dictionaries(required, optional=optional).map(lambda told: kind(**told))
