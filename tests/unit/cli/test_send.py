"""`leadclock send`: what is settled before anything is sent."""

from pathlib import Path

import pytest

from schemas.codec import encode
from schemas.instants import format_instant
from streams.cli.send import cargo_of
from streams.runtime.wall import wall_now
from tests.support.story import at, attempt, closed, created, handed_off
from tests.unit.cli.running import complaint, run

STORY = (
    closed("2026-03-11 09:00"),
    attempt("2026-03-10 10:50", seen="2026-03-10 15:00"),
    handed_off("2026-03-10 10:00"),
    created("2026-03-10 09:00"),
)
NOWHERE = {"LEADCLOCK_BOOTSTRAP_SERVERS": "127.0.0.1:1"}


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A history, its last line first."""
    path = tmp_path / "facts.jsonl"
    path.write_bytes(b"".join(encode(fact) + b"\n" for fact in STORY))
    return str(path)


def test_facts_go_in_the_order_in_which_they_were_seen(file: str) -> None:
    """The attempt of 10:50 at 15:00, when it was told."""
    cargo = cargo_of(file, "jsonl", None)

    assert [(seen_at, fact.TYPE) for seen_at, fact in cargo.facts] == [
        (at("2026-03-10 09:00"), "lead-created"),
        (at("2026-03-10 10:00"), "handed-off"),
        (at("2026-03-10 15:00"), "contact-attempt"),
        (at("2026-03-11 09:00"), "lead-closed"),
    ]
    assert cargo.up_to == at("2026-03-11 09:00")


def test_until_leaves_out_what_is_seen_later(file: str) -> None:
    """And is what the heartbeat promises, also beyond the last fact."""
    early = cargo_of(file, "jsonl", at("2026-03-10 12:00"))
    late = cargo_of(file, "jsonl", at("2026-03-20 00:00"))

    assert (len(early.facts), early.up_to) == (2, at("2026-03-10 12:00"))
    assert (len(late.facts), late.up_to) == (4, at("2026-03-20 00:00"))


def test_what_is_no_fact_is_told_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first twenty by line and reason, the others as a number."""
    path = tmp_path / "facts.jsonl"
    path.write_bytes(encode(STORY[0]) + b"\n" + b"{}\n" * 25)

    cargo = cargo_of(str(path), "jsonl", None)

    assert (len(cargo.facts), cargo.refused) == (1, 25)
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("line 2: missing_type: ")
    assert len(said) == 21
    assert said[-1] == "and 5 more lines refused"


def test_a_history_is_refused_by_an_app_on_the_wall_clock(file: str) -> None:
    """Facts of years ago would all be breached at once; nothing was sent."""
    assert "more than a day ago" in complaint("send", file, env=NOWHERE)


def test_a_history_is_taken_by_an_app_on_the_time_of_facts(file: str) -> None:
    """As far as the broker, which is not there."""
    assert "no Kafka broker answers" in complaint("send", file, "--time", "facts", env=NOWHERE)


def test_what_is_of_today_is_taken_by_any_app() -> None:
    """As far as the broker, which is not there."""
    told = {"lead_id": "L", "event_id": "e", "type": "lead-created"}
    line = b'{"type":"lead-created","event_id":"e","lead_id":"L","occurred_at":"%s"}' % (
        format_instant(wall_now()).encode()
    )

    assert told["type"] == "lead-created"
    assert "no Kafka broker answers" in complaint("send", "-", env=NOWHERE, stdin=line)


def test_a_file_that_is_not_there_is_named() -> None:
    """Before anything is connected."""
    assert run("send", "nothing.jsonl", env=NOWHERE).stderr == (
        "leadclock: nothing.jsonl cannot be read: No such file or directory\n"
    )
