"""What a worker shows, under each mode of privacy, is searched for whom it must not name."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import pytest

from streams.runtime.embedded import EmbeddedBroker
from streams.runtime.patience import be_patient
from tests.support.floor import Floor, Told, agreement, closing, control, fact, now, open_floor
from tests.support.floor import seconds as of_seconds

ANNA, BEN, GUEST = "rep-q7anna", "rep-q7ben", "rep-q7guest"
ALIAS = "Kiebitz"
IDS: Final = (ANNA, BEN, GUEST)
TEAMS: Final = {
    "nord": {"calendar": "always", "reps": {ANNA: {"alias": ALIAS}, BEN: None}},
    "west": {"calendar": "always", "reps": ["rep-w1", "rep-w2", "rep-w3"]},
}


class Case(NamedTuple):
    """A mode of privacy.

    Attributes:
        hidden: Must not appear.
        told: Has to appear, or the search would prove nothing.
    """

    privacy: dict[str, Any]
    hidden: tuple[str, ...]
    told: tuple[str, ...]


CASES: Final = {
    "named": Case({"reps": "named"}, (), (ANNA, BEN, GUEST)),
    "alias": Case({"reps": "alias"}, IDS, (ALIAS,)),
    "team_only": Case({"reps": "team_only"}, (*IDS, ALIAS), ("nord",)),
    "small group": Case(
        {"reps": "team_only", "min_group": 3}, (*IDS, ALIAS, "nord"), ("other", "west")
    ),
}


@pytest.fixture
async def floor(prefix: str, tmp_path: Path) -> AsyncIterator[Floor]:
    """An app on an embedded broker, with the writer for it."""
    be_patient()
    async with EmbeddedBroker() as broker:
        more = {"writer": "plain", "session_timeout": "10"}
        opened = await open_floor(broker.bootstrap, prefix, tmp_path, **more)
        with closing(opened) as floor:
            yield floor


def _story(at: int) -> list[Told]:
    """Breached, answered by somebody else, refused, too late, excluded: ids wherever they go."""
    hour = of_seconds(3600)
    return [
        fact("handed-off", "L-1", at, team_id="nord", rep_id=ANNA),
        fact("handed-off", "L-2", at, team_id="nord", rep_id=BEN),
        fact("contact-attempt", "L-2", at, channel="call", rep_id=GUEST, evidence="system"),
        fact("handed-off", "L-3", at, team_id="nord", rep_id=GUEST),
        fact("handed-off", "L-4", at, team_id="west", rep_id="rep-w1"),
        fact("handed-off", "L-5", at - 400 * hour, at, team_id="nord", rep_id=ANNA),
        # Refused: no channel; an outcome that is somebody's name; not even JSON.
        fact("contact-attempt", "L-6", at, rep_id=ANNA),
        fact("contact-attempt", "L-6", at, channel="call", rep_id=ANNA, outcome=BEN),
        Told("contact-attempt", f'{{"rep_id":"{BEN}"'.encode(), b"L-6", at),
        control(
            "exclusion-declared",
            at,
            exclusion_id=f"sick-{ANNA}",
            reason="sick",
            declared_by=BEN,
            scope={"rep_id": ANNA},
            **{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        ),
    ]


@pytest.mark.parametrize("mode", CASES)
async def test_nobody_is_named_whom_the_agreement_hides(
    floor: Floor, mode: str, tmp_path: Path
) -> None:
    """Metrics, scorecards, logs, board, refusals and a replay's output, each read to its end."""
    case = CASES[mode]
    body = agreement(
        privacy=case.privacy,
        teams=TEAMS,
        exclusions={"reasons": ["sick"]},
        escalation=[{"after": "PT1S", "to": "team_lead"}],
    )
    await floor.publish(body)
    worker = floor.worker()
    await worker.until_ready()
    told = _story(now())
    await floor.tell(*told)
    breaches = await floor.until_read("speed-breaches", lambda found: len(found) >= 6)
    cards = await floor.until_read("rep-scorecards", lambda found: _breached(found) >= 3)
    await worker.until(lambda: 'state="breached"} 1' in worker.get("/metrics/reps")[1])

    shown = {
        "/metrics": worker.get("/metrics")[1],
        "/metrics/reps": worker.get("/metrics/reps")[1],
        "rep-scorecards": "\n".join(f"{one.key!r} {one.value!r}" for one in cards),
        "rep-partials": "\n".join(
            f"{one.key!r} {one.value!r}" for one in await floor.read("rep-partials")
        ),
        "board": await _board(floor, tmp_path / "board.svg"),
        "board.svg": (tmp_path / "board.svg").read_text(encoding="utf-8"),
    }
    listed = worker.get("/worklist")[1]
    assert await worker.stop() == 0
    shown["log"] = worker.log

    for name, text in shown.items():
        found = {word for word in case.hidden if word in text}
        # It lists where each team's day begins, and no figure of a small one.
        found -= {"nord"} if name == "rep-partials" else set()
        assert not found, f"{name} shows {found}"
    for name in ("/metrics/reps", "rep-scorecards"):
        assert [word for word in case.told if word not in shown[name]] == [], name
    # Whoever has to act needs the real ids: these are for ACLs to protect.
    real = b"".join(one.value or b"" for one in breaches).decode()
    assert ANNA in real
    assert ANNA in listed


def _breached(cards: list[Any]) -> int:
    last = {one.key: one.told for one in cards if one.value is not None}
    return sum(card["breached"] for card in last.values())


async def _board(floor: Floor, picture: Path) -> str:
    """Run the board into a pipe, and let it draw."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams.cli", "board", "--seconds", "1", "--svg", str(picture)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **floor.env},
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, out
    assert b"breaches" in out
    return out.decode()


@pytest.mark.parametrize("mode", CASES)
async def test_a_replay_writes_cards_as_the_agreement_says(mode: str, tmp_path: Path) -> None:
    """And says nothing of anybody on the terminal; its breaches are those of the topics."""
    case = CASES[mode]
    facts, policy, out = tmp_path / "facts.jsonl", tmp_path / "policy.yaml", tmp_path / "out"
    told = [one for one in _story(now()) if (one.value or b"").endswith(b"}")]
    lines = [orjson.dumps({"type": one.topic, **orjson.loads(one.value or b"")}) for one in told]
    facts.write_bytes(b"\n".join(lines))
    # JSON is YAML.
    policy.write_bytes(orjson.dumps(agreement(privacy=case.privacy, teams=TEAMS)))

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams.cli", "replay", "--policy", str(policy)),
        *("--out", str(out), str(facts), "--until", "2099-01-01T00:00:00Z"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 0, printed
    shown = {
        name: (out / name).read_text(encoding="utf-8")
        for name in ("scorecards.jsonl", "refused.jsonl")
    }
    for name, text in {**shown, "terminal": printed.decode()}.items():
        assert [word for word in case.hidden if word in text] == [], name
    assert ANNA in (out / "breaches.jsonl").read_text(encoding="utf-8")
