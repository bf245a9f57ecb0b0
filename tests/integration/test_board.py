"""`leadclock board` on a broker: it reads from the beginning, and shows what is committed."""

import asyncio
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from schemas.codec import encode
from schemas.facts import PolicyPublished
from schemas.verdicts import (
    Breach,
    OpenLead,
    OpenLeadEnd,
    Verdict,
    encode_record,
    record_key,
    record_topic,
)
from streams.board.screens import LineScreen
from streams.board.watch import Board
from streams.config import Settings
from streams.errors import ConfigurationError
from streams.runtime.admin import ensure_topics
from streams.runtime.embedded import EmbeddedBroker
from streams.runtime.patience import be_patient
from tests.unit.board.records import NOON, breach, open_lead, verdict

ROOT = Path(__file__).parents[2]
TERMINAL = (30, 100, 0, 0)

Written = Breach | Verdict | OpenLead | OpenLeadEnd


@pytest.fixture
async def settings(prefix: str) -> AsyncIterator[Settings]:
    """An app with its topics on an embedded broker."""
    be_patient()
    async with EmbeddedBroker() as broker:
        settings = Settings(
            bootstrap_servers=(broker.bootstrap,), topic_prefix=prefix, partitions=2
        )
        await ensure_topics(settings)
        yield settings


async def write(settings: Settings, *records: Written) -> None:
    """Write records as a worker does."""
    async with AIOKafkaProducer(**settings.kafka()) as producer:
        for record in records:
            await producer.send_and_wait(
                settings.topic(record_topic(record)),
                None if isinstance(record, OpenLeadEnd) else encode_record(record),
                key=record_key(record),
            )


async def publish(settings: Settings) -> None:
    """Publish an agreement that shows reps by their aliases."""
    fact = PolicyPublished(
        event_id="p-1",
        occurred_at=NOON,
        version=1,
        effective_from=NOON,
        body={
            "privacy": {"reps": "alias"},
            "teams": {"nord": {"reps": {"rep-anna": {"alias": "Anna"}}}},
        },
    )
    async with AIOKafkaProducer(**settings.kafka()) as producer:
        await producer.send_and_wait(settings.topic("sla-control"), encode(fact), partition=1)


async def lines_of(settings: Settings, until: str) -> list[str]:
    """Watch until a line like this is written, or ten seconds have passed."""
    lines: list[str] = []
    stop = asyncio.Event()

    def take(line: str) -> None:
        lines.append(line)
        if re.search(until, line):
            stop.set()

    asyncio.get_running_loop().call_later(10, stop.set)
    await Board(settings, lambda: NOON).watch(LineScreen(take), stop)
    return lines


async def test_board_starts_with_what_was_written_before(settings: Settings) -> None:
    """An open lead, a breach in two statuses, a kept promise: a line each, and the sum."""
    await write(
        settings,
        open_lead("lead-1"),
        breach("b-2", lead_id="lead-2"),
        breach("b-2", lead_id="lead-2", revision=2, status="confirmed"),
        verdict("v-3", "met", lead_id="lead-3"),
    )

    lines = await lines_of(settings, until="✓ met")

    assert sum("○ running" in line and "lead-1" in line for line in lines) == 1
    assert sum("△ provisional" in line for line in lines) == 1
    assert sum("▲ confirmed" in line for line in lines) == 1
    assert lines[-1] == (
        "1 breaches (0 provisional, 1 confirmed, 0 resolved, 0 retracted); "
        "1 leads open, 0 of them breached; attainment 100 % (1 of 1)"
    )


async def test_names_are_as_the_agreement_says_from_the_first_line_on(settings: Settings) -> None:
    """The breach was written before the agreement was published, and shows the alias."""
    await write(settings, breach())
    await publish(settings)

    lines = await lines_of(settings, until="provisional")

    assert "nord / Anna" in lines[0]


async def test_a_lead_that_ended_is_not_open(settings: Settings) -> None:
    """Three opened, one ended by its tombstone: two are open."""
    leads = [open_lead(f"lead-{number}") for number in range(3)]
    await write(settings, *leads, OpenLeadEnd(lead_id="lead-1"), breach())

    lines = await lines_of(settings, until="provisional")

    assert "2 leads open" in lines[-1]


async def test_without_topics_the_way_out_is_named(settings: Settings) -> None:
    """Another prefix: the first missing topic, and what makes it."""
    other = Settings(bootstrap_servers=settings.bootstrap_servers, topic_prefix="other-")

    with pytest.raises(ConfigurationError, match=r"topic other-.* `leadclock topics create`"):
        await lines_of(other, until="never")


async def test_without_a_broker_its_address_is_named() -> None:
    """Nobody listens: one sentence with the address."""
    nowhere = Settings(bootstrap_servers=("127.0.0.1:1",))

    with pytest.raises(ConfigurationError, match=r"no Kafka broker answers at 127\.0\.0\.1:1 "):
        await lines_of(nowhere, until="never")


async def board(settings: Settings, *flags: str, stdout: int | None = None) -> tuple[int, str]:
    """Run the command as a person would."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams.cli", "board"),
        *("--topic-prefix", settings.topic_prefix, *flags),
        stdout=asyncio.subprocess.PIPE if stdout is None else stdout,
        env={
            **os.environ,
            "LEADCLOCK_BOOTSTRAP_SERVERS": settings.bootstrap_servers[0],
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
        },
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, (out or b"").decode()


async def test_command_ends_after_its_seconds_with_a_sum_and_a_picture(
    settings: Settings, tmp_path: Path
) -> None:
    """`--seconds 1 --svg FILE` into a pipe: lines, the sum, exit code 0, the picture."""
    await write(settings, open_lead(), breach())
    place = tmp_path / "board.svg"

    code, out = await board(settings, "--seconds", "1", "--svg", str(place))

    assert code == 0
    assert re.search(r"△ provisional +lead-1", out)
    assert out.splitlines()[-1].startswith("1 breaches")
    assert "provisional" in place.read_text(encoding="utf-8")


async def test_terminal_is_filled_and_given_back(settings: Settings) -> None:
    """On a terminal of 100 by 30 the board takes its own screen, and leaves one line behind."""
    await write(settings, open_lead(), breach())
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *TERMINAL))
    reading = asyncio.create_task(asyncio.to_thread(_read_all, ours))

    code, _ = await board(settings, "--seconds", "1.5", stdout=theirs)
    os.close(theirs)
    drawn = (await reading).decode()
    board_drawn, _, left = drawn.rpartition("\x1b[?1049l")

    assert code == 0
    assert "\x1b[?1049h" in board_drawn
    for title in ("Teams and reps", "Due next", "Breaches, latest first"):
        assert title in board_drawn
    assert "1 breaches" in left


def _read_all(descriptor: int) -> bytes:
    drawn = b""
    # Linux raises when the other end is closed, others answer with nothing.
    with suppress(OSError):
        while chunk := os.read(descriptor, 65_536):
            drawn += chunk
    os.close(descriptor)
    return drawn
