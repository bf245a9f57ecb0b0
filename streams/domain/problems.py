"""What is wrong with an agreement, each thing with its place and its remedy."""

from collections.abc import Iterable
from dataclasses import dataclass

from streams.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong in an agreement.

    Attributes:
        line: Line in the file, from 1; 0 where there is no file (a published body).
        column: Column in that line, from 1; 0 where there is no file.
        where: The clause, e.g. ``sales[0].target``; empty for the whole agreement.
        found: What stands there.
        wanted: What should stand there.
        mend: What to do about it.
    """

    line: int
    column: int
    where: str
    found: str
    wanted: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.line}:{self.column}: " if self.line else ""
        clause = f"{self.where}: " if self.where else ""
        return f"{place}{clause}found {self.found}, wanted {self.wanted}; {self.mend}"


class AgreementError(ConfigurationError):
    """An agreement that cannot hold as it is written.

    Attributes:
        name: Of the file, or of whatever else the agreement was read from.
        problems: All that is wrong, in the order of the file; never empty.
    """

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(f"{name}:{problem}" for problem in self.problems))
