"""Gauges that are rendered from what a worker owns at the moment it is asked.

A partition that was let go is simply not there any more, so its series ends.
"""

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from schemas.instants import SECOND, Instant
from streams.metrics import catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a worker owns.

    Attributes:
        nows: By owned partition, the instant up to which it has been judged.
        held_back: By owned partition and input, the offsets that keep its now back.
        policy: Version and digest of the newest agreement that is known.
        version: The release that runs.
    """

    nows: dict[int, Instant | None] = field(default_factory=dict)
    held_back: dict[int, dict[str, int]] = field(default_factory=dict)
    policy: tuple[int, str] | None = None
    version: str


class Exposition(Collector):
    """Renders a scene for each scrape."""

    def __init__(self, registry: CollectorRegistry, look: Callable[[], Scene]) -> None:
        """Register with a registry.

        Args:
            registry: Where it is rendered from.
            look: Tells what the worker owns.
        """
        self._look = look
        registry.register(self)

    def describe(self) -> Iterable[Metric]:
        """Say nothing before there is anything to look at."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Render the scene."""
        scene = self._look()
        owned, now = _family(catalogue.PARTITION_OWNED), _family(catalogue.PARTITION_NOW)
        for partition, judged_at in scene.nows.items():
            owned.add_metric([str(partition)], 1)
            if judged_at is not None:
                now.add_metric([str(partition)], judged_at / SECOND)
        held_back = _family(catalogue.PARTITION_HELD_BACK)
        for partition, topics in scene.held_back.items():
            for topic, offsets in topics.items():
                held_back.add_metric([str(partition), topic], offsets)
        policy = _family(catalogue.POLICY_INFO)
        if scene.policy is not None:
            version, digest = scene.policy
            policy.add_metric([str(version), digest], 1)
        build = _family(catalogue.BUILD_INFO)
        build.add_metric([scene.version, platform.python_version()], 1)
        return (owned, now, held_back, policy, build)


def _family(metric: catalogue.Metric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.doc, labels=metric.labels)
