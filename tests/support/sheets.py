"""Answer sheets: worked examples that no code of ours has worked out."""

import csv
from pathlib import Path
from typing import Final

_SHEETS: Final = Path(__file__).parent.parent / "answers"


def rows_of(sheet: str) -> list[dict[str, str]]:
    """Read the lines of a sheet by the names of its columns."""
    with (_SHEETS / f"{sheet}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def name_of(row: dict[str, str]) -> str:
    """Give the name of an example."""
    return row["id"]
