"""What deploy/ holds, as Prometheus' and Alertmanager's own checkers read it."""

import subprocess
from pathlib import Path

import pytest

from tests.support.monitoring import DEPLOY, program

pytestmark = pytest.mark.monitoring

RULES = sorted((DEPLOY / "prometheus/rules").glob("*.yml"))
ALERTMANAGER = DEPLOY / "alertmanager/alertmanager.yml"


def said(*command: str) -> str:
    """Run a checker, and give what it says; it must be content."""
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_its_configuration() -> None:
    """And the rule files that it names."""
    told = said(program("promtool"), "check", "config", str(DEPLOY / "prometheus/prometheus.yml"))

    assert f"{len(RULES)} rule files found" in told


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_are_clean(path: Path) -> None:
    """Nothing that the linter knows, and no rule twice."""
    told = said(program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", str(path))

    assert "SUCCESS" in told


def test_alertmanager_takes_its_configuration() -> None:
    """Routes, receivers, inhibition."""
    assert "SUCCESS" in said(program("amtool"), "check-config", str(ALERTMANAGER))


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (["alertname=DialerDown", "exclusion=dialer_down"], "leadclock-control,platform"),
        (["alertname=Watchdog"], "watchdog"),
        (["alertname=LeadclockNoWorkers", "audience=platform"], "platform"),
        (["alertname=LeadclockRepBreached", "audience=floor", "team=nord"], "floor"),
        (["alertname=DialerDown", "exclusion=x", "audience=floor"], "leadclock-control,floor"),
    ],
)
def test_everybody_is_told_what_is_theirs(labels: list[str], receivers: str) -> None:
    """The dialer's alert declares an exclusion, and goes on to people as well."""
    command = (program("amtool"), "config", "routes", "test", f"--config.file={ALERTMANAGER}")

    assert said(*command, f"--verify.receivers={receivers}", *labels)
