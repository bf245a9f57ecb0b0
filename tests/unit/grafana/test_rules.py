"""Rules follow from the agreement, and every alert can be acted on."""

from pathlib import Path
from typing import Any

import pytest

from grafana.mixin import alerts, rules
from grafana.mixin.burn import MOST, PACES, threshold
from grafana.mixin.files import files, stale, write
from grafana.mixin.site import Site
from tests.support.sites import ROOT, example, site

AUDIENCES = {"floor", "team_lead", "manager", "platform"}


def told(of: Site) -> dict[str, list[dict[str, Any]]]:
    """Give the alerts of a site by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for group in alerts.groups(of):
        for one in group["rules"]:
            found.setdefault(one["alert"], []).append(one)
    return found


def test_what_is_committed_is_what_the_code_writes() -> None:
    """Rules, routes and boards of the example agreement are current."""
    assert stale(ROOT, files(example())) == []


def test_a_file_that_was_changed_is_stale_until_it_is_written(tmp_path: Path) -> None:
    """A missing and a changed file are named; writing mends both."""
    wanted = files(example())
    write(tmp_path, wanted)
    first, second, *_ = wanted
    (tmp_path / first).unlink()
    (tmp_path / second).write_text("changed", encoding="utf-8")

    assert stale(tmp_path, wanted) == [first, second]
    write(tmp_path, wanted)
    assert stale(tmp_path, wanted) == []


def test_every_alert_says_what_to_do() -> None:
    """Summary, description, a page that exists, a board, whom it is for."""
    for name, group in told(example()).items():
        for one in group:
            page = ROOT / one["annotations"]["runbook_url"]
            assert page.is_file(), name
            assert page.read_text(encoding="utf-8").startswith(f"# {name}\n"), name
            assert {"summary", "description", "dashboard_url"} <= one["annotations"].keys()
            assert one["labels"]["audience"] in AUDIENCES
            assert "$value" not in str(one["labels"])


def test_every_page_is_of_an_alert() -> None:
    """A page that nothing leads to is not kept."""
    pages = {path.stem for path in (ROOT / "docs/runbooks").glob("*.md")}

    assert pages == set(told(example()))


def test_outages_are_alerts_that_there_are() -> None:
    """What keeps the floor from being shamed exists, and is the platform's."""
    found = told(example())

    for name in alerts.OUTAGES:
        assert found[name][0]["labels"]["audience"] == "platform"


@pytest.mark.parametrize("pace", PACES, ids=lambda pace: pace.name)
@pytest.mark.parametrize("objective", [0.05, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("hours", [1, 40, 150, 450, 1800, 8760])
def test_an_alarm_can_ring_whatever_the_objective(pace: Any, objective: float, hours: int) -> None:
    """When every lead is late the share is 1, above every threshold."""
    assert 0 < threshold(pace, objective, hours) <= MOST < 1


def test_an_objective_of_all_rings_at_the_first_late_lead() -> None:
    """100% leave no budget: any share above zero is too much."""
    assert threshold(PACES[0], 1.0, 150) == 0


def test_a_week_of_forty_hours_spends_a_fiftieth_in_an_hour() -> None:
    """2% of 40 h is 48 min of budget in 1 h: less than even, so the least factor holds."""
    fast, slow = PACES

    assert threshold(fast, 0.9, 40) == 0.2
    assert threshold(slow, 0.9, 40) == 0.12
    assert threshold(fast, 0.9, 150) == 0.3


def test_a_changed_objective_changes_the_thresholds() -> None:
    """95% leave half the budget of 90%, so half the share rings."""
    before = told(example())["LeadclockBudgetBurnFast"][0]["expr"]
    speed = {"id": "speed", "clock": "speed", "target": "PT4H", "objective": "95%"}
    after = told(site(sales=[speed]))["LeadclockBudgetBurnFast"][0]["expr"]

    assert "> 0.304 " in before
    assert "> 0.152 " in after


def test_a_changed_settle_changes_how_long_an_alert_waits() -> None:
    """What is taken back within `settle` is not told."""
    assert told(example())["LeadclockRepBreached"][0]["for"] == "30s"
    assert told(site(settle="PT2M"))["LeadclockRepBreached"][0]["for"] == "120s"


def test_without_an_objective_nothing_burns() -> None:
    """No budget, no alarm, and no rule that nobody reads."""
    speed = {"id": "speed", "clock": "speed", "target": "PT4H"}
    plain = site(sales=[speed])

    assert not any("Burn" in name for name in told(plain))
    assert "leadclock-budget" not in [group["name"] for group in rules.groups(plain)]


def test_teams_with_other_hours_have_other_thresholds() -> None:
    """Round the clock a month has 730 hours: an hour may spend more of them."""
    teams = {
        "nord": {"calendar": "floor", "reps": ["a"]},
        "hotline": {"calendar": "always", "reps": ["b"]},
    }
    (fast,) = told(site(teams=teams))["LeadclockBudgetBurnFast"]
    exprs = fast["expr"].split(" or ")

    assert len(exprs) == 2
    assert 'team=~"nord"' in exprs[0]
    assert 'team=~"hotline"' in exprs[1]
    assert "> 0.9 " in exprs[1]


def test_a_new_version_asks_for_new_rules() -> None:
    """The alert of version 2 rings for workers that keep another one."""
    (outdated,) = told(site(version=2))["LeadclockRulesOutdated"]

    assert 'version!="2"' in outdated["expr"]


def test_a_team_with_odd_letters_is_matched_to_the_letter() -> None:
    """A dot in an id is no pattern."""
    teams = {"nord.1": {"calendar": "floor", "reps": ["a"]}}
    (fast,) = told(site(teams=teams))["LeadclockBudgetBurnFast"]

    assert r'team=~"nord\\.1"' in fast["expr"]


def test_counters_are_asked_for_their_increase_only() -> None:
    """A counter's own value says when a worker began, and nothing else."""
    for group in (*rules.groups(example()), *alerts.groups(example())):
        for one in group["rules"]:
            for part in one["expr"].split("leadclock_")[1:]:
                name = part.split("{")[0].split("[")[0].split(")")[0].split(" ")[0]
                if name.endswith("_total"):
                    assert "[" in part.split(")")[0], one["expr"]
