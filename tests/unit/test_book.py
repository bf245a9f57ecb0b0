"""The book of one partition: any order, any repetition, any split, any restart."""

import random

import pytest
from msgspec.structs import replace

from schemas.codec import seen_at_in_file
from schemas.facts import Fact
from schemas.verdicts import Breach, OpenLead, OpenLeadEnd, Verdict
from streams.domain.book import Book, Output
from streams.domain.lead import FORMAT_VERSION, pack, unpack
from tests.support.story import (
    DEPTH,
    SPEED,
    agreement,
    at,
    attempt,
    book_of,
    closed,
    created,
    handed_off,
    tell,
)

BODY = agreement(SPEED, {**DEPTH, "max_attempts": 4})
STORY: tuple[Fact, ...] = (
    created("2026-03-10 09:00", source="website", segment="small", score=71, value="1200.50"),
    handed_off("2026-03-10 10:00"),
    handed_off("2026-03-10 10:40", team="sued", rep="carla"),
    attempt("2026-03-10 11:20", outcome="no_answer"),
    attempt("2026-03-10 10:50", seen="2026-03-10 15:00"),
    attempt("2026-03-10 16:00", channel="email"),
    closed("2026-03-11 09:00", "lost", reason="price", seen="2026-03-11 12:00"),
    handed_off("2026-03-13 10:00", team="sued", rep="carla"),
    attempt("2026-03-13 12:00", outcome="connected"),
)
UNTIL = "2026-03-20 00:00"
WHOLE = tell(book_of(BODY), STORY, UNTIL).outputs


def test_facts_told_ahead_in_any_order_change_nothing() -> None:
    """All facts told at once, shuffled and twice, before time moves: the same records."""
    for seed in range(20):
        facts = [*STORY, *STORY]
        random.Random(seed).shuffle(facts)
        book = book_of(BODY)
        for one in facts:
            book.tell(one, seen_at_in_file(one))

        outputs = book.advance(at(UNTIL))

        assert unsequenced(outputs) == unsequenced(WHOLE)


def unsequenced(outputs: list[Output]) -> list[Output]:
    """Leave out what depends on how often open-leads was said."""
    return [
        replace(one, sequence=0) if isinstance(one, Breach | Verdict) else one
        for one in outputs
        if not isinstance(one, OpenLead | OpenLeadEnd)
    ]


def test_a_restart_at_every_instant_changes_nothing() -> None:
    """Packed, dropped and loaded again after each fact: the same records, none twice."""
    kept: dict[bytes, bytes] = {}
    outputs = []
    book = book_of(BODY)
    for one in sorted(STORY, key=seen_at_in_file):
        outputs += book.advance(seen_at_in_file(one) - 1)
        book.tell(one, seen_at_in_file(one))
        for key, packed in book.take_changed():
            assert packed is not None
            kept[key] = packed
        book = book_of(BODY)
        for key, packed in kept.items():
            book.load(key, packed)
    outputs += book.advance(at(UNTIL))

    assert unsequenced(outputs) == unsequenced(WHOLE)


def test_advancing_again_says_nothing() -> None:
    """The same or an older instant is nothing new."""
    book = book_of(BODY)
    tell(book, STORY, UNTIL)

    assert book.advance(at(UNTIL)) == []
    assert book.advance(at("2026-03-10 12:00")) == []


def test_a_limit_stops_early_and_goes_on_where_it_stopped() -> None:
    """One record at a time gives the same records, and now never runs ahead of them."""
    book = book_of(BODY)
    for one in STORY:
        book.tell(one, seen_at_in_file(one))
    outputs = []
    while book.now is None or book.now < at(UNTIL):
        outputs += book.advance(at(UNTIL), limit=1)

    assert unsequenced(outputs) == unsequenced(WHOLE)


def test_a_record_survives_packing_with_every_field() -> None:
    """unpack(pack(x)) is x: facts with their seen_at, what was published, when to look again."""
    book = book_of(BODY)
    tell(book, STORY, UNTIL)
    ((key, packed),) = book.take_changed()
    assert packed is not None

    lead = unpack(key, packed)

    assert pack(lead) == packed
    assert {told[0][1] for told in lead.tellings.values()} == set(STORY)
    assert {told[0][0] for told in lead.tellings.values()} == set(map(seen_at_in_file, STORY))
    assert packed[0] == FORMAT_VERSION


def test_a_version_from_the_future_is_refused() -> None:
    """A record that a newer release wrote is never half understood."""
    book = book_of(BODY)
    tell(book, STORY, UNTIL)
    ((key, packed),) = book.take_changed()
    assert packed is not None

    with pytest.raises(ValueError, match=f"record version {FORMAT_VERSION + 1}"):
        unpack(key, bytes((FORMAT_VERSION + 1,)) + packed[1:])


def test_c19_a_dormant_lead_leaves_the_table() -> None:
    """90 days after its last fact nothing is kept, and the changelog gets a tombstone."""
    book = book_of(BODY)
    tell(book, STORY, UNTIL)
    book.take_changed()

    book.advance(at("2026-07-01 00:00"))

    assert len(book) == 0
    assert book.take_changed() == [(b"L", None)]


def test_a_dormant_lead_waits_for_what_is_still_ahead() -> None:
    """Dormant after one hour, at risk after three, due after four: it leaves after settling."""
    book = book_of(agreement({**SPEED, "target": "PT4H"}, dormant="PT1H"))
    book.tell(STORY[1], seen_at_in_file(STORY[1]))
    instants: list[int] = []
    while (instant := book.next_instant()) is not None and len(instants) < 9:
        instants.append(instant)
        book.advance(instant)

    assert instants == [
        at("2026-03-10 10:00"),
        at("2026-03-10 11:00"),
        at("2026-03-10 14:00"),
        at("2026-03-10 15:00"),
        at("2026-03-10 15:00:30"),
    ]
    assert len(book) == 0


def test_open_leads_tells_what_runs_and_ends_with_a_tombstone() -> None:
    """Two clocks run, one breaches, both end."""
    book = book_of(agreement(SPEED, DEPTH))
    book.tell(STORY[0], seen_at_in_file(STORY[0]))
    book.tell(STORY[1], seen_at_in_file(STORY[1]))

    (running,) = book.advance(at("2026-03-10 10:30"))
    *_, breached = book.advance(at("2026-03-10 11:30"))
    done = attempt("2026-03-10 11:40", outcome="connected")
    book.tell(done, seen_at_in_file(done))
    *_, gone = book.advance(at("2026-03-10 12:00"))

    assert isinstance(running, OpenLead)
    assert [one.commitment for one in running.clocks] == ["speed", "depth"]
    assert (running.state, running.next_due_at) == ("within", at("2026-03-10 11:00"))
    assert isinstance(breached, OpenLead)
    assert breached.state == "breached"
    assert len(breached.open_breaches) == 1
    assert isinstance(gone, OpenLeadEnd)


def test_sequence_increases_over_all_records_of_a_lead() -> None:
    """The greater is the newer, on whatever topic."""
    book = book_of(BODY)
    heard = tell(book, STORY, UNTIL)

    numbers = [one.sequence for one in heard.outputs if isinstance(one, Breach | Verdict)]
    assert numbers == sorted(set(numbers))


def test_next_instant_is_when_anything_changes() -> None:
    """Three quarters of the target, due, then the end of settle."""
    book = book_of(agreement(SPEED))
    book.tell(STORY[1], seen_at_in_file(STORY[1]))
    instants = []
    while (instant := book.next_instant()) is not None and instant < at("2026-03-11 00:00"):
        instants.append(instant)
        book.advance(instant)

    assert instants == [
        at("2026-03-10 10:00"),
        at("2026-03-10 10:45"),
        at("2026-03-10 11:00"),
        at("2026-03-10 11:00:30"),
    ]


def test_a_book_without_leads_has_nothing_to_wait_for() -> None:
    """No instant, and time passes."""
    book: Book = book_of(BODY)

    assert book.next_instant() is None
    assert book.advance(at(UNTIL)) == []
    assert book.now == at(UNTIL)
