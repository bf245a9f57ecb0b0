"""The invariants, checked whenever a reader of committed records can see more."""

from collections import defaultdict
from typing import Any, Final

import orjson

from schemas.instants import Instant
from schemas.topics import TOPICS
from schemas.verdicts import encode_record, record_key
from streams.config import Settings
from streams.runtime.broker import Place
from tests.simulation.history import History
from tests.simulation.inputs import Inputs
from tests.simulation.logs import Log, Logs
from tests.simulation.loop import SimulatedLoop
from tests.simulation.plan import Plan
from tests.simulation.said import Name, Said, in_short, name_of
from tests.simulation.states import States
from tests.simulation.violation import Invariant, ViolationError

_FREE: Final = ("detected_at", "sequence")
"""What may differ between a worker and a replay."""
_LAST_BREACH: Final = ("status", "due_at")
_LAST_VERDICT: Final = ("outcome", "due_at", "answered_at")
"""What a last word has to agree in, however it was come to. A breach that was resolved is
not said again when an earlier answer is told; its verdict is."""
_MARKERS_SECONDS: Final = 0.5
"""A transaction that was decided has its markers after so long."""


class Checks:
    """Reads all topics as anybody may, and complains."""

    def __init__(
        self,
        loop: SimulatedLoop,
        logs: Logs,
        settings: Settings,
        history: History,
        plan: Plan,
    ) -> None:
        """Begin with nothing read.

        Args:
            loop: Tells the time.
            logs: All that there is to read.
            settings: The app's.
            history: Gets what was read.
            plan: Says what may be expected.
        """
        self._loop = loop
        self._logs = logs
        # Where sources stamp records before they append them, breaches may be said and taken
        # back that a replay never says, and only the last word has to be the same.
        self._is_orderly = is_orderly = not plan.lag
        self._has_reps = plan.has_reps
        self._cards: dict[bytes, dict[str, Any]] = {}
        self._read_to: dict[Place, int] = defaultdict(int)
        self._outputs = {
            settings.topic(name): name for name, topic in TOPICS.items() if not topic.inner
        }
        self.inputs = Inputs(settings)
        self.said = Said(settings, history, loop.wall)
        self.states = States(logs, settings, history, self.inputs, is_orderly=is_orderly)
        self.expected: dict[Name, dict[str, Any]] | None = None
        self._suspicion: ViolationError | None = None
        logs.watchers.append(self._moved)

    def _moved(self, log: Log) -> None:
        start, end = self._read_to[log.place], log.stable
        if end <= start:
            return
        self._read_to[log.place] = end
        place = log.place
        for entry in log.kept(start, end):
            if self.states.has(place.topic):
                self.states.take(place, entry)
            elif place.topic in self.inputs.names:
                told = self.inputs.take(place, entry)
                self.said.hear(told, told.fact)
                self.states.take_input(place, told)
            elif place.topic in self._outputs:
                new = self.said.take(self._outputs[place.topic], place, entry)
                if new is not None and self.expected is not None and self._is_orderly:
                    self._check_expected(*new)

    def watch_group(self, offsets: dict[Place, int]) -> None:
        """Check what was committed to the group, once every marker before it is written."""
        self._loop.later(_MARKERS_SECONDS, self._check_group, offsets)

    def _check_group(self, offsets: dict[Place, int]) -> None:
        for place, offset in offsets.items():
            held = self.states.held(place)
            if offset > held and self._suspicion is None:
                # Kept back: whatever else is wrong says more.
                self._suspicion = ViolationError(
                    Invariant.GROUP, f"the group was at {offset} of {place}, the state at {held}"
                )

    def expect(self, until: Instant) -> None:
        """Judge everything at once, by a replay; what is said from here on must be in it."""
        findings = self.inputs.replayed(until)
        self.expected = {}
        for record in (*findings.breaches, *findings.verdicts, *findings.warnings):
            self.expected[name_of(record)] = orjson.loads(encode_record(record))
        if self._is_orderly:
            for name, told in self.said.records.items():
                self._check_expected(name, told)
        if self._has_reps:
            for card in findings.scorecards:
                self._cards[record_key(card)] = orjson.loads(encode_record(card))

    def _check_expected(self, name: Name, told: dict[str, Any]) -> None:
        assert self.expected is not None
        expected = self.expected.get(name)
        if expected is None:
            raise ViolationError(
                Invariant.SAME_AS_REPLAY, f"a replay does not say {in_short(told)}"
            )
        for field_name, value in expected.items():
            if field_name not in _FREE and told[field_name] != value:
                raise ViolationError(
                    Invariant.SAME_AS_REPLAY,
                    f"{in_short(told)}: {field_name} is {told[field_name]!r}, in a "
                    f"replay {value!r}",
                )

    def is_complete(self) -> bool:
        """Tell whether all that is expected was said."""
        assert self.expected is not None
        if len(self.said.dead) != len(self.inputs.refused()) or self._wrong_cards():
            return False
        # Who has died in between may have written outputs without their state.
        if self._disagrees() is not None:
            return False
        if self._is_orderly:
            return len(self.said.records) == len(self.expected)
        return not self._differences()

    def _differences(self) -> list[str]:
        """Compare the last word on each subject with a replay's last word."""
        assert self.expected is not None
        said, expected = _last_words(self.said.records), _last_words(self.expected)
        found = []
        for name in said.keys() | expected.keys():
            ours, theirs = said.get(name), expected.get(name)
            if theirs is None and ours is not None and ours.get("status") == "retracted":
                continue
            if (
                ours is None
                or theirs is None
                or any(
                    ours[word] != theirs[word]
                    for word in (_LAST_BREACH if "status" in theirs else _LAST_VERDICT)
                )
            ):
                found.append(in_short(ours or theirs or {}))
        return sorted(found)

    def _disagrees(self) -> ViolationError | None:
        return self.states.disagrees(self.said.newest, self.said.is_open)

    def _wrong_cards(self) -> list[str]:
        """Compare what is known of each rep; from when that is is left aside."""
        return [
            f"{key.decode()}: {word} is {ours.get(word)}, in a replay {theirs[word]}"
            for key, theirs in self._cards.items()
            for ours in [self.said.cards.get(key, {})]
            for word in theirs
            if word != "as_of" and ours.get(word) != theirs[word]
        ]

    def finish(self) -> None:
        """Compare the whole with what it must be."""
        if not self._is_orderly and (differences := self._differences()):
            raise ViolationError(
                Invariant.SAME_AS_REPLAY, f"the last word differs: {'; '.join(differences)}"
            )
        assert self.expected is not None
        for name, told in self.expected.items():
            if name not in self.said.records and self._is_orderly:
                raise ViolationError(Invariant.LOST, f"only a replay says {in_short(told)}")
        if wrong := self._wrong_cards():
            raise ViolationError(Invariant.SAME_AS_REPLAY, f"scorecards: {'; '.join(wrong)}")
        refused = self.inputs.refused()
        for place in refused - self.said.dead.keys():
            raise ViolationError(Invariant.LOST, f"{place} is not among the dead letters")
        for place in self.said.dead.keys() - refused:
            raise ViolationError(Invariant.FALSE, f"{place} is among the dead letters")
        if (disagrees := self._disagrees()) is not None:
            raise disagrees
        if self._suspicion is not None:
            raise self._suspicion


def _last_words(told: dict[Name, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Keep the greatest revision of each id; what was warned of stays warned of."""
    last: dict[str, dict[str, Any]] = {}
    for (name, revision), one in told.items():
        if "warning_id" in one:
            continue
        if name not in last or revision > last[name]["revision"]:
            last[name] = one
    return last
