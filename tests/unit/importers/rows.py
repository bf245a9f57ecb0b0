"""Short ways to write a table and to read what it tells."""

from collections.abc import Sequence
from typing import Any

import orjson

from schemas.codec import encode
from schemas.refusals import RefusedError
from streams.importers import READERS


def table(columns: Sequence[str], *rows: dict[str, str]) -> list[bytes]:
    """Write a CSV file; what a row leaves out is empty."""
    lines = [",".join(columns)]
    lines += [",".join(row.get(column, "") for column in columns) for row in rows]
    return [f"{line}\n".encode() for line in lines]


def told(form: str, lines: list[bytes]) -> list[tuple[int, dict[str, Any]]]:
    """Read a file that holds nothing to refuse."""
    found = []
    for line, fact in READERS[form](lines):
        assert not isinstance(fact, RefusedError), fact
        found.append((line, orjson.loads(encode(fact))))
    return found


def refused(form: str, lines: list[bytes]) -> list[tuple[int, str, str]]:
    """Read what a file holds that cannot be facts."""
    return [
        (line, fact.reason, fact.detail)
        for line, fact in READERS[form](lines)
        if isinstance(fact, RefusedError)
    ]
