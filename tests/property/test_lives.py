"""Whole lives of leads, held against an oracle written from the specification alone."""

from itertools import pairwise
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.verdicts import Breach, OpenLead, Verdict
from streams.domain.book import Book, Output
from tests.support.lives import (
    LASTING,
    POLICIES,
    differences,
    expected,
    lives,
    remembered,
    replayed,
)
from tests.support.naive_lead import Telling
from tests.support.worlds import END, SLEEPING_TOO, WORLDS

_IS_LONG: Final = settings.get_current_profile_name() == "long"
many = settings(
    max_examples=25_000 if _IS_LONG else 700, suppress_health_check=[HealthCheck.too_slow]
)
some = settings(
    max_examples=10_000 if _IS_LONG else 200, suppress_health_check=[HealthCheck.too_slow]
)
worlds = pytest.mark.parametrize("world", SLEEPING_TOO)
wakeful = pytest.mark.parametrize("world", WORLDS)

_NEXT: Final[dict[str, set[str]]] = {
    "": {"provisional"},
    "provisional": {"confirmed", "retracted"},
    "confirmed": {"resolved", "retracted"},
    # What had answered or ended a clock can be withdrawn.
    "resolved": {"retracted", "confirmed"},
    "retracted": {"provisional"},
}


@worlds
@many
@given(tellings=lives())
def test_core_says_what_the_oracle_says(world: str, tellings: list[Telling]) -> None:
    """Every breach, verdict and late fact, all that decides in them, and not one record more."""
    assert differences(expected(world, tellings), replayed(world, tellings)) == []


@worlds
@some
@given(tellings=lives(), more=st.lists(st.tuples(st.integers(0, 13), st.integers(0, 10**12))))
def test_order_and_repetition_change_nothing(
    world: str, tellings: list[Telling], more: list[tuple[int, int]]
) -> None:
    """Told backwards, some facts again and seen later, by up to twelve days."""
    again = [tellings[place % len(tellings)] for place, _ in more]
    later = [
        Telling(fact, seen_at + delay)
        for (fact, seen_at), (_, delay) in zip(again, more, strict=True)
    ]

    assert replayed(world, [*later, *reversed(tellings)]) == replayed(world, tellings)


@worlds
@some
@given(tellings=lives(), splits=st.lists(st.floats(0, 1), max_size=9).map(sorted))
def test_any_split_into_batches_gives_the_same(
    world: str, tellings: list[Telling], splits: list[float]
) -> None:
    """Advanced in up to ten batches, each told only what is seen within it."""
    tellings = remembered(tellings, world)
    first = min(seen_at for _, seen_at in tellings)
    ends = [*(first + round(split * (END - first)) for split in splits), END]
    book, outputs, before = Book(POLICIES[world]), list[Output](), 0
    for end in ends:
        for fact, seen_at in tellings:
            if before < seen_at <= end:
                book.tell(fact, seen_at)
        outputs += book.advance(end)
        # Neither the same tick again nor an older one says anything.
        outputs += book.advance(end) + book.advance(first - 1)
        before = end

    # All but the sequence: that of a lead that left and came back begins anew where it is told.
    assert _unnumbered(outputs) == _unnumbered(replayed(world, tellings))


@wakeful
@some
@given(tellings=lives(kinds=LASTING))
def test_c19_chains_keep_their_order(world: str, tellings: list[Telling]) -> None:
    """Revisions count from 1, statuses follow their chain, ids and sequence never repeat."""
    outputs = replayed(world, tellings)
    chains: dict[str, list[Breach | Verdict]] = {}
    for record in _judgements(outputs):
        of = record.breach_id if isinstance(record, Breach) else record.verdict_id
        chains.setdefault(of, []).append(record)

    for chain in chains.values():
        assert [record.revision for record in chain] == [*range(1, len(chain) + 1)]
        statuses = ["", *(record.status for record in chain if isinstance(record, Breach))]
        assert all(after in _NEXT[before] for before, after in pairwise(statuses))
    said = [record for record in outputs if isinstance(record, Breach | Verdict | OpenLead)]
    assert len({record.sequence for record in said}) == len(said)
    detected = [record.detected_at for record in _judgements(outputs)]
    assert detected == sorted(detected)


@wakeful
@some
@given(tellings=lives(kinds=LASTING))
def test_never_both_met_and_breached(world: str, tellings: list[Telling]) -> None:
    """A clock that was met has no breach that stands; a breach is resolved by a late end."""
    breaches: dict[str, Breach] = {}
    verdicts: dict[str, Verdict] = {}
    for record in _judgements(replayed(world, tellings)):
        if isinstance(record, Breach):
            breaches[record.breach_id] = record
        else:
            verdicts[record.verdict_id.removeprefix("verdict:")] = record

    for clock, verdict in verdicts.items():
        breach = breaches.get(clock)
        stands = breach is not None and breach.status != "retracted"
        if verdict.outcome == "met":
            assert not stands
        if breach is not None and breach.status == "resolved":
            assert verdict.outcome in {"met_late", "unmet", "cancelled"}
    assert all(clock in verdicts for clock, one in breaches.items() if one.status == "resolved")


@worlds
@some
@given(tellings=lives())
def test_shares_of_a_breach_add_up(world: str, tellings: list[Telling]) -> None:
    """The owners' parts are all the business time from start to due."""
    for record in _judgements(replayed(world, tellings)):
        if isinstance(record, Breach) and record.shares:
            assert round(sum(share.share for share in record.shares), 9) == 1
            if record.unit == "seconds":
                assert sum(share.seconds for share in record.shares) == round(
                    (record.target or 0) * 1_000_000
                )


def _unnumbered(outputs: list[Output]) -> list[Breach | Verdict]:
    return [replace(record, sequence=0) for record in _judgements(outputs)]


def _judgements(outputs: list[Output]) -> list[Breach | Verdict]:
    return [record for record in outputs if isinstance(record, Breach | Verdict)]
