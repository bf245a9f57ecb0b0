"""What is known beside the facts of a lead: the agreements, and what was excluded."""

from dataclasses import dataclass

from schemas.instants import Instant
from streams.domain.exclusions import NO_EXCLUSION, Exclusions
from streams.domain.policies import Policies


@dataclass(frozen=True, slots=True)
class Known:
    """What is known to everybody.

    Attributes:
        policies: Published versions.
        exclusions: Declared exclusions.
    """

    policies: Policies
    exclusions: Exclusions = NO_EXCLUSION

    def at(self, now: Instant) -> "Known":
        """Leave out the exclusions that are declared only later."""
        exclusions = self.exclusions.known_at(now)
        return self if exclusions is self.exclusions else Known(self.policies, exclusions)
