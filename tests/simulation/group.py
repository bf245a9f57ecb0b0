"""The consumer group of a simulated cluster: members, generations, assignments, offsets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from streams.runtime.broker import Place
from tests.simulation.history import History
from tests.simulation.loop import SimulatedLoop

if TYPE_CHECKING:
    import asyncio

SESSION_SECONDS: Final = 2.0
"""After so long without a heartbeat a member is out."""
REBALANCE_SECONDS: Final = 2.5
"""So long a rebalance waits for members that have not come back to join."""


class UnknownMemberError(Exception):
    """The group does not know this member any more, or not in this generation."""


class Joined(NamedTuple):
    """What a member is told when a rebalance is over."""

    generation: int
    partitions: frozenset[int]


@dataclass(slots=True, eq=False)
class _Member:
    life: str
    heard: int = 0
    joining: "asyncio.Future[Joined] | None" = None
    dealt: frozenset[int] = frozenset()


class Group:
    """One group, with Kafka's classic eager protocol."""

    def __init__(
        self, loop: SimulatedLoop, random: Random, history: History, partitions: int
    ) -> None:
        self._loop = loop
        self._random = random
        self._history = history
        self._partitions = partitions
        self._members: dict[str, _Member] = {}
        self._is_joining = False
        self._round = 0
        self.generation = 0
        self.offsets: dict[Place, int] = {}
        """What members have committed to the group; only lag monitors should care."""
        self.watchers: list[Callable[[dict[Place, int]], None]] = []
        """Told what is committed."""

    @property
    def members(self) -> Sequence[str]:
        """Who is in it."""
        return list(self._members)

    def join(self, name: str, life: str, told: "asyncio.Future[Joined]") -> None:
        """Take part in the next generation.

        A static member that comes back in another life gets what it had, at once, and no
        other member hears of it.
        """
        member = self._members.setdefault(name, _Member(life))
        if member.life != life:
            member.life = life
            if not self._is_joining:
                self._history.note("group", f"{life} comes back as {name}", set(member.dealt))
                self._heard(name, member)
                told.set_result(Joined(self.generation, member.dealt))
                return
        member.joining = told
        self._heard(name, member)
        self._begin()
        self._finish_if_all_are_here()

    def heartbeat(self, name: str, generation: int, told: "asyncio.Future[bool]") -> None:
        """Say that a member is alive; the answer is whether it has to join again."""
        member = self._members.get(name)
        if member is None or (generation != self.generation and not self._is_joining):
            told.set_exception(UnknownMemberError(name))
            return
        self._heard(name, member)
        told.set_result(self._is_joining)

    def leave(self, name: str, told: "asyncio.Future[Any]") -> None:
        """Take a member out."""
        self._remove(name)
        told.set_result(None)

    def commit(self, generation: int, offsets: dict[Place, int]) -> None:
        """Keep offsets of the members' own reckoning."""
        if generation == self.generation:
            self.offsets |= offsets
            for watcher in self.watchers:
                watcher(offsets)

    def _heard(self, name: str, member: _Member) -> None:
        member.heard += 1
        self._loop.later(SESSION_SECONDS, self._missed, name, member, member.heard)

    def _missed(self, name: str, member: _Member, heard: int) -> None:
        # One that waits for the others to join is not missed.
        if (
            self._members.get(name) is member
            and member.heard == heard
            and (member.joining is None or member.joining.done())
        ):
            self._history.note("group", f"misses {name}")
            self._remove(name)

    def _remove(self, name: str) -> None:
        if self._members.pop(name, None) is not None and self._members:
            self._begin()
            self._finish_if_all_are_here()

    def _begin(self) -> None:
        if not self._is_joining:
            self._is_joining = True
            self._round += 1
            self._loop.later(REBALANCE_SECONDS, self._finish, self._round)

    def _finish_if_all_are_here(self) -> None:
        if all(
            member.joining is not None and not member.joining.done()
            for member in self._members.values()
        ):
            self._finish(self._round)

    def _finish(self, number: int) -> None:
        if not self._is_joining or number != self._round:
            return
        self._is_joining = False
        here = {
            name: member
            for name, member in self._members.items()
            if member.joining is not None and not member.joining.done()
        }
        self._members = here
        self.generation += 1
        dealt = self._deal(list(here))
        self._history.note("group", f"generation {self.generation}", dealt)
        for name, member in here.items():
            assert member.joining is not None
            self._heard(name, member)
            member.dealt = frozenset(dealt[name])
            member.joining.set_result(Joined(self.generation, member.dealt))
            member.joining = None

    def _deal(self, names: list[str]) -> dict[str, list[int]]:
        self._random.shuffle(names)
        dealt: dict[str, list[int]] = {name: [] for name in names}
        for partition in range(self._partitions if names else 0):
            dealt[names[partition % len(names)]].append(partition)
        return dealt
