"""What is generated, held by Prometheus' and Alertmanager's own tools."""

import subprocess
from pathlib import Path

import pytest

from grafana.mixin.files import ROUTES, RULES, files, write
from tests.support.monitoring import program
from tests.support.sites import ROOT, site

pytestmark = pytest.mark.monitoring

TEAMS = {
    "nord.1": {"calendar": "always", "lead_contact": "nord-lead", "reps": ["a"]},
    "west": {"calendar": "floor", "reps": ["b"]},
}
ROUTED = [
    ({"alertname": "LeadclockRepBreached", "audience": "floor", "team": "nord"}, "floor"),
    ({"alertname": "LeadclockTeamAtRisk", "audience": "team_lead", "team": "nord"}, "nord-lead"),
    ({"alertname": "LeadclockTeamAtRisk", "audience": "team_lead", "team": "sued"}, "sued-lead"),
    ({"alertname": "LeadclockTeamAtRisk", "audience": "team_lead", "team": "other"}, "team_lead"),
    ({"alertname": "LeadclockBudgetBurnFast", "audience": "manager", "team": "nord"}, "manager"),
    ({"alertname": "LeadclockNoWorkers", "audience": "platform"}, "platform"),
    ({"alertname": "Watchdog", "audience": "platform"}, "watchdog"),
    ({"alertname": "DialerDown", "exclusion": "dialer_down"}, "leadclock-control,platform"),
    ({"alertname": "OfSomebodyElse"}, "platform"),
]


def said(*command: str) -> str:
    """Run a checker that must agree."""
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_rules_do_what_they_say() -> None:
    """Silent cases first, then each alert on made-up series."""
    assert "SUCCESS" in said(
        program("promtool"), "test", "rules", str(ROOT / "tests/monitoring/rules_test.yml")
    )


@pytest.mark.parametrize(
    "changes",
    [{}, {"teams": TEAMS}, {"contacts": {"manager": "https://chat.example/x"}}, {"version": 7}],
    ids=["example", "teams", "contact", "version"],
)
def test_whatever_is_agreed_is_accepted(changes: dict[str, object], tmp_path: Path) -> None:
    """Rules pass promtool's lint, routes amtool's check, for changed agreements, too."""
    write(tmp_path, files(site(**changes)))

    said(program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", str(tmp_path / RULES))
    said(program("amtool"), "check-config", str(tmp_path / ROUTES))


@pytest.mark.parametrize(("labels", "receiver"), ROUTED, ids=lambda one: str(one)[:40])
def test_an_alert_reaches_whom_it_is_for(labels: dict[str, str], receiver: str) -> None:
    """By audience and team; of another team, the audience's own receiver."""
    told = said(
        program("amtool"),
        *("config", "routes", "test", f"--config.file={ROOT / ROUTES}"),
        f"--verify.receivers={receiver}",
        *(f"{name}={value}" for name, value in labels.items()),
    )

    assert told.strip() == receiver
