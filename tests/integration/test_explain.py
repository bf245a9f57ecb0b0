"""A lead explained from topics, by a worker and from a file: the same words."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.instants import format_instant, parse_instant
from tests.support.floor import Floor, agreement, closing, fact, now, open_floor, seconds
from tests.unit.cli.running import run

pytestmark = pytest.mark.kafka

DATA = Path(__file__).parents[1] / "data" / "explained"
FILES = ("--facts", str(DATA / "facts.jsonl"), "--policy", str(DATA / "agreement.yaml"))
UNTIL = "2026-04-07T12:00:00+02:00"


async def command(floor: Floor, *args: str) -> str:
    """Run a command against the floor's topics."""
    result = await asyncio.to_thread(run, *args, env=floor.env)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("lead_id", ["L-1", "L-2", "L-3"])
async def test_worker_topics_and_file_explain_alike(
    lead_id: str, kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """A history sent to an app on its sources' time: every field is the same, and every word."""
    floor = await open_floor(kafka_bootstrap, prefix, tmp_path, time="facts")
    with closing(floor):
        await command(floor, "policy", "publish", FILES[3])
        await command(floor, "send", FILES[1], "--until", UNTIL)
        worker = floor.worker()
        until = parse_instant(UNTIL)
        await worker.until(
            lambda: _as_of(worker.get(f"/explain?lead={lead_id}&format=json")) == until
        )

        _, told = worker.get(f"/explain?lead={lead_id}&format=json")
        _, text = worker.get(f"/explain?lead={lead_id}")
        topics = await command(floor, "explain", lead_id, "--json")
        page = await command(floor, "explain", lead_id)

    from_file = run("explain", lead_id, *FILES, "--until", UNTIL, "--json").stdout
    assert orjson.loads(told) == orjson.loads(topics)
    assert orjson.loads(topics) == orjson.loads(from_file)
    assert text == page


async def test_a_living_app_is_explained_as_of_now(floor: Floor) -> None:
    """On the wall clock: overdue in the worker, and as of the same instant from the topics."""
    await floor.publish(agreement())
    worker = floor.worker()
    await worker.until_ready()
    await floor.tell(fact("handed-off", "L-1", now() - seconds(4), team_id="nord", rep_id="anna"))
    await floor.until_read("speed-breaches", lambda found: len(found) == 2)

    told = orjson.loads(worker.get("/explain?lead=L-1&format=json")[1])
    until = format_instant(parse_instant(told["as_of"]))
    again = await command(floor, "explain", "L-1", "--until", until, "--json")
    later = await command(floor, "explain", "L-1", "--json")
    unknown = await asyncio.to_thread(run, "explain", "L-9", env=floor.env)

    assert told["clocks"][0]["state"] == "breached"
    assert orjson.loads(again) == told
    assert orjson.loads(later)["as_of"] > until
    assert (unknown.exit_code, "nothing was told of a lead 'L-9'" in unknown.stderr) == (1, True)


async def test_a_draft_is_tried_on_topics_as_on_a_file(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """The same figures, the same leads that change; and no topic has a record more."""
    draft = tmp_path / "draft.yaml"
    draft.write_text((DATA / "agreement.yaml").read_text().replace("target: PT1H", "target: PT4H"))
    floor = await open_floor(kafka_bootstrap, prefix, tmp_path, time="facts")
    await command(floor, "policy", "publish", FILES[3])
    await command(floor, "send", FILES[1], "--until", UNTIL)
    topics = ("sla-control", "handed-off", "sla-verdicts", "speed-breaches")
    before = [len(await floor.read(topic)) for topic in topics]

    told = await command(floor, "policy", "backtest", str(draft), "--json")

    args = ("policy", "backtest", str(draft), *FILES, "--until", UNTIL, "--json")
    assert orjson.loads(told) == orjson.loads(run(*args).stdout)
    assert [one["lead_id"] for one in orjson.loads(told)["changed"]] == ["L-1"]
    assert [len(await floor.read(topic)) for topic in topics] == before


async def test_without_an_agreement_nothing_can_be_explained(floor: Floor) -> None:
    """One sentence that says what to do."""
    result = await asyncio.to_thread(run, "explain", "L-1", env=floor.env)

    assert result.exit_code == 2
    assert "no agreement was published; `leadclock policy publish` does it" in result.stderr


def _as_of(answer: tuple[int, str]) -> Any:
    status, text = answer
    return parse_instant(orjson.loads(text)["as_of"]) if status == 200 else None
