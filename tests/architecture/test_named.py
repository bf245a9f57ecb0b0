"""Each settled reading, row of the checklist and worked example has a test named after it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
READINGS: Final = (DOCS / "readings.md").read_text(encoding="utf-8")
CHECKLIST: Final = (DOCS / "checklist.md").read_text(encoding="utf-8")
NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
DEFINED: Final = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)

# Rows that software can show, and does.
ROWS: Final = (
    *(f"v{number}" for number in (*range(1, 8), *range(9, 13), 16, 18, 24)),
    *(f"g{number}" for number in (1, 3, 4, 5, *range(7, 12), 16)),
    *("t7", "t8", "t9", "t10", "t14"),
)
# The whole checklist: nothing in it is passed over in silence.
LISTED: Final = (
    *(f"M{number}" for number in range(1, 29)),
    *(f"V{number}" for number in range(1, 25)),
    *(f"G{number}" for number in range(1, 23)),
)


def _tests() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in DEFINED.findall(path.read_text(encoding="utf-8")):
            yield path.relative_to(ROOT).as_posix(), name


TESTS: Final = frozenset(_tests())


def _rows(page: str) -> list[list[str]]:
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[-1] not in {"test", "where"} and set(row[-1]) != {"-"}]


@pytest.mark.parametrize("page", ["readings.md", "checklist.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    """Renamed or moved, it has to be renamed there, too."""
    named = NAMED.findall((DOCS / page).read_text(encoding="utf-8"))

    assert named
    assert [one for one in named if one not in TESTS] == []


def test_every_settled_reading_has_a_test_named_after_it() -> None:
    """Each line of the page, and no such test is missing from it."""
    rows = _rows(READINGS)
    listed = {name for _, name in NAMED.findall(READINGS)}

    assert len(rows) > 50
    assert [text for text, tests in rows if not NAMED.search(tests)] == []
    assert listed == {name for _, name in TESTS if name.startswith("test_c19_")}


def test_every_row_of_the_checklist_is_on_its_page() -> None:
    """With a test that shows it, or the reason why there is none."""
    rows = {row[0]: row[-1] for row in _rows(CHECKLIST)}

    assert [row for row in LISTED if not rows.get(row)] == []


@pytest.mark.parametrize("row", ROWS)
def test_every_row_that_software_keeps_has_a_test_named_after_it(row: str) -> None:
    """`test_v9_...`, or `test_v5_v7_...` for two; and its line on the page names it."""
    named = re.compile(rf"test_(?:[a-z]\d+_)*{row}_")
    line = next(cells[-1] for cells in _rows(CHECKLIST) if cells[0] == row.upper())

    assert any(named.match(name) for _, name in NAMED.findall(line))
