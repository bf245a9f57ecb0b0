"""What a seed stands for: how the world is, and what goes wrong in it when."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from streams.config import TimeMode, WriterKind


class Mishap(StrEnum):
    """What happens to a worker."""

    KILL = "kill"
    FREEZE = "freeze"
    STOP = "stop"
    JOIN = "join"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Event:
    """A mishap at an instant.

    Attributes:
        seconds: After the beginning.
        worker: Which one, counted over those that there are.
        length: Of a freeze, in seconds.
    """

    seconds: float
    mishap: Mishap
    worker: int
    length: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a seed decides before the simulation begins.

    Attributes:
        time: Of the app.
        writer: Of the workers; the plain one works alone.
        partitions: Of each topic.
        workers: At the beginning.
        leads: Whose lives are told.
        seconds: How long they are told.
        mixed: Steps of one process run in any order.
        trouble: Share of requests that fail.
        slow: Share of requests that take long.
        strikes: Chance that a process is struck, at each of three moments of a request.
        strike_at: The one moment, counted from 1, at which the process is struck for sure.
        strike_length: For so many seconds it is frozen then; 0: it is killed.
        events: Mishaps by time.
        refusals: Share of batches that the cluster refuses for what they are.
        compacts: The changelog is compacted now and then.
        policy_at: When the first agreement is published, in seconds; facts wait for it.
        spoiled: How many records nobody can use.
        is_static: Workers are static members of their group.
        has_reps: The workers keep the table of reps, too.
        lag: Sources stamp some records up to so many seconds before they append them.
    """

    seed: int
    time: TimeMode = TimeMode.WALL
    writer: WriterKind = WriterKind.TRANSACTIONS
    partitions: int = 2
    workers: int = 2
    leads: int = 4
    seconds: float = 9.0
    mixed: bool = False
    trouble: float = 0.0
    slow: float = 0.0
    strikes: float = 0.0
    strike_at: int = 0
    strike_length: float = 0.0
    events: tuple[Event, ...] = ()
    refusals: float = 0.0
    compacts: bool = False
    policy_at: float = 0.0
    spoiled: int = 2
    lag: float = 0.0
    is_static: bool = False
    has_reps: bool = False

    def shown(self) -> str:
        """Write it as a line."""
        events = ", ".join(
            f"{event.mishap} {event.worker} at {event.seconds:.3f}"
            + (f" for {event.length:.1f}" if event.length else "")
            for event in self.events
        )
        return (
            f"time {self.time}, writer {self.writer}, {self.partitions} partitions, "
            f"{self.workers} workers, {self.leads} leads, {self.seconds:.1f} s, "
            f"mixed {self.mixed}, trouble {self.trouble:.3f}, slow {self.slow:.3f}, "
            f"strikes {self.strikes:.4f}, refusals {self.refusals:.3f}, "
            f"compacts {self.compacts}, reps {self.has_reps}, static {self.is_static}, "
            f"policy at {self.policy_at:.1f} s, lag {self.lag:.1f} s; {events or 'nothing planned'}"
        )


def plan_of(seed: int) -> Plan:
    """Draw a plan."""
    random = Random(f"plan {seed}")
    plain = random.random() < 0.12
    is_wall = random.random() < 0.85
    seconds = random.uniform(4.0, 9.0)
    # Some worlds are calm but for what is planned, some are rough all the time.
    rough = random.random() < 0.5
    return Plan(
        seed=seed,
        time=TimeMode.WALL if is_wall else TimeMode.FACTS,
        writer=WriterKind.PLAIN if plain else WriterKind.TRANSACTIONS,
        partitions=random.choice((1, 2, 2, 3)),
        workers=1 if plain else random.choice((1, 2, 2, 3)),
        leads=random.randint(2, 6),
        seconds=seconds,
        mixed=random.random() < 0.3,
        trouble=random.choice((0.0, 0.003, 0.02)) if rough else 0.0,
        slow=random.choice((0.0, 0.02, 0.1)) if rough else 0.0,
        strikes=random.choice((0.001, 0.003, 0.01)) if random.random() < 0.6 else 0.0,
        events=_events(random, seconds, alone=plain),
        refusals=0.01 if random.random() < 0.2 else 0.0,
        compacts=random.random() < 0.4,
        policy_at=random.choice((0.0, 0.0, 0.0, random.uniform(0.0, 2.0))),
        spoiled=random.choice((0, 1, 2, 3, 6)),
        is_static=random.random() < 0.2 and not plain,
        has_reps=random.random() < 0.4,
        lag=random.choice((0.3, 2.0)) if random.random() < 0.15 and is_wall else 0.0,
    )


def _events(random: Random, seconds: float, *, alone: bool) -> tuple[Event, ...]:
    mishaps = [Mishap.KILL, Mishap.KILL, Mishap.FREEZE, Mishap.FREEZE, Mishap.STOP]
    if not alone:
        mishaps += [Mishap.JOIN, Mishap.LEAVE]
    events = [
        Event(
            random.uniform(0.2, seconds + 3.0),
            mishap := random.choice(mishaps),
            random.randrange(3),
            # Some wake before anybody has missed them, some after a takeover.
            random.choice((random.uniform(0.1, 1.5), random.uniform(2.1, 3.5)))
            if mishap is Mishap.FREEZE
            else 0.0,
        )
        for _ in range(random.choice((0, 1, 2, 3, 4, 5)))
    ]
    return tuple(sorted(events, key=lambda event: event.seconds))
