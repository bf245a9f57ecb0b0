"""Who has to do something, and what: every alert has a page that says it."""

from collections.abc import Iterator
from typing import Any, Final

from grafana.mixin.burn import PACES, Pace, threshold
from grafana.mixin.rules import DATA_AGE, OPEN, TEAM_OPEN, judged, late_share
from grafana.mixin.site import Site
from schemas.instants import SECOND
from streams.metrics import catalogue

FLOOR: Final = "floor"
TEAM_LEAD: Final = "team_lead"
MANAGER: Final = "manager"
PLATFORM: Final = "platform"

OUTAGES: Final = (
    "LeadclockNoWorkers",
    "LeadclockBehind",
    "LeadclockDataStale",
    "LeadclockPartitionUnowned",
)
"""While one of these holds, figures are ours to answer for, not the floor's."""
AT_RISK_SHARE: Final = 0.5
STALE_SECONDS: Final = 60
PROBE_SECONDS: Final = 180
# An empty label is none: what waits in a team's queue belongs to nobody yet.
_WHO: Final = "{{ with $labels.rep }}{{ . }}{{ else }}the queue{{ end }}"

Alert = dict[str, Any]


def groups(site: Site) -> list[dict[str, Any]]:
    """Give the groups of alerts."""
    found = [
        {"name": "leadclock-floor", "rules": [_breached(site), _at_risk(site)]},
        {"name": "leadclock-pipeline", "rules": _pipeline(site)},
    ]
    if burning := _burning(site):
        found.insert(1, {"name": "leadclock-burn", "rules": burning})
    return found


def _breached(site: Site) -> Alert:
    return _alert(
        site,
        "LeadclockRepBreached",
        f'{OPEN}{{state="breached"}} > 0',
        FLOOR,
        "{{ $labels.team }}: {{ $value }} late leads of " + _WHO,
        f"The worklist says which, and what waited longest: "
        f"{site.worklist}?team={{{{ $labels.team }}}}",
        board="floor",
        # What is taken back by then was never told.
        wait=f"{max(1, site.policy.settle // SECOND)}s",
        # Longer than partitions take to find another worker.
        keep="1m",
    )


def _at_risk(site: Site) -> Alert:
    everything = f"sum by (team) ({TEAM_OPEN})"
    return _alert(
        site,
        "LeadclockTeamAtRisk",
        f'sum by (team) ({TEAM_OPEN}{{state="at_risk"}}) / ({everything} > 0) > {AT_RISK_SHARE}',
        TEAM_LEAD,
        "{{ $labels.team }}: {{ $value | humanizePercentage }} of open leads are at risk",
        f"They are late soon unless somebody turns to them: "
        f"{site.worklist}?team={{{{ $labels.team }}}}",
        board="floor",
        wait="2m",
        keep="1m",
    )


def _burning(site: Site) -> list[Alert]:
    """Give one alert for each pace; its parts differ where objectives or hours do."""
    objectives = site.objectives()
    said = ", ".join(f"{clock} {objective:.4g}" for clock, objective in objectives.items())
    return [
        _alert(
            site,
            f"LeadclockBudgetBurn{pace.name}",
            " or ".join(_burns(site, pace)),
            MANAGER,
            "{{ $labels.team }}: {{ $value | humanizePercentage }} of {{ $labels.clock }} "
            f"promises were broken in {pace.hours}h",
            f"If it goes on, the period ends below the objective ({said}).",
            board="agreement",
            severity=pace.severity,
        )
        for pace in PACES
        if objectives
    ]


def _burns(site: Site, pace: Pace) -> Iterator[str]:
    for clock, objective in site.objectives().items():
        thresholds: dict[float, list[str]] = {}
        for team in site.teams:
            hours = site.business_hours(site.policy.calendar_of(team))
            thresholds.setdefault(threshold(pace, objective, hours), []).append(team)
        for limit, teams in thresholds.items():
            who = f'{{clock="{clock}", team=~"{"|".join(map(_literal, teams))}"}}'
            window = f"{pace.hours}h"
            yield (
                f"{late_share(window)}{who} > {limit} "
                f"and {late_share(pace.short)}{who} > {limit} "
                f"and {judged(window)}{who} >= {pace.leads}"
            )


def _pipeline(site: Site) -> list[Alert]:
    owned = f"count(max by (partition) ({catalogue.PARTITION_OWNED.name}))"
    version = site.policy.version
    digests = f"count by (version, digest) ({catalogue.POLICY_INFO.name})"
    refused = f"increase({catalogue.DEAD_LETTERS.name}[10m])"
    unanswered = f'increase({catalogue.PROBES.name}{{outcome="unanswered"}}[30m])'
    answering = '(count(up{job="leadclock"} == 1) > 0)'
    told: list[tuple[str, str, str, str, str, str]] = [
        (
            "LeadclockNoWorkers",
            'absent(up{job="leadclock"} == 1)',
            "30s",
            "critical",
            "No worker answers",
            "Nothing is judged; what falls due meanwhile is said when one is back.",
        ),
        (
            "LeadclockDataStale",
            f"{DATA_AGE} > {STALE_SECONDS}",
            "1m",
            "critical",
            "Figures are {{ $value | humanizeDuration }} old",
            "A partition is not judged up to now, so its dues pass late and boards are behind.",
        ),
        (
            "LeadclockBehind",
            f"max by (partition, topic) ({catalogue.PARTITION_HELD_BACK.name}) > 0",
            "2m",
            "warning",
            "{{ $labels.topic }}/{{ $labels.partition }}: {{ $value }} offsets are to be read",
            "Its now stands still until they are read, so dues pass late.",
        ),
        (
            "LeadclockPartitionUnowned",
            f"{owned} < max_over_time({owned}[1h:1m])",
            "2m",
            "critical",
            "Only {{ $value }} partitions have a worker",
            "Leads of the others are not judged.",
        ),
        (
            "LeadclockRepsUnseen",
            f"{answering} unless on () count({catalogue.REP_INFO.name})",
            "2m",
            "critical",
            "Workers answer, but tell of no rep",
            "Boards of the floor are empty, which does not mean that nothing is late.",
        ),
        (
            "LeadclockOwnershipConflict",
            f"count by (team, rep) ({catalogue.REP_INFO.name}) > 1",
            "1m",
            "warning",
            f"Two workers tell of {_WHO} of {{{{ $labels.team }}}}",
            "Figures take the greater one; end the worker that should be gone.",
        ),
        (
            "LeadclockProbeUnanswered",
            f"time() - max({catalogue.PROBE_ANSWERED.name}) > {PROBE_SECONDS}",
            "",
            "critical",
            "No synthetic lead was answered for {{ $value | humanizeDuration }}",
            "Workers answer, but facts do not become verdicts.",
        ),
        (
            "LeadclockProbesFail",
            f"sum({unanswered}) > 1",
            "",
            "warning",
            "Some synthetic leads are not answered",
            "Each minute another partition is probed; the log of its owner names it.",
        ),
        (
            "LeadclockDeadLetters",
            f"sum by (topic, reason) ({refused}) > 0",
            "",
            "warning",
            "{{ $labels.topic }}: facts are refused, {{ $labels.reason }}",
            "They lie on lead-events-dlq with the reason in a header.",
        ),
        (
            "LeadclockPolicySplit",
            f"count({digests}) > 1",
            "5m",
            "warning",
            "Workers keep {{ $value }} different agreements",
            "One of them has not read what was published last, or cannot.",
        ),
        (
            "LeadclockRulesOutdated",
            f'max by (version) ({catalogue.POLICY_INFO.name}{{version!="{version}"}})',
            "15m",
            "warning",
            f"Alerts and boards are of version {version}, workers keep {{{{ $labels.version }}}}",
            "Thresholds, routes and boards are of another agreement: generate them again.",
        ),
    ]
    alerts = [
        _alert(
            site,
            name,
            expr,
            PLATFORM,
            summary,
            description,
            board="pipeline",
            wait=wait,
            severity=severity,
        )
        for name, expr, wait, severity, summary, description in told
    ]
    watchdog = _alert(
        site,
        "Watchdog",
        "vector(1)",
        PLATFORM,
        "Alerts are evaluated and delivered",
        "Always fires; something outside should cry when it stops.",
        board="pipeline",
        severity="none",
    )
    return [*alerts, watchdog]


def _alert(  # noqa: PLR0913, PLR0917 - the parts of an alert
    site: Site,
    name: str,
    expr: str,
    audience: str,
    summary: str,
    description: str,
    *,
    board: str,
    wait: str = "",
    keep: str = "",
    severity: str = "warning",
) -> Alert:
    alert: Alert = {"alert": name, "expr": expr}
    if wait:
        alert["for"] = wait
    if keep:
        alert["keep_firing_for"] = keep
    alert["labels"] = {"severity": severity, "audience": audience}
    alert["annotations"] = {
        "summary": summary,
        "description": description,
        "runbook_url": f"{site.runbooks}/{name}.md",
        "dashboard_url": f"{site.grafana}/d/leadclock-{board}",
    }
    return alert


def _literal(team: str) -> str:
    """Write a team's id so that a pattern means just that."""
    return "".join(
        one if one.isalnum() or one in "_-" else f"\\\\{one}" if one.isascii() else one
        for one in team
    )
