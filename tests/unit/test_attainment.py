"""Attainment: the denominator is written down, and so are its two figures."""

from fractions import Fraction

import pytest

from streams.domain.attainment import Attainment, attainments
from tests.support.story import SPEED, agreement, attempt, closed, handed_off, hear

HANDOFF = handed_off("2026-03-10 10:00")


def test_c19_excluded_cancelled_and_unverified_are_outside() -> None:
    """Three met of four that count; the raw figure counts what was excluded as missed."""
    counts = Attainment({"met": 3, "unmet": 1, "excluded": 2, "cancelled": 5, "unverified": 7})

    assert counts.adjusted == Fraction(3, 4)
    assert counts.raw == Fraction(3, 6)


def test_without_anything_that_counts_there_is_no_share() -> None:
    """Nothing divided by nothing."""
    assert Attainment({"cancelled": 5}).adjusted is None
    assert Attainment({}).withdrawn_share is None


@pytest.mark.parametrize(("outcome", "adjusted"), [("lost", Fraction(0)), ("disqualified", None)])
def test_c19_a_lead_does_not_escape_by_being_given_up_untouched(
    outcome: str, adjusted: Fraction | None
) -> None:
    """Lost untouched is a miss; disqualified in time is none, but its share is told."""
    heard = hear(agreement(SPEED), HANDOFF, closed("2026-03-10 10:30", outcome))

    ((group, counts),) = attainments(heard.verdicts).items()

    assert group == ("speed", "nord")
    assert counts.adjusted == adjusted
    assert counts.withdrawn_share == (0 if outcome == "lost" else 1)


def test_the_greatest_revision_holds() -> None:
    """met_late, then met by a call told late: one verdict, met, in whatever order they come."""
    heard = hear(
        agreement(SPEED),
        HANDOFF,
        attempt("2026-03-10 11:30"),
        attempt("2026-03-10 10:50", seen="2026-03-10 16:00"),
    )
    verdicts = heard.verdicts

    assert len(verdicts) == 2
    assert attainments(reversed(verdicts)) == attainments(verdicts)
    assert attainments(verdicts)["speed", "nord"].adjusted == 1
