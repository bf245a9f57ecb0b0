"""A book that is told, advanced, killed and reloaded at will, against one straight replay."""

from collections.abc import Sequence
from typing import Final, TypeGuard

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace

from schemas.facts import Fact
from schemas.instants import DAY, HOUR, MINUTE, SECOND
from schemas.verdicts import Breach, Verdict
from streams.domain.book import Book, Output
from tests.support.lives import (
    LASTING,
    POLICIES,
    LateRow,
    differences,
    expected,
    facts,
    remembered,
    replayed,
    seen_at_of,
)
from tests.support.naive_lead import Telling
from tests.support.worlds import END, SLEEPING_TOO, START

_IS_LONG: Final = settings.get_current_profile_name() == "long"
# So that whatever is told ahead is seen before the end.
_LAST: Final = END - 15 * DAY
_LEADS: Final = ("lead-1", "lead-2", "lead-3")
_SHORTEST_HORIZON: Final = DAY
_spans = st.sampled_from(
    (1, SECOND, 30 * SECOND, 5 * MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, DAY, 3 * DAY, 9 * DAY)
)


class BookMachine(RuleBasedStateMachine):
    """Whatever happens to the book on the way, its outputs are those of a replay.

    Facts are told ahead of now, in any order. What was not kept is lost with the book,
    as a transaction that was not committed, and told again.
    """

    def __init__(self) -> None:
        """Begin with nothing told."""
        super().__init__()
        self.now = START - 1
        self.kept_now = START - 1
        self.kept: dict[bytes, bytes] = {}
        self.outputs: list[Output] = []
        self.kept_outputs: list[Output] = []
        self.told: list[Telling] = []
        self.unkept: list[Telling] = []
        self.numbers = dict.fromkeys(_LEADS, 0)

    @initialize(world=st.sampled_from(sorted(SLEEPING_TOO)))
    def choose_a_world(self, world: str) -> None:
        """Take one of the agreements."""
        self.world = world
        self.book = Book(POLICIES[world])

    @rule(data=st.data(), lead_id=st.sampled_from(_LEADS), delay=_spans)
    def tell(self, data: st.DataObject, lead_id: str, delay: int) -> None:
        """Tell a new fact, seen later than now."""
        fact = data.draw(facts(lead_id, self.numbers[lead_id], LASTING))
        self.numbers[lead_id] += 1
        self._tell(fact, max(seen_at_of(fact), self.now + delay))

    @precondition(lambda self: self.told)
    @rule(data=st.data(), delay=_spans)
    def tell_again(self, data: st.DataObject, delay: int) -> None:
        """Repeat a fact, seen later; of what came too late nobody keeps a trace."""
        fact, seen_at = data.draw(st.sampled_from(self.told))
        again = Telling(fact, max(seen_at, self.now + delay))
        if seen_at - fact.occurred_at <= _SHORTEST_HORIZON and self._is_remembered(again):
            self._tell(*again)

    @precondition(lambda self: self.told)
    @rule(data=st.data(), delay=_spans)
    def think_again(self, data: st.DataObject, delay: int) -> None:
        """Tell other contents under an id that was used."""
        old, _ = data.draw(st.sampled_from(self.told))
        fact = data.draw(facts(old.lead_id, int(old.event_id.removeprefix("e")), LASTING))
        again = Telling(fact, max(seen_at_of(fact), self.now + delay))
        if self._is_remembered(again):
            self._tell(*again)

    @rule(span=_spans)
    def advance(self, span: int) -> None:
        """Advance; before the instant that the book names nothing is said."""
        to = min(self.now + span, _LAST)
        awaited = self.book.next_instant()
        said = self.book.advance(to)
        assert not said or (awaited is not None and awaited <= to)
        self.outputs += said
        self.now = to

    @rule(span=_spans, limit=st.integers(1, 3))
    def advance_a_little(self, span: int, limit: int) -> None:
        """Advance until a few records are said, then go on."""
        to = min(self.now + span, _LAST)
        while True:
            self.outputs += self.book.advance(to, limit=limit)
            assert self.book.now is not None
            awaited = self.book.next_instant()
            if awaited is None or awaited > to:
                break
        self.now = to

    @rule(back=_spans)
    def tick_again(self, back: int) -> None:
        """The same tick, or an older one, says nothing."""
        assert self.book.advance(self.now) == []
        assert self.book.advance(self.now - back) == []

    @rule()
    def keep(self) -> None:
        """Write what changed, with what was said."""
        for key, packed in self.book.take_changed():
            if packed is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = packed
        self.kept_now, self.kept_outputs = self.now, list(self.outputs)
        self.unkept.clear()

    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        """Lose what was not kept; load the rest in any order; tell again what was lost."""
        self.book = Book(POLICIES[self.world])
        for key in data.draw(st.permutations(sorted(self.kept))):
            self.book.load(key, self.kept[key])
        self.now, self.outputs = self.kept_now, list(self.kept_outputs)
        assert self.book.advance(self.now) == []
        for fact, seen_at in self.unkept:
            self.book.tell(fact, seen_at)

    def teardown(self) -> None:
        """Run to the end and compare, lead by lead."""
        if not self.told:
            return
        self.outputs += self.book.advance(END)
        straight = replayed(self.world, self.told)
        for lead_id in _LEADS:
            said = [one for one in self.outputs if _is_about(one, lead_id)]
            assert _unnumbered(said) == _unnumbered(straight, lead_id)
            numbers = [one.sequence for one in said]
            assert numbers == sorted(set(numbers))
            tellings = [it for it in self.told if it.fact.lead_id == lead_id]
            rows = [it for it in expected(self.world, tellings) if not isinstance(it, LateRow)]
            assert differences(rows, said) == []
            assert self._open(self.outputs, lead_id) == self._open(straight, lead_id)

    @staticmethod
    def _open(outputs: list[Output], lead_id: str) -> Output | None:
        opened = [
            one
            for one in outputs
            if not isinstance(one, Breach | Verdict) and getattr(one, "lead_id", None) == lead_id
        ]
        return opened[-1] if opened else None

    def _is_remembered(self, telling: Telling) -> bool:
        return telling in remembered([*self.told, telling], self.world)

    def _tell(self, fact: Fact, seen_at: int) -> None:
        assert self.book.tell(fact, seen_at) is None
        telling = Telling(fact, seen_at)
        self.told.append(telling)
        self.unkept.append(telling)


def _is_about(output: Output, lead_id: str) -> TypeGuard[Breach | Verdict]:
    # Not late facts: of a repetition told to a lead that had left, only a book that
    # knew it beforehand can tell that it is one.
    return isinstance(output, Breach | Verdict) and output.lead_id == lead_id


def _unnumbered(outputs: Sequence[Output], lead_id: str | None = None) -> list[Breach | Verdict]:
    # How far the numbers of a lead have come depends on how often it was told of.
    return [
        replace(one, sequence=0)
        for one in outputs
        if isinstance(one, Breach | Verdict) and lead_id in {None, one.lead_id}
    ]


TestBookMachine = BookMachine.TestCase
TestBookMachine.settings = settings(
    max_examples=10_000 if _IS_LONG else 250,
    stateful_step_count=60 if _IS_LONG else 35,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
