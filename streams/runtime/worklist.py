"""The worklist as a page: JSON for machines, a plain table for people.

It shows the real ids of leads and reps, whatever privacy says of metrics and boards:
who may see it is decided by who reaches the address it is served on.

Source:
    Contract, section 4, ``GET /worklist?team=``.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any, Final, NamedTuple

import orjson
from aiohttp import web

from schemas.instants import (
    HOUR,
    MINUTE,
    SECOND,
    Instant,
    Micros,
    datetime_of,
    format_instant,
    seconds,
)
from streams.domain.book import Book
from streams.domain.policy import Policy
from streams.domain.worklist import Task, ordered
from streams.domain.zones import zone_of

SLICE: Final = 50
"""So many leads are looked at without a break: a few milliseconds."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
}
# The same symbols as on the board: nobody has to tell colours apart.
_MARKS: Final = {"within": "● within", "at_risk": "◆ at risk", "breached": "▲ breached"}
_COLUMNS: Final = ("Lead", "Team", "Rep", "State", "Promise", "Time left", "Due", "Waiting since")


class Books(NamedTuple):
    """What a worker knows of open leads at the moment it is asked.

    Attributes:
        books: Of the partitions it owns.
        owned: Their numbers.
        partitions: How many there are: the rest is known to other workers.
        wall_at: The wall clock; None: the app's time is not the wall clock's.
    """

    books: tuple[Book, ...]
    owned: tuple[int, ...]
    partitions: int
    wall_at: Instant | None


class Worklist:
    """Answers ``GET /worklist``.

    ``team`` leaves out all other teams; ``format`` is ``json`` or ``html``, else the
    ``Accept`` header decides.
    """

    def __init__(self, look: Callable[[], Books | None]) -> None:
        """Answer from what is owned.

        Args:
            look: Gives what is known; None: it is in doubt who owns what.
        """
        self._look = look

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        books = self._look()
        if books is None:
            text = "not ready: the group is rebalancing\n"
            return web.Response(text=text, status=503, headers={"Retry-After": "5"})
        team_id = request.query.get("team")
        wanted = request.query.get("format") or _accepted(request.headers.get("Accept", ""))
        if wanted not in {"json", "html"}:
            return web.Response(text=f"format is json or html, not {wanted!r}\n", status=400)
        tasks = await _tasks(books.books, team_id)
        if wanted == "json":
            body, content_type = orjson.dumps(_told(books, tasks, team_id)), "application/json"
        else:
            body, content_type = _page(books, tasks, team_id).encode(), "text/html"
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=_HEADERS)


def _accepted(accept: str) -> str:
    """Give a page to browsers, which name HTML, and JSON to everybody else."""
    return "html" if "text/html" in accept else "json"


async def _tasks(books: Iterable[Book], team_id: str | None) -> list[Task]:
    found = []
    for book in books:
        for number, task in enumerate(book.tasks()):
            if task is not None and team_id in {None, task.lead.team_id}:
                found.append(task)
            if number % SLICE == 0:
                await asyncio.sleep(0)
    return ordered(found)


def _as_of(books: Books) -> Instant | None:
    """Give the instant that the partition furthest behind has reached; None: one never began."""
    nows = [book.now for book in books.books]
    known = [now for now in nows if now is not None]
    return min(known) if known and len(known) == len(nows) else None


def _age(books: Books) -> Micros | None:
    as_of = _as_of(books)
    if as_of is None or books.wall_at is None:
        return None
    return max(0, books.wall_at - as_of)


def _told(books: Books, tasks: list[Task], team_id: str | None) -> dict[str, Any]:
    as_of, age = _as_of(books), _age(books)
    return {
        "as_of": None if as_of is None else format_instant(as_of),
        "data_age_seconds": None if age is None else seconds(age),
        "team_id": team_id,
        "partitions": {"owned": books.owned, "of": books.partitions},
        "leads": [_row(task) for task in tasks],
    }


def _row(task: Task) -> Mapping[str, Any]:
    lead = task.lead
    return {
        "lead_id": lead.lead_id,
        "team_id": lead.team_id,
        "rep_id": lead.rep_id,
        "segment": lead.segment,
        "state": lead.state,
        "commitment": task.commitment,
        "clock": task.clock,
        "due_at": None if task.due_at is None else format_instant(task.due_at),
        "business_seconds_left": None if task.left is None else seconds(task.left),
        "waiting_since": format_instant(lead.waiting_since),
        "open_breaches": lead.open_breaches,
        "lead_url": lead.lead_url,
    }


def _page(books: Books, tasks: list[Task], team_id: str | None) -> str:
    title = "Worklist" if team_id is None else f"Worklist of {team_id}"
    policies = [policy for book in books.books for policy, _ in book.policies.published]
    newest = max(policies, key=lambda policy: policy.version, default=None)
    head = "".join(f"<th scope=col>{name}</th>" for name in _COLUMNS)
    rows = "".join(_line(task, newest) for task in tasks)
    nothing = "" if tasks else "<p>No open leads.</p>"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=15>"
        f"<title>{escape(title)}</title><style>body{{font:16px sans-serif;margin:1.5em}}"
        "table{border-collapse:collapse}th,td{text-align:left;padding:.3em .8em;"
        "border-bottom:1px solid #9FA7B3}.breached{font-weight:bold}</style>"
        f"<h1>{escape(title)}</h1><p>{escape(_state_of_data(books, tasks))}</p>{nothing}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></html>\n"
    )


def _state_of_data(books: Books, tasks: list[Task]) -> str:
    as_of, age = _as_of(books), _age(books)
    until = "not judged yet" if as_of is None else f"as of {format_instant(as_of)}"
    old = "" if age is None else f", {age // SECOND} s old"
    shown = (
        ""
        if len(books.owned) == books.partitions
        else (
            f" Only partitions {', '.join(map(str, books.owned)) or 'none'} of {books.partitions}: "
            "other workers know the rest."
        )
    )
    return f"{len(tasks)} open leads, {until}{old}. Time left is business time.{shown}"


def _line(task: Task, policy: Policy | None) -> str:
    lead = task.lead
    zone = "UTC" if policy is None else policy.calendar_of(lead.team_id).zone
    url = lead.lead_url or ""
    name = escape(lead.lead_id)
    if url.startswith(("https://", "http://")):
        name = f'<a href="{escape(url)}">{name}</a>'
    cells = (
        name,
        escape(lead.team_id or "nobody's"),
        escape(lead.rep_id or "unassigned"),
        escape(_MARKS.get(lead.state, lead.state)),
        escape(task.commitment or "no due"),
        _left(task.left),
        _local(task.due_at, zone),
        _local(lead.waiting_since, zone),
    )
    return f'<tr class="{escape(lead.state)}"><td>{"</td><td>".join(cells)}</td></tr>'


def _left(left: Micros | None) -> str:
    if left is None:
        return "-"
    size = abs(left)
    text = f"{size // HOUR}:{size % HOUR // MINUTE:02}:{size % MINUTE // SECOND:02}"
    return f"{text} overdue" if left < 0 else f"{text} left"


def _local(at: Instant | None, zone: str) -> str:
    if at is None:
        return "-"
    local = datetime_of(at).astimezone(zone_of(zone))
    text = escape(f"{local:%d %b %Y %H:%M:%S %Z}")
    return f'<time datetime="{format_instant(at)}">{text}</time>'
