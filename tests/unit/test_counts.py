"""Counts of a pane as one number: what goes in comes out, and adding is adding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.facts import CHANNELS
from schemas.instants import HOUR, MINUTE, SECOND
from streams.domain import counts
from streams.domain.counts import EDGES, EMPTY, Counts, pack, quantile, read, response, unpack

_ONES = (
    *(counts.LEAD, counts.ANSWERED, counts.WITHIN_TARGET, counts.BREACH),
    *(counts.UNCONNECTED, counts.UNCONNECTED_ATTEMPT, *counts.ATTEMPT.values()),
)
_counts = st.builds(
    lambda ones, times: sum(ones) + sum(map(response, times)),
    st.lists(st.sampled_from(_ONES), max_size=30),
    st.lists(st.integers(0, 40 * 24 * HOUR), max_size=10),
)


@given(_counts, _counts, _counts)
def test_merging_is_associative_and_commutative_with_an_empty_element(
    a: Counts, b: Counts, c: Counts
) -> None:
    """Panes may be put together in any order and grouping, and nothing is the empty pane."""
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + EMPTY == a


@given(_counts, _counts)
def test_every_count_adds_up_by_itself(a: Counts, b: Counts) -> None:
    """No count runs over into its neighbour, and taking back gives what was before."""
    left, right, both = read(a), read(b), read(a + b)

    for name in ("leads", "answered", "within_target", "breaches", "response_sum"):
        assert getattr(both, name) == getattr(left, name) + getattr(right, name)
    for name in ("attempts", "histogram"):
        pairs = zip(getattr(left, name), getattr(right, name), strict=True)
        assert getattr(both, name) == tuple(map(sum, pairs))
    assert read(a + b - b) == left
    assert unpack(pack(a)) == a


def test_each_count_is_read_as_what_was_counted() -> None:
    """Two leads, one answered in time after 90 s, three calls and a mail, one breach."""
    told = read(
        2 * counts.LEAD
        + counts.ANSWERED
        + counts.WITHIN_TARGET
        + response(90 * SECOND)
        + 3 * counts.ATTEMPT["call"]
        + counts.ATTEMPT["email"]
        + counts.UNCONNECTED
        + 4 * counts.UNCONNECTED_ATTEMPT
        + counts.BREACH
    ).told()

    assert (told.leads, told.answered, told.within_target, told.breaches) == (2, 1, 1, 1)
    assert (told.attempts, told.attempts_by_channel) == (4, {"call": 3, "email": 1})
    assert (told.unconnected_leads, told.unconnected_attempts) == (1, 4)
    assert told.response_seconds_sum == 90 * SECOND
    assert told.response_histogram == {
        **dict.fromkeys(("60", "900", "1800", "3600", "14400", "86400", "+Inf"), 0),
        "300": 1,
    }


@pytest.mark.parametrize(
    ("length", "label"),
    [(0, "60"), (MINUTE, "60"), (MINUTE + 1, "300"), (HOUR, "3600"), (25 * HOUR, "+Inf")],
)
def test_a_time_on_an_edge_is_below_it(length: int, label: str) -> None:
    """As the buckets of Prometheus: the upper edge belongs to the bucket."""
    histogram = read(response(length)).told().response_histogram

    assert [at for at, number in histogram.items() if number] == [label]


def test_channels_are_those_of_the_facts() -> None:
    """Every channel that a fact may carry has a count."""
    assert tuple(counts.ATTEMPT) == CHANNELS


def test_taking_back_what_was_never_counted_is_noticed() -> None:
    """A total below zero is a defect, and is not read as billions."""
    with pytest.raises(OverflowError):
        read(EMPTY - counts.LEAD)


# Worked by hand from Prometheus' formula: start + (end - start) * (rank - below) / inside.
@pytest.mark.parametrize(
    ("share", "histogram", "seconds"),
    [
        (0.5, (4, 0, 0, 0, 0, 0, 0, 0), 30.0),
        (0.5, (2, 6, 2, 0, 0, 0, 0, 0), 180.0),
        (0.9, (2, 6, 2, 0, 0, 0, 0, 0), 600.0),
        (0.5, (0, 1, 0, 0, 1, 0, 0, 0), 300.0),
        (0.9, (1, 0, 0, 0, 0, 0, 0, 9), 86400.0),
        (0.5, (0, 0, 0, 0, 0, 0, 0, 1), 86400.0),
    ],
)
def test_quantiles_are_those_of_histogram_quantile(
    share: float, histogram: tuple[int, ...], seconds: float
) -> None:
    """Within a bucket times are spread evenly; beyond the last edge it is the last edge."""
    assert quantile(share, histogram) == pytest.approx(seconds)


def test_no_response_has_no_median() -> None:
    """Nothing is not zero seconds."""
    assert quantile(0.5, (0,) * (len(EDGES) + 1)) is None
