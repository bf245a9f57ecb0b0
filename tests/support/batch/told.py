"""What Leadclock tells, put into the words in which the batch job gives its own."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests.support.batch.oracle import Labels
from tests.support.gauges import samples

_INSTANTS = ("oldest_unanswered_at", "next_due_at")
_PREFIX = "leadclock_rep_"


def card_told(card: Mapping[str, Any]) -> dict[str, Any]:
    """Read a scorecard that was published as JSON."""
    told = {name: card[name] for name in ("open", "at_risk", "breached")}
    told |= {name: micros(card[name]) for name in _INSTANTS}
    windows = {}
    for name, counted in card["windows"].items():
        seconds = counted["response_seconds_sum"]
        counts = {
            field: value for field, value in counted.items() if field != "response_seconds_sum"
        }
        windows[name] = {**counts, "response_sum": round(seconds * 1_000_000)}
    return {**told, "windows": windows}


def lead_told(lead: Mapping[str, Any]) -> tuple[Any, ...]:
    """Read an open lead that was published as JSON."""
    waits = [one["started_at"] for one in lead["clocks"] if one["clock"] == "speed"]
    return (
        lead["team_id"],
        lead["rep_id"] or "",
        lead["state"],
        micros(min(waits, default=None)),
        micros(lead["next_due_at"]),
        len(lead["open_breaches"]),
    )


def gauges_told(texts: Iterable[str]) -> dict[Labels, float]:
    """Read scrapes of one or several workers; no series may come twice."""
    found: dict[Labels, float] = {}
    for text in texts:
        for (name, pairs), value in samples(text).items():
            labels = dict(pairs)
            who = labels.pop("team"), labels.pop("rep")
            series = (name.removeprefix(_PREFIX), *who, *labels.values())
            assert series not in found, series
            found[series] = value
    return found


def micros(at: str | None) -> int | None:
    """Read an instant."""
    if at is None:
        return None
    since = datetime.fromisoformat(at) - datetime.fromisoformat("1970-01-01T00:00:00Z")
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
