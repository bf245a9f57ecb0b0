"""How bugs are planted: each is a mistake that the shell might have made."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from streams.config import TimeMode, WriterKind
from tests.simulation.plan import Event, Mishap, Plan, plan_of
from tests.simulation.violation import Invariant
from tests.simulation.world import World

Planting = Callable[[World], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug.

    Attributes:
        name: For the command line.
        mistake: What is wrong.
        plant: Makes it so, for one world.
        caught_by: Invariants that may notice it.
        where: Changes plans so that the mistake can matter.
    """

    name: str
    mistake: str
    plant: Planting
    caught_by: frozenset[Invariant]
    where: Callable[[Plan], Plan] = lambda plan: plan

    def plan_of(self, seed: int) -> Plan:
        """Draw a plan in which the mistake can matter."""
        return self.where(plan_of(seed))


MUTANTS: dict[str, Mutant] = {}


def plant(
    *caught_by: Invariant, where: Callable[[Plan], Plan] = lambda plan: plan
) -> Callable[[Callable[[World], Iterator[None]]], Planting]:
    """Register a bug: its docstring says what is wrong, its body makes it so.

    Args:
        caught_by: Invariants that may notice it.
        where: Changes plans so that the mistake can matter.
    """

    def register(body: Callable[[World], Iterator[None]]) -> Planting:
        bug = contextmanager(body)
        name = body.__name__.replace("_", "-")
        assert body.__doc__ is not None
        MUTANTS[name] = Mutant(name, body.__doc__, bug, frozenset(caught_by), where)
        return bug

    return register


def alone(plan: Plan) -> Plan:
    """One worker with the plain writer."""
    events = tuple(
        event for event in plan.events if event.mishap not in {Mishap.JOIN, Mishap.LEAVE}
    )
    return replace(
        plan,
        writer=WriterKind.PLAIN,
        workers=1,
        partitions=3,
        leads=10,
        events=events,
        slow=0.2,
        strikes=0.01,
        lag=0.0,
        is_static=False,
    )


def slow(plan: Plan) -> Plan:
    """Requests take long, many fail, and workers die in the middle of them."""
    return replace(
        plan, writer=WriterKind.TRANSACTIONS, slow=0.3, trouble=0.02, strikes=0.005, lag=0.0
    )


def zombies(plan: Plan) -> Plan:
    """Workers that are frozen until shortly after others have taken over."""
    random = Random(f"zombies {plan.seed}")
    events = tuple(
        Event(at + random.random(), Mishap.FREEZE, random.randrange(3), random.uniform(2.2, 3.2))
        for at in (0.8, 2.4, 4.0)
    )
    return replace(plan, writer=WriterKind.TRANSACTIONS, workers=2, events=events)


def crowded(plan: Plan) -> Plan:
    """A rebalance finds facts waiting for the first agreement, some of them to be refused."""
    join = Event(1.2, Mishap.JOIN, 0)
    return replace(plan, workers=2, policy_at=2.0, spoiled=20, strikes=0.0, events=(join,))


def on_facts(plan: Plan) -> Plan:
    """An app on the sources' time."""
    return replace(plan, time=TimeMode.FACTS)
