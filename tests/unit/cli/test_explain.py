"""`leadclock explain`: a page for a person, one object for a machine."""

from pathlib import Path

import orjson
import pytest

from streams.cli.agreements import read_body
from streams.domain.policy import policy_of
from streams.domain.zones import TZDATA_VERSION
from tests.unit.cli.running import complaint, run

DATA = Path(__file__).parents[2] / "data" / "explained"
FILES = ("--facts", str(DATA / "facts.jsonl"), "--policy", str(DATA / "agreement.yaml"))
NOON = ("--until", "2026-04-07T12:00:00+02:00")


@pytest.mark.parametrize("lead_id", ["L-1", "L-2", "L-3"])
def test_a_page_says_what_the_golden_one_says(lead_id: str) -> None:
    """Late by hand; paused, excluded, given on and lost; an attempt withdrawn."""
    result = run("explain", lead_id, *FILES, *NOON)

    golden = (DATA / f"{lead_id}.txt").read_text(encoding="utf-8")
    assert result.exit_code == 0
    assert result.stdout == golden.replace("TZDATA", TZDATA_VERSION)


def test_json_says_what_the_golden_one_says() -> None:
    """Every instant with six digits, every length in seconds."""
    result = run("explain", "L-3", *FILES, *NOON, "--json")

    # The digest is that of the agreement as it is published, with the zone data it had.
    digest = policy_of(read_body(str(DATA / "agreement.yaml"))).digest
    golden = (DATA / "L-3.json").read_text(encoding="utf-8")
    golden = golden.replace("TZDATA", TZDATA_VERSION).replace("DIGEST", digest)
    assert orjson.loads(result.stdout) == orjson.loads(golden)


def test_json_has_the_sentences_of_the_page() -> None:
    """Whoever shows it elsewhere need not find words of their own."""
    page = " ".join(run("explain", "L-2", *FILES, *NOON).stdout.split())

    told = orjson.loads(run("explain", "L-2", *FILES, *NOON, "--json").stdout)

    for clock in told["clocks"]:
        assert clock["summary"] in page
        assert clock["promise"] in page
        counted = sum(one["counted_seconds"] for one in clock["segments"])
        assert counted == clock["elapsed_seconds"]


def test_without_an_end_it_is_the_last_fact() -> None:
    """The greatest instant at which anything in the file was known."""
    assert run("explain", "L-1", *FILES).stdout.startswith("Lead L-1, as of Tue 7 Apr 2026 10:00.")


def test_a_lead_nobody_told_of_is_answered_by_no() -> None:
    """Exit code 1: the question was right."""
    result = run("explain", "L-9", *FILES)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "leadclock: nothing was told of a lead 'L-9' by 2026-04-07T08:00:00.000000Z\n"
    )


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (FILES[:2], "--facts and --policy go together"),
        ((*FILES, "--worker", "http://127.0.0.1:1"), "--worker goes with neither"),
        (("--worker", "127.0.0.1:1"), "write it as http://127.0.0.1:9464"),
        (("--worker", "http://127.0.0.1:1"), "no worker answers at http://127.0.0.1:1"),
        ((), "LEADCLOCK_BOOTSTRAP_SERVERS is not set"),
        (("--bootstrap-servers", "127.0.0.1:1"), "no Kafka broker answers at 127.0.0.1:1"),
    ],
)
def test_wrong_use_is_one_sentence(flags: tuple[str, ...], said: str) -> None:
    """A file without its agreement, two places at once, nobody there."""
    assert said in complaint("explain", "L-1", *flags)
