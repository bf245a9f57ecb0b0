"""What Prometheus reckons once for all who ask: boards and alerts read these.

A rep may be told of by two workers for a moment while a partition changes hands, so the
greater figure is taken before anything is added up. Names say level:metric:operation.
"""

from typing import Any, Final

from grafana.mixin.burn import PACES
from grafana.mixin.site import Site
from streams.metrics import catalogue
from streams.metrics.catalogue import Metric

Rule = dict[str, Any]

OPEN: Final = f"team_rep_state:{catalogue.REP_OPEN_LEADS.name}:max"
TEAM_OPEN: Final = f"team_state:{catalogue.REP_OPEN_LEADS.name}:sum"
REP_WAITS: Final = f"team_rep:{catalogue.REP_OLDEST_UNANSWERED.name}:min"
TEAM_WAITS: Final = f"team:{catalogue.REP_OLDEST_UNANSWERED.name}:min"
REP_DUE: Final = f"team_rep:{catalogue.REP_NEXT_DUE.name}:min"
TEAM_DUE: Final = f"team:{catalogue.REP_NEXT_DUE.name}:min"
WINDOWED: Final = (
    catalogue.REP_LEADS,
    catalogue.REP_ANSWERED,
    catalogue.REP_WITHIN_TARGET,
    catalogue.REP_ATTEMPTS,
    catalogue.REP_UNCONNECTED_LEADS,
    catalogue.REP_UNCONNECTED_ATTEMPTS,
)
WITHIN: Final = "team_window:leadclock_rep_window_within_target:ratio"
DATA_AGE: Final = f"all:{catalogue.PARTITION_NOW.name}:age_seconds"


def rep_window(metric: Metric) -> str:
    """Name the rule that has a figure of each rep once."""
    return f"team_rep_window:{metric.name}:max"


def team_window(metric: Metric) -> str:
    """Name the rule that has a figure of each team."""
    return f"team_window:{metric.name}:sum"


def late_share(window: str) -> str:
    """Name the rule that has the share of leads that were late, by team and clock."""
    return f"team_clock:leadclock_late:ratio_rate{window}"


def judged(window: str) -> str:
    """Name the rule that has how many leads were judged, by team and clock."""
    return f"team_clock:leadclock_judged:increase{window}"


def groups(site: Site) -> list[dict[str, Any]]:
    """Give the groups of recording rules."""
    found = [
        {"name": "leadclock-reps", "rules": _reps()},
        {"name": "leadclock-age", "rules": _age()},
    ]
    if site.objectives():
        found.append({"name": "leadclock-budget", "rules": _budget()})
    return found


def _reps() -> list[Rule]:
    rules = [
        _rule(OPEN, f"max by (team, rep, state) ({catalogue.REP_OPEN_LEADS.name})"),
        _rule(TEAM_OPEN, f"sum by (team, state) ({OPEN})"),
        _rule(REP_WAITS, f"min by (team, rep) ({catalogue.REP_OLDEST_UNANSWERED.name})"),
        _rule(TEAM_WAITS, f"min by (team) ({REP_WAITS})"),
        _rule(REP_DUE, f"min by (team, rep) ({catalogue.REP_NEXT_DUE.name})"),
        _rule(TEAM_DUE, f"min by (team) ({REP_DUE})"),
    ]
    for metric in WINDOWED:
        each = rep_window(metric)
        rules.append(_rule(each, f"max by (team, rep, window) ({metric.name})"))
        rules.append(_rule(team_window(metric), f"sum by (team, window) ({each})"))
    # Of nobody there is no ratio: 0 / 0 is left out.
    leads = team_window(catalogue.REP_LEADS)
    within = team_window(catalogue.REP_WITHIN_TARGET)
    rules.append(_rule(WITHIN, f"{within} / ({leads} > 0)"))
    return rules


def _age() -> list[Rule]:
    now = catalogue.PARTITION_NOW.name
    # A partition that changes hands is judged up to the later of two instants.
    return [_rule(DATA_AGE, f"time() - min(max by (partition) ({now}))")]


def _budget() -> list[Rule]:
    """Give the share of late leads for each window, long and short.

    A breach counts when it is confirmed, not when its clock ends, which may be days later.
    """
    rules = []
    windows = dict.fromkeys(w for pace in PACES for w in (f"{pace.hours}h", pace.short))
    for window in windows:
        late = f'{catalogue.BREACHES.name}{{status="confirmed"}}[{window}]'
        met = f'{catalogue.VERDICTS.name}{{outcome="met"}}[{window}]'
        late_by = f"sum by (team, clock) (increase({late}))"
        met_by = f"sum by (team, clock) (increase({met}))"
        # Who has only the one kind yet has no series of the other.
        all_by = f"({late_by} or {met_by} * 0) + ({met_by} or {late_by} * 0)"
        rules.append(_rule(judged(window), all_by))
        rules.append(
            _rule(
                late_share(window),
                f"({late_by} or {met_by} * 0) / ({judged(window)} > 0)",
            )
        )
    return rules


def _rule(name: str, expr: str) -> Rule:
    return {"record": name, "expr": expr}
