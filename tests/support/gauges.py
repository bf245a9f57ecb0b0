"""A scrape of reps' gauges, read as Prometheus' own client reads it."""

from collections.abc import Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, tuple[tuple[str, str], ...]]


_COUNTS = (
    *("leads", "answered", "within_target", "attempts"),
    *("unconnected_leads", "unconnected_attempts"),
)


def samples(text: str) -> dict[Sample, float]:
    """Read all series of a text; none may come twice."""
    found = [
        ((one.name, tuple(sorted(one.labels.items()))), one.value)
        for family in text_string_to_metric_families(text)
        for one in family.samples
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


def value(text: str, name: str, **labels: str) -> float | None:
    """Give one series; None: it is not there."""
    return samples(text).get((f"leadclock_rep_{name}", tuple(sorted(labels.items()))))


def reps(text: str) -> set[tuple[str, str]]:
    """Say who is told of: team and rep."""
    named = (dict(labels) for name, labels in samples(text) if name == "leadclock_rep_info")
    return {(labels["team"], labels["rep"]) for labels in named}


def counts(text: str) -> dict[str, dict[str, Any]]:
    """Give what a scrape says in whole numbers, in the words of a scorecard, by its key."""
    found: dict[str, dict[str, Any]] = {}
    for (name, pairs), number in samples(text).items():
        labels = dict(pairs)
        told = found.setdefault(f"{labels['team']}:{labels['rep']}", {"windows": {}})
        if name == "leadclock_rep_open_leads":
            told[labels["state"]] = int(number)
        elif "_window_" in name:
            of_window = told["windows"].setdefault(labels["window"], {})
            of_window[name.removeprefix("leadclock_rep_window_")] = int(number)
    return found


def counts_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """Give the same of a scorecard as JSON."""
    return {
        "within": card["open"] - card["at_risk"] - card["breached"],
        "at_risk": card["at_risk"],
        "breached": card["breached"],
        "windows": {
            window: {name: of_window[name] for name in _COUNTS}
            for window, of_window in card["windows"].items()
        },
    }
