"""The worklist as it is served: as JSON, and as a page that people read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import ClientSession
from prometheus_client import CollectorRegistry

from schemas.instants import SECOND
from streams.domain.book import Book
from streams.runtime.http import Door, Pages
from streams.runtime.worklist import Books, Worklist
from tests.support.story import SPEED, agreement, at, book_of, handed_off, tell
from tests.support.windows import lead
from tests.unit.runtime.test_http import HOST, free_port

NOW = "2026-03-10 10:30"
BODY = agreement(SPEED, lead_url="https://crm.example/?a=1&id={lead_id}")


def floor() -> Book:
    """Judge three leads: one overdue, one of the other team, one of nobody."""
    book = book_of(BODY)
    facts = (
        *lead("late", handed_off("2026-03-10 09:00")),
        *lead("sued", handed_off("2026-03-10 10:00", team="sued", rep="<carla>")),
        *lead("queue", handed_off("2026-03-10 10:20", rep=None)),
    )
    tell(book, facts, NOW)
    return book


def books(*known: Book, wall_after: int = 2 * SECOND) -> Books:
    """Own the first of two partitions."""
    return Books(known, (0,), 2, at(NOW) + wall_after)


@asynccontextmanager
async def served(look: Callable[[], Books | None]) -> AsyncIterator[str]:
    """Serve a worklist."""
    port = free_port()
    door = Door(
        HOST,
        port,
        registry=CollectorRegistry(),
        missing=lambda: None,
        pages=Pages(worklist=Worklist(look)),
    )
    await door.open()
    try:
        yield f"http://{HOST}:{port}/worklist"
    finally:
        await door.close()


async def ask(
    known: Books | None, query: str = "", accept: str = "*/*"
) -> tuple[int, str, dict[str, str]]:
    """Ask once: status, text, headers."""
    async with (
        served(lambda: known) as url,
        ClientSession(headers={"Accept": accept}) as client,
        client.get(url + query) as got,
    ):
        return got.status, await got.text(), dict(got.headers)


async def told(known: Books, query: str = "") -> dict[str, Any]:
    """Ask for JSON."""
    _, text, _ = await ask(known, query)
    found: dict[str, Any] = orjson.loads(text)
    return found


async def test_json_tells_who_has_to_be_called() -> None:
    """In order, with real ids, data age, and which partitions are known here."""
    found = await told(books(floor()))

    assert [one["lead_id"] for one in found["leads"]] == ["queue", "late", "sued"]
    assert found["leads"][1] == {
        "lead_id": "late",
        "team_id": "nord",
        "rep_id": "anna",
        "segment": None,
        "state": "breached",
        "commitment": "speed",
        "clock": "speed",
        "due_at": "2026-03-10T09:00:00.000000Z",
        "business_seconds_left": -1800,
        "waiting_since": "2026-03-10T08:00:00.000000Z",
        "open_breaches": found["leads"][1]["open_breaches"],
        "lead_url": "https://crm.example/?a=1&id=late",
    }
    assert found["as_of"] == "2026-03-10T09:30:00.000000Z"
    assert found["data_age_seconds"] == 2
    assert found["partitions"] == {"owned": [0], "of": 2}


async def test_a_team_is_shown_by_itself() -> None:
    """Only Sued's lead."""
    found = await told(books(floor()), "?team=sued")

    assert [one["lead_id"] for one in found["leads"]] == ["sued"]
    assert found["team_id"] == "sued"


async def test_a_browser_gets_a_page() -> None:
    """Links, words beside symbols, local time, the age of data, and nothing unescaped."""
    status, page, headers = await ask(books(floor()), accept="text/html,*/*")

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert headers["Cache-Control"] == "no-store"
    assert '<a href="https://crm.example/?a=1&amp;id=late">late</a>' in page
    assert "▲ breached" in page
    assert "0:30:00 overdue" in page
    assert "0:50:00 left" in page
    assert "unassigned" in page
    assert "10 Mar 2026 10:00:00 CET" in page
    assert "2 s old" in page
    assert "Only partitions 0 of 2" in page
    assert "&lt;carla&gt;" in page
    assert "<carla>" not in page


async def test_format_decides_before_accept() -> None:
    """A link to the JSON works in a browser; a wrong word is refused."""
    status, text, _ = await ask(books(floor()), "?format=json", accept="text/html")
    wrong, _, _ = await ask(books(floor()), "?format=xml")

    assert (status, text[0]) == (200, "{")
    assert wrong == 400


async def test_nothing_open_is_said() -> None:
    """A book that was judged, and one that never was."""
    empty = book_of(BODY)
    empty.advance(at(NOW))
    _, page, _ = await ask(books(empty), "?format=html")
    found = await told(books(book_of(BODY)))

    assert "No open leads." in page
    assert (found["as_of"], found["data_age_seconds"], found["leads"]) == (None, None, [])


async def test_nobody_is_shown_while_ownership_is_in_doubt() -> None:
    """In a rebalance: come again."""
    status, text, headers = await ask(None)

    assert (status, headers["Retry-After"]) == (503, "5")
    assert "rebalancing" in text
