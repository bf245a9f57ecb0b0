"""The gauges of reps: what each says, and that others can read it."""

import re
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import generate_latest

from schemas.instants import MINUTE, SECOND
from streams.domain.counts import ANSWERED, ATTEMPT, LEAD, WITHIN_TARGET, response
from streams.domain.panes import Rep
from streams.domain.policy import Policy
from streams.domain.scorecard import Windows
from streams.domain.standing import Standing
from streams.metrics.catalogue import REPS
from streams.metrics.reps import Owned, RepsText, RepView
from tests.support.gauges import samples, value
from tests.support.promtool import blame
from tests.support.reps import ANNA, NOW, known, policy

WAITING = Standing(3, 1, 1, NOW - 90 * SECOND, NOW + SECOND // 2)
ANSWERS = 3 * LEAD + 2 * ANSWERED + WITHIN_TARGET + response(30 * SECOND) + response(200 * SECOND)


def rendered(rows: Iterable[tuple[Rep, Windows]], agreed: Policy | None) -> str:
    """Render one partition."""
    return b"".join(RepsText().slices(Owned(agreed, (RepView(NOW, rows),)))).decode()


def test_a_rep_has_thirty_eight_series() -> None:
    """Everything known of one rep: three states, two instants, eight in each window, one name."""
    text = rendered(known((ANNA, ANSWERS), standings=[(ANNA, WAITING)]), policy())

    assert len(samples(text)) == 38
    assert {name for name, _ in samples(text)} == {metric.name for metric in REPS}


def test_what_each_gauge_says() -> None:
    """Three open, one of them at risk and one breached; two answers, after 30 and 200 s."""
    text = rendered(
        known((ANNA, ANSWERS + 4 * ATTEMPT["call"]), standings=[(ANNA, WAITING)]), policy()
    )
    who = {"team": "nord", "rep": "anna"}

    for state, number in {"within": 1, "at_risk": 1, "breached": 1}.items():
        assert value(text, "open_leads", **who, state=state) == number
    waits = value(text, "oldest_unanswered_timestamp_seconds", **who)
    assert waits == (NOW - 90 * SECOND) / SECOND
    assert value(text, "next_due_timestamp_seconds", **who) == NOW / SECOND + 0.5
    for window in ("1h", "today", "7d", "30d"):
        assert value(text, "window_leads", **who, window=window) == 3
        assert value(text, "window_answered", **who, window=window) == 2
        assert value(text, "window_within_target", **who, window=window) == 1
        assert value(text, "window_attempts", **who, window=window) == 4
        assert value(text, "window_unconnected_leads", **who, window=window) == 0
        # One answer in each of the first two buckets, 0 to 60 and 60 to 300 s.
        assert value(text, "response_median_seconds", **who, window=window) == 60
        assert value(text, "response_p90_seconds", **who, window=window) == 252
    assert value(text, "info", **who, alias="") == 1


def test_no_data_is_unlike_zero() -> None:
    """A lead that nobody answered: no median, no next due, no wait; but zero answered."""
    text = rendered(known((ANNA, LEAD)), policy())
    who = {"team": "nord", "rep": "anna"}

    assert value(text, "window_answered", **who, window="1h") == 0
    assert value(text, "response_median_seconds", **who, window="1h") is None
    assert value(text, "next_due_timestamp_seconds", **who) is None
    assert value(text, "oldest_unanswered_timestamp_seconds", **who) is None


def test_a_wait_that_has_not_begun_has_no_series() -> None:
    """Handed off at night: the longest wait begins with the opening."""
    standing = Standing(1, 0, 0, NOW + MINUTE, None)

    text = rendered(known(standings=[(ANNA, standing)]), policy())

    who = {"team": "nord", "rep": "anna"}
    assert value(text, "oldest_unanswered_timestamp_seconds", **who) is None
    assert value(text, "open_leads", **who, state="within") == 1


def test_the_queue_is_the_rep_without_a_name() -> None:
    """Leads that nobody of the team has taken yet."""
    text = rendered(known((("nord", None), LEAD)), policy())

    assert value(text, "window_leads", team="nord", rep="", window="1h") == 1


def test_teams_that_are_not_listed_are_other_together() -> None:
    """Two unknown teams with a queue each: one series, added up."""
    rows = known(
        (("west", None), ANSWERS),
        (("ost", None), LEAD + ANSWERED + response(30 * SECOND)),
        standings=[(("west", None), WAITING), (("ost", None), Standing(1, next_due_at=NOW + 1))],
    )

    text = rendered(rows, policy())

    who = {"team": "other", "rep": ""}
    assert value(text, "window_leads", **who, window="1h") == 4
    assert value(text, "open_leads", **who, state="within") == 2
    assert value(text, "next_due_timestamp_seconds", **who) == (NOW + 1) / SECOND
    # Two of three answers within 60 s: the second of them is at 45 s.
    assert value(text, "response_median_seconds", **who, window="1h") == 45


def test_the_alias_is_told_where_there_is_one() -> None:
    """Named: beside the id. Alias: the alias is the name. Team only: nobody has one."""
    teams = {"nord": {"calendar": "floor", "reps": {"anna": {"alias": "Kiebitz"}}}}

    named = rendered(known((ANNA, LEAD)), policy(teams=teams))
    alias = rendered(known((("nord", "Kiebitz"), LEAD)), policy("alias", teams=teams))
    team = rendered(known((("nord", "*"), LEAD)), policy("team_only", teams=teams))

    assert value(named, "info", team="nord", rep="anna", alias="Kiebitz") == 1
    assert value(alias, "info", team="nord", rep="Kiebitz", alias="Kiebitz") == 1
    assert value(team, "info", team="nord", rep="*", alias="") == 1


def test_without_an_agreement_nobody_is_told_of() -> None:
    """Nobody knows yet what may be shown: families, and no series."""
    text = rendered(known((ANNA, LEAD)), None)

    assert samples(text) == {}
    assert text.count("# TYPE") == len(REPS)


def test_who_is_listed_and_does_nothing_has_gauges_of_zero() -> None:
    """The queue and anna do nothing yet: zero everywhere, no quantile; ben is told of once."""
    rows = known((("nord", "ben"), LEAD))
    listed = (("nord", None), ANNA, ("nord", "ben"))
    owned = Owned(policy(), (RepView(NOW, rows),), listed)

    text = b"".join(RepsText().slices(owned)).decode()

    who = {"team": "nord", "rep": "anna"}
    assert value(text, "window_leads", **who, window="30d") == 0
    assert value(text, "open_leads", **who, state="breached") == 0
    assert value(text, "response_p90_seconds", **who, window="30d") is None
    assert value(text, "info", **who, alias="") == 1
    assert value(text, "window_leads", team="nord", rep="", window="1h") == 0
    assert value(text, "window_leads", team="nord", rep="ben", window="1h") == 1


def test_text_is_kept_only_while_nothing_changed() -> None:
    """The same rep twice, then one more lead; then nobody, and nothing is left behind."""
    texts = RepsText()

    def scraped(*rows: tuple[Rep, Windows]) -> str:
        return b"".join(texts.slices(Owned(policy(), (RepView(NOW, rows),)))).decode()

    one, two = known((ANNA, LEAD)), known((ANNA, 2 * LEAD))
    who = {"team": "nord", "rep": "anna", "window": "1h"}

    assert scraped(*one) == scraped(*one)
    assert value(scraped(*two), "window_leads", **who) == 2
    assert samples(scraped()) == {}


names = st.text(max_size=8)


@given(st.dictionaries(st.tuples(names, names), st.integers(0, 5), max_size=5))
def test_any_name_reads_as_the_stock_client_writes_it(told: dict[tuple[str, str], int]) -> None:
    """Quotes, backslashes, line ends: the same series and values as with the stock client."""
    teams = {team: {"calendar": "floor", "reps": []} for team, _ in told}
    agreed = policy(teams={"nord": {"calendar": "floor", "reps": []}})
    listed = {**agreed.teams, **dict.fromkeys(teams, agreed.teams["nord"])}
    object.__setattr__(agreed, "teams", listed)
    rows = known(*(((team, rep), LEAD * (number + 1)) for (team, rep), number in told.items()))
    registry = CollectorRegistry()
    gauge = Gauge("leadclock_rep_window_leads", "x", ("team", "rep", "window"), registry=registry)
    for (team, rep), number in told.items():
        for window in ("1h", "today", "7d", "30d"):
            gauge.labels(team, rep, window).set(number + 1)

    ours = samples(rendered(rows, agreed))

    stock = samples(generate_latest(registry).decode())
    assert {one: ours[one] for one in ours if one[0] == "leadclock_rep_window_leads"} == stock


def test_promtool_finds_nothing_to_blame() -> None:
    """Prometheus' own checker, where the machine has it."""
    text = rendered(known((ANNA, ANSWERS), standings=[(ANNA, WAITING)]), policy())

    assert blame(text) == ""


def test_names_are_told_once() -> None:
    """Each family has one HELP and one TYPE, in order, and nothing between its series."""
    text = rendered(known((ANNA, ANSWERS), (("nord", "ben"), LEAD)), policy())

    assert re.findall(r"# TYPE (\S+) gauge", text) == [metric.name for metric in REPS]
    assert re.findall(r"# HELP (\S+)", text) == [metric.name for metric in REPS]
