"""Scorecards on real Kafka: two workers, kills and takeovers, and the cards of a replay."""

from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from schemas.codec import decode
from schemas.instants import DAY, HOUR, MINUTE, format_instant, parse_instant
from schemas.verdicts import encode_record, record_key
from streams.domain.policy import policy_of
from streams.replay import replay
from streams.runtime.wall import wall_now
from tests.support.floor import (
    Floor,
    Read,
    Told,
    agreement,
    closing,
    control,
    fact,
    open_floor,
    speed_within,
)

pytestmark = pytest.mark.kafka

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


async def test_scorecards_of_two_workers_are_those_of_a_replay(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """Half of it, a kill, the other half, a second kill: once drained, the replay's cards."""
    told = two_days()
    half = len(told) // 2
    with closing(await history(kafka_bootstrap, prefix, tmp_path)) as floor:
        first, second = floor.worker(), floor.worker()
        await first.until_ready()
        await second.until_ready()
        await floor.tell(*told[:half], heartbeat(told[half - 1].recorded_at or 0))
        await floor.until_read("rep-scorecards", bool)
        await first.kill()
        await floor.tell(*told[half:], heartbeat(END - HOUR))
        third = floor.worker()
        await third.until_ready()
        await second.kill()
        await floor.tell(heartbeat(END))
        expected = cards_of_a_replay(told, END)
        assert set(expected) == {"nord:", "nord:anna", "nord:ben", "nord:carla"}

        read = await floor.until_read(
            "rep-scorecards", lambda found: last_cards(found) == expected, within=30.0
        )

        assert all(one.headers["ce_type"] == "leadclock.rep-scorecard.v1" for one in read)
        assert await third.stop() == 0


async def test_a_window_that_moves_on_is_published(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """Time passes without a fact: the hour empties, the day ends, and each says so once."""
    with closing(await history(kafka_bootstrap, prefix, tmp_path)) as floor:
        worker = floor.worker()
        await worker.until_ready()
        await floor.tell(
            fact("handed-off", "L-1", MORNING, team_id="nord", rep_id="anna"),
            fact("contact-attempt", "L-1", MORNING + MINUTE, channel="call", outcome="connected"),
            heartbeat(MORNING + MINUTE),
        )

        async def leads(heartbeat_at: int, expected: list[int]) -> int:
            await floor.tell(heartbeat(heartbeat_at))

            def holds(found: list[Read]) -> bool:
                windows = last_cards(found)["nord:anna"]["windows"] if found else {}
                return [window["leads"] for window in windows.values()] == expected

            return len(await floor.until_read("rep-scorecards", holds))

        assert await leads(MORNING + 2 * MINUTE, [1, 1, 1, 1]) >= 1
        before = await leads(MORNING + 75 * MINUTE, [0, 1, 1, 1])
        assert await leads(MORNING + 15 * HOUR, [0, 0, 1, 1]) == before + 1
        assert await leads(MORNING + 7 * DAY, [0, 0, 0, 1]) == before + 2


async def test_a_lead_is_on_its_card_as_it_happens(floor: Floor) -> None:
    """By the wall clock: open, breached after two seconds, both on the team's one card."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()
    await floor.tell(fact("handed-off", "L-1", wall_now(), team_id="nord", rep_id="anna"))

    def holds(found: list[Read]) -> bool:
        cards = last_cards(found)
        return set(cards) == {"nord:*"} and cards["nord:*"]["breached"] == 1

    read = await floor.until_read("rep-scorecards", holds)

    card = read[-1].told
    assert card["windows"]["1h"]["leads"] == card["windows"]["1h"]["breaches"] == 1
    assert abs(parse_instant(card["as_of"]) - wall_now()) < MINUTE
