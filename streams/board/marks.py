"""How a state looks: a symbol and a word, and only then a colour.

Nobody has to tell colours apart: blue, amber and red differ for every common
colour blindness, and each stands beside a symbol and a word that say the same.
"""

from dataclasses import dataclass
from typing import Final

BLUE: Final = "#5794F2"
AMBER: Final = "#F2CC0C"
RED: Final = "#F2495C"
GREY: Final = "#9FA7B3"


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as people read it.

    Attributes:
        symbol: One cell wide.
        word: The contract's own word, without underscores.
        colour: Hexadecimal; says nothing that the word does not.
    """

    symbol: str
    word: str
    colour: str

    def __str__(self) -> str:
        """Symbol and word, for where there are no colours."""
        return f"{self.symbol} {self.word}"


BREACH_MARKS: Final = {
    "provisional": Mark("△", "provisional", AMBER),
    "confirmed": Mark("▲", "confirmed", RED),
    "resolved": Mark("✓", "resolved", BLUE),
    "retracted": Mark("✗", "retracted", GREY),
}
VERDICT_MARKS: Final = {
    "met": Mark("✓", "met", BLUE),
    "met_late": Mark("▽", "met late", AMBER),
    "unmet": Mark("▼", "unmet", RED),
    "cancelled": Mark("-", "cancelled", GREY),
    "excluded": Mark("-", "excluded", GREY),
    "unverified": Mark("?", "unverified", AMBER),
}
LEAD_MARKS: Final = {
    "within": Mark("●", "within", BLUE),
    "at_risk": Mark("◆", "at risk", AMBER),
    "breached": Mark("▲", "breached", RED),
}
RUNNING: Final = Mark("○", "running", GREY)
FRESH: Final = Mark("●", "fresh", BLUE)
OLD: Final = Mark("◆", "old", AMBER)
STALE: Final = Mark("▲", "stale", RED)
NO_DATA: Final = Mark("■", "no data yet", AMBER)


def mark_of(marks: dict[str, Mark], state: str) -> Mark:
    """Find the mark of a state; a word from a newer release is shown as it is."""
    return marks.get(state) or Mark("?", state.replace("_", " "), GREY)
