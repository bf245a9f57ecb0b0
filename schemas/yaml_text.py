"""YAML for reading: a tree of objects, lists, texts, numbers and flags as block style.

Only what the export needs; every text that YAML could take for something else is
quoted as JSON, which YAML 1.2 contains.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import orjson

Tree = Mapping[str, "Tree"] | Sequence["Tree"] | str | int | bool | None

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9(_./-][A-Za-z0-9()_./,;'-]*)*")
# What YAML 1.1 readers, still the most common, take for a flag or for nothing.
_RESERVED: Final = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}


def yaml_of(tree: Tree) -> str:
    """Write a tree as YAML, keys in their own order, two spaces a level."""
    return "".join(f"{line}\n" for line in _lines(tree))


def _lines(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Mapping) and tree:
        for key, value in tree.items():
            yield from _entry(f"{_scalar(key)}:", value)
    elif isinstance(tree, Sequence) and not isinstance(tree, str) and tree:
        for value in tree:
            first, *rest = _lines(value)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield _leaf(tree)


def _entry(label: str, value: Tree) -> Iterator[str]:
    if isinstance(value, (str, int, type(None))) or not value:
        yield f"{label} {_leaf(value)}"
        return
    yield label
    yield from (f"  {line}" for line in _lines(value))


def _leaf(tree: Tree) -> str:
    if isinstance(tree, str):
        return _scalar(tree)
    return orjson.dumps(tree).decode()


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) is not None and text.lower() not in _RESERVED:
        return text
    return orjson.dumps(text).decode()
