"""The life of one lead, lived again from its facts, to be explained.

The book that a worker keeps is kept here for one lead: what other leads tell matters
only as a sign that their source speaks. What it says on the way is what was published.

Source:
    Architecture, rule 1; domain, (d) 5.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.facts import AnyFact, Fact, PolicyPublished
from schemas.instants import Instant
from schemas.refusals import RefusedError
from streams.domain.book import Book, LateFact, Refusal
from streams.domain.explain import Explained, explain
from streams.domain.lead import Lead
from streams.domain.policies import Policies
from streams.domain.policy import Policy

ReadPolicy = Callable[[PolicyPublished, Policies], Policy]
"""Reads a publication, or refuses it with a `RefusedError`."""


@dataclass(slots=True)
class Life:
    """A lead that is told its facts in the order in which they became known.

    Attributes:
        lead_id: The lead; what is told of others is heard, not kept.
        policies: What holds; may be none in the beginning.
        read_policy: Reads what is published on the way.
        late: Facts that came too late to change anything.
        refused: Facts for which it had no place.
    """

    lead_id: str
    policies: Policies
    read_policy: ReadPolicy
    late: list[Fact] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    _book: Book = field(init=False)
    _parted: list[Explained] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._book = Book(self.policies, self._part)

    def tell(self, fact: AnyFact, seen_at: Instant) -> None:
        """Tell what became known at an instant, which is not before the last one."""
        self.live(seen_at - 1)
        if isinstance(fact, PolicyPublished):
            self.publish(fact, seen_at)
        elif not isinstance(fact, Fact):
            self._book.control(fact, seen_at)
        elif fact.lead_id != self.lead_id:
            self.hear(fact, seen_at)
        elif (refusal := self._book.tell(fact, seen_at)) is not None:
            self.refused.append(refusal)

    def publish(self, fact: PolicyPublished, seen_at: Instant) -> None:
        """Take a version of the agreement, at once; also one that is published only later."""
        try:
            policy = self.read_policy(fact, self.policies)
        except RefusedError:
            # Whoever judges sets it aside and says so; here it holds for nobody.
            return
        self.policies = self._book.policies = self.policies.with_policy(policy, seen_at)

    def hear(self, fact: Fact, seen_at: Instant) -> None:
        """Hear that a source speaks, of whatever lead; in any order."""
        if fact.origin is not None:
            self._book.hear(fact.origin, seen_at)

    def live(self, until: Instant) -> None:
        """Step through every instant up to one; nothing is judged without an agreement."""
        if not self.policies.published:
            return
        self.late += [
            output.fact for output in self._book.advance(until) if isinstance(output, LateFact)
        ]

    def explained(self) -> list[Explained]:
        """Explain what has left, and then what is still kept, as of the last instant."""
        found = list(self._parted)
        kept = self._book.look_at(self.lead_id)
        if kept is not None and self._book.now is not None:
            found.append(explain(*kept, self._book.now))
        return found

    def _part(self, lead: Lead) -> None:
        """Explain what leaves while it is known what was known beside it."""
        kept, now = self._book.look_at(self.lead_id), self._book.now
        assert kept is not None
        assert now is not None
        self._parted.append(explain(lead, kept[1], now))
