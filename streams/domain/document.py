"""YAML 1.2 text as plain JSON types, and where in the text each value stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from streams.domain.advice import yaml_advice
from streams.domain.found import Path
from streams.domain.problems import AgreementError, Problem

Place = tuple[int, int]
"""Line and column, both from 1."""

_CORE: Final = "tag:yaml.org,2002:"
# What a text means as a number must be what stands there: 007 and 1e3 stay texts.
_WHOLE: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
# Far above any agreement; aliases of aliases would grow without end.
_MOST_VALUES: Final = 20_000
_DEEPEST: Final = 20


@dataclass(slots=True)
class Document:
    """A YAML document.

    Attributes:
        name: Of the file.
        root: Its content as plain JSON types, without floats.
        values: Where each value begins, by path.
        keys: Where each key begins, by the path of its value.
        problems: Keys given twice, keys that are no text.
    """

    name: str
    root: object = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def locate(self, path: Path, is_key: bool) -> Place:  # noqa: FBT001 - as Ledger calls it
        """Where a value or its key begins; for what is not in the text, what it belongs to."""
        places = self.keys if is_key else self.values
        while path and path not in places:
            path, places = path[:-1], self.values
        return places.get(path, (1, 1))


def read_document(text: str, name: str) -> Document:
    """Read one YAML document.

    Raises:
        AgreementError: The text is no YAML document.
    """
    try:
        node = YAML().compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _no_yaml(name, place, error.problem or error.context or "text") from error
    except (YAMLError, RecursionError) as error:
        found = str(error).splitlines()[0] if str(error) else "a text too deep to read"
        raise _no_yaml(name, (1, 1), found) from error
    document = Document(name)
    if node is not None:
        document.root = _Reader(document).plain(node, ())
    return document


def _no_yaml(name: str, place: Place, found: str) -> AgreementError:
    found, mend = yaml_advice(found)
    return AgreementError(name, [_problem(place, found, "one YAML document", mend)])


def _problem(place: Place, found: str, wanted: str, mend: str) -> Problem:
    line, column = place
    return Problem(line=line, column=column, where="", found=found, wanted=wanted, mend=mend)


class _Reader:
    """Walks the nodes of one document once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = _MOST_VALUES

    def plain(self, node: Node, path: Path) -> object:
        place = _place(node)
        self._document.values[path] = place
        self._left -= 1
        if self._left < 0 or len(path) > _DEEPEST:
            found = f"more than {_MOST_VALUES} values, or {_DEEPEST} within each other"
            raise _no_yaml(self._document.name, place, found)
        if isinstance(node, MappingNode):
            return {
                key: self.plain(value, (*path, key)) for key, value in self._entries(node, path)
            }
        if isinstance(node, SequenceNode):
            return [self.plain(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _entries(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Node]]:
        for key, value in node.value:
            place = _place(key)
            if not isinstance(key, ScalarNode):
                self._complain(place, "a key that is no text", "a text as key", "write a word")
                continue
            text = str(key.value)
            here = (*path, text)
            if here in self._document.keys:
                line = self._document.keys[here][0]
                self._complain(
                    place,
                    f"{text!r} a second time",
                    "each key once",
                    f"remove one of them; the first is in line {line}",
                )
                continue
            self._document.keys[here] = place
            yield text, value

    def _complain(self, place: Place, found: str, wanted: str, mend: str) -> None:
        self._document.problems.append(_problem(place, found, wanted, mend))


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _scalar(node: Node) -> object:
    text = str(node.value)
    match str(node.tag).removeprefix(_CORE):
        case "int" if _WHOLE.fullmatch(text):
            return int(text)
        case "bool":
            return text.lower() == "true"
        case "null":
            return None
        case _:
            return text
