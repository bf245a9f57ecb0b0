"""The check of each form: a JSON value comes back as the field's value, or is refused."""

import re
from collections.abc import Callable
from typing import Any, Final

from schemas.instants import Instant, parse_instant
from schemas.refusals import RefusalReason, RefusedError
from schemas.rules import ID_LENGTH, LEAD_ID_PATTERN, MONEY_PATTERN, SCOPE_KEYS, Rule

Check = Callable[[object], object]
"""Takes a value as JSON gave it, never None; raises RefusedError."""

_LEAD_ID = re.compile(LEAD_ID_PATTERN)
_MONEY = re.compile(MONEY_PATTERN)
# Beyond these no integer can be packed or written as JSON; the JSON reader gives floats there.
_LEAST_WHOLE: Final = -(2**63)
_ABOVE_WHOLE: Final = 2**64


def check_of(rule: Rule) -> Check:
    """Give the check of a field."""
    return _CHECKS[rule.form] if rule.form != "word" else _word_check(rule)


def _wrong(found: object, wanted: str) -> RefusedError:
    return RefusedError(RefusalReason.WRONG_TYPE, f"{type(found).__name__} instead of {wanted}")


def _text(value: object) -> str:
    if type(value) is not str:
        raise _wrong(value, "text")
    return value


def _name(value: object) -> str:
    if not _text(value):
        raise RefusedError(RefusalReason.BAD_ID, "empty text")
    return _text(value)


def _id(value: object) -> str:
    told = _text(value)
    if not 1 <= len(told) <= ID_LENGTH:
        raise RefusedError(
            RefusalReason.BAD_ID, f"{len(told)} characters instead of 1 to {ID_LENGTH}"
        )
    return told


def _lead_id(value: object) -> str:
    told = _text(value)
    if _LEAD_ID.fullmatch(told) is None:
        raise RefusedError(
            RefusalReason.BAD_LEAD_ID, "not 1 to 64 characters of A-Z a-z 0-9 . _ : -"
        )
    return told


def _instant(value: object) -> Instant:
    try:
        return parse_instant(_text(value))
    except ValueError as error:
        raise RefusedError(
            RefusalReason.BAD_INSTANT, "not an RFC 3339 instant with an offset"
        ) from error


def _money(value: object) -> str:
    # A number has been through binary floating point by the time it is seen here.
    if type(value) is not str or _MONEY.fullmatch(value) is None:
        raise RefusedError(RefusalReason.BAD_MONEY, 'not decimal text such as "1200.50"')
    return value


def _number(value: object) -> int | float:
    # JSON does not tell 5 from 5.0; one form inside keeps equal facts equal bytes.
    if type(value) is float:
        whole = value.is_integer() and _LEAST_WHOLE <= value < _ABOVE_WHOLE
        return int(value) if whole else value
    if type(value) is not int:
        raise _wrong(value, "a number")
    return value


def _integer(value: object) -> int:
    told = _number(value)
    if type(told) is not int:
        raise _wrong(value, "a whole number of 64 bits")
    return told


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise _wrong(value, "true or false")
    return value


def _object(value: object) -> dict[str, Any]:
    if type(value) is not dict:
        raise _wrong(value, "an object")
    return value


def _scope(value: object) -> dict[str, Any]:
    told = _object(value)
    # Ignoring a key would widen the exclusion to leads that nobody meant.
    if not told.keys() <= set(SCOPE_KEYS):
        raise RefusedError(RefusalReason.BAD_SCOPE, f"a key is none of {', '.join(SCOPE_KEYS)}")
    kept = {key: told[key] for key in SCOPE_KEYS if told.get(key) is not None}
    for key, listed in kept.items():
        wanted = listed if type(listed) is list else [listed]
        if not wanted or any(type(one) is not str for one in wanted):
            raise RefusedError(
                RefusalReason.BAD_SCOPE, f"{key} is neither text nor a list of texts"
            )
    return kept


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


def _word_check(rule: Rule) -> Check:
    listed, otherwise = frozenset(rule.words), rule.otherwise

    def word(value: object) -> str:
        told = _text(value)
        if told in listed:
            return told
        if otherwise is None:
            raise RefusedError(RefusalReason.UNKNOWN_WORD, f"not one of {', '.join(rule.words)}")
        return otherwise

    return word
