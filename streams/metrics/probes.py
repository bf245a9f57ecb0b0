"""What becomes of synthetic leads: whether they are answered, how long it takes, and when."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.instants import SECOND, Instant
from streams.metrics.catalogue import PROBE_ANSWERED, PROBE_SECONDS, PROBES

ANSWERED = "answered"
UNANSWERED = "unanswered"


class ProbeCounts:
    """The probes of one worker."""

    def __init__(self, registry: CollectorRegistry, began_at: Instant) -> None:
        """Register them.

        Args:
            registry: Where they are rendered from.
            began_at: When the worker began to probe: it has been unanswered since then.
        """
        self._probes = Counter(PROBES.name, PROBES.doc, PROBES.labels, registry=registry)
        for outcome in (ANSWERED, UNANSWERED):
            # Else the first failure would be no increase.
            self._probes.labels(outcome)
        self._seconds = Histogram(
            PROBE_SECONDS.name, PROBE_SECONDS.doc, registry=registry, buckets=PROBE_SECONDS.edges
        )
        self._answered = Gauge(PROBE_ANSWERED.name, PROBE_ANSWERED.doc, registry=registry)
        self._answered.set(began_at / SECOND)

    def answered(self, took_seconds: float, at: Instant) -> None:
        """Count one that was answered."""
        self._probes.labels(ANSWERED).inc()
        self._seconds.observe(took_seconds)
        self._answered.set(at / SECOND)

    def unanswered(self) -> None:
        """Count one that was not."""
        self._probes.labels(UNANSWERED).inc()
