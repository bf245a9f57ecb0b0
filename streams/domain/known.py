"""What is known beside the facts of a lead: agreements, exclusions, who was heard of."""

from dataclasses import dataclass, field, replace

from schemas.instants import Instant
from streams.domain.exclusions import NO_EXCLUSION, Exclusions
from streams.domain.policies import Policies
from streams.domain.silence import Sources


@dataclass(frozen=True, slots=True)
class Known:
    """What is known to everybody.

    Attributes:
        policies: Published versions.
        exclusions: Declared exclusions.
        sources: When each source was heard of; grows, and is the same for everybody.
    """

    policies: Policies
    exclusions: Exclusions = NO_EXCLUSION
    sources: Sources = field(default_factory=Sources)

    def at(self, now: Instant) -> "Known":
        """Leave out the exclusions that are declared only later."""
        if not self.exclusions.declared:
            return self
        exclusions = self.exclusions.known_at(now)
        return self if exclusions is self.exclusions else replace(self, exclusions=exclusions)
