"""BPI Challenge 2012: loan applications at a Dutch bank, web submission and then a call team.

The log as a table of events: an application is a lead, a work queue is a team.

Source:
    van Dongen, B. (2012), doi 10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from schemas.codec import fact_of
from schemas.facts import ContactAttempt, HandedOff, LeadClosed, LeadCreated
from schemas.refusals import RefusalReason, RefusedError
from streams.importers.tables import Row, rows
from streams.importers.told import Told

COLUMNS: Final = (
    "ts",
    "type",
    "lead",
    "rep",
    "channel",
    "outcome",
    "source",
    "ended_at",
    "dur_s",
    "amount",
)

_CHANNELS: Final = {"phone": "call"}
_OUTCOMES: Final = {
    "won": "won",
    # The bank turned the applicant down: no chance was lost by Sales.
    "lost_declined": "disqualified",
    "lost_cancelled": "lost",
}


def read(lines: Iterable[bytes]) -> Iterator[Told]:
    """Yield one fact for each row.

    Ids are made from line numbers, so facts of one instant keep the order of the file.

    Raises:
        ConfigurationError: The header is another.
    """
    for row in rows(lines, columns=COLUMNS, form="bpic2012"):
        try:
            yield Told(row.line, fact_of(_told(row)))
        except RefusedError as error:
            yield Told(row.line, error)


def _told(row: Row) -> dict[str, Any]:
    cells = row.cells
    tell = _KINDS.get(cells["type"])
    if tell is None:
        raise RefusedError(RefusalReason.UNKNOWN_TYPE, "type is none of the five of this log")
    return {
        "event_id": f"bpic2012-{row.line:07d}",
        "lead_id": cells["lead"],
        "occurred_at": cells["ts"] or None,
        **tell(cells),
    }


def _created(cells: dict[str, str]) -> dict[str, Any]:
    return {"type": LeadCreated.TYPE, "source": "website", "value": cells["amount"] or None}


def _handed_off(cells: dict[str, str]) -> dict[str, Any]:
    # A queued application has no rep: it waits in the queue that ``source`` names.
    return {
        "type": HandedOff.TYPE,
        "team_id": cells["source"] or None,
        "rep_id": cells["rep"] or None,
    }


def _attempt(cells: dict[str, str]) -> dict[str, Any]:
    # The log writes an attempt when it ends; nobody could know of it before. The
    # last attempt of the log has no end.
    return {
        "type": ContactAttempt.TYPE,
        "channel": _CHANNELS.get(cells["channel"], cells["channel"]) or None,
        "rep_id": cells["rep"] or None,
        "outcome": cells["outcome"] or None,
        "recorded_at": cells["ended_at"] or None,
        "duration_seconds": _number(cells["dur_s"]),
        "evidence": "system",
    }


def _closed(cells: dict[str, str]) -> dict[str, Any]:
    outcome = cells["outcome"]
    return {
        "type": LeadClosed.TYPE,
        "outcome": _OUTCOMES.get(outcome, outcome) or None,
        "reason": cells["source"] or None,
    }


_KINDS: Final[dict[str, Callable[[dict[str, str]], dict[str, Any]]]] = {
    "lead_created": _created,
    "queued": _handed_off,
    "handed_off": _handed_off,
    "contact_attempt": _attempt,
    "deal_closed": _closed,
}


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RefusedError(RefusalReason.WRONG_TYPE, "dur_s: not a number")
    return number
