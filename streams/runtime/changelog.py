"""Reading a partition's state back: all of it, in bulk, to its true end."""

from collections.abc import Collection
from dataclasses import dataclass, field

from streams.domain.book import CONTROL_PREFIX
from streams.domain.panes import PREFIX as PANE_PREFIX
from streams.runtime.broker import Broker, Kept, Place
from streams.runtime.control import INNER, Control
from streams.runtime.partials import KEY as PARTIALS_KEY
from streams.runtime.position import KEY as POSITION_KEY
from streams.runtime.position import Position


class BrokenStateError(Exception):
    """A changelog holds state without a position: following it would judge facts twice."""


@dataclass(slots=True)
class State:
    """What a changelog says of one partition.

    Attributes:
        leads: What the book keeps, by key: packed leads, panes folded from leads that left,
            exclusions and what was heard of sources.
        control: Everything beside them.
        partials: What has to be told of reps.
        position: How far it goes; None: nothing was ever written.
        records: How many were read, with those that were overwritten later.
    """

    leads: dict[bytes, bytes] = field(default_factory=dict)
    control: Control = field(default_factory=Control)
    partials: bytes | None = None
    position: Position | None = None
    records: int = 0

    def take(self, kept: Collection[Kept]) -> None:
        """Apply records in order: the last one of a key holds."""
        self.records += len(kept)
        leads = self.leads
        for key, value in kept:
            if key.startswith(INNER) and not key.startswith((PANE_PREFIX, CONTROL_PREFIX)):
                self._take_inner(key, value)
            elif value is None:
                leads.pop(key, None)
            else:
                leads[key] = value

    def _take_inner(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            return
        if key == POSITION_KEY:
            self.position = Position.unpack(value)
        elif key == PARTIALS_KEY:
            self.partials = value
        else:
            self.control.load(key, value)


async def read_states(
    broker: Broker, changelog: str, partitions: Collection[int]
) -> dict[int, State]:
    """Read the state of partitions back.

    Args:
        broker: Where it is.
        changelog: The topic's full name.
        partitions: Numbers; their writers are opened, so nothing can be added meanwhile.

    Raises:
        BrokenStateError: State without a position.
        ConfigurationError: A newer release has written it.
    """
    states = {number: State() for number in partitions}
    if not states:
        return states
    places = [Place(changelog, number) for number in partitions]
    async for place, kept in broker.read_back(places):
        states[place.partition].take(kept)
    for number, state in states.items():
        if state.position is None and state.records:
            raise BrokenStateError(f"{changelog}/{number} has {state.records} records, no position")
    return states
