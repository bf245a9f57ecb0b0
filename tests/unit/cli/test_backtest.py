"""`leadclock policy backtest`: a draft tried on what happened, before it is signed."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.cli.running import complaint, run

DATA = Path(__file__).parents[2] / "data" / "explained"
NOW = DATA / "agreement.yaml"
UNTIL = ("--until", "2026-04-07T12:00:00+02:00")


def tried(tmp_path: Path, old: str, new: str, *flags: str) -> Any:
    """Try a draft that differs in one place."""
    draft = tmp_path / "draft.yaml"
    text = NOW.read_text(encoding="utf-8")
    assert text.count(old) == 1
    draft.write_text(text.replace(old, new), encoding="utf-8")
    files = ("--facts", str(DATA / "facts.jsonl"), "--policy", str(NOW))
    result = run("policy", "backtest", str(draft), *files, *UNTIL, *flags)
    assert result.exit_code == 0, result.output
    return orjson.loads(result.stdout) if "--json" in flags else result.stdout


def test_a_looser_target_keeps_a_lead_that_was_late(tmp_path: Path) -> None:
    """Four hours instead of one: L-1, answered after three, is kept; whose, and from what."""
    page = tried(tmp_path, "target: PT1H", "target: PT4H")

    rows = [" ".join(line.split()) for line in page.splitlines()]
    assert rows[:3] == [
        "19 facts, up to 2026-04-07T10:00:00.000000Z",
        "kept now draft",
        "depth 50% (1 of 2) 50% (1 of 2)",
    ]
    assert "speed 0% (0 of 2) 50% (1 of 2)" in rows
    assert "rep nord / Anna 0% (0 of 1) 100% (1 of 1)" in rows
    assert "website-speed: 1 now, 0 by the draft" in rows
    assert rows[-2:] == [
        "verdicts that change: 1",
        "L-1 speed, cycle 1: met_late (website-speed) -> met (website-speed)",
    ]


def test_the_same_agreement_changes_nothing(tmp_path: Path) -> None:
    """Both sides are equal, group by group, and no verdict changes."""
    told = tried(tmp_path, "version: 3", "version: 4", "--json")

    assert told["changed"] == []
    assert all(one["now"] == one["then"] for one in told["attainment"])
    assert told["breaches"]["now"] == told["breaches"]["then"]


def test_a_promise_under_another_name_is_the_same_promise(tmp_path: Path) -> None:
    """Compared by lead, clock kind and cycle; what is only measured is no promise."""
    told = tried(tmp_path, "id: website-speed,", "id: web,", "--json")

    assert told["changed"] == []
    assert {one["clock"] for one in told["attainment"]} == {"speed", "depth"}


def test_a_promise_that_is_dropped_has_no_verdict_then(tmp_path: Path) -> None:
    """Only measured from then on: one verdict less, and no breach of it."""
    told = tried(tmp_path, "target: PT1H,", "target: PT1H, report_only: true,", "--json")

    (changed,) = told["changed"]
    assert (changed["lead_id"], changed["now"]["outcome"], changed["then"]) == (
        *("L-1", "met_late", None),
    )
    assert "website-speed" not in told["breaches"]["then"]


def test_a_draft_that_shows_teams_only_tells_of_no_rep(tmp_path: Path) -> None:
    """Its own privacy decides, before it holds."""
    told = tried(tmp_path, "reps: alias}\nlead", "reps: team_only}\nlead", "--json")

    assert {one["by"] for one in told["attainment"]} <= {None, "team", "segment"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--policy", str(NOW)), "--facts and --policy go together"),
        ((), "LEADCLOCK_BOOTSTRAP_SERVERS is not set"),
    ],
)
def test_wrong_use_is_one_sentence(flags: tuple[str, ...], said: str) -> None:
    """A file without its agreement, no broker."""
    assert said in complaint("policy", "backtest", str(NOW), *flags)
