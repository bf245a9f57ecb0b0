"""How people on the floor behave: what they do how often, and how long it takes them.

Shares and medians are of a plausible inside-sales floor, not measured on one. Lengths
are seconds on a real floor; what runs faster divides them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")

STAGES: Final = (("mql", 0.78), ("sql", 0.17), ("iql", 0.05))
ROLES: Final = ("buyer", "engineer", "head-of-operations", "managing-director")
CAMPAIGNS: Final = ("spring-fair", "webinar", "whitepaper")
CHANNELS: Final = (("call", 0.62), ("email", 0.2), ("message", 0.1), ("voicemail", 0.06))
CALL_OUTCOMES: Final = (
    ("connected", 0.36),
    ("no_answer", 0.45),
    ("voicemail", 0.14),
    ("failed", 0.05),
)
MAIL_OUTCOMES: Final = (("sent", 0.93), ("bounced", 0.05), ("failed", 0.02))
PAUSES: Final = ("vacation", "customer_asked")
REACHED_CLOSES: Final = (
    ("won", 0.3),
    ("lost", 0.42),
    ("disqualified", 0.22),
    ("opted_out", 0.06),
)
UNREACHED_CLOSES: Final = (("lost", 0.7), ("disqualified", 0.3))

MINUTE: Final = 60.0
HOUR: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Wait:
    """How long something takes: log-normal, half of it below the median.

    Attributes:
        median: Seconds on a real floor.
        spread: Standard deviation of the logarithm.
    """

    median: float
    spread: float

    def seconds(self, rng: Random, factor: float = 1.0) -> float:
        """Draw one; nothing takes longer than thirty medians."""
        drawn = math.exp(rng.gauss(0.0, self.spread))
        return self.median * factor * min(drawn, 30.0)


QUALIFY: Final = Wait(4 * MINUTE, 0.7)
TAKE_FROM_QUEUE: Final = Wait(6 * MINUTE, 0.7)
ANSWER: Final = Wait(9 * MINUTE, 0.85)
RETRY: Final = Wait(20 * MINUTE, 0.7)
REPLY: Final = Wait(40 * MINUTE, 0.9)
REASSIGN: Final = Wait(14 * MINUTE, 0.8)
DECIDE: Final = Wait(70 * MINUTE, 0.8)
REOPEN: Final = Wait(6 * MINUTE, 1.1)
PAUSE: Final = Wait(90 * MINUTE, 0.6)
TALK: Final = Wait(160.0, 0.7)
RING: Final = Wait(22.0, 0.3)
LOG_LATE: Final = Wait(100 * MINUTE, 0.8)


@dataclass(frozen=True, slots=True)
class Rep:
    """One rep's way of working.

    Attributes:
        rep_id: Pseudonymous id.
        pace: Factor on how long an answer takes; below 1 is quick.
        patience: Chance of trying again after an attempt that reached nobody.
        logs_by_hand: Share of calls that the rep writes down instead of the dialer.
    """

    rep_id: str
    pace: float
    patience: float
    logs_by_hand: float


def hire(rep_id: str, rng: Random) -> Rep:
    """Draw a rep."""
    return Rep(
        rep_id,
        pace=math.exp(rng.gauss(0.0, 0.35)),
        patience=rng.uniform(0.72, 0.95),
        logs_by_hand=rng.uniform(0.1, 0.5),
    )


def pick(rng: Random, weighted: Sequence[tuple[T, float]]) -> T:
    """Draw one by its share; the shares need not add up to one."""
    aim = rng.random() * sum(share for _, share in weighted)
    for one, share in weighted:
        aim -= share
        if aim < 0:
            return one
    return weighted[-1][0]


def ranked(listed: Sequence[T]) -> tuple[tuple[T, float], ...]:
    """Weigh a list whose first is the commonest: each half as common as the one before."""
    return tuple((one, 0.5**place) for place, one in enumerate(listed))
