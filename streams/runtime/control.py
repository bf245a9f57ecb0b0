"""What a partition remembers beside its leads: control facts, heartbeats, routing.

Kept in the changelog under keys that no lead id can have, and written only when
something changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

import orjson

from schemas.codec import encode, fact_of
from schemas.facts import (
    ControlFact,
    ObligationFulfilled,
    PolicyPublished,
    SourceHeartbeat,
)
from schemas.instants import Instant
from streams.runtime.broker import Record

INNER: Final = b"\x00"
"""First byte of every key that is no lead's."""
KEY: Final = INNER + b"control"
_FACT: Final = {
    PolicyPublished: INNER + b"policy:",
    ObligationFulfilled: INNER + b"fulfilled:",
}


@dataclass(slots=True)
class Routing:
    """How many of an origin's first facts came, and how many on a wrong partition."""

    facts: int = 0
    misrouted: int = 0


@dataclass(slots=True)
class Control:
    """One partition's control state.

    Attributes:
        heartbeats: The greatest ``complete_up_to`` by origin.
        routing: The first facts of each origin; an absent origin is the empty text.
        told: Control facts that hold from now on, with their ``seen_at``, by key.
    """

    heartbeats: dict[str, Instant] = field(default_factory=dict)
    routing: dict[str, Routing] = field(default_factory=dict)
    told: dict[bytes, tuple[ControlFact, Instant]] = field(default_factory=dict)
    _changed: set[bytes] = field(default_factory=set)

    def heard(self, heartbeat: SourceHeartbeat) -> None:
        """Keep an origin's promise if it is greater than the last."""
        origin, complete_up_to = heartbeat.origin, heartbeat.complete_up_to
        if complete_up_to > self.heartbeats.get(origin, complete_up_to - 1):
            self.heartbeats[origin] = complete_up_to
            self._changed.add(KEY)

    def keep(self, fact: ControlFact, seen_at: Instant) -> bool:
        """Keep a control fact; of two of one identity the one seen first holds.

        Returns:
            Whether it changed anything.
        """
        key = key_of(fact)
        held = self.told.get(key)
        if held is not None and held[1] <= seen_at:
            return False
        self.told[key] = (fact, seen_at)
        self._changed.add(key)
        return True

    def routing_changed(self) -> None:
        """Say that ``routing`` was counted on."""
        self._changed.add(KEY)

    def policies(self) -> Iterator[tuple[PolicyPublished, Instant]]:
        """Give the published policies, in any order."""
        for fact, seen_at in self.told.values():
            if isinstance(fact, PolicyPublished):
                yield fact, seen_at

    def take_changed(self) -> list[Record]:
        """Hand over what must be written since the last call."""
        changed = [Record(key, self._pack(key)) for key in sorted(self._changed)]
        self._changed.clear()
        return changed

    def load(self, key: bytes, value: bytes) -> None:
        """Take a record from the changelog."""
        read: dict[str, Any] = orjson.loads(value)
        if key == KEY:
            self.heartbeats = read["heartbeats"]
            self.routing = {name: Routing(*counts) for name, counts in read["routing"].items()}
        elif key.startswith(tuple(_FACT.values())):
            fact = cast("ControlFact", fact_of(read["fact"]))
            self.told[key] = (fact, read["seen_at"])

    def _pack(self, key: bytes) -> bytes:
        if key == KEY:
            counts = {name: [one.facts, one.misrouted] for name, one in self.routing.items()}
            return orjson.dumps({"heartbeats": self.heartbeats, "routing": counts})
        fact, seen_at = self.told[key]
        return orjson.dumps({"seen_at": seen_at, "fact": orjson.Fragment(encode(fact))})


def key_of(fact: ControlFact) -> bytes:
    """Give the changelog key under which a control fact is kept."""
    match fact:
        case PolicyPublished():
            name = str(fact.version)
        case _:
            name = fact.event_id
    return _FACT[type(fact)] + name.encode()
