"""A lead explained by the worker that keeps it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import orjson
import pytest
from aiohttp import ClientSession
from click.testing import Result
from prometheus_client import CollectorRegistry

from schemas.topics import partition_of
from streams.domain.book import Book
from streams.runtime.explanation import Explanation
from streams.runtime.http import Door, Pages
from streams.runtime.worklist import Books
from tests.support.story import SPEED, agreement, at, attempt, book_of, handed_off, tell
from tests.unit.cli.running import run
from tests.unit.runtime.test_http import HOST, free_port

NOW = "2026-03-10 12:00"
PARTITIONS = 4
HOME = partition_of(b"L", PARTITIONS)


def kept() -> Book:
    """Judge a lead that was answered half an hour late."""
    book = book_of(agreement(SPEED))
    tell(book, (handed_off("2026-03-10 10:00"), attempt("2026-03-10 11:30", id="a")), NOW)
    return book


def books(home: int = HOME) -> Books:
    """Own one partition."""
    return Books((kept(),), (home,), PARTITIONS, at(NOW))


@asynccontextmanager
async def served(look: Callable[[], Books | None]) -> AsyncIterator[str]:
    """Serve explanations."""
    port = free_port()
    pages = Pages(explanation=Explanation(look))
    door = Door(HOST, port, registry=CollectorRegistry(), missing=lambda: None, pages=pages)
    await door.open()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        await door.close()


async def ask(known: Books | None, query: str) -> tuple[int, str]:
    """Ask once."""
    async with (
        served(lambda: known) as url,
        ClientSession() as client,
        client.get(f"{url}/explain{query}") as got,
    ):
        assert got.headers["Cache-Control"] == "no-store"
        return got.status, await got.text()


async def test_it_explains_as_text_and_as_json() -> None:
    """Derived from what the book keeps, as of the instant up to which it has judged."""
    status, text = await ask(books(), "?lead=L")
    _, told = await ask(books(), "?lead=L&format=json")

    assert status == 200
    assert text.startswith("Lead L, as of Tue 10 Mar 2026 12:00. All times are Europe/Berlin.\n")
    assert "speed (response time): KEPT TOO LATE" in text
    (clock,) = orjson.loads(told)["clocks"]
    assert (clock["state"], clock["evidence_id"], clock["overrun_seconds"]) == (
        *("met_late", "a", 1800),
    )


@pytest.mark.parametrize(
    ("known", "query", "status", "said"),
    [
        (None, "?lead=L", 503, "not ready: the group is rebalancing"),
        (books(), "", 400, "ask as /explain?lead=ID"),
        (books(), "?lead=L&format=xml", 400, "ask as /explain?lead=ID"),
        (books((HOME + 1) % 4), "?lead=L", 421, f"another worker has partition {HOME} of 4"),
        (Books((book_of(agreement(SPEED)),), (HOME,), 4, None), "?lead=L", 404, "nothing is kept"),
    ],
)
async def test_it_says_why_it_cannot(
    known: Books | None, query: str, status: int, said: str
) -> None:
    """In doubt, asked wrongly, elsewhere, or never heard of."""
    found, text = await ask(known, query)

    assert (found, text.startswith(said)) == (status, True)


async def asked(known: Books | None, *flags: str) -> Result:
    """Ask by the command, while the door serves."""
    async with served(lambda: known) as url:
        return await asyncio.to_thread(run, "explain", "L", "--worker", url, *flags)


async def test_the_command_asks_a_worker() -> None:
    """It prints what the worker says, and ends with 1 where the worker does not have the lead."""
    page = await asked(books())
    told = await asked(books(), "--json")
    elsewhere = await asked(books((HOME + 1) % 4))
    in_doubt = await asked(None)

    assert (page.exit_code, page.stdout.count("KEPT TOO LATE")) == (0, 1)
    assert orjson.loads(told.stdout)["lead_id"] == "L"
    assert (elsewhere.exit_code, in_doubt.exit_code) == (1, 2)
    assert elsewhere.stderr.startswith("leadclock: another worker has partition")
    assert "503: not ready: the group is rebalancing" in in_doubt.stderr
