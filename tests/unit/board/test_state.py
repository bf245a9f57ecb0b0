"""What the board knows after some records, numbered in seconds around noon."""

from msgspec.structs import replace

from schemas.instants import DAY, HOUR, MINUTE, SECOND, parse_instant
from schemas.verdicts import told_of
from streams.board.state import BoardState
from streams.board.view import Owner
from tests.unit.board.records import (
    NOON,
    beat,
    breach,
    open_lead,
    publish,
    publish_hours,
    tell,
    tell_card,
    verdict,
)


def test_no_record_is_not_zero() -> None:
    """Before the first record the data has no age and attainment no value; both are not 0."""
    view = BoardState().view(NOON)

    assert view.data_age is None
    assert view.attainment.ratio is None


def test_none_kept_is_zero() -> None:
    """One promise ended, none of it kept: attainment is 0, and that is data."""
    state = BoardState()
    tell(state, verdict("a", "unmet"))

    assert state.view(NOON).attainment.ratio == 0


def test_attainment_counts_what_ended_by_its_merits() -> None:
    """Two met, one late, one unmet, one cancelled and one excluded: 2 of 4."""
    state = BoardState()
    for name, outcome in enumerate(
        ("met", "met", "met_late", "unmet", "cancelled", "excluded", "unverified")
    ):
        tell(state, verdict(str(name), outcome))

    attainment = state.view(NOON).attainment

    assert (attainment.met, attainment.ended) == (2, 4)


def test_what_is_only_measured_is_no_promise() -> None:
    """One promise unmet, one report-only clock met: 0 of 1."""
    state = BoardState()
    publish(state, "named")
    tell(state, verdict("a", "unmet"))
    tell(state, verdict("b", "met", commitment="lead-speed"))

    attainment = state.view(NOON).attainment

    assert (attainment.met, attainment.ended) == (0, 1)


def test_revised_verdict_replaces_the_first() -> None:
    """Unmet, then met in revision 2, then revision 1 once more: 1 of 1."""
    state = BoardState()
    tell(state, verdict("a", "unmet"))
    tell(state, verdict("a", "met", revision=2))
    tell(state, verdict("a", "unmet"))

    attainment = state.view(NOON).attainment

    assert (attainment.met, attainment.ended) == (1, 1)


def test_repetition_changes_nothing() -> None:
    """Every record told twice: the second time nothing changes and the view is the same."""
    state = BoardState()
    records = (
        open_lead(sequence=3),
        breach(),
        breach(revision=2, status="confirmed"),
        verdict("a", "met_late"),
    )
    for record in records:
        tell(state, record)
    before = state.view(NOON)

    again = [tell(state, record) for record in records]

    assert again == [None, None, None, None]
    assert state.view(NOON) == before


def test_older_record_does_not_reopen_a_lead() -> None:
    """A lead ended after sequence 4; its sequence 3 told again opens nothing, 5 does."""
    state = BoardState()
    tell(state, open_lead(sequence=4))
    state.tell("open-leads", "lead-1", None, NOON)
    tell(state, open_lead(sequence=3))

    assert state.view(NOON).open == 0

    tell(state, open_lead(sequence=5))

    assert state.view(NOON).open == 1


def test_countdown_is_until_due_and_never_negative() -> None:
    """Due 60 s after noon: 45 s left at 12:00:15, none at 12:01:30."""
    state = BoardState()
    tell(state, open_lead(due_in_seconds=60))

    assert state.view(NOON + 15 * SECOND).due[0].left == 45 * SECOND
    assert state.view(NOON + 90 * SECOND).due[0].left == 0


def test_due_next_is_sorted_by_due() -> None:
    """Due in 90, 30 and 60 s; the one without a due instant is not listed."""
    state = BoardState()
    for number, due_in in enumerate((90, 30, 60, None)):
        tell(state, open_lead(f"lead-{number}", due_in_seconds=due_in))

    view = state.view(NOON)

    assert [row.lead for row in view.due] == ["lead-1", "lead-2", "lead-0"]
    assert view.left == 30 * SECOND
    assert view.open == 4


def test_commitment_shown_is_the_one_due_next() -> None:
    """The clock whose due instant is the lead's next names the commitment."""
    state = BoardState()

    change = tell(state, open_lead())

    assert change is not None
    assert change.commitment == "speed"
    assert state.view(NOON).due[0].commitment == "speed"


def test_clock_is_told_once_it_has_a_due_instant() -> None:
    """Open with nothing due: no line; due in sequence 2: one; another due in 3: none."""
    state = BoardState()

    told = [
        tell(state, open_lead(due_in_seconds=None, sequence=1)),
        tell(state, open_lead(due_in_seconds=60, sequence=2)),
        tell(state, open_lead(due_in_seconds=90, sequence=3)),
    ]

    assert [change and str(change.mark) for change in told] == [None, "○ running", None]


def test_overdue_grows_while_open_and_stands_once_answered() -> None:
    """Due 12:00:00 less 20 s: 20 s overdue at noon, 30 s at 12:00:10; answered after 25 s: 25 s."""
    state = BoardState()
    tell(state, breach(due_in_seconds=-20))

    assert state.view(NOON).breaches[0].overdue == 20 * SECOND
    assert state.view(NOON + 10 * SECOND).breaches[0].overdue == 30 * SECOND

    tell(
        state,
        breach(revision=2, status="resolved", overrun_seconds=25 * SECOND, outcome="met_late"),
    )

    row = state.view(NOON + 99 * SECOND).breaches[0]
    assert (row.overdue, row.mark.word, row.note) == (25 * SECOND, "resolved", "met_late")


def test_retraction_is_told_and_no_longer_overdue() -> None:
    """A breach taken back keeps its row with the reason, and nothing of it is overdue."""
    state = BoardState()
    tell(state, breach())

    change = tell(state, breach(revision=2, status="retracted", reason="late_fact"))

    view = state.view(NOON)
    assert change is not None
    assert (change.mark.word, change.note) == ("retracted", "late_fact")
    assert view.breaches_by_status == {"retracted": 1}
    assert (view.breaches[0].overdue, view.breaches[0].note) == (None, "late_fact")


def test_breaches_are_listed_latest_due_first() -> None:
    """Of 200 breaches the twelve with the latest due instants are shown."""
    state = BoardState()
    for number in range(200):
        tell(state, breach(f"b-{number}", lead_id=f"lead-{number}", due_in_seconds=-number))

    view = state.view(NOON, rows=12)

    assert [row.lead for row in view.breaches] == [f"lead-{number}" for number in range(12)]
    assert view.breaches_by_status == {"provisional": 200}


def test_owners_count_open_and_breached() -> None:
    """Anna: two open, one late, next due in 30 s; the queue: one; nord: three; nobody's: one."""
    state = BoardState()
    publish(state, "named")
    tell(state, open_lead("lead-1", due_in_seconds=30))
    tell(state, open_lead("lead-2", due_in_seconds=None, open_breaches=("b-2",)))
    tell(state, open_lead("lead-3", rep_id=None))
    tell(state, open_lead("lead-4", rep_id=None, team_id=None))

    rows = state.view(NOON).owners

    assert [(str(row.owner), row.open, row.breached) for row in rows] == [
        ("nobody yet", 1, 0),
        ("nord", 3, 1),
        ("nord", 1, 0),
        ("nord / rep-anna", 2, 1),
    ]
    assert [row.is_whole_team for row in rows] == [False, True, False, False]
    assert rows[3].left == 30 * SECOND


def test_rep_whose_leads_have_ended_shows_zero() -> None:
    """A rep seen once stays on the board with none open."""
    state = BoardState()
    publish(state, "named")
    tell(state, open_lead())
    state.tell("open-leads", "lead-1", None, NOON)

    rows = state.view(NOON).owners

    assert [(str(row.owner), row.open, row.left) for row in rows] == [
        ("nord", 0, None),
        ("nord / rep-anna", 0, None),
    ]


def test_waits_and_countdowns_are_business_time() -> None:
    """Since Friday 17:00, due Monday 10:00: half an hour until closing, an hour from opening on."""
    state = BoardState()
    publish_hours(state)
    friday = parse_instant("2026-03-06T16:00:00Z")
    monday = friday + 2 * DAY + 16 * HOUR + 30 * MINUTE
    clock = replace(open_lead().clocks[0], started_at=friday, due_at=monday + 30 * MINUTE)
    tell(state, open_lead(clocks=(clock,), next_due_at=monday + 30 * MINUTE))

    late_on_friday = state.view(friday + 15 * MINUTE)
    on_monday = state.view(monday)

    assert [row.waited for row in late_on_friday.owners] == [15 * MINUTE] * 2
    assert [row.left for row in late_on_friday.owners] == [75 * MINUTE] * 2
    assert late_on_friday.left == late_on_friday.due[0].left == 75 * MINUTE
    assert [row.waited for row in on_monday.owners] == [HOUR] * 2


def test_a_wait_that_has_not_begun_is_none() -> None:
    """Handed off at night: the clock starts with the opening."""
    state = BoardState()
    tell(state, open_lead())

    assert state.view(NOON - 61 * SECOND).owners[0].waited is None
    assert state.view(NOON).owners[0].waited == 60 * SECOND


def test_a_lead_at_risk_is_counted() -> None:
    """Three leads: one within, one at risk, one breached, which is said of it alone."""
    state = BoardState()
    tell(state, open_lead("lead-1"))
    tell(state, open_lead("lead-2", state="at_risk"))
    tell(state, open_lead("lead-3", state="breached", open_breaches=("b-3",)))

    view = state.view(NOON)

    assert view.states == {"within": 1, "at_risk": 1, "breached": 1}
    assert [(row.open, row.at_risk, row.breached) for row in view.owners] == [(3, 1, 1)]


def test_answers_and_depth_are_those_of_todays_scorecards() -> None:
    """Two answers within a minute, two within five; five attempts on two leads not reached."""
    state = BoardState()
    publish(state, "alias")
    tell_card(state, "Anna", histogram={"60": 2}, unconnected=(1, 4))
    tell_card(state, "other", histogram={"300": 2}, unconnected=(1, 1))
    tell_card(state, None, histogram={}, unconnected=(0, 0))

    rows = {(str(row.owner), row.is_whole_team): row for row in state.view(NOON).owners}

    found = {name: (row.response, row.depth) for name, row in rows.items()}
    assert found == {
        ("nord", True): (60.0, 2.5),
        ("nord", False): (None, None),
        ("nord / Anna", False): (30.0, 4.0),
        ("nord / other", False): (180.0, 1.0),
    }
    state.tell("rep-scorecards", "nord:Anna", None, NOON)
    assert "nord / Anna" not in {str(row.owner) for row in state.view(NOON).owners}


def test_reps_are_hidden_until_an_agreement_shows_them() -> None:
    """No agreement, and one without a word on privacy: the team alone."""
    state = BoardState()
    tell(state, open_lead())

    assert state.view(NOON).due[0].owner == Owner(team="nord", rep=None)

    publish(state, None)

    assert state.view(NOON).due[0].owner == Owner(team="nord", rep=None)


def test_alias_replaces_the_rep_and_a_rep_without_one_stays_hidden() -> None:
    """Anna has an alias and Ben has none."""
    state = BoardState()
    publish(state, "alias")
    tell(state, open_lead("lead-1", rep_id="rep-anna", due_in_seconds=1))
    tell(state, open_lead("lead-2", rep_id="rep-ben", due_in_seconds=2))

    owners = [row.owner for row in state.view(NOON).due]

    assert owners == [Owner(team="nord", rep="Anna"), Owner(team="nord", rep="other")]


def test_a_small_team_is_shown_with_the_others() -> None:
    """A group of at least three is asked for, and nord has two reps."""
    state = BoardState()
    publish(state, "team_only", min_group=3)
    tell(state, open_lead())

    assert state.view(NOON).due[0].owner == Owner(team="other", rep=None)


def test_newest_agreement_decides_on_names() -> None:
    """Version 2 hides what version 1 named, also when version 1 is told again."""
    state = BoardState()
    tell(state, open_lead())
    publish(state, "named", version=1)
    publish(state, "team_only", version=2)
    publish(state, "named", version=1)

    assert state.view(NOON).due[0].owner.rep is None


def test_synthetic_leads_are_counted_nowhere() -> None:
    """A probe's lead opens, breaches and ends without a trace."""
    state = BoardState()
    tell(state, open_lead("synthetic:probe"))
    tell(state, breach(lead_id="synthetic:probe"))
    tell(state, verdict("a", "met", lead_id="synthetic:probe"))

    assert state.view(NOON) == BoardState().view(NOON)


def test_data_age_is_that_of_the_newest_verdict_record() -> None:
    """Records written at noon and 5 s later, agreement at any time: 7 s old at 12:00:12."""
    state = BoardState()
    tell(state, open_lead("lead-1"), NOON + 5 * SECOND)
    tell(state, open_lead("lead-2"), NOON)
    publish(state, "named")

    assert state.view(NOON + 12 * SECOND).data_age == 7 * SECOND


def test_data_age_is_measured_against_the_wall_clock() -> None:
    """An app on facts lives in 2026; its data is as old as its records are on the wall."""
    state = BoardState()
    wall_at = NOON + 1_000_000 * SECOND
    tell(state, open_lead(), wall_at - 3 * SECOND)

    assert state.view(NOON, wall_at=wall_at).data_age == 3 * SECOND


def test_time_of_facts_is_that_of_the_slowest_source() -> None:
    """CRM complete to 12:00, dialer to 11:00: it is 11:00; an older word changes nothing."""
    state = BoardState()

    assert state.facts_now is None

    beat(state, "crm", "2026-03-02T12:00:00Z")
    beat(state, "dialer", "2026-03-02T11:00:00Z")
    beat(state, "dialer", "2026-03-02T10:00:00Z")

    assert state.facts_now == NOON - 3600 * SECOND


def test_what_is_no_record_of_ours_is_counted() -> None:
    """A verdict without an outcome and one with a broken instant: two unreadable, no change."""
    state = BoardState()

    told = [
        state.tell("sla-verdicts", "lead-1", {"verdict_id": "verdict:a", "revision": 1}, NOON),
        state.tell("open-leads", "lead-1", told_of(open_lead()) | {"next_due_at": "noon"}, NOON),
    ]

    assert told == [None, None]
    assert state.view(NOON).unreadable == 2
    assert state.view(NOON).data_age is None


def test_word_of_a_newer_release_is_shown_as_it_is() -> None:
    """A status that this release does not know keeps its row and its word."""
    state = BoardState()
    tell(state, breach(status="escalated_twice"))

    assert str(state.view(NOON).breaches[0].mark) == "? escalated twice"
