"""Every metric, declared once: its name, its labels, what it says.

Dashboards, alerts and tests of others rely on these names. Labels come from closed
sets; never a lead or free text.

Source:
    Contract, section 5.
"""

from dataclasses import dataclass
from typing import Final, Literal

from streams.domain.counts import EDGES

OTHER: Final = "other"
"""What a label says for a value that the agreement does not list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes:
        name: As Prometheus stores it; counters end in ``_total``.
        kind: Counters and histograms count since the process began, gauges tell what is.
        labels: Names of its labels, in order.
        doc: What it says, with unit.
        edges: Upper edges of a histogram's buckets, but for the last, which has none.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...] = ()
    doc: str
    edges: tuple[float, ...] = ()


def _counter(name: str, labels: tuple[str, ...], doc: str) -> Metric:
    return Metric(name=name, kind="counter", labels=labels, doc=doc)


def _gauge(name: str, labels: tuple[str, ...], doc: str) -> Metric:
    return Metric(name=name, kind="gauge", labels=labels, doc=doc)


def _rep(name: str, doc: str, *more: str) -> Metric:
    return _gauge(f"leadclock_rep_{name}", ("team", "rep", *more), doc)


FACTS: Final = _counter(
    "leadclock_facts_total", ("topic",), "Facts accepted and committed, by input topic."
)
HANDOFFS: Final = _counter(
    "leadclock_handoffs_total",
    ("team",),
    "Hand-offs accepted and committed, by team; other: one that the agreement does not list.",
)
PAUSES: Final = _counter(
    "leadclock_pauses_total",
    ("reason",),
    "Pauses accepted and committed, by reason; other: one that the agreement does not list, "
    "which pauses nothing.",
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
WITHDRAWN: Final = _counter(
    "leadclock_withdrawn_total",
    ("team", "clock"),
    "Of the verdicts those that were cancelled before anybody had made an attempt: a team's "
    "share of them shows whether leads leave the figures untouched.",
)
RESPONSE: Final = Metric(
    name="leadclock_response_seconds",
    kind="histogram",
    labels=("team", "clock"),
    doc="Business time to the answer, of verdicts that were published; answers before the "
    "hand-off and revisions not counted.",
    edges=EDGES,
)
DETECTION_LAG: Final = Metric(
    name="leadclock_detection_lag_seconds",
    kind="histogram",
    doc="From due to when the breach was said, of new breaches; facts that were told late and "
    "outages are in it. Empty in an app on its sources' time.",
    edges=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
PARTITION_NOW: Final = _gauge(
    "leadclock_partition_now_timestamp_seconds",
    ("partition",),
    "Instant up to which an owned partition has been judged.",
)
PARTITION_OWNED: Final = _gauge(
    "leadclock_partition_owned", ("partition",), "1 for each partition this worker owns."
)
PARTITION_HELD_BACK: Final = _gauge(
    "leadclock_partition_held_back",
    ("partition", "topic"),
    "Offsets of an input still to be read before the partition's now may go on to when it was "
    "last asked where the inputs end; 0: this input does not hold it back.",
)
PROBES: Final = _counter(
    "leadclock_probes_total",
    ("outcome",),
    "Synthetic leads that were told to the topics and answered by a verdict in time, or not: "
    "answered, unanswered.",
)
PROBE_SECONDS: Final = Metric(
    name="leadclock_probe_seconds",
    kind="histogram",
    doc="From telling a synthetic lead until a reader of committed records has its verdict.",
    edges=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PROBE_ANSWERED: Final = _gauge(
    "leadclock_probe_last_answered_timestamp_seconds",
    (),
    "When a synthetic lead was last answered; before the first, when this worker began to "
    "probe. No series: it does not.",
)
POLICY_INFO: Final = _gauge(
    "leadclock_policy_info", ("version", "digest"), "1 for the newest agreement that is known."
)
BUILD_INFO: Final = _gauge(
    "leadclock_build_info", ("version", "python"), "1 for the release that runs."
)

REP_OPEN_LEADS: Final = _rep(
    "open_leads", "Leads with a clock that runs or is breached, by the worst of them.", "state"
)
REP_OLDEST_UNANSWERED: Final = _rep(
    "oldest_unanswered_timestamp_seconds", "Start of the longest wait; no series: nobody waits."
)
REP_NEXT_DUE: Final = _rep(
    "next_due_timestamp_seconds", "The earliest due still ahead; no series: nothing is due."
)
REP_LEADS: Final = _rep("window_leads", "Leads whose clock started in the window.", "window")
REP_ANSWERED: Final = _rep("window_answered", "Those of them that were answered.", "window")
REP_WITHIN_TARGET: Final = _rep(
    "window_within_target", "Those of them that were answered at or before due.", "window"
)
REP_ATTEMPTS: Final = _rep("window_attempts", "Attempts made in the window.", "window")
REP_UNCONNECTED_LEADS: Final = _rep(
    "window_unconnected_leads", "Leads of the window that nobody reached in person yet.", "window"
)
REP_UNCONNECTED_ATTEMPTS: Final = _rep(
    "window_unconnected_attempts", "Attempts on the leads that nobody reached yet.", "window"
)
REP_MEDIAN: Final = _rep(
    "response_median_seconds",
    "Median of the business time to the answer, interpolated within buckets; not to be added "
    "up or averaged. No series: nothing was answered.",
    "window",
)
REP_P90: Final = _rep(
    "response_p90_seconds",
    "Nine of ten answers took no more business time, interpolated within buckets; not to be "
    "added up or averaged. No series: nothing was answered.",
    "window",
)
REP_INFO: Final = _rep(
    "info", "1 for each rep whom the agreement lists or of whom anything is known.", "alias"
)

REPS: Final = (
    REP_OPEN_LEADS,
    REP_OLDEST_UNANSWERED,
    REP_NEXT_DUE,
    REP_LEADS,
    REP_ANSWERED,
    REP_WITHIN_TARGET,
    REP_ATTEMPTS,
    REP_UNCONNECTED_LEADS,
    REP_UNCONNECTED_ATTEMPTS,
    REP_MEDIAN,
    REP_P90,
    REP_INFO,
)
"""Those of each rep, in the order in which they are rendered."""

METRICS: Final = (
    FACTS,
    HANDOFFS,
    PAUSES,
    DEAD_LETTERS,
    BREACHES,
    VERDICTS,
    WITHDRAWN,
    RESPONSE,
    DETECTION_LAG,
    PARTITION_NOW,
    PARTITION_OWNED,
    PARTITION_HELD_BACK,
    PROBES,
    PROBE_SECONDS,
    PROBE_ANSWERED,
    POLICY_INFO,
    BUILD_INFO,
    *REPS,
)
"""All of them."""
