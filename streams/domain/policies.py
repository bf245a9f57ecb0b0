"""Which version of the agreement holds for a clock."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.instants import Instant, Micros
from streams.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Policies:
    """All versions that were published, whatever the order in which they are told.

    Attributes:
        published: Policy and the ``seen_at`` of its publication, by the instant from
            which it holds and then by version, ascending.
        kinds: The clock kinds that any version has commitments for.
        horizon: The least correction horizon of any version.
    """

    published: tuple[tuple[Policy, Instant], ...] = ()
    kinds: frozenset[str] = field(init=False, repr=False, compare=False)
    horizon: Micros = field(init=False, repr=False, compare=False)
    _starts: tuple[Instant, ...] = field(init=False, repr=False, compare=False)
    _versions: Mapping[int, Policy] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple(_start(*entry) for entry in self.published))
        kinds = frozenset(kind for policy, _ in self.published for kind in policy.kinds)
        object.__setattr__(self, "kinds", kinds)
        horizons = (policy.correction_horizon for policy, _ in self.published)
        object.__setattr__(self, "horizon", min(horizons, default=0))
        versions = {policy.version: policy for policy, _ in self.published}
        object.__setattr__(self, "_versions", versions)

    def with_policy(self, policy: Policy, seen_at: Instant) -> "Policies":
        """Add a publication; of two of one version the one seen first holds.

        Returns:
            The versions after; equal to these when nothing changed.
        """
        kept = {old.version: (old, old_seen_at) for old, old_seen_at in self.published}
        old = kept.get(policy.version)
        if old is None or (seen_at, policy.digest) < (old[1], old[0].digest):
            kept[policy.version] = (policy, seen_at)
        order = sorted(kept.values(), key=lambda entry: (_start(*entry), entry[0].version))
        return Policies(tuple(order))

    def version(self, number: int) -> Policy:
        """Give a version that was published."""
        return self._versions[number]

    def pinned(self, opened_at: Instant, known_at: Instant | None = None) -> Policy | None:
        """Find the version that holds for clocks opened by a fact.

        A version holds from the later of its ``effective_from`` and its publication;
        the earliest one also for all time before.

        Args:
            opened_at: ``occurred_at`` of the opening fact.
            known_at: Leave out what was published after it; None leaves out nothing.

        Returns:
            The version with the latest start, then the greatest number; None if
            nothing was published.
        """
        if known_at is not None:
            known = tuple(entry for entry in self.published if entry[1] <= known_at)
            if len(known) < len(self.published):
                return Policies(known).pinned(opened_at)
        if len(self.published) < 2:  # noqa: PLR2004 - nothing to look for
            return self.published[0][0] if self.published else None
        return self.published[max(bisect_right(self._starts, opened_at) - 1, 0)][0]


def _start(policy: Policy, seen_at: Instant) -> Instant:
    return max(policy.effective_from, seen_at)
