"""`leadclock simulate --out`: the same flags, the same bytes."""

from pathlib import Path

import orjson
import pytest

from schemas.codec import decode, seen_at_in_file
from tests.support.agreements import EXAMPLES
from tests.unit.cli.running import complaint, run

FLAGS = ("simulate", "--leads", "30", "--hours", "8", "--out")


def test_the_same_flags_give_the_same_bytes(tmp_path: Path) -> None:
    """Twice to a file, once to standard output; another seed differs."""
    for name in ("a", "b"):
        assert run(*FLAGS, str(tmp_path / name)).exit_code == 0
    first = (tmp_path / "a").read_bytes()

    assert first == (tmp_path / "b").read_bytes()
    assert first == run(*FLAGS, "-").stdout_bytes
    assert first != run(*FLAGS, "-", "--seed", "2").stdout_bytes


def test_lines_are_seen_in_the_order_in_which_they_would_be_sent() -> None:
    """Without repetitions, which are seen when they were first sent."""
    lines = run(*FLAGS, "-", "--mess", "0").stdout_bytes.splitlines()

    seen = [seen_at_in_file(decode(line)) for line in lines]
    assert len(lines) > 100
    assert seen == sorted(seen)


def test_teams_and_labels_come_from_the_agreement() -> None:
    """Those of the example agreement, and no others."""
    policy = ("--policy", str(EXAMPLES / "policy.yaml"))
    facts = [orjson.loads(line) for line in run(*FLAGS, "-", *policy).stdout_bytes.splitlines()]

    assert {one["team_id"] for one in facts if "team_id" in one} <= {"nord", "sued"}
    assert {one["source"] for one in facts if "source" in one} <= {"website", "fair", "partner"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--start", "2026-04-01T00:00:00Z"), "--start goes with --out only"),
        (("--mess", "2"), "invalid value for '--mess'"),
        (("--out", "nowhere/at/all"), "nowhere/at/all cannot be written: No such file"),
        ((), "LEADCLOCK_BOOTSTRAP_SERVERS is not set"),
        (
            ("--bootstrap-servers", "127.0.0.1:1", "--time", "facts"),
            "cannot feed an app on --time facts",
        ),
    ],
)
def test_wrong_use_is_one_sentence(flags: tuple[str, ...], said: str) -> None:
    """A start in the past on live topics, a mess above 1, no such directory, no broker."""
    assert said in complaint("simulate", *flags)
