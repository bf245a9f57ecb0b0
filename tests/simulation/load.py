"""Leads' lives, told to the input topics of a simulated cluster by sources."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

import orjson

from schemas.codec import TOPIC_OF, encode, fact_of
from schemas.instants import MINUTE, SECOND, Instant, Micros, format_instant
from schemas.topics import partition_of
from streams.config import Settings, TimeMode
from streams.runtime.broker import Place, Record
from tests.simulation.logs import MILLI, Logs, Transaction
from tests.simulation.loop import START, SimulatedLoop
from tests.simulation.plan import Plan

TARGET: Final[Micros] = 2 * SECOND
HISTORY_AGE: Final[Micros] = 40 * 24 * 60 * MINUTE
"""In an app on the sources' time the facts are so much older than the wall clock."""


def agreement(version: int, effective_from: Instant, **more: Any) -> dict[str, Any]:
    """Write an agreement whose promises are a few seconds long."""
    return {
        "agreement": "simulated",
        "version": version,
        "effective_from": format_instant(effective_from),
        "privacy": {"reps": "named"},
        "settle": "PT0.5S",
        "false_close": "PT0.3S",
        "calendars": {"always": {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}}},
        "teams": {"nord": {"calendar": "always", "lead_contact": "chief", "reps": ["anna", "ben"]}},
        "contacts": {"manager": "head"},
        "escalation": [{"at": "100%", "to": "team_lead"}, {"after": "PT1S", "to": "manager"}],
        "pauses": {"reasons": ["vacation"]},
        "exclusions": {"reasons": ["storm"]},
        "sales": [
            {
                "id": "speed",
                "clock": "speed",
                "target": f"PT{TARGET // SECOND}S",
                "warn_at": [50, 90],
            },
            {"id": "first", "clock": "speed_to_lead", "calendar": "always", "target": "PT3S"},
            {"id": "depth", "clock": "depth", "within": "PT4S", "min_attempts": 2},
        ],
        **more,
    }


@dataclass(frozen=True, slots=True)
class Telling:
    """Records that a source appends at one instant, to their partitions.

    Attributes:
        at: Microseconds after the beginning.
        records: What is written where.
        stamped_at: The timestamp that the source gives; None: the broker gives its own.
        open_for: How long the source's transaction stays open; None: it uses none.
        is_aborted: And how it ends.
    """

    at: Micros
    records: tuple[tuple[Place, Record], ...]
    stamped_at: Instant | None = None
    open_for: Micros | None = None
    is_aborted: bool = False


class Sources:
    """Everybody who tells facts."""

    def __init__(self, loop: SimulatedLoop, logs: Logs) -> None:
        self._loop = loop
        self._logs = logs
        self.silent = asyncio.Event()
        """Set once everything is appended, and every transaction ended."""
        self._left = 0

    def tell(self, tellings: Iterable[Telling]) -> None:
        """Append everything at its time."""
        for telling in tellings:
            self._left += 1
            self._loop.later(telling.at / SECOND, self._append, telling)

    def _append(self, telling: Telling) -> None:
        transaction = Transaction("source", 0) if telling.open_for is not None else None
        for place, record in telling.records:
            self._logs.append(place, [record], "source", transaction, telling.stamped_at)
        if transaction is None or telling.open_for is None:
            self._done()
            return
        self._loop.later(telling.open_for / SECOND, self._end, transaction, not telling.is_aborted)

    def _end(self, transaction: Transaction, is_committed: bool) -> None:  # noqa: FBT001 - a step
        transaction.is_committed = is_committed
        for place in sorted(transaction.places):
            self._logs.end_transaction(place, transaction)
        self._done()

    def _done(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.silent.set()


@dataclass(frozen=True, slots=True)
class _Said:
    """One record of a life, before it is put on a timeline.

    Attributes:
        at: Microseconds after the beginning.
        value: A fact's JSON, or bytes that are none.
    """

    at: Micros
    topic: str
    key: bytes
    value: bytes | None
    partition: int | None = None


class Author:
    """Writes the lives of a plan's leads."""

    def __init__(self, plan: Plan, settings: Settings) -> None:
        self._plan = plan
        self._settings = settings
        self._random = Random(f"load {plan.seed}")
        self._length = int(plan.seconds * SECOND)
        # Where the lives begin on the facts' own clock.
        self._zero = START - HISTORY_AGE if plan.time is TimeMode.FACTS else START
        self._count = 0

    def tellings(self) -> list[Telling]:
        """Write everything down, by time."""
        said = [one for number in range(self._plan.leads) for one in self._life(f"lead-{number}")]
        said += self._disorder(said)
        said.sort(key=lambda one: one.at)
        tellings = [self._telling(one) for one in said]
        tellings += self._policies()
        tellings += self._exclusions()
        if self._plan.time is TimeMode.FACTS:
            tellings = self._as_history(tellings)
        return sorted(tellings, key=lambda telling: telling.at)

    def _life(self, lead: str) -> Iterable[_Said]:
        random = self._random
        born = random.randint(0, self._length // 2)
        given = born + random.randint(-SECOND // 2, SECOND)
        given = max(given, 0)
        if random.random() < 0.9:
            yield self._say(lead, "lead-created", born, source="website")
        if random.random() < 0.95:
            rep = random.choice(("anna", "ben", None))
            yield self._say(lead, "handed-off", given, team_id="nord", rep_id=rep)
        last = given
        for number in range(random.choice((0, 1, 1, 2, 3))):
            last = self._answer_at(given if number == 0 else last)
            yield from self._attempt(lead, last, given)
        yield from self._changes(lead, given, last)

    def _attempt(self, lead: str, at: Micros, given: Micros) -> Iterable[_Said]:
        random, name = self._random, self._name(lead)
        yield self._say(lead, "contact-attempt", at, event_id=name, **self._how())
        if random.random() < 0.1:
            yield self._say(lead, "fact-withdrawn", at + SECOND // 3, withdraws=name)
        if random.random() < 0.15:
            # Made in time, told when the due has passed.
            late, since = (
                given + TARGET + random.randint(0, 3 * SECOND),
                random.randint(0, 3 * SECOND),
            )
            yield self._say(lead, "contact-attempt", late, since=since, **self._how())

    def _changes(self, lead: str, given: Micros, last: Micros) -> Iterable[_Said]:
        random = self._random
        if random.random() < 0.2:
            again = given + random.randint(0, 4 * SECOND)
            yield self._say(lead, "handed-off", again, team_id="nord", rep_id="ben")
        if random.random() < 0.3:
            closed = last + random.randint(0, 2 * SECOND)
            yield self._say(lead, "lead-closed", closed, outcome="won")
        if random.random() < 0.15:
            paused = given + random.randint(0, 3 * SECOND)
            yield self._say(lead, "clock-paused", paused, reason="vacation")
            resumed = paused + random.randint(0, 2 * SECOND)
            yield self._say(lead, "clock-resumed", resumed, reason="vacation")
        if random.random() < 0.1:
            yield self._say(lead, "lead-updated", given + SECOND, segment="small")
        if random.random() < 0.04:
            yield self._say(lead, "lead-erased", last + 3 * SECOND)

    def _how(self) -> dict[str, Any]:
        random = self._random
        return {
            "channel": random.choice(("call", "email")),
            "evidence": random.choice(("system", "system", "manual")),
            "outcome": random.choice((None, "connected", "no_answer")),
        }

    def _answer_at(self, since: Micros) -> Micros:
        """Choose an instant, often next to the due, where a mistake would show."""
        random, due = self._random, since + TARGET
        return random.choice(
            (
                since + random.randint(0, TARGET),
                due + random.randint(-3 * MILLI, 3 * MILLI),
                due + random.randint(-300 * MILLI, 300 * MILLI),
                since + random.randint(0, 2 * TARGET),
            )
        )

    def _say(
        self, lead: str, kind: str, at: Micros, *, since: Micros | None = None, **fields: Any
    ) -> _Said:
        at = max(at, 0)
        # Sources write a little after it happened; a clock ahead of ours claims the future.
        since = self._random.choice((0, 0, 40 * MILLI, -200 * MILLI)) if since is None else since
        told = {
            "type": kind,
            "event_id": self._name(lead),
            "lead_id": lead,
            "occurred_at": format_instant(self._zero + at - since),
            **{name: value for name, value in fields.items() if value is not None},
        }
        return _Said(at, TOPIC_OF[kind], lead.encode(), encode(fact_of(told)))

    def _name(self, lead: str) -> str:
        self._count += 1
        return f"{lead}-{self._count}"

    def _disorder(self, said: list[_Said]) -> list[_Said]:
        """Repeat a few records, and add some that nobody can use."""
        random, more = self._random, []
        # What was erased is forgotten, so a repetition after it would be another life.
        erased = {one.key for one in said if b'"lead-erased"' in (one.value or b"")}
        for one in said:
            if random.random() < 0.1 and one.key not in erased:
                later = one.at + random.randint(0, 2 * SECOND)
                more.append(_Said(later, one.topic, one.key, one.value))
        for _ in range(self._plan.spoiled):
            one = random.choice(said)
            more.append(self._spoiled(random.randint(0, self._length), one))
        return more

    def _spoiled(self, at: Micros, one: _Said) -> _Said:
        random, value = self._random, one.value or b""
        partition = partition_of(one.key, self._settings.partitions)
        told = orjson.loads(value)
        told["occurred_at"] = format_instant(self._zero + at + 3 * MINUTE)
        astray = orjson.dumps(orjson.loads(value) | {"lead_id": "astray"})
        elsewhere = (partition_of(b"astray", self._settings.partitions) + 1) % (
            self._settings.partitions
        )
        return random.choice(
            (
                _Said(at, one.topic, one.key, value[:-7], partition),
                _Said(at, one.topic, one.key, None, partition),
                _Said(at, one.topic, b"another", value, partition),
                _Said(at, one.topic, one.key, orjson.dumps(told), partition),
                _Said(at, one.topic, b"astray", astray, elsewhere),
            )
        )

    def _telling(self, one: _Said) -> Telling:
        random = self._random
        partition = one.partition
        if partition is None:
            partition = partition_of(one.key, self._settings.partitions)
        place = Place(self._settings.topic(one.topic), partition)
        uses_transaction = random.random() < 0.2
        is_aborted = uses_transaction and random.random() < 0.2
        lag = int(random.random() * self._plan.lag * SECOND) if random.random() < 0.5 else 0
        return Telling(
            one.at,
            ((place, Record(one.key, one.value)),),
            stamped_at=self._zero + one.at - lag if lag else None,
            open_for=random.randint(0, 700 * MILLI) if uses_transaction else None,
            is_aborted=is_aborted,
        )

    def _policies(self) -> Iterable[Telling]:
        random = self._random
        first = int(self._plan.policy_at * SECOND)
        yield self._to_all(first, self._published(agreement(1, self._zero - MINUTE), first))
        if random.random() < 0.25:
            at = random.randint(0, self._length)
            body = agreement(2, self._zero - MINUTE, settle="PT0.7S")
            yield self._to_all(at, self._published(body, at))

    def _exclusions(self) -> Iterable[Telling]:
        random = self._random
        if random.random() < 0.25:
            at, begins = random.randint(0, self._length), random.randint(0, self._length)
            value = {
                "type": "exclusion-declared",
                "event_id": "exclusion-1",
                "exclusion_id": "storm-1",
                "occurred_at": format_instant(self._zero + at),
                "from": format_instant(self._zero + begins),
                "to": format_instant(self._zero + begins + random.randint(1, 2 * SECOND)),
                "reason": "storm",
            }
            yield self._to_all(at, orjson.dumps(value))

    def _published(self, body: dict[str, Any], at: Micros) -> bytes:
        return orjson.dumps(
            {
                "type": "policy-published",
                "event_id": f"policy-{body['version']}",
                "occurred_at": format_instant(self._zero + at),
                "version": body["version"],
                "effective_from": body["effective_from"],
                "body": body,
            }
        )

    def _to_all(self, at: Micros, value: bytes) -> Telling:
        topic = self._settings.topic("sla-control")
        key = orjson.loads(value)["type"].encode()
        return Telling(
            at,
            tuple(
                (Place(topic, number), Record(key, value))
                for number in range(self._settings.partitions)
            ),
            open_for=self._random.choice((0, 30 * MILLI)),
        )

    def _as_history(self, tellings: list[Telling]) -> list[Telling]:
        """Send the lives faster than they were, with promises that all up to then is told."""
        random = self._random
        told: list[Telling] = []
        sent_at = 0
        beat = 0
        for telling in sorted(tellings, key=lambda one: one.at):
            sent_at += random.randint(1, 150 * MILLI)
            stamped_at = self._zero + telling.at
            told.append(replace(telling, at=sent_at, stamped_at=stamped_at))
            if random.random() < 0.3:
                beat += 1
                # Records carry milliseconds: nothing below this one is still to come.
                complete_up_to = stamped_at // MILLI * MILLI - 1
                told.append(self._heartbeat(sent_at, complete_up_to, beat))
        told.append(self._heartbeat(sent_at + 1, self._zero + self._length + 60 * SECOND, beat + 1))
        return told

    def _heartbeat(self, at: Micros, complete_up_to: Instant, number: int) -> Telling:
        value = {
            "type": "source-heartbeat",
            "event_id": f"beat-{number}",
            "occurred_at": format_instant(complete_up_to),
            "origin": "history",
            "complete_up_to": format_instant(complete_up_to),
        }
        return self._to_all(at, orjson.dumps(value))
