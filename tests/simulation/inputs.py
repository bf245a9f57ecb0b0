"""What the inputs say, read without the shell: facts, refusals, and when each was known."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from schemas.codec import RefusedError, check_future, decode
from schemas.facts import AnyFact, ExclusionDeclared, Fact, PolicyPublished, SourceHeartbeat
from schemas.instants import Instant
from schemas.topics import INPUTS, partition_of
from streams.config import Settings
from streams.domain.policy import policy_of
from streams.replay import Findings, replay
from streams.runtime.broker import Place
from tests.simulation.logs import Entry


@dataclass(frozen=True, slots=True)
class Told:
    """One record of an input.

    Attributes:
        fact: None: it has to be refused.
        seen_at: Since when it counts.
        appended_at: Since when it was in the log.
    """

    offset: int
    fact: AnyFact | None
    seen_at: Instant
    appended_at: Instant


@dataclass(slots=True)
class Inputs:
    """All committed records of all inputs, as they come in.

    Attributes:
        told: By place, by offset.
    """

    settings: Settings
    told: dict[Place, list[Told]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = {self.settings.topic(name): name for name in INPUTS}
        for topic in self.names:
            for number in range(self.settings.partitions):
                self.told[Place(topic, number)] = []

    def take(self, place: Place, entry: Entry) -> Told:
        """Read a record."""
        fact: AnyFact | None
        try:
            fact = decode(entry.record.value, topic=self.names[place.topic])
            check_future(fact, entry.recorded_at)
        except RefusedError:
            fact = None
        if isinstance(fact, Fact):
            key = fact.lead_id.encode()
            is_home = partition_of(key, self.settings.partitions) == place.partition
            if entry.record.key != key or not is_home:
                fact = None
        seen_at = entry.recorded_at if fact is None else max(fact.occurred_at, entry.recorded_at)
        told = Told(entry.offset, fact, seen_at, entry.stamp.appended_at)
        self.told[place].append(told)
        return told

    def refused(self) -> set[tuple[str, int, int]]:
        """Give topic, partition and offset of everything that has to be refused."""
        return {
            (place.topic, place.partition, one.offset)
            for place, records in self.told.items()
            for one in records
            if one.fact is None
        }

    def replayed(self, until: Instant) -> Findings:
        """Judge it all at once."""
        seen: dict[AnyFact, Instant] = {}
        declared: dict[str, tuple[Instant, ExclusionDeclared]] = {}
        policies: dict[int, tuple[Instant, PolicyPublished]] = {}
        for one in self._facts():
            fact = one.fact
            if isinstance(fact, PolicyPublished):
                # Every partition has its copy; one transaction, one timestamp.
                policies.setdefault(fact.version, (one.seen_at, fact))
            elif isinstance(fact, ExclusionDeclared):
                declared.setdefault(fact.exclusion_id, (one.seen_at, fact))
            elif isinstance(fact, Fact):
                seen[fact] = min(one.seen_at, seen.get(fact, one.seen_at))
        # The one that was published first holds for all time before, too.
        (_, first), *others = sorted(policies.values(), key=lambda policy: policy[0])
        lines: list[AnyFact] = [_known_at(fact, at) for fact, at in seen.items()]
        lines += [_known_at(fact, at) for at, fact in others]
        lines += [_known_at(fact, at) for at, fact in declared.values()]
        return replay(policy_of(first.body), enumerate(lines, 1), until=until)

    def _facts(self) -> Iterator[Told]:
        for records in self.told.values():
            for one in records:
                if one.fact is not None and not isinstance(one.fact, SourceHeartbeat):
                    yield one


def _known_at(fact: AnyFact, at: Instant) -> AnyFact:
    return replace(fact, recorded_at=at if at > fact.occurred_at else None)
