"""The agreement file: what is refused, with its place, the reason and the remedy."""

import pytest

from streams.domain.agreement import AgreementError, read_agreement
from tests.support.agreements import VALID, only_problem, problems_of

REFUSED = [
    ("version: 3", "version: 0", "2:10", "a whole number from 1", "such a number"),
    ("version: 3", "version: three", "2:10", "a whole number from 1", "such a number"),
    ("+02:00", "", "3:17", "an offset", "2026-04-01T00:00:00+02:00"),
    ("Berlin\nperiod", "berlin\nperiod", "4:7", "IANA", "did you mean 'Europe/Berlin'?"),
    ("period: month", "period: week", "5:9", "one of month", "write a known one"),
    ("2026-09-30", "30.9.2026", "6:12", "a date", "write 2026-09-30"),
    ("reps: alias", "reps: aliases", "7:17", "one of named", "did you mean 'alias'?"),
    ("{lead_id}", "", "8:11", "{lead_id}", "https://crm.example/leads/{lead_id}"),
    ("PT45S", "P1D", "9:9", "PT1H30M", "{business_days: 10}"),
    ("PT45S", "45", "9:9", "PT1H30M", "PT45M minutes, PT45S seconds"),
    ("PT45S", "PT1.5H", "9:9", "PT1H30M", "write PT1H30M"),
    ("PT45S", "PT", "9:9", "PT1H30M", "write PT1H30M"),
    ("PT45S", "PT90000H", "9:9", "ten years", "PT87600H or less"),
    ("settle:", "setle:", "9:1", "a key that", "did you mean 'settle'?"),
    ("labels: {source", "labels: {sorce", "10:10", "source", "'source'?"),
    ("mon-fri", "monday-fri", "14:13", "days as mon or mon-fri", "write mon-fri"),
    ("{mon-fri", "{fri: [], mon-fri", "14:22", "each day once", "take fri out"),
    ('09:00-12:00", "13', '09:00-09:00", "13', "14:23", "not the start", "00:00-24:00"),
    ("13:00-17:30", "13:00-25:00", "14:38", "00:00 to 24:00", "end at 24:00"),
    ("13:00-17:30", "1pm-5pm", "14:38", "hours as 09:00-17:30", "two digits each"),
    ("country: DE", "country: de", "15:25", "a country code", "did you mean 'DE'?"),
    ("subdivision: BE", "subdivision: QQ", "15:42", "BE", "write a known one"),
    ("subdivision: BE", "subdivison: BE", "15:29", "subdivision", "'subdivision'?"),
    ("[2026-12-24]", "[2026-02-30]", "16:14", "a date", "write it as 2026-12-24"),
    ("[2026-12-24]", "[2026-12-31]", "17:12", "either open or closed", "remove it"),
    (
        "  always: {",
        "  start: {zone: UTC, hours: {mon: 09:00-10:00}}\n  always: {",
        "18:3",
        "another name",
        "rename",
    ),
    (
        'hours: {mon-sun: ["00:00-24:00"]}',
        "hours: {}",
        "18:11",
        "at least one opening",
        "add hours",
    ),
    (
        'hours: {mon-sun: ["00:00-24:00"]}',
        "open: {2029-01-02: 09:00-10:00}",
        "18:3",
        "within 400 days",
        "add hours",
    ),
    ("calendar: floor,", "calendar: flor,", "20:20", "a calendar of this", "'floor'?"),
    ("calendar: floor, ", "", "20:9", "'calendar'", "add `calendar: floor`"),
    ("alias: Anna", "alas: Anna", "20:70", "alias", "did you mean 'alias'?"),
    ("[rep-dora, rep-emil]", "[rep-dora, rep-dora]", "21:45", "once", "remove the second"),
    ("id: website-speed", "id: web site", "23:10", "A-Z a-z 0-9 . _ -", "such an id"),
    ("id: website-speed, ", "", "23:5", "'id'", "add `id: website-speed`"),
    ("id: website-speed", "id: depth", "26:10", "an id of its own", "another id"),
    ("target: PT1H,", "", "23:5", "a target, or report_only", "add `target: PT4H`"),
    ("{source: [website]}", "{source: []}", "23:57", "at least one value", "remove the key"),
    ("{source: [website]}", "{stage: [mqll]}", "23:57", "iql, mql, sql", "'mql'?"),
    ("{source: [website]}", "{team_id: [nrod]}", "23:59", "a team of this", "'nord'?"),
    ("[50, 75, 90]", "[50, 90, 75]", "23:92", "ascending", "the lowest first"),
    ("objective: 90%", "objective: 0.9", "23:117", "a percentage", "write 90%"),
    (
        "clock: speed, target: PT4H30M",
        "clock: sped, target: PT4H30M",
        "24:24",
        "one of speed",
        "did you mean 'speed'?",
    ),
    ("target: PT4H30M", "target: P1D", "24:39", "PT1H30M", "end_of_next_business_day"),
    ("target: PT4H30M", "target: PT0S", "24:39", "more than nothing", "write how long"),
    ("target: PT4H30M", "target: {business_days: 0}", "24:55", "from 1 to 366", "such a number"),
    (
        "calendar: always, report_only: true",
        "target: PT1H",
        "25:5",
        "the calendar",
        "add `calendar:`",
    ),
    (
        "calendar: always, report",
        "calendar: start, report",
        "25:54",
        "the name of a calendar",
        "no team owns",
    ),
    ("report_only: true", "report_only: yes", "25:75", "true or false", "write true or false"),
    ("[PT5M, PT1H]", "[PT1H, PT5M]", "25:90", "ascending", "the shortest first"),
    ("within: {business_days: 10}, ", "", "26:5", "the window", "add `within:"),
    ("max_attempts: 12", "max_attempts: 5", "26:91", "at least the 6", "raise max_attempts"),
    ("{call: 3", "{phone: 3", "26:101", "one of call", "write a known one"),
    ("to: manager", "to: manger", "28:60", "one of team_lead, manager", "'manager'?"),
    ("at: 100%, to", "at: 100%, after: PT1H, to", "28:14", "either", "{at: 100%, to"),
]


@pytest.mark.parametrize(("old", "new", "place", "wanted", "mend"), REFUSED)
def test_a_problem_has_a_place_and_a_remedy(
    old: str, new: str, place: str, wanted: str, mend: str
) -> None:
    """One change to the valid agreement: where it is refused, why, and how to mend it."""
    problem = only_problem(old, new)

    assert f"{problem.line}:{problem.column}" == place, problem
    assert wanted in problem.wanted
    assert mend in problem.mend


def test_all_problems_are_found_at_once() -> None:
    """Three mistakes in three places are three problems, in the order of the file."""
    text = (
        VALID.replace("period: month", "period: week")
        .replace("calendar: floor,", "calendar: flor,")
        .replace("target: PT4H30M", "target: P1D")
    )

    assert [problem.where for problem in problems_of(text)] == [
        "period",
        "teams.nord.calendar",
        "sales[1].target",
    ]


def test_a_problem_is_one_line_with_its_place() -> None:
    """File, line, column, clause, what stands there, what should, how to mend it."""
    with pytest.raises(AgreementError) as caught:
        read_agreement(VALID.replace("settle: PT45S", "setle: PT45S"), "policy.yaml")

    assert str(caught.value) == (
        "policy.yaml:9:1: setle: found 'setle', wanted a key that the agreement knows; "
        "did you mean 'settle'?"
    )


def test_clock_kinds_that_are_not_kept_are_refused_by_name() -> None:
    """A promise of the language that nobody would watch is no promise."""
    (problem,) = problems_of(VALID + "marketing:\n  - {id: later, clock: goal, per: month}\n")

    assert (problem.line, problem.column) == (30, 24)
    assert problem.found == "clock kind 'goal', which is not kept by this version"
    assert problem.mend == "remove this commitment, or wait for the version that keeps it"


def test_an_obligation_is_no_promise_about_leads() -> None:
    """It stands in a list of its own."""
    (problem,) = problems_of(VALID + "marketing:\n  - {id: report, clock: obligation}\n")

    assert (problem.line, problem.column) == (30, 25)
    assert problem.mend == "write it as an entry of `obligations:`"


@pytest.mark.parametrize(
    "block",
    [
        "obligations: [{id: weekly-report, debtor: sales, every: monday}]",
        "strikes: {clocks: [speed], window_days: 30, threshold: 3}",
    ],
)
def test_blocks_that_would_change_verdicts_are_refused(block: str) -> None:
    """Passing them over would answer leads by another agreement than the signed one."""
    (problem,) = problems_of(VALID + block + "\n")

    assert (problem.line, problem.column) == (29, 1)
    assert "not kept by this version" in problem.wanted
    assert "wait for the version that keeps it" in problem.mend


def test_a_key_given_twice_is_refused() -> None:
    """The second one; the first is named."""
    (problem,) = problems_of(VALID + "version: 4\n")

    assert (problem.line, problem.column) == (29, 1)
    assert problem.found == "'version' a second time"
    assert problem.mend == "remove one of them; the first is in line 2"


def test_every_required_key_is_missed() -> None:
    """An empty mapping lacks five keys and a commitment."""
    problems = problems_of("{}")

    assert {problem.found for problem in problems} == {
        *(f"no {key!r}" for key in ("agreement", "version", "effective_from")),
        *("no 'calendars'", "no 'teams'"),
        "neither 'sales' nor 'marketing' with a commitment",
    }
    assert {(problem.line, problem.column) for problem in problems} == {(1, 1)}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("agreement: [A,\nversion: 1", 2, 11),
        ("agreement: A\n\tversion: 1", 2, 1),
        ("agreement: 'A\n", 2, 1),
        ("agreement: *unknown", 1, 12),
        ("agreement: A\n---\nversion: 1", 2, 1),
        ("agreement: \x00", 1, 1),
        ("[" * 1000, 1, 1),
    ],
)
def test_what_is_no_yaml_has_a_place(text: str, line: int, column: int) -> None:
    """Broken brackets, tabs, quotes, aliases, two documents, control characters, depth."""
    (problem,) = problems_of(text)

    assert (problem.line, problem.column) == (line, column), problem
    assert problem.wanted == "one YAML document"


@pytest.mark.parametrize("text", ["", "[]", "just text", "null"])
def test_what_is_no_mapping_is_no_agreement(text: str) -> None:
    """Nothing, a list, a text: one problem, not seven."""
    (problem,) = problems_of(text)

    assert problem.wanted == "a mapping"


def test_aliases_do_not_grow_without_end() -> None:
    """Ten levels of ten aliases each would be ten thousand million values."""
    levels = "".join(
        f"k{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 11)
    )

    (problem,) = problems_of("k0: &a0 [x]\n" + levels)

    assert problem.found.startswith("more than 20000 values")


def test_an_alias_of_itself_is_refused() -> None:
    """It has no end, either."""
    (problem,) = problems_of("a: &a [*a]\n")

    assert problem.wanted == "one YAML document"


def test_a_body_fits_into_one_fact() -> None:
    """A published body is a fact of at most 64 KiB."""
    reps = ", ".join(f"rep-{number:05}" for number in range(6000))

    (problem,) = problems_of(VALID.replace("rep-dora", reps))

    assert problem.wanted == "at most 64512 bytes"
