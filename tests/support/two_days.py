"""Two days of a small floor, for an app on the sources' time."""

from pathlib import Path
from random import Random
from typing import Any

import orjson

from schemas.codec import decode
from schemas.instants import DAY, HOUR, MINUTE, format_instant, parse_instant
from schemas.verdicts import encode_record, record_key
from streams.domain.policy import policy_of
from streams.replay import replay
from tests.support.floor import (
    Floor,
    Read,
    Told,
    agreement,
    control,
    fact,
    open_floor,
    speed_within,
)

MORNING = parse_instant("2012-03-01T09:00:00Z")
END = MORNING + 2 * DAY + 7 * MINUTE
BODY = agreement(
    sales=[
        *speed_within("PT1H"),
        {"id": "depth", "clock": "depth", "within": "PT8H", "min_attempts": 2},
    ],
    privacy={"reps": "named"},
)


def heartbeat(complete_up_to: int) -> Told:
    """Tell that all facts up to an instant have been sent."""
    return control(
        "source-heartbeat",
        complete_up_to,
        origin="send",
        complete_up_to=format_instant(complete_up_to),
        event_id=f"send:{complete_up_to}",
    )


def two_days() -> list[Told]:
    """Sixty leads of three reps and a queue, called, closed and handed on."""
    random, told = Random(7), []
    for number in range(60):
        lead_id, at = f"L-{number}", MORNING + random.randrange(30 * 60) * MINUTE
        rep_id = random.choice(["anna", "ben", "carla", None])
        told.append(fact("handed-off", lead_id, at, team_id="nord", rep_id=rep_id))
        if number % 5 == 0:
            moved_at = at + random.randrange(1, 90) * MINUTE
            told.append(fact("handed-off", lead_id, moved_at, team_id="nord", rep_id="ben"))
        for _ in range(random.randrange(4)):
            called_at = at + random.randrange(6 * 60) * MINUTE
            outcome = random.choice(["no_answer", "voicemail", "connected"])
            told.append(
                fact(
                    "contact-attempt",
                    lead_id,
                    called_at,
                    channel="call",
                    outcome=outcome,
                    evidence="system",
                )
            )
        if number % 3 == 0:
            told.append(fact("lead-closed", lead_id, at + 9 * HOUR, outcome="won"))
    return sorted(told, key=lambda one: (one.recorded_at or 0, one.value or b""))


def cards_of_a_replay(told: list[Told], until: int) -> dict[str, dict[str, Any]]:
    """Give the cards that a replay of the same facts ends with."""
    lines = [(number, decode(one.value or b"", topic=one.topic)) for number, one in enumerate(told)]
    found = replay(policy_of(BODY), lines, until=until)
    return {
        record_key(card).decode(): {**orjson.loads(encode_record(card)), "as_of": ""}
        for card in found.scorecards
    }


def last_cards(read: list[Read]) -> dict[str, dict[str, Any]]:
    """Give the last card under each key."""
    cards: dict[str, dict[str, Any]] = {}
    for one in read:
        key = (one.key or b"").decode()
        if one.value is None:
            cards.pop(key, None)
        else:
            cards[key] = {**one.told, "as_of": ""}
    return cards


async def history(bootstrap: str, prefix: str, directory: Path) -> Floor:
    """Open an app on the sources' time."""
    floor = await open_floor(bootstrap, prefix, directory, time="facts")
    await floor.publish(BODY, MORNING - HOUR)
    return floor
