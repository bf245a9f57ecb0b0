"""Three days of a floor on which most things happen, for an app on the sources' time."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random
from typing import Any, Final

import orjson

from schemas.instants import HOUR, MINUTE, SECOND, Instant, format_instant, parse_instant
from tests.support.floor import Told, agreement, fact

MONDAY: Final[Instant] = parse_instant("2012-03-05T08:00:00Z")
BODY: Final = agreement(
    settle="PT30S",
    privacy={"reps": "named"},
    calendars={
        "floor": {"zone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-12:00", "13:00-17:30"]}},
        "long": {"zone": "America/New_York", "hours": {"mon-sun": ["07:00-19:00"]}},
    },
    default_calendar="floor",
    teams={
        "nord": {"calendar": "floor", "reps": {"anna": {"alias": "Kiebitz"}, "ben": None}},
        "sued": {"calendar": "long", "reps": ["carla", "idle"]},
    },
    sales=[
        {"id": "speed", "clock": "speed", "target": "PT1H"},
        {"id": "depth", "clock": "depth", "within": "PT9H", "min_attempts": 3},
    ],
)
_OWNERS: Final = (
    *(("nord", "anna"), ("nord", "ben"), ("nord", None)),
    *(("sued", "carla"), ("sued", None), ("west", "dora"), ("ost", "dora")),
)


def busy_days(leads: int, seed: int = 11) -> list[Told]:
    """Hand leads off, on and off again, call, write, close and reopen them, in any order.

    A tenth of what happened is told up to six hours late, some of it twice. Hand-offs are
    told at once: a breach that stands keeps the owner it was published with.
    """
    random = Random(seed)
    told: list[Told] = []
    for number in range(leads):
        for topic, at, fields in _life(random, MONDAY + random.randrange(60 * 60) * MINUTE):
            is_late = topic != "handed-off" and random.random() < 0.1
            late = random.randrange(6 * HOUR) if is_late else 0
            recorded_at = (at + late) // 1000 * 1000
            one = fact(topic, f"L-{number}", at, recorded_at, **fields)
            told += [one] * (2 if random.random() < 0.05 else 1)
    return sorted(told, key=lambda one: (one.recorded_at or 0, one.value or b""))


def _life(random: Random, at: Instant) -> Iterator[tuple[str, Instant, dict[str, Any]]]:
    yield "lead-created", at - random.randrange(2) * HOUR, {"source": "website"}
    yield "handed-off", at, _owner(random)
    for _ in range(random.randrange(7)):
        at += random.choice((20 * SECOND, 7 * MINUTE, 35 * MINUTE, 2 * HOUR, 9 * HOUR))
        kind = random.randrange(10)
        if kind < 7:
            yield "contact-attempt", at, _attempt(random)
        elif kind < 9:
            yield "handed-off", at, _owner(random)
        else:
            yield "lead-closed", at, {"outcome": random.choice(("won", "lost", "disqualified"))}
            if random.random() < 0.6:
                at += random.choice((5 * MINUTE, 3 * HOUR))
                yield "handed-off", at, _owner(random)


def _owner(random: Random) -> dict[str, Any]:
    team_id, rep_id = random.choice(_OWNERS)
    return {"team_id": team_id, "rep_id": rep_id}


def _attempt(random: Random) -> dict[str, Any]:
    outcomes = ("no_answer", "no_answer", "voicemail", "sent", "bounced", "connected", None)
    return {
        "channel": random.choice(("call", "call", "email", "message")),
        "outcome": random.choice(outcomes),
        "direction": random.choice(("outbound", "outbound", "outbound", "inbound")),
        "automated": random.random() < 0.1,
        "party": random.choice(("sales", "sales", "sales", "marketing")),
        "evidence": "system",
    }


def lines(told: Iterable[Told]) -> bytes:
    """Write facts as JSON lines, each with the instant at which it could be known."""
    written = []
    for one in told:
        value = orjson.loads(one.value or b"")
        recorded_at = format_instant(one.recorded_at or 0)
        seen_at = max(recorded_at, value["occurred_at"], key=datetime.fromisoformat)
        written.append(orjson.dumps({"type": one.topic, **value, "seen_at": seen_at}))
    return b"\n".join(written)
