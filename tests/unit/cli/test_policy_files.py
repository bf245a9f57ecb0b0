"""`leadclock policy lint` and `render`: what a file says, without Kafka."""

from pathlib import Path

import orjson

from streams.cli.agreements import read_body
from streams.domain.policy import policy_of
from streams.domain.wording import promise, terms
from streams.domain.zones import TZDATA_VERSION
from tests.unit.cli.running import complaint, run

AGREEMENT = Path(__file__).parents[2] / "data" / "explained" / "agreement.yaml"
GOLDEN = AGREEMENT.with_name("agreement.md")
MISTAKES = Path(__file__).parents[2] / "data" / "agreements" / "five-mistakes.yaml"


def test_the_page_is_the_golden_one() -> None:
    """Two columns, hours, stops, counting, consequences, people, changes."""
    result = run("policy", "render", str(AGREEMENT))

    digest = policy_of(read_body(str(AGREEMENT))).digest[:12]
    golden = GOLDEN.read_text(encoding="utf-8")
    assert result.exit_code == 0
    assert result.stdout == golden.replace("TZDATA", TZDATA_VERSION).replace("DIGEST", digest)


def test_the_page_has_the_sentences_of_explanations() -> None:
    """One wording for what is signed and what is explained."""
    page = run("policy", "render", str(AGREEMENT)).stdout

    for one in policy_of(read_body(str(AGREEMENT))).commitments:
        assert " ".join((promise(one), *terms(one))) in page


def test_lint_names_the_place_and_ends_with_one(tmp_path: Path) -> None:
    """A commitment behind one for all leads; line and column are those of its entry."""
    text = AGREEMENT.read_text(encoding="utf-8")
    file = tmp_path / "a.yaml"
    file.write_text(
        text.replace("pauses:", "  - {id: late, clock: speed, target: PT9H}\npauses:"),
        encoding="utf-8",
    )

    result = run("policy", "lint", str(file))
    told = [
        orjson.loads(line)
        for line in run("policy", "lint", str(file), "--json").stdout.splitlines()
    ]

    assert result.exit_code == 1
    line = text[: text.index("pauses:")].count("\n") + 1
    assert (
        f"{file}:{line}:5: warning: sales[4]: no lead is ever promised 'late': all leads fall "
        "under 'website-speed' and 'speed' before; put it further up, or narrow what stands above "
        "it"
    ) in result.stdout
    (late,) = (one for one in told if one["where"] == "sales[4]")
    assert (late["level"], late["line"], late["column"]) == ("warning", line, 5)


def test_a_file_that_is_wrong_is_refused_first() -> None:
    """As publishing refuses it: exit code 2."""
    for command in ("lint", "render"):
        result = run("policy", command, str(MISTAKES))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.count("found '") == 5
    assert "cannot be read" in complaint("policy", "lint", "nowhere.yaml")


def test_diff_says_what_changes_and_for_whom(tmp_path: Path) -> None:
    """A target, a promise for some leads, hours, reps and a budget: each with before and after."""
    text = AGREEMENT.read_text(encoding="utf-8")
    for old, new in (
        ("target: PT4H", "target: PT2H"),
        ("source: [website]", "source: [website, fair]"),
        ("rep-ben: {alias: Ben}", "rep-cem: {alias: Cem}"),
        ('["08:00-20:00"]', '["09:00-20:00"]'),
        ("budget: PT16H", "budget: PT8H"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = tmp_path / "new.yaml"
    file.write_text(text, encoding="utf-8")

    result = run("policy", "diff", str(AGREEMENT), str(file))
    told = run("policy", "diff", str(AGREEMENT), str(file), "--json").stdout.splitlines()

    assert result.exit_code == 1
    assert [(one["whom"], one["what"]) for one in map(orjson.loads, told)] == [
        ("Sales", "website-speed"),
        ("Sales", "speed"),
        ("leads with source fair", "response time"),
        ("nord", "reps"),
        ("sued", "hours"),
        ("everybody", "when it stands still"),
    ]
    assert "leads with source fair, response time\n  - speed\n  + website-speed\n" in result.stdout
    assert "  - rep-anna and rep-ben\n  + rep-anna and rep-cem\n" in result.stdout


def test_diff_of_the_same_is_nothing() -> None:
    """Exit code 0, and no word."""
    result = run("policy", "diff", str(AGREEMENT), str(AGREEMENT))

    assert (result.exit_code, result.stdout) == (0, "")
