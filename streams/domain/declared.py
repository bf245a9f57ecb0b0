"""What a book keeps beside its leads: exclusions, sources, and what was not reached yet.

Packed into records of the same changelog, under keys that no lead has.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from schemas.codec import decode, encode
from schemas.facts import ExclusionDeclared
from schemas.instants import Instant
from streams.domain.exclusions import NO_EXCLUSION, Exclusions
from streams.domain.silence import Sources

CONTROL_PREFIX: Final = b"\x00book:"
"""Begins the keys of a book's records that are no leads."""
_EXCLUSION: Final = CONTROL_PREFIX + b"exclusion:"
_SOURCES: Final = CONTROL_PREFIX + b"sources"
_SWEEPS: Final = CONTROL_PREFIX + b"sweeps"


@dataclass(slots=True)
class Declared:
    """The declared exclusions, and the sweeps over all leads that they started.

    Attributes:
        exclusions: All of them, also those that are known only later.
        sources: When each source was heard of.
        sweeps: At these instants all leads have to be judged again.
    """

    exclusions: Exclusions = NO_EXCLUSION
    sources: Sources = field(default_factory=Sources)
    sweeps: set[Instant] = field(default_factory=set)
    _watched: frozenset[str] = frozenset()
    _is_heard: bool = True
    _unfinished: set[Instant] = field(default_factory=set)
    _changed: set[bytes] = field(default_factory=set)

    def declare(self, fact: ExclusionDeclared, seen_at: Instant) -> bool:
        """Add a declaration; False when that changes nothing."""
        exclusions = self.exclusions.with_declared(fact, seen_at)
        if exclusions is self.exclusions:
            return False
        self.exclusions = exclusions
        self._changed.add(_EXCLUSION + fact.exclusion_id.encode())
        return True

    def watch(self, origins: Iterable[str]) -> None:
        """Say on which sources an agreement depends: only these are kept."""
        watched = frozenset(origins)
        if watched != self._watched:
            self._watched = watched
            self._changed.add(_SOURCES)

    def hear(self, origin: str, seen_at: Instant) -> None:
        """A fact of a source was seen."""
        self.sources.hear(origin, seen_at)
        self._is_heard = True
        if origin in self._watched:
            self._changed.add(_SOURCES)

    def complete(self, origin: str, complete_up_to: Instant, seen_at: Instant) -> None:
        """All facts of a source up to an instant have been sent."""
        self.sources.complete(origin, complete_up_to, seen_at)
        self._is_heard = True
        if origin in self._watched:
            self._changed.add(_SOURCES)

    def begin_sweep(self, at: Instant) -> None:
        """Remember that all leads have to be judged again at an instant."""
        self.sweeps.add(at)
        self._changed.add(_SWEEPS)

    def end_step(self, now: Instant) -> None:
        """Forget the sweeps that have reached every lead, and what was heard before others."""
        if self._is_heard:
            self._is_heard = self.sources.forget(now)
        if done := {at for at in self.sweeps if at <= now}:
            self.sweeps -= done
            self._changed.add(_SWEEPS)

    @property
    def has_unfinished(self) -> bool:
        """Sweeps that another process began are still to be taken."""
        return bool(self._unfinished)

    def take_unfinished(self) -> list[Instant]:
        """Give, once, the sweeps that another process began."""
        if not self._unfinished:
            return []
        unfinished, self._unfinished = sorted(self._unfinished), set()
        return unfinished

    def load(self, key: bytes, value: bytes) -> None:
        """Take a record from the changelog."""
        told: Any = orjson.loads(value)
        if key == _SOURCES:
            self.sources.load(told)
        elif key == _SWEEPS:
            self.sweeps = set(told)
            self._unfinished = set(told)
        elif key.startswith(_EXCLUSION):
            fact = decode(orjson.dumps(told["fact"]))
            assert isinstance(fact, ExclusionDeclared)
            self.exclusions = self.exclusions.with_declared(fact, told["seen_at"])

    def take_changed(self) -> list[tuple[bytes, bytes]]:
        """Hand over the records that changed since the last call."""
        changed = [(key, self._pack(key)) for key in sorted(self._changed)]
        self._changed.clear()
        return changed

    def _pack(self, key: bytes) -> bytes:
        if key == _SOURCES:
            return orjson.dumps(self.sources.pack(self._watched))
        if key == _SWEEPS:
            return orjson.dumps(sorted(self.sweeps))
        name = key.removeprefix(_EXCLUSION).decode()
        one = next(one for one in self.exclusions.declared if one.id == name)
        fact = orjson.Fragment(encode(one.fact))
        return orjson.dumps({"seen_at": one.declared_at, "fact": fact})
