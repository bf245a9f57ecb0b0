"""UCI 498: the audit log of an IT help desk, each row the state of an incident after a change.

An incident is a lead, an assignment group a team, a resolver a rep. The log tells
states, not deeds, so facts are read off the difference to the incident's row before:
rows of one incident must come in the order in which they were written, others may
lie between them.

Times have minutes and no zone; they are read as UTC. The log does not tell who
made a change, so a change that leaves the owner as it was counts as the owner's
attempt while the incident is in work.

Source:
    Amaral, C., Fantinato, M., Peres, S. (2018), doi 10.24432/C57S4H, CC BY 4.0. Read
    as published, or with ISO times and bare numbers for groups and resolvers.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from schemas.codec import fact_of
from schemas.facts import ContactAttempt, HandedOff, LeadClosed, LeadCreated
from schemas.instants import parse_instant
from schemas.refusals import RefusalReason, RefusedError
from streams.importers.tables import Row, rows
from streams.importers.told import Told

COLUMNS: Final = (
    "number",
    "incident_state",
    "sys_updated_at",
    "assignment_group",
    "assigned_to",
    "contact_type",
    "priority",
    "opened_at",
)

_CLOSED: Final = "Closed"
_CHANNELS: Final = {
    "Phone": "call",
    "IVR": "call",
    "Email": "email",
    "Self service": "message",
}
_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)", re.ASCII)
_AS_PUBLISHED: Final = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}) (\d\d?):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Incident:
    """What a row says of an incident."""

    team_id: str | None = None
    rep_id: str | None = None
    closed: bool = False


def read(lines: Iterable[bytes]) -> Iterator[Told]:
    """Yield the facts of each row: none, one or several.

    Raises:
        ConfigurationError: The header is another.
    """
    incidents: dict[str, _Incident] = {}
    for row in rows(lines, columns=COLUMNS, form="uci498"):
        try:
            yield from _facts(row, incidents)
        except RefusedError as error:
            yield Told(row.line, error)


def _facts(row: Row, incidents: dict[str, _Incident]) -> Iterator[Told]:
    cells = {name: "" if cell == "?" else cell for name, cell in row.cells.items()}
    number, changed_at = cells["number"], _instant(cells["sys_updated_at"], "sys_updated_at")
    before = incidents.get(number)
    after = _after(cells, before or _Incident())
    news = [_created(cells, changed_at)] if before is None else []
    news.extend(_changes(cells, before or _Incident(), after))
    common = {"lead_id": number, "occurred_at": changed_at}
    told = [
        fact_of({"event_id": f"uci498-{row.line:07d}-{part}", **common, **one})
        for part, one in enumerate(news)
    ]
    # A row that is refused is as if it were not there: the next is not compared with it.
    incidents[number] = after
    yield from (Told(row.line, fact) for fact in told)


def _after(cells: dict[str, str], before: _Incident) -> _Incident:
    """Read a row; without a group, the team stays who it was."""
    return _Incident(
        team_id=_named(cells["assignment_group"], "group") or before.team_id,
        rep_id=_named(cells["assigned_to"], "resolver"),
        closed=cells["incident_state"] == _CLOSED,
    )


def _created(cells: dict[str, str], changed_at: str) -> dict[str, Any]:
    # Nothing is in the log before the first row: that is when the lead became known.
    return {
        "type": LeadCreated.TYPE,
        "occurred_at": _instant(cells["opened_at"], "opened_at"),
        "recorded_at": changed_at,
        "source": cells["contact_type"].lower().replace(" ", "-") or None,
        "segment": f"priority-{cells['priority'][0]}" if cells["priority"] else None,
    }


def _changes(
    cells: dict[str, str], before: _Incident, after: _Incident
) -> Iterator[dict[str, Any]]:
    """Tell what a row says that the row before did not."""
    state = cells["incident_state"]
    reopened = before.closed and not after.closed
    moved = (after.team_id, after.rep_id) != (before.team_id, before.rep_id)
    if after.team_id is not None and (reopened or moved):
        yield {"type": HandedOff.TYPE, "team_id": after.team_id, "rep_id": after.rep_id}
    elif after.rep_id is not None and (state == "Active" or state.startswith("Awaiting")):
        yield {
            "type": ContactAttempt.TYPE,
            "channel": _CHANNELS.get(cells["contact_type"], "other"),
            "rep_id": after.rep_id,
            "evidence": "system",
        }
    if after.closed and not before.closed:
        yield {"type": LeadClosed.TYPE, "outcome": "won"}


def _named(cell: str, kind: str) -> str | None:
    number = cell.rpartition(" ")[2]
    return f"{kind}-{number}" if number else None


def _instant(cell: str, column: str) -> str:
    """Write a local minute as the RFC 3339 instant that it would be in UTC."""
    if match := _ISO.fullmatch(cell):
        year, month, day, hour, minute = match.groups()
    elif match := _AS_PUBLISHED.fullmatch(cell):
        day, month, year, hour, minute = match.groups()
    else:
        raise RefusedError(RefusalReason.BAD_INSTANT, f"{column}: not a date and minutes")
    text = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:00Z"
    try:
        parse_instant(text)
    except ValueError as error:
        raise RefusedError(RefusalReason.BAD_INSTANT, f"{column}: no such instant") from error
    return text
