"""The board where there is no terminal: one line for each change, and a sum at the end."""

from datetime import tzinfo

from streams.board.marks import BREACH_MARKS, NO_DATA
from streams.board.view import BoardView, Change
from streams.board.wording import NOTHING, date_time_of, share, time_of


def line_of(change: Change, zone: tzinfo | None = None) -> str:
    """Write one change: when, what, lead, owner, commitment, due."""
    parts = [
        f"{date_time_of(change.at, zone)}",
        f"{change.mark!s:<13}",
        f"{change.lead:<16}",
        f"{change.owner!s:<16}",
        f"{change.commitment or NOTHING:<16}",
        f"due {time_of(change.due_at, now=change.at, zone=zone)}",
        change.note.replace("_", " "),
    ]
    return "  ".join(parts).rstrip()


def sum_of(view: BoardView) -> str:
    """Write everything read as one line."""
    if view.data_age is None:
        return f"{NO_DATA}: not one verdict was read"
    statuses = ", ".join(
        f"{view.breaches_by_status.get(status, 0)} {mark.word}"
        for status, mark in BREACH_MARKS.items()
    )
    breaches = sum(view.breaches_by_status.values())
    late = view.states.get("breached", 0)
    return (
        f"{breaches} breaches ({statuses}); {view.open} leads open, {late} of them "
        f"breached; attainment {share(view.attainment.met, view.attainment.ended)}"
    )
