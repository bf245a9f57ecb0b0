"""Reading plain values out of an agreement, and noting all that is wrong on the way.

A reader returns None where it has complained. Nothing is built from such a
reading: whoever reads looks at `Ledger.problems` before using the result.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from schemas.instants import HOUR, MINUTE, SECOND, Instant, Micros, parse_instant
from streams.domain.advice import (
    close_to,
    date_advice,
    duration_advice,
    instant_advice,
    list_advice,
    mapping_advice,
    missing_advice,
    nearest,
    percent_advice,
)
from streams.domain.problems import Problem

Path = tuple[str | int, ...]
"""Keys and list positions from the root of the agreement down to a value."""

LONGEST: Final[Micros] = 87_600 * HOUR
"""Ten years: no promise about a lead is longer, and sums of it stay sane instants."""

_DURATION: Final = re.compile(
    r"PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?", re.ASCII
)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%", re.ASCII)
_MOST_DIGITS: Final = 12
_SHOWN: Final = 60
_FEW: Final = 12
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where readers note problems.

    Attributes:
        locate: Line and column of the value at a path, or of its key.
        problems: What was noted so far.
    """

    locate: Callable[[Path, bool], tuple[int, int]]
    problems: list[Problem] = field(default_factory=list)

    def note(self, path: Path, found: str, wanted: str, mend: str, *, key: bool = False) -> None:
        """Note one problem of the value at ``path``, or of its key."""
        line, column = self.locate(path, key)
        self.problems.append(
            Problem(
                line=line, column=column, where=shown(path), found=found, wanted=wanted, mend=mend
            )
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A value of the agreement and the place where it stands.

    Attributes:
        value: What the file says, as plain JSON types.
        path: Where.
        ledger: Where complaints go.
        is_key: Whether it is itself the key at the end of ``path``.
    """

    value: object
    path: Path
    ledger: Ledger
    is_key: bool = False

    @property
    def key(self) -> "Found":
        """The key under which this value stands."""
        return Found(self.path[-1], self.path, self.ledger, is_key=True)

    def refuse(self, wanted: str, mend: str, *, found: str | None = None) -> None:
        """Note that this cannot stay, and why."""
        found = found or described(self.value)
        self.ledger.note(self.path, found, wanted, mend, key=self.is_key)

    def keys(self, known: Collection[str], *, required: Collection[str] = ()) -> "dict[str, Found]":
        """Read a mapping of fixed keys; complain of unknown and of missing ones."""
        entries = self.entries()
        meant: set[str | None] = set()
        for name, entry in entries.items():
            if name not in known:
                close = close_to(name, known)
                meant.add(close)
                mend = nearest(name, known) if close not in entries else _twice(close)
                entry.key.refuse(_one_of(known), mend)
        if isinstance(self.value, Mapping):
            for name in required:
                # What is there, only misspelt, is one problem and not two.
                if name not in entries and name not in meant:
                    self.refuse(f"{name!r}", missing_advice(name), found=f"no {name!r}")
        return {name: entry for name, entry in entries.items() if name in known}

    def entries(self) -> "dict[str, Found]":
        """Read a mapping of free keys."""
        if not isinstance(self.value, Mapping):
            self.refuse("a mapping", mapping_advice(self.path[-1] if self.path else ""))
            return {}
        return {
            str(name): Found(value, (*self.path, str(name)), self.ledger)
            for name, value in self.value.items()
        }

    def items(self) -> "list[Found]":
        """Read a list."""
        if not isinstance(self.value, list):
            self.refuse("a list", list_advice(self.value))
            return []
        return [
            Found(value, (*self.path, index), self.ledger) for index, value in enumerate(self.value)
        ]

    def one_or_more(self) -> "list[Found]":
        """Read a list, or a single value as a list of one."""
        return self.items() if isinstance(self.value, list) else [self]

    def text(self, *, longest: int = 64) -> str | None:
        """Read a text that is not blank; a bare number is one, too."""
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value.strip():
            self.refuse("a text", "write a text, in quotes if need be")
            return None
        if len(value) > longest:
            self.refuse(f"at most {longest} characters", "shorten it", found=f"{len(value)}")
            return None
        return value

    def texts(self) -> frozenset[str]:
        """Read one or more texts, none twice."""
        seen: set[str] = set()
        for item in self.one_or_more():
            text = item.text()
            if text in seen:
                item.refuse("each value once", "remove the second one")
            elif text is not None:
                seen.add(text)
        if self.value == []:
            self.refuse("at least one value", "add a value, or remove the key")
        return frozenset(seen)

    def word(self, words: Collection[str]) -> str | None:
        """Read one word of a closed list."""
        if isinstance(self.value, str) and self.value in words:
            return self.value
        mend = nearest(self.value, words) if isinstance(self.value, str) else "write one of them"
        self.refuse("one of " + ", ".join(words), mend)
        return None

    def words(self, words: Collection[str]) -> frozenset[str]:
        """Read one or more words of a closed list."""
        items = self.one_or_more()
        if not items:
            self.refuse("at least one of " + ", ".join(words), "add one, or remove the key")
        return frozenset(word for item in items if (word := item.word(words)) is not None)

    def whole(self, *, least: int = 1, most: int = 10**9) -> int | None:
        """Read a whole number from ``least`` to ``most``."""
        value = self.value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:_MOST_DIGITS])
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.refuse(f"a whole number from {least} to {most}", "write such a number")
            return None
        return value

    def number(self) -> float | None:
        """Read a number, whole or with decimals."""
        value = self.value
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if _NUMBER.fullmatch(text):
            return float(text)
        self.refuse("a number", "write such a number, as 50 or 12.5")
        return None

    def truth(self) -> bool | None:
        """Read true or false."""
        if isinstance(self.value, bool) or self.value in ("true", "false"):
            return self.value in (True, "true")
        self.refuse("true or false", "write true or false")
        return None

    def percent(self) -> Decimal | None:
        """Read a percentage above 0 and at most 100, e.g. ``90%``, as it is written."""
        match = _PERCENT.fullmatch(self.value) if isinstance(self.value, str) else None
        if match and 0 < Decimal(match[1]) <= 100:  # noqa: PLR2004 - that is what per cent means
            return Decimal(match[1])
        self.refuse("a percentage above 0% and at most 100%", percent_advice(self.value))
        return None

    def day(self) -> date | None:
        """Read a date, e.g. ``2026-12-24``."""
        try:
            return day_of(self.value)
        except ValueError:
            self.refuse("a date", date_advice(self.value))
            return None

    def instant(self) -> Instant | None:
        """Read an RFC 3339 instant with an offset."""
        try:
            return parse_instant(str(self.value))
        except ValueError:
            self.refuse("an instant with an offset from UTC", instant_advice(self.value))
            return None

    def duration(self, *, least: Micros = 0) -> Micros | None:
        """Read an ISO 8601 duration of hours, minutes and seconds."""
        length = _length(self.value)
        if length is None:
            self.refuse("hours, minutes and seconds as PT1H30M", duration_advice(self.value))
        elif length < least:
            self.refuse("more than nothing", "write how long, as PT1H30M")
        elif length > LONGEST:
            self.refuse("at most ten years", "write PT87600H or less")
        else:
            return length
        return None


def optional(found: Found | None, read: Callable[[Found], _T]) -> _T | None:
    """Read a value that may be left out."""
    return None if found is None else read(found)


def day_of(value: object) -> date:
    """Turn the text of a date into the date.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError(f"{value!r} is no date")
    return date.fromisoformat(value)


def shown(path: Path) -> str:
    """Write a path as people do: ``sales[0].target``."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).removeprefix(".")


def described(value: object) -> str:
    """Say in a few words what a value is."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")
        case Mapping():
            return "a mapping"
        case _:
            return "a list"


def _twice(name: str | None) -> str:
    return "remove it" if name is None else f"remove it, or put it into the {name!r} that is there"


def _one_of(known: Collection[str]) -> str:
    few = len(known) <= _FEW
    return "one of " + ", ".join(known) if few else "a key that the agreement knows"


def _length(value: object) -> Micros | None:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or any(len(part or "") > _MOST_DIGITS for part in match.groups()):
        return None
    fraction = int((match[4] or "").ljust(6, "0"))
    hours, minutes, whole = (int(part or 0) for part in match.groups()[:3])
    return hours * HOUR + minutes * MINUTE + whole * SECOND + fraction
