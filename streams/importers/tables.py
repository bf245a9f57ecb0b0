"""Tables as text: the rows of a CSV file, with the number of the line each ends on."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from streams.errors import ConfigurationError

if TYPE_CHECKING:
    import _csv


class Row(NamedTuple):
    """One row of a table.

    Attributes:
        line: Number of its last line in the file, the header's being 1.
        cells: Value by column; a missing cell is empty text.
    """

    line: int
    cells: dict[str, str]


def rows(lines: Iterable[bytes], *, columns: Sequence[str], form: str) -> Iterator[Row]:
    """Read the rows of a CSV file whose first line names the columns.

    Args:
        lines: The file, in UTF-8; bytes that are not become replacement characters,
            which no checked field accepts.
        columns: Must be there, in any order, others beside them.
        form: The format's name, for the complaint.

    Raises:
        ConfigurationError: The header lacks one of the columns, or the file is no table.
    """
    reader = csv.reader(line.decode("utf-8-sig", "replace") for line in lines)
    try:
        yield from _rows(reader, columns, form)
    except csv.Error as error:
        raise ConfigurationError(
            f"this is no {form} file: line {reader.line_num} is no row of a table ({error})"
        ) from error


def _rows(reader: "_csv.Reader", columns: Sequence[str], form: str) -> Iterator[Row]:
    header = next(reader, [])
    missing = [column for column in columns if column not in header]
    if missing:
        raise ConfigurationError(
            f"this is no {form} file: its first line names no column {', '.join(missing)}"
        )
    blank = dict.fromkeys(header, "")
    for cells in reader:
        if cells:
            yield Row(reader.line_num, blank | dict(zip(header, cells, strict=False)))
