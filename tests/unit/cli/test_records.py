"""Records on one line each, for a person."""

import click
import orjson

from streams.cli.records import line_of
from tests.support.story import SPEED, agreement, at, attempt, handed_off, hear

AT = at("2026-03-10 12:00")


def line(topic: str, value: bytes | None, key: bytes | None = b"L") -> str:
    """Write a record without its colours."""
    return click.unstyle(line_of(topic, AT, key, value))


def test_a_breach_says_who_owes_what_since_when() -> None:
    """Due 11:00 in Berlin, 10:00 UTC, answered 60 s late by anna of nord."""
    heard = hear(agreement(SPEED), handed_off("2026-03-10 10:00"), attempt("2026-03-10 11:01"))

    told = line("speed-breaches", orjson.dumps(heard.breach("speed")))

    assert " ".join(told.split()) == (
        "11:00:00 speed-breaches resolved L speed nord/anna due 10:00:00 60 s over"
    )


def test_a_tombstone_and_bytes_that_are_no_record_are_shown_as_they_are() -> None:
    """The lead is gone; a dead letter is its own text."""
    assert line("open-leads", None).split() == ["11:00:00", "open-leads", "gone", "L"]
    assert line("lead-events-dlq", b"not json").endswith("lead-events-dlq   not json")


def test_a_fact_is_named_by_its_type() -> None:
    """Whatever else it holds."""
    told = line("handed-off", b'{"type":"handed-off","lead_id":"L","team_id":"nord"}')

    assert told.split() == ["11:00:00", "handed-off", "handed-off", "L", "nord/queue"]
