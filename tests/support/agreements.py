"""The agreement that tests read, and what is wrong with it after a change."""

from pathlib import Path

import pytest

from streams.domain.agreement import AgreementError, Problem, read_agreement

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

VALID = Path(__file__).with_name("agreement.yaml").read_text(encoding="utf-8")
"""Every clause that this version keeps."""


def problems_of(text: str) -> tuple[Problem, ...]:
    """All that is wrong with an agreement."""
    with pytest.raises(AgreementError) as caught:
        read_agreement(text, "policy.yaml")
    return caught.value.problems


def only_problem(old: str, new: str) -> Problem:
    """The one thing that is wrong with the valid agreement after one change."""
    assert VALID.count(old) == 1
    (problem,) = problems_of(VALID.replace(old, new))
    return problem
