"""What a reader yields: a line's number with its fact, or with why it has none."""

from typing import NamedTuple

from schemas.facts import AnyFact
from schemas.refusals import RefusedError


class Told(NamedTuple):
    """One line's news.

    Attributes:
        line: Number of the line in the file, from 1; a line may tell several facts.
        fact: The fact, or the error that says why there is none.
    """

    line: int
    fact: AnyFact | RefusedError
