"""What a worker tells Prometheus."""

from typing import Any

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder, generate_latest

from schemas.instants import SECOND
from schemas.verdicts import Breach, Verdict
from streams.metrics.catalogue import METRICS
from streams.metrics.counts import Counts, Labels
from streams.metrics.exposition import Exposition, Scene
from tests.support.promtool import blame

LABELS = Labels(teams=["nord", "sued"], reasons=["vacation"])


def breach(team: str | None, lead_id: str = "L-1", **more: object) -> Breach:
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
        **more,
    }
    return msgspec.convert(told, Breach)


def verdict(team: str, revision: int = 1, **more: object) -> Verdict:
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
        **more,
    }
    return msgspec.convert(told, Verdict)


def lines(registry: CollectorRegistry) -> list[str]:
    """Give what a scrape shows, without comments and times of creation."""
    text = generate_latest(registry).decode()
    return [
        one
        for one in text.splitlines()
        if not one.startswith(("#", "leadclock_detection_lag")) and "_created" not in one
    ]


def test_what_was_committed_is_counted() -> None:
    """Facts by topic, dead letters by reason, breaches and verdicts by team and clock."""
    registry = CollectorRegistry()
    counts = Counts(registry)

    counts.committed(
        {"handed-off": 3},
        {("handed-off", "not_json"): 2},
        [breach("nord"), breach("nord"), verdict("sued")],
        LABELS,
    )

    assert lines(registry) == [
        'leadclock_facts_total{topic="handed-off"} 3.0',
        'leadclock_dead_letters_total{reason="not_json",topic="handed-off"} 2.0',
        'leadclock_breaches_total{clock="speed",kind="late",status="provisional",team="nord"} 2.0',
        'leadclock_verdicts_total{clock="speed",outcome="met",team="sued"} 1.0',
    ]


def test_c19_a_team_that_is_not_listed_is_other() -> None:
    """A source may send any team id: none of them becomes a series of its own."""
    registry = CollectorRegistry()

    Counts(registry).committed({}, {}, [breach("a"), breach("b"), breach(None)], LABELS)

    assert len([one for one in lines(registry) if 'team="other"' in one]) == 1


def test_c19_a_reason_that_is_not_listed_is_counted_as_other() -> None:
    """Hand-offs by team, pauses by reason: what the agreement does not list goes together."""
    registry = CollectorRegistry()
    named = {
        ("handed-off", "nord"): 3,
        ("handed-off", "west"): 1,
        ("handed-off", "ost"): 1,
        ("clock-paused", "vacation"): 2,
        ("clock-paused", "lunch"): 4,
    }

    Counts(registry).committed({}, {}, [], LABELS, named)

    assert lines(registry) == [
        'leadclock_handoffs_total{team="nord"} 3.0',
        'leadclock_handoffs_total{team="other"} 2.0',
        'leadclock_pauses_total{reason="vacation"} 2.0',
        'leadclock_pauses_total{reason="other"} 4.0',
    ]


def test_c19_what_is_withdrawn_without_an_attempt_is_counted_per_team() -> None:
    """Of three cancelled leads one had been tried: two of nord's four verdicts."""
    registry = CollectorRegistry()
    cancelled: dict[str, Any] = {"outcome": "cancelled"}

    Counts(registry).committed(
        {},
        {},
        [
            verdict("nord", **cancelled, attempts=0),
            verdict("nord", **cancelled, attempts=0),
            verdict("nord", **cancelled, attempts=2),
            verdict("nord"),
            verdict("sued", 2, **cancelled, attempts=0),
        ],
        LABELS,
    )

    assert lines(registry) == [
        'leadclock_verdicts_total{clock="speed",outcome="cancelled",team="nord"} 3.0',
        'leadclock_verdicts_total{clock="speed",outcome="met",team="nord"} 1.0',
        'leadclock_withdrawn_total{clock="speed",team="nord"} 2.0',
    ]


def test_synthetic_leads_and_revisions_are_not_counted() -> None:
    """A probe's lead, and a verdict that is only revised."""
    registry = CollectorRegistry()

    Counts(registry).committed({}, {}, [breach("nord", "synthetic:1"), verdict("nord", 2)], LABELS)

    assert lines(registry) == []


def test_response_times_are_told_of_answers() -> None:
    """Answered after 90 s; ended unanswered; answered before the hand-off: one counts."""
    registry = CollectorRegistry()
    answered = {"answered_at": 1, "elapsed_seconds": 90 * SECOND}

    Counts(registry).committed(
        {},
        {},
        [
            verdict("nord", **answered),
            verdict("nord", elapsed_seconds=SECOND),
            verdict("nord", **answered, pre_handoff=True),
            verdict("nord", 2, **answered),
        ],
        LABELS,
    )

    labels = {"team": "nord", "clock": "speed"}
    value = registry.get_sample_value
    assert value("leadclock_response_seconds_sum", labels) == 90
    assert value("leadclock_response_seconds_bucket", {**labels, "le": "60.0"}) == 0
    assert value("leadclock_response_seconds_bucket", {**labels, "le": "300.0"}) == 1
    assert value("leadclock_response_seconds_count", labels) == 1


def test_the_lag_of_detection_is_that_of_new_breaches_on_the_wall_clock() -> None:
    """Said 0.2 s after due; its confirmation says nothing more; on sources' time nothing does."""
    new = breach("nord", breached_at=SECOND, detected_at=6 * SECOND // 5)
    confirmed = breach("nord", revision=2, status="confirmed", detected_at=40 * SECOND)
    wall, facts = CollectorRegistry(), CollectorRegistry()

    Counts(wall).committed({}, {}, [new, confirmed], LABELS)
    Counts(facts, is_on_wall_clock=False).committed({}, {}, [new, confirmed], LABELS)

    assert wall.get_sample_value("leadclock_detection_lag_seconds_sum") == 0.2
    assert wall.get_sample_value("leadclock_detection_lag_seconds_count") == 1
    assert facts.get_sample_value("leadclock_detection_lag_seconds_count") == 0


def test_exemplars_name_the_lead() -> None:
    """In OpenMetrics, breach, verdict and both histograms lead to somebody."""
    registry = CollectorRegistry()
    answered = {"answered_at": 1, "elapsed_seconds": 90 * SECOND}

    Counts(registry).committed({}, {}, [breach("nord"), verdict("nord", **answered)], LABELS)

    encode, _ = choose_encoder("application/openmetrics-text")
    text = encode(registry).decode()
    named = [line.split("{")[0] for line in text.splitlines() if '# {lead_id="L-1"}' in line]
    assert named == [
        "leadclock_breaches_total",
        "leadclock_verdicts_total",
        "leadclock_response_seconds_bucket",
        "leadclock_detection_lag_seconds_bucket",
    ]


def test_promtool_finds_nothing_to_blame() -> None:
    """Counters, histograms and gauges together, as they are scraped."""
    registry = CollectorRegistry()
    Exposition(registry, lambda: Scene(nows={0: SECOND}, policy=(3, "abc"), version="1.0"))
    told = [breach("nord"), verdict("nord", answered_at=1, elapsed_seconds=SECOND)]

    Counts(registry).committed({"handed-off": 1}, {("handed-off", "not_json"): 1}, told, LABELS)

    assert blame(generate_latest(registry).decode()) == ""


def test_gauges_show_what_is_owned_now() -> None:
    """Two partitions, one not judged yet; then one of them is gone, and its series with it."""
    registry = CollectorRegistry()
    scenes = [
        Scene(
            nows={0: 5 * SECOND // 2, 1: None},
            held_back={0: {"handed-off": 7}},
            policy=(3, "abc"),
            version="1.0",
        ),
        Scene(nows={1: SECOND}, version="1.0"),
    ]
    Exposition(registry, lambda: scenes.pop(0))

    first, second = lines(registry), lines(registry)

    assert first[:3] == [
        'leadclock_partition_owned{partition="0"} 1.0',
        'leadclock_partition_owned{partition="1"} 1.0',
        'leadclock_partition_now_timestamp_seconds{partition="0"} 2.5',
    ]
    assert 'leadclock_partition_held_back{partition="0",topic="handed-off"} 7.0' in first
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
