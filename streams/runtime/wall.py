"""The only place in which the wall clock is read.

Everything else is told what time it is, so that a worker, a replay and a test
take the same path. The linter bans the other ways to ask.
"""

import time

from schemas.instants import Instant

_NANOS_PER_MICRO = 1_000


def wall_now() -> Instant:
    """Read the wall clock.

    Returns:
        Microseconds since 1970-01-01T00:00:00Z, cut, not rounded: never ahead
        of the clock. May step backwards when the machine's clock is set.
    """
    return time.time_ns() // _NANOS_PER_MICRO
