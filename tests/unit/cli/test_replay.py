"""`leadclock replay`: files in, files out, the same each time."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.codec import encode
from streams.cli.replay import FILES, summary
from streams.importers.uci498 import COLUMNS
from streams.replay import Findings
from streams.simulate import Floor, Rhythm, play
from tests.unit.cli.running import complaint, run

POLICY = str(Path(__file__).with_name("lively.yaml"))
SAMPLE = Path(__file__).parents[2] / "data" / "uci498-sample.csv"


@pytest.fixture(scope="module")
def floor() -> list[bytes]:
    """A messy floor at the pace of the demo: some two thousand lines."""
    start = 1_775_026_800_000_000
    played = play(
        Floor(
            name="s",
            start=start,
            length=600_000_000,
            leads=300,
            speed=60,
            rhythm=Rhythm.FLAT,
            mess=0.6,
        ),
        random.Random(3),
    )
    return [encode(fact) for _, fact in played]


def replayed(tmp_path: Path, lines: list[bytes], *flags: str) -> dict[str, bytes]:
    """Replay lines, and give what was written by file."""
    facts, out = tmp_path / "facts.jsonl", tmp_path / "out"
    facts.write_bytes(b"".join(line + b"\n" for line in lines))

    result = run("replay", "--policy", POLICY, str(facts), "--out", str(out), *flags)

    assert result.exit_code == 0, result.output
    return {file.name: file.read_bytes() for file in out.iterdir()}


def test_it_writes_five_files(tmp_path: Path, floor: list[bytes]) -> None:
    """Breaches, verdicts, scorecards, refusals; no warning is given yet."""
    written = replayed(tmp_path, floor)

    assert written.keys() == FILES.keys()
    assert written["breaches.jsonl"].count(b"\n") > 50
    assert written["verdicts.jsonl"].count(b"\n") > 200
    assert written["scorecards.jsonl"].count(b"\n") > 0
    assert written["warnings.jsonl"] == written["refused.jsonl"] == b""


def test_shuffled_and_repeated_lines_write_the_same_bytes(
    tmp_path: Path, floor: list[bytes]
) -> None:
    """Three orders, every tenth line twice."""
    (tmp_path / "first").mkdir()
    whole = replayed(tmp_path / "first", floor)

    for seed in range(3):
        mixed = [*floor, *floor[::10]]
        random.Random(seed).shuffle(mixed)
        (tmp_path / str(seed)).mkdir()
        assert replayed(tmp_path / str(seed), mixed) == whole


def test_lines_are_in_the_order_of_the_contract(tmp_path: Path, floor: list[bytes]) -> None:
    """By detected_at, lead_id, commitment, cycle, revision."""
    written = replayed(tmp_path, floor)

    for name in ("breaches.jsonl", "verdicts.jsonl"):
        records = [orjson.loads(line) for line in written[name].splitlines()]
        keys = ("detected_at", "lead_id", "commitment", "cycle", "revision")
        places = [tuple(record[key] for key in keys) for record in records]
        assert places == sorted(places)
    cards = [orjson.loads(line) for line in written["scorecards.jsonl"].splitlines()]
    reps = [(card["team_id"], card["rep_id"] or "") for card in cards]
    assert reps == sorted(set(reps))


def test_refused_lines_are_numbered_and_the_rest_is_judged(
    tmp_path: Path, floor: list[bytes]
) -> None:
    """A cut line in the first place, an unknown type in the last; exit code 0."""
    written = replayed(tmp_path, [floor[0][:-1], *floor[1:], b'{"type":"x"}'])

    refused = [orjson.loads(line) for line in written["refused.jsonl"].splitlines()]
    assert [(one["line"], one["reason"]) for one in refused] == [
        (1, "not_json"),
        (len(floor) + 1, "unknown_type"),
    ]
    assert set(refused[0]) == {"line", "reason", "detail"}


def test_standard_input_is_read(floor: list[bytes]) -> None:
    """A minus sign in place of the file; the summary is JSON."""
    result = run("replay", "--policy", POLICY, "-", "--json", stdin=b"\n".join(floor))

    told = orjson.loads(result.stdout)
    assert told["facts"] == len(floor)
    assert told["verdicts"]["website-speed"]["met"] > 50


def test_the_summary_counts_last_words(floor: list[bytes]) -> None:
    """Each commitment on a line of its own, with what became of its clocks."""
    result = run("replay", "--policy", POLICY, "-", stdin=b"\n".join(floor))

    assert result.stdout.startswith(f"{len(floor):,} facts, up to 2026-04-01T07:09:")
    assert "\n  website-speed  " in result.stdout


def test_until_ends_time(floor: list[bytes]) -> None:
    """What is seen later is not there; an end before all facts finds nothing."""
    early = ("--until", "2026-04-01T09:02:00+02:00")
    result = run("replay", "--policy", POLICY, "-", "--json", *early, stdin=b"\n".join(floor))

    told = orjson.loads(result.stdout)
    assert told["ended_at"] == "2026-04-01T07:02:00.000000Z"
    assert 0 < told["facts"] < len(floor)


def test_another_format_is_read() -> None:
    """The sample of UCI 498 under the example agreement."""
    result = run("replay", "--policy", POLICY, "--format", "uci498", str(SAMPLE), "--json")

    assert orjson.loads(result.stdout)["facts"] == 638


def test_nothing_is_said_of_nothing() -> None:
    """An empty input is no error."""
    result = run("replay", "--policy", POLICY, "-", stdin=b"")

    assert (result.exit_code, result.stdout) == (0, "no facts\nverdicts: none\nbreaches: none\n")
    empty: dict[str, Any] = summary(Findings())
    assert empty["ended_at"] is None


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    """A missing file, a missing agreement, a file of another format, no place to write to."""
    (tmp_path / "taken").touch()
    told = [
        complaint("replay", "--policy", POLICY, str(tmp_path / "none")),
        complaint("replay", "--policy", str(tmp_path / "none"), "-"),
        complaint("replay", "--policy", POLICY, "--format", "uci498", "-", stdin=b"a,b\n"),
        complaint("replay", "--policy", POLICY, "-", "--out", str(tmp_path / "taken"), stdin=b""),
    ]

    assert [line.partition(": ")[2] for line in told] == [
        f"{tmp_path / 'none'} cannot be read: No such file or directory",
        f"{tmp_path / 'none'} cannot be read: No such file or directory",
        f"this is no uci498 file: its first line names no column {', '.join(COLUMNS)}",
        f"{tmp_path / 'taken'} cannot be written: File exists",
    ]


def test_an_agreement_that_is_wrong_is_refused_with_its_lines(tmp_path: Path) -> None:
    """Two problems, two lines, exit code 2."""
    wrong = tmp_path / "wrong.yaml"
    text = Path(POLICY).read_text(encoding="utf-8")
    wrong.write_text(text.replace("PT20S", "P1D").replace("PT40S", "fast"), encoding="utf-8")

    result = run("replay", "--policy", str(wrong), "-", stdin=b"")

    assert result.exit_code == 2
    assert [line.startswith(f"{wrong}:") for line in result.stderr.splitlines()] == [True, True]
