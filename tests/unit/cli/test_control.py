"""`leadclock control`: what is settled before anything is told."""

from pathlib import Path

import pytest

from tests.unit.cli.running import complaint, run

NOWHERE = {"LEADCLOCK_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
SPAN = ("--from", "2026-03-10T09:00:00Z", "--to", "2026-03-10T11:00:00Z")


def refused(*args: str, **env: str) -> str:
    """Give the sentence with which a command is refused that would find no broker."""
    return complaint("control", *args, env={**NOWHERE, **env})


def test_an_exclusion_ends_after_it_begins() -> None:
    """Nothing to exclude is a mistake, and told before anybody is asked."""
    sentence = refused(
        *("exclude", "x", "--reason", "storm"),
        *("--from", "2026-03-10T09:00:00Z", "--to", "2026-03-10T09:00:00Z"),
    )

    assert sentence == "leadclock: control exclude: --to is not later than --from."


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (("exclude", "x", *SPAN), "missing option '--reason'"),
        (("exclude", "x", "--reason", "storm", "--from", "today"), "today"),
        (("exclude", *SPAN, "--reason", "storm"), "missing argument 'ID'"),
        (("exclude", "x", *SPAN, "--reason", "storm", "--tem", "nord"), "--tem"),
        (("exclude", "", *SPAN, "--reason", "storm"), "exclusion_id"),
        (("heartbeat",), "missing argument 'ORIGIN'"),
        (("heartbeat", "dialer", "--complete-up-to", "2999-01-01T00:00:00Z"), "lies ahead"),
        (("receipt", "weekly-report", "--at", "2999-01-01T00:00:00Z"), "--at lies ahead"),
        (("receipt",), "missing argument 'OBLIGATION'"),
        (("recept", "weekly-report"), "recept"),
        (("heartbeat", "dialer"), "no Kafka broker answers at 127.0.0.1:1"),
    ],
)
def test_wrong_use_is_one_sentence(args: tuple[str, ...], part: str) -> None:
    """And exit code 2."""
    assert part in refused(*args)


@pytest.mark.parametrize("args", [("exclude", "x", *SPAN, "--reason", "storm"), ("receipt", "r")])
def test_a_history_is_told_by_its_own_file(args: tuple[str, ...]) -> None:
    """In an app on its sources' time, now lies ahead of everything."""
    assert "leadclock send" in refused(*args, LEADCLOCK_TIME="facts")


@pytest.mark.parametrize("command", ["exclude", "heartbeat", "receipt"])
def test_help_shows_a_command_to_copy(command: str, tmp_path: Path) -> None:
    """With an example, needing no broker and no settings."""
    shown = run("control", command, "--help", env={"HOME": str(tmp_path)})

    assert shown.exit_code == 0
    assert f"  leadclock control {command} " in shown.stdout
