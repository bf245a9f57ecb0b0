"""Why each clock of a lead says what it says, asked of a running worker.

It shows the real ids of leads and reps, as the worklist does: who may see it is decided
by who reaches the address it is served on.

Source:
    Contract, section 4, ``leadclock explain``.
"""

from collections.abc import Callable
from typing import Final

import orjson
from aiohttp import web

from schemas.topics import partition_of
from streams.domain.explain import explain
from streams.domain.explain_account import Account, account_of, told
from streams.domain.explain_lines import lines
from streams.runtime.worklist import Books

PATH: Final = "/explain"
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Explanation:
    """Answers ``GET /explain?lead=``; ``format`` is ``json`` or ``text`` (default).

    404 says that nothing is kept of the lead, 421 that another worker has its partition.
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
            headers = {"Retry-After": "5"}
            return _said("not ready: the group is rebalancing", 503, headers)
        lead_id, wanted = request.query.get("lead", ""), request.query.get("format", "text")
        if not lead_id or wanted not in {"json", "text"}:
            return _said("ask as /explain?lead=ID, or /explain?lead=ID&format=json", 400)
        home = partition_of(lead_id.encode(), books.partitions)
        if home not in books.owned:
            of = f"partition {home} of {books.partitions}"
            return _said(f"another worker has {of}, where lead {lead_id!r} is", 421)
        account = _account(books, home, lead_id)
        if account is None:
            return _said(f"nothing is kept of a lead {lead_id!r}", 404)
        return _page(account, wanted)


def _page(account: Account, wanted: str) -> web.Response:
    if wanted == "json":
        body = orjson.dumps(told(account))
        return web.Response(body=body, content_type="application/json", headers=_HEADERS)
    return web.Response(text="".join(f"{line}\n" for line in lines(account)), headers=_HEADERS)


def _account(books: Books, home: int, lead_id: str) -> Account | None:
    book = books.books[books.owned.index(home)]
    kept = book.look_at(lead_id)
    # What is told but not judged yet is not explained either.
    if kept is None or book.now is None or kept[0].judged_at is None:
        return None
    return account_of(lead_id, book.now, book.policies, [explain(*kept, book.now)])


def _said(text: str, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(text=f"{text}\n", status=status, headers={**_HEADERS, **(headers or {})})
