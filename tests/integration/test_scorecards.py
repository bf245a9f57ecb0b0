"""Scorecards on real Kafka: two workers, kills and takeovers, and the cards of a replay."""

from pathlib import Path

import pytest

from schemas.instants import DAY, HOUR, MINUTE, parse_instant
from streams.runtime.wall import wall_now
from tests.support.floor import Floor, Read, agreement, closing, fact
from tests.support.two_days import (
    END,
    MORNING,
    cards_of_a_replay,
    heartbeat,
    history,
    last_cards,
    two_days,
)

pytestmark = pytest.mark.kafka


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
