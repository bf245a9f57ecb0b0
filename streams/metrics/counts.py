"""Counting what was committed, in a registry of our own."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from schemas.facts import HandedOff
from schemas.instants import SECOND
from schemas.verdicts import Breach, Verdict
from streams.domain.book import Output
from streams.domain.contribution import SYNTHETIC
from streams.metrics.catalogue import (
    BREACHES,
    DEAD_LETTERS,
    DETECTION_LAG,
    FACTS,
    HANDOFFS,
    OTHER,
    PAUSES,
    RESPONSE,
    VERDICTS,
    WITHDRAWN,
    Metric,
)

_NOTHING: Final[Mapping[tuple[str, str], int]] = {}


class Labels(NamedTuple):
    """What of an agreement may be a label; all else is `OTHER`.

    Attributes:
        teams: Those that are listed, and may appear by themselves.
        reasons: Why a clock may be paused.
    """

    teams: Collection[str] = ()
    reasons: Collection[str] = ()


class Counts:
    """The counters and histograms of one worker.

    Breaches and verdicts name the last lead as an exemplar, which only those see who ask
    for OpenMetrics.
    """

    def __init__(self, registry: CollectorRegistry, *, is_on_wall_clock: bool = True) -> None:
        """Register them.

        Args:
            registry: Where they are rendered from.
            is_on_wall_clock: False: a breach is said at its own instant, and nothing can be
                learnt from how late that is.
        """
        # Another series for each one we have, of which nobody here makes any use.
        disable_created_metrics()  # type: ignore[no-untyped-call] # prometheus_client's
        self._has_lag = is_on_wall_clock

        def counter(metric: Metric) -> Counter:
            return Counter(metric.name, metric.doc, metric.labels, registry=registry)

        def histogram(metric: Metric) -> Histogram:
            return Histogram(
                metric.name, metric.doc, metric.labels, registry=registry, buckets=metric.edges
            )

        self._facts = counter(FACTS)
        self._handoffs = counter(HANDOFFS)
        self._pauses = counter(PAUSES)
        self._dead_letters = counter(DEAD_LETTERS)
        self._breaches = counter(BREACHES)
        self._verdicts = counter(VERDICTS)
        self._withdrawn = counter(WITHDRAWN)
        self._response = histogram(RESPONSE)
        self._lag = histogram(DETECTION_LAG)

    def committed(
        self,
        facts: Mapping[str, int],
        refused: Mapping[tuple[str, str], int],
        told: Iterable[Output],
        labels: Labels,
        named: Mapping[tuple[str, str], int] = _NOTHING,
    ) -> None:
        """Count one commit.

        Args:
            facts: Accepted facts by topic.
            refused: Records set aside by topic and reason.
            told: What the book put out.
            labels: What may be a label.
            named: How many accepted facts of a type named a team, or a reason.
        """
        for topic, number in facts.items():
            self._facts.labels(topic).inc(number)
        for (topic, reason), number in refused.items():
            self._dead_letters.labels(topic, reason).inc(number)
        for record in told:
            if isinstance(record, Breach):
                self._breach(record, labels.teams)
            elif isinstance(record, Verdict):
                self._verdict(record, labels.teams)
        for (kind, name), number in named.items():
            if kind == HandedOff.TYPE:
                self._handoffs.labels(_listed(name, labels.teams)).inc(number)
            else:
                self._pauses.labels(_listed(name, labels.reasons)).inc(number)

    def _breach(self, breach: Breach, teams: Collection[str]) -> None:
        if breach.subject.startswith(SYNTHETIC):
            return
        team, lead = _listed(breach.team_id, teams), _exemplar(breach.lead_id)
        self._breaches.labels(team, breach.clock, breach.kind, breach.status).inc(exemplar=lead)
        if breach.revision == 1 and self._has_lag:
            self._lag.observe((breach.detected_at - breach.breached_at) / SECOND, lead)

    def _verdict(self, verdict: Verdict, teams: Collection[str]) -> None:
        if verdict.revision != 1 or verdict.lead_id.startswith(SYNTHETIC):
            return
        team, lead = _listed(verdict.team_id, teams), _exemplar(verdict.lead_id)
        self._verdicts.labels(team, verdict.clock, verdict.outcome).inc(exemplar=lead)
        if verdict.outcome == "cancelled" and not verdict.attempts:
            self._withdrawn.labels(team, verdict.clock).inc()
        took = verdict.elapsed_seconds
        if verdict.answered_at is not None and not verdict.pre_handoff and took is not None:
            self._response.labels(team, verdict.clock).observe(took / SECOND, lead)


def _listed(name: str | None, labels: Collection[str]) -> str:
    return name if name is not None and name in labels else OTHER


def _exemplar(lead_id: str | None) -> dict[str, str] | None:
    return None if lead_id is None else {"lead_id": lead_id}
