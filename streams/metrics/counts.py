"""Counting what was committed, in a registry of our own."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter

from schemas.verdicts import Breach, Verdict
from streams.domain.book import Output
from streams.metrics.catalogue import BREACHES, DEAD_LETTERS, FACTS, OTHER, VERDICTS, Metric

SYNTHETIC: Final = "synthetic:"
"""Leads whose ids begin so are judged, but counted nowhere."""


class Counts:
    """The counters of one worker."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register them.

        Args:
            registry: Where they are rendered from.
        """

        def counter(metric: Metric) -> Counter:
            return Counter(metric.name, metric.doc, metric.labels, registry=registry)

        self._facts = counter(FACTS)
        self._dead_letters = counter(DEAD_LETTERS)
        self._breaches = counter(BREACHES)
        self._verdicts = counter(VERDICTS)

    def committed(
        self,
        facts: Mapping[str, int],
        refused: Mapping[tuple[str, str], int],
        told: Iterable[Output],
        teams: Collection[str],
    ) -> None:
        """Count one commit.

        Args:
            facts: Accepted facts by topic.
            refused: Records set aside by topic and reason.
            told: What the book put out.
            teams: Those that may be labels.
        """
        for topic, number in facts.items():
            self._facts.labels(topic).inc(number)
        for (topic, reason), number in refused.items():
            self._dead_letters.labels(topic, reason).inc(number)
        for record in told:
            if isinstance(record, Breach):
                self._breach(record, teams)
            elif isinstance(record, Verdict):
                self._verdict(record, teams)

    def _breach(self, breach: Breach, teams: Collection[str]) -> None:
        if not breach.subject.startswith(SYNTHETIC):
            team = _listed(breach.team_id, teams)
            self._breaches.labels(team, breach.clock, breach.kind, breach.status).inc()

    def _verdict(self, verdict: Verdict, teams: Collection[str]) -> None:
        if verdict.revision == 1 and not verdict.lead_id.startswith(SYNTHETIC):
            team = _listed(verdict.team_id, teams)
            self._verdicts.labels(team, verdict.clock, verdict.outcome).inc()


def _listed(team_id: str | None, teams: Collection[str]) -> str:
    return team_id if team_id is not None and team_id in teams else OTHER
