"""How fast a budget may be spent before somebody is told, from the objective itself.

The factors of textbooks assume services that answer round the clock and nearly always.
With an objective of 90 % their 14.4 asks for 144 % of leads to be late, and stays silent
for ever. Here a factor follows from the share of the budget, the business hours of the
agreement's period and the window, and is held below what can be reached.
"""

from dataclasses import dataclass
from typing import Final

MOST: Final = 0.9
"""No alarm waits for more than this share of leads to be late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How the budget is watched.

    Attributes:
        name: The end of the alert's name.
        share: So much of the period's budget may be spent in the window.
        hours: The window.
        short: A shorter one, so that the alarm ends soon after its cause.
        least: The factor is never less: below 1 nothing is spent before its time.
        leads: Fewer leads in the window say nothing.
        severity: Of the alert.
    """

    name: str
    share: float
    hours: int
    short: str
    least: float
    leads: int
    severity: str


PACES: Final = (
    Pace(name="Fast", share=0.02, hours=1, short="10m", least=2, leads=10, severity="critical"),
    Pace(name="Slow", share=0.05, hours=8, short="1h", least=1.2, leads=20, severity="warning"),
)


def threshold(pace: Pace, objective: float, business_hours: float) -> float:
    """Give the share of leads, from 0 to 1, above which the alarm rings.

    Args:
        pace: How the budget is watched.
        objective: The share to be kept, from 0 to 1.
        business_hours: Of the period in which the objective is reckoned.
    """
    factor = max(pace.share * business_hours / pace.hours, pace.least)
    return round(min(factor * (1 - objective), MOST), 4)
