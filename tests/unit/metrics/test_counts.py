"""What a worker tells Prometheus."""

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from schemas.instants import SECOND
from schemas.verdicts import Breach, Verdict
from streams.metrics.catalogue import METRICS
from streams.metrics.counts import Counts
from streams.metrics.exposition import Exposition, Scene

TEAMS = {"nord": object(), "sued": object()}


def breach(team: str | None, lead_id: str = "L-1") -> Breach:
    """Build a breach of a team."""
    told = dict.fromkeys(Breach.__struct_fields__)
    numbers = dict.fromkeys(
        ("revision", "due_at", "breached_at", "detected_at", "policy_version", "sequence"), 1
    )
    texts = dict.fromkeys(("breach_id", "commitment", "debtor", "creditor", "unit"), "x")
    told |= {
        **numbers,
        **texts,
        "status": "provisional",
        "kind": "late",
        "clock": "speed",
        "subject": lead_id,
        "lead_id": lead_id,
        "team_id": team,
        "shares": (),
    }
    return msgspec.convert(told, Breach)


def verdict(team: str, revision: int = 1) -> Verdict:
    """Build a verdict of a team."""
    told = dict.fromkeys(Verdict.__struct_fields__)
    numbers = dict.fromkeys(
        ("cycle", "started_at", "attempts", "policy_version", "detected_at", "sequence"), 1
    )
    told |= {
        **numbers,
        "verdict_id": "x",
        "revision": revision,
        "outcome": "met",
        "commitment": "speed",
        "clock": "speed",
        "lead_id": "L-1",
        "team_id": team,
        "pre_handoff": False,
        "connected": False,
    }
    return msgspec.convert(told, Verdict)


def lines(registry: CollectorRegistry) -> list[str]:
    """Give what a scrape shows, without comments and times of creation."""
    text = generate_latest(registry).decode()
    return [one for one in text.splitlines() if not one.startswith("#") and "_created" not in one]


def test_what_was_committed_is_counted() -> None:
    """Facts by topic, dead letters by reason, breaches and verdicts by team and clock."""
    registry = CollectorRegistry()
    counts = Counts(registry)

    counts.committed(
        {"handed-off": 3},
        {("handed-off", "not_json"): 2},
        [breach("nord"), breach("nord"), verdict("sued")],
        TEAMS,
    )

    assert lines(registry) == [
        'leadclock_facts_total{topic="handed-off"} 3.0',
        'leadclock_dead_letters_total{reason="not_json",topic="handed-off"} 2.0',
        'leadclock_breaches_total{clock="speed",kind="late",status="provisional",team="nord"} 2.0',
        'leadclock_verdicts_total{clock="speed",outcome="met",team="sued"} 1.0',
    ]


def test_a_team_that_is_not_listed_is_other() -> None:
    """A source may send any team id: none of them becomes a series of its own."""
    registry = CollectorRegistry()

    Counts(registry).committed({}, {}, [breach("a"), breach("b"), breach(None)], TEAMS)

    assert len([one for one in lines(registry) if 'team="other"' in one]) == 1


def test_synthetic_leads_and_revisions_are_not_counted() -> None:
    """A probe's lead, and a verdict that is only revised."""
    registry = CollectorRegistry()

    Counts(registry).committed({}, {}, [breach("nord", "synthetic:1"), verdict("nord", 2)], TEAMS)

    assert lines(registry) == []


def test_gauges_show_what_is_owned_now() -> None:
    """Two partitions, one not judged yet; then one of them is gone, and its series with it."""
    registry = CollectorRegistry()
    scenes = [
        Scene(nows={0: 5 * SECOND // 2, 1: None}, policy=(3, "abc"), version="1.0"),
        Scene(nows={1: SECOND}, version="1.0"),
    ]
    Exposition(registry, lambda: scenes.pop(0))

    first, second = lines(registry), lines(registry)

    assert first[:3] == [
        'leadclock_partition_owned{partition="0"} 1.0',
        'leadclock_partition_owned{partition="1"} 1.0',
        'leadclock_partition_now_timestamp_seconds{partition="0"} 2.5',
    ]
    assert 'leadclock_policy_info{digest="abc",version="3"} 1.0' in first
    assert second[:2] == [
        'leadclock_partition_owned{partition="1"} 1.0',
        'leadclock_partition_now_timestamp_seconds{partition="1"} 1.0',
    ]
    assert second[2].startswith("leadclock_build_info{")


def test_every_metric_is_named_as_prometheus_wants() -> None:
    """One prefix, counters end in _total, base units, names once."""
    names = [metric.name for metric in METRICS]

    assert len(set(names)) == len(names)
    for metric in METRICS:
        assert metric.name.startswith("leadclock_")
        assert metric.name.endswith("_total") is (metric.kind == "counter")
        assert metric.doc.endswith(".")
