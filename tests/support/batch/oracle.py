"""Runs the SQL over facts and an agreement, and gives what it finds in plain words.

It reads facts as JSON lines and the agreement as plain data, and shares no code with
what it judges. It knows promises of speed and depth (a minimum within business time),
weekly hours, privacy, and nothing of pauses, exclusions and withdrawals; one version of
the agreement holds for all time.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

_SQL: Final = {
    name: (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
    for name in ("prepare", "judge", "count")
}
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EDGES: Final = (60, 300, 900, 1800, 3600, 14400, 86400)
_LABELS: Final = (*map(str, _EDGES), "+Inf")
_WINDOWS: Final = ("1h", "today", "7d", "30d")
_COUNTS: Final = (
    *("leads", "answered", "within_target", "response_sum", "attempts"),
    *("unconnected_leads", "unconnected_attempts", "breaches"),
)
_LENGTHS: Final = {
    "false_close": "PT15M",
    "correction_horizon": "PT168H",
    "max_backdate": "PT15M",
    "double_dial": "PT60S",
    "dormant": "PT2160H",
}
_FOREVER: Final = 900 * 86_400_000_000
"""No hand-off of a lead lies further ahead of the last fact."""
_FACTS: Final = """
create table told as
select
    type, lead_id, event_id, team_id, rep_id, channel, outcome,
    coalesce(party, 'sales') as party,
    coalesce(direction, 'outbound') as direction,
    coalesce(automated, false) as automated,
    coalesce(evidence, 'manual') as evidence,
    epoch_us(occurred_at) as occurred_at,
    epoch_us(greatest(occurred_at, coalesce(seen_at, recorded_at, occurred_at))) as seen_at
from read_json(?, format = 'newline_delimited', columns = {
    type: 'varchar', lead_id: 'varchar', event_id: 'varchar', team_id: 'varchar',
    rep_id: 'varchar', channel: 'varchar', outcome: 'varchar', party: 'varchar',
    direction: 'varchar', automated: 'boolean', evidence: 'varchar',
    occurred_at: 'timestamptz', recorded_at: 'timestamptz', seen_at: 'timestamptz'
})
where lead_id is not null
"""


Labels = tuple[str, ...]
"""A gauge's name without prefix, team, rep, and what other label it has."""


@dataclass(frozen=True)
class Found:
    """What there is at an instant; instants and lengths in microseconds.

    Attributes:
        cards: By team and rep as shown, the queue as ``""``: what a scorecard says.
        gauges: What each says.
        open_leads: By lead: team, rep, state, start of the longest wait for an answer, next
            due, number of breaches that are open.
    """

    cards: dict[tuple[str, str], dict[str, Any]]
    gauges: dict[Labels, float]
    open_leads: dict[str, tuple[Any, ...]]


class Batch:
    """All facts and the agreement, to be asked for any instant."""

    def __init__(self, agreement: Mapping[str, Any], facts: Path) -> None:
        """Read both.

        Args:
            agreement: The published body.
            facts: JSON lines; ``seen_at`` where it is not the later of ``occurred_at`` and
                ``recorded_at``.
        """
        self._agreement = agreement
        self._base = duckdb.connect()
        self._base.execute("set timezone = 'UTC'")
        self._base.execute(_FACTS, [str(facts)])
        self._tell_agreement()
        self._base.execute(_SQL["prepare"])

    def at(self, now: int) -> Found:
        """Judge and count everything for an instant."""
        self._base.execute("set variable now = $1", [now])
        self._base.execute(_SQL["judge"])
        self._base.execute(_SQL["count"])
        cards = self._cards()
        open_leads = {lead_id: tuple(told) for lead_id, *told in self._rows("from open_lead")}
        return Found(cards, self._gauges(cards), open_leads)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._base.execute(query).fetchall()

    def _tell_agreement(self) -> None:
        agreement, base = self._agreement, self._base
        calendars = agreement["calendars"]
        default = agreement.get("default_calendar")
        hours = [
            (name, calendar["zone"], *span)
            for name, calendar in calendars.items()
            for span in _spans(calendar["hours"])
        ]
        hours += [("", "UTC", weekday, 0, 1440) for weekday in range(1, 8)]
        _table(base, "hours(calendar text, zone text, weekday int, opens int, closes int)", hours)
        teams = [
            (team_id, calendar := team.get("calendar", default), calendars[calendar]["zone"])
            for team_id, team in agreement["teams"].items()
        ]
        _table(base, "team(team_id text, calendar text, zone text)", teams)
        _table(base, "alias(team_id text, rep_id text, alias text)", list(self._aliases()))
        promises = [
            (one["clock"], _length(one.get("target") or one["within"]), one.get("min_attempts", 0))
            for one in agreement["sales"]
        ]
        _table(base, "commitment(clock text, length bigint, least_attempts int)", promises)
        for name, usual in _LENGTHS.items():
            length = _length(agreement.get(name, usual))
            base.execute(f"set variable {name.removeprefix('correction_')} = {length}")
        ((last,),) = self._rows("select max(seen_at) from told")
        variables = {
            "end": last + _FOREVER - 86_400_000_000,
            "calendar": default or "",
            "zone": calendars[default]["zone"] if default else "UTC",
            "privacy": agreement.get("privacy", {}).get("reps", "team_only"),
        }
        for name, value in variables.items():
            base.execute(f'set variable "{name}" = $1', [value])

    def _aliases(self) -> Iterator[tuple[str, str, str | None]]:
        for team_id, team in self._agreement["teams"].items():
            reps = team.get("reps", [])
            for rep_id in reps:
                alias = (reps[rep_id] or {}).get("alias") if isinstance(reps, dict) else None
                yield team_id, rep_id, alias

    def _cards(self) -> dict[tuple[str, str], dict[str, Any]]:
        cards: dict[tuple[str, str], dict[str, Any]] = {}
        for team_id, name, *standing in self._rows("from standing"):
            cards[team_id, name] = _card(*standing)
        for team_id, name, window, *counted in self._rows("from of_window"):
            card = cards.setdefault((team_id, name), _card())
            *counts, responses, channels = counted
            card["windows"][window] = _window(tuple(counts), responses, channels)
        return cards

    def _gauges(self, cards: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[Labels, float]:
        """Say the same as gauges do; who is listed and does nothing has zeros."""
        privacy = self._agreement.get("privacy", {}).get("reps", "team_only")
        shown: dict[tuple[str, str], dict[str, Any]] = {}
        aliases: dict[tuple[str, str], str] = {}
        for team_id in self._agreement["teams"]:
            shown[team_id, "*" if privacy == "team_only" else ""] = _card()
        for team_id, rep_id, alias in self._aliases():
            name = {"team_only": "*", "alias": alias or "other", "named": rep_id}[privacy]
            shown[team_id, name] = _card()
            aliases[team_id, name] = (alias or "") if privacy == "named" else ""
        for (team_id, name), card in cards.items():
            # Teams that are not listed are one, and so are their reps of one name.
            who = (team_id if team_id in self._agreement["teams"] else "other", name)
            shown[who] = _added(shown.get(who, _card()), card)
        found: dict[Labels, float] = {}
        for who, card in shown.items():
            found |= _gauges_of(who, card)
            found["info", *who, who[1] if privacy == "alias" else aliases.get(who, "")] = 1
        return found


def _gauges_of(who: tuple[str, str], card: Mapping[str, Any]) -> dict[Labels, float]:
    found: dict[Labels, float] = {
        ("open_leads", *who, "at_risk"): card["at_risk"],
        ("open_leads", *who, "breached"): card["breached"],
        ("open_leads", *who, "within"): card["open"] - card["at_risk"] - card["breached"],
    }
    for field in ("oldest_unanswered", "next_due"):
        if card[f"{field}_at"] is not None:
            found[f"{field}_timestamp_seconds", *who] = card[f"{field}_at"] / 1_000_000
    for window, counted in card["windows"].items():
        for field in set(_COUNTS) - {"response_sum", "breaches"}:
            found[f"window_{field}", *who, window] = counted[field]
        for field, share in (("median", 0.5), ("p90", 0.9)):
            estimate = histogram_quantile(share, counted["response_histogram"])
            if estimate is not None:
                found[f"response_{field}_seconds", *who, window] = estimate
    return found


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Put two cards together: counts are added, of instants the earlier one holds."""
    both: dict[str, Any] = {}
    for name in {**one, **other}:
        # A channel that one of them never used.
        value = one.get(name, 0)
        if isinstance(value, Mapping):
            both[name] = _added(value, other[name])
        elif name.endswith("_at"):
            both[name] = min((at for at in (value, other[name]) if at is not None), default=None)
        else:
            both[name] = value + other.get(name, 0)
    return both


def histogram_quantile(share: float, histogram: Mapping[str, int]) -> float | None:
    """Estimate as Prometheus does from cumulative buckets; None: the histogram is empty."""
    cumulative = [sum(list(histogram.values())[: place + 1]) for place in range(len(_LABELS))]
    rank = share * cumulative[-1]
    if not cumulative[-1]:
        return None
    place = next(index for index, count in enumerate(cumulative) if count >= rank)
    if place == len(_EDGES):
        return float(_EDGES[-1])
    start, end = (0, *_EDGES)[place], _EDGES[place]
    below = cumulative[place - 1] if place else 0
    return start + (end - start) * ((rank - below) / (cumulative[place] - below))


def _card(
    opened: int = 0,
    at_risk: int = 0,
    breached: int = 0,
    oldest_unanswered_at: int | None = None,
    next_due_at: int | None = None,
) -> dict[str, Any]:
    return {
        "open": opened,
        "at_risk": at_risk,
        "breached": breached,
        "oldest_unanswered_at": oldest_unanswered_at,
        "next_due_at": next_due_at,
        "windows": {name: _window() for name in _WINDOWS},
    }


def _window(
    counts: tuple[int, ...] = (0,) * len(_COUNTS),
    responses: list[int] | None = None,
    channels: list[str] | None = None,
) -> dict[str, Any]:
    histogram = Counter(_bucket(response) for response in responses or ())
    return {
        **dict(zip(_COUNTS, counts, strict=True)),
        "response_histogram": {label: histogram[label] for label in _LABELS},
        "attempts_by_channel": dict(Counter(channels or ())),
    }


def _bucket(response: int) -> str:
    for edge, label in zip(_EDGES, _LABELS, strict=False):
        if response <= edge * 1_000_000:
            return label
    return _LABELS[-1]


def _spans(hours: Mapping[str, list[str]]) -> Iterator[tuple[int, int, int]]:
    for days, spans in hours.items():
        first, _, last = days.partition("-")
        for weekday in range(_WEEK.index(first), _WEEK.index(last or first) + 1):
            for span in spans:
                opens, closes = (int(at[:2]) * 60 + int(at[3:]) for at in span.split("-"))
                yield weekday + 1, opens, closes


def _length(text: str) -> int:
    found = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", text)
    assert found is not None, text
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000


def _table(base: duckdb.DuckDBPyConnection, declared: str, rows: list[tuple[Any, ...]]) -> None:
    base.execute(f"create table {declared}")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        base.executemany(f"insert into {declared.partition('(')[0]} values ({marks})", rows)  # noqa: S608
