"""What a simulation can find out."""

from enum import StrEnum


class Invariant(StrEnum):
    """What must always hold, to a reader of committed records."""

    DOUBLED = "nothing is doubled"
    LOST = "nothing is lost"
    FALSE = "nothing is false"
    SAME_AS_REPLAY = "what is said is what a replay says"
    STATE = "the state is the fold of the facts up to its position"
    TOGETHER = "state and position leave together"
    POSITION = "positions never go back and never skip"
    TIME = "now is never ahead of the data and never goes back"
    GROUP = "the group's offsets are never ahead of the state"
    ONE_WRITER = "a partition has one writer"
    PROGRESS = "what was healed catches up"
    SOUND = "the shell ends by no defect of its own"


class ViolationError(AssertionError):
    """An invariant does not hold.

    Attributes:
        invariant: Which one.
        detail: What was seen.
    """

    def __init__(self, invariant: Invariant, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail
