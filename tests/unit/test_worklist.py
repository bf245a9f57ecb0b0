"""The worklist: who has to be called, in which order, and how much time is left."""

from typing import Any

from schemas.facts import Fact
from schemas.instants import MINUTE
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.domain.worklist import Task, ordered
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
from tests.support.windows import lead

BODY = agreement(SPEED)


def tasks_of(book: Book) -> list[Task]:
    """Give what a book says is to be done, in order."""
    return ordered(task for task in book.tasks() if task is not None)


def tasks(*facts: Fact, until: str, body: dict[str, Any] | None = None) -> list[Task]:
    """Tell a story, and give what is to be done at its end."""
    book = book_of(body or BODY)
    tell(book, facts, until)
    return tasks_of(book)


def test_what_runs_out_first_comes_first_and_the_queue_before_it() -> None:
    """Overdue before due in 30 minutes before due in 40; the queue's lead before all."""
    found = tasks(
        *lead("late", handed_off("2026-03-10 09:00")),
        *lead("soon", handed_off("2026-03-10 10:00")),
        *lead("later", handed_off("2026-03-10 10:10")),
        *lead("queue", handed_off("2026-03-10 10:20", rep=None)),
        *lead("done", handed_off("2026-03-10 09:00"), attempt("2026-03-10 09:10")),
        *lead("gone", handed_off("2026-03-10 09:00"), closed("2026-03-10 09:10")),
        until="2026-03-10 10:30",
    )

    assert [(one.lead.lead_id, one.left) for one in found] == [
        ("queue", 50 * MINUTE),
        ("late", -30 * MINUTE),
        ("soon", 30 * MINUTE),
        ("later", 40 * MINUTE),
    ]
    assert [one.lead.state for one in found] == ["within", "breached", "within", "within"]
    assert found[1].due_at == at("2026-03-10 10:00")
    assert (found[1].commitment, found[1].clock) == ("speed", "speed")


def test_time_left_is_business_time() -> None:
    """Handed off at 17:00, one hour: the next morning at 9:10 twenty minutes are left."""
    (task,) = tasks(handed_off("2026-03-10 17:00"), until="2026-03-11 09:10")

    assert task.left == 20 * MINUTE
    assert task.due_at == at("2026-03-11 09:30")


def test_the_promise_that_runs_out_first_is_named() -> None:
    """Answered, but too few attempts yet: depth is what is owed now."""
    body = agreement(SPEED, DEPTH)
    before, after = (
        tasks(
            handed_off("2026-03-10 09:00"),
            attempt("2026-03-10 09:30", outcome="no_answer"),
            until=until,
            body=body,
        )
        for until in ("2026-03-10 09:10", "2026-03-10 09:40")
    )

    assert [one.commitment for one in before] == ["speed"]
    assert [one.commitment for one in after] == ["depth"]


def test_what_marketing_owes_is_nobodys_call() -> None:
    """A lead that waits to be qualified is on no list of Sales."""
    body = agreement(SPEED, marketing=[{"id": "qualify", "clock": "qualify", "target": "PT8H"}])

    assert tasks(created("2026-03-10 09:00"), until="2026-03-10 09:30", body=body) == []


def test_a_lead_that_nobody_owns_is_on_the_list() -> None:
    """Promised since its creation, handed to nobody yet: first of all."""
    body = agreement(
        {"id": "fast", "clock": "speed_to_lead", "target": "PT4H", "calendar": "always"}
    )

    (task,) = tasks(created("2026-03-10 09:00"), until="2026-03-10 10:00", body=body)

    assert (task.lead.team_id, task.is_unassigned) == (None, True)
    assert task.left == 180 * MINUTE


def test_a_restart_knows_the_same_tasks() -> None:
    """All records packed and loaded into a new book, owned or not, open or not."""
    body = agreement(
        SPEED, {"id": "fast", "clock": "speed_to_lead", "target": "PT4H", "calendar": "always"}
    )
    book = book_of(body)
    facts = (
        *lead("a", handed_off("2026-03-10 09:00")),
        *lead("b", created("2026-03-10 09:00")),
        *lead("c", handed_off("2026-03-10 09:00"), closed("2026-03-10 09:10")),
    )
    tell(book, facts, "2026-03-10 10:30")
    other = Book(Policies())
    other.policies = book.policies
    for key, packed in book.take_changed():
        assert packed is not None
        other.load(key, packed)
    other.now = book.now

    assert tasks_of(other) == tasks_of(book)
    assert [one.lead.lead_id for one in tasks_of(other)] == ["b", "a"]


def test_probes_are_nobodys_business() -> None:
    """A synthetic lead is judged, and on no list."""
    assert (
        tasks(*lead("synthetic:1", handed_off("2026-03-10 09:00")), until="2026-03-10 09:10") == []
    )
