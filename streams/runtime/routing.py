"""Whether a source puts its facts on the partitions on which they belong.

A lead whose facts arrived on two partitions would be judged twice, by halves. A
source with another partitioner sends nearly all its facts astray, so it is noticed
by its first ones, and the partition stops rather than setting them all aside.

Source:
    Contract, section 1.
"""

from collections.abc import Collection
from typing import Final

from schemas.codec import RefusalReason, RefusedError
from schemas.facts import Fact
from schemas.topics import partition_of
from streams.errors import ConfigurationError
from streams.runtime.control import Control, Routing

FIRST_FACTS: Final = 100
MOST_MISROUTED: Final = 10
NO_ORIGIN: Final = "-"
"""Stands for facts without an origin in the setting that accepts misrouted ones."""
_MOST_ORIGINS: Final = 1_000


class MisroutedError(ConfigurationError):
    """A source puts too many facts on wrong partitions; a person has to change it."""


class Router:
    """Checks the facts that arrive on one partition."""

    def __init__(
        self, *, partition: int, partitions: int, accepted: Collection[str], control: Control
    ) -> None:
        """Check for one partition.

        Args:
            partition: Its number.
            partitions: How many there are.
            accepted: Origins that never stop the partition.
            control: Keeps the counts over restarts.
        """
        self._partition = partition
        self._partitions = partitions
        self._accepted = accepted
        self._control = control

    def check(self, fact: Fact, *, known: bool) -> None:
        """Count a fact, and refuse it if it belongs on another partition.

        Args:
            fact: What arrived.
            known: Facts of this lead were accepted before, so it belongs here.

        Raises:
            RefusedError: ``misrouted``.
            MisroutedError: It is one too many.
        """
        home = self._partition
        if not known:
            home = partition_of(fact.lead_id.encode(), self._partitions)
        astray = home != self._partition
        self._count(fact.origin or "", astray=astray)
        if astray:
            raise RefusedError(
                RefusalReason.MISROUTED,
                f"on partition {self._partition}, but murmur2 of its key says {home} "
                f"of {self._partitions}",
            )

    def _count(self, origin: str, *, astray: bool) -> None:
        counts = self._control.routing
        if origin not in counts and len(counts) >= _MOST_ORIGINS:
            return
        count = counts.setdefault(origin, Routing())
        if count.facts >= FIRST_FACTS:
            return
        count.facts += 1
        count.misrouted += astray
        self._control.routing_changed()
        if count.misrouted > MOST_MISROUTED and (origin or NO_ORIGIN) not in self._accepted:
            who = f"the origin {origin!r}" if origin else "a source that names no origin"
            raise MisroutedError(
                f"{count.misrouted} of the first {count.facts} facts of {who} on partition "
                f"{self._partition} belong on other partitions: set its producer's partitioner "
                "to murmur2 (librdkafka: partitioner=murmur2_random) with the lead_id as key; "
                "then LEADCLOCK_ACCEPT_MISROUTED="
                f"{origin or NO_ORIGIN} lets the worker set aside those already there"
            )
