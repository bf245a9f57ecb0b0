"""Every metric, declared once: its name, its labels, what it says.

Dashboards, alerts and tests of others rely on these names. Labels come from closed
sets; never a lead or free text.

Source:
    Contract, section 5.
"""

from dataclasses import dataclass
from typing import Final, Literal

OTHER: Final = "other"
"""What a label says for a value that the agreement does not list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes:
        name: As Prometheus stores it; counters end in ``_total``.
        kind: Counters count since the process began, gauges tell what is.
        labels: Names of its labels, in order.
        doc: What it says, with unit.
    """

    name: str
    kind: Literal["counter", "gauge"]
    labels: tuple[str, ...] = ()
    doc: str


def _counter(name: str, labels: tuple[str, ...], doc: str) -> Metric:
    return Metric(name=name, kind="counter", labels=labels, doc=doc)


def _gauge(name: str, labels: tuple[str, ...], doc: str) -> Metric:
    return Metric(name=name, kind="gauge", labels=labels, doc=doc)


FACTS: Final = _counter(
    "leadclock_facts_total", ("topic",), "Facts accepted and committed, by input topic."
)
DEAD_LETTERS: Final = _counter(
    "leadclock_dead_letters_total",
    ("topic", "reason"),
    "Records set aside, by input topic and reason.",
)
BREACHES: Final = _counter(
    "leadclock_breaches_total",
    ("team", "clock", "kind", "status"),
    "Changes of a breach's status that were published.",
)
VERDICTS: Final = _counter(
    "leadclock_verdicts_total",
    ("team", "clock", "outcome"),
    "Verdicts that were published, revisions not counted.",
)
PARTITION_NOW: Final = _gauge(
    "leadclock_partition_now_timestamp_seconds",
    ("partition",),
    "Instant up to which an owned partition has been judged.",
)
PARTITION_OWNED: Final = _gauge(
    "leadclock_partition_owned", ("partition",), "1 for each partition this worker owns."
)
POLICY_INFO: Final = _gauge(
    "leadclock_policy_info", ("version", "digest"), "1 for the newest agreement that is known."
)
BUILD_INFO: Final = _gauge(
    "leadclock_build_info", ("version", "python"), "1 for the release that runs."
)

METRICS: Final = (
    FACTS,
    DEAD_LETTERS,
    BREACHES,
    VERDICTS,
    PARTITION_NOW,
    PARTITION_OWNED,
    POLICY_INFO,
    BUILD_INFO,
)
"""All of them."""
