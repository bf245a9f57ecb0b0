"""Records as lines for a person."""

from typing import Any, Final

import click
import orjson

from schemas.instants import Instant, format_instant

_COLOURS: Final = {
    "provisional": "yellow",
    "confirmed": "red",
    "resolved": "cyan",
    "retracted": "bright_black",
    "met": "green",
    "met_late": "yellow",
    "unmet": "red",
}
_TIME: Final = slice(11, 19)
_WORD_WIDTH: Final = 11
_TOPIC_WIDTH: Final = 16


def line_of(topic: str, at: Instant, key: bytes | None, value: bytes | None) -> str:
    """Write one record on one line.

    Args:
        topic: Its topic, without prefix.
        at: Its timestamp.
        key: As it is.
        value: As it is; None: a tombstone.
    """
    time = format_instant(at)[_TIME]
    subject = (key or b"").decode(errors="replace")
    head = f"{time}  {topic:<{_TOPIC_WIDTH}}"
    if value is None:
        return f"{head}  {'gone':<{_WORD_WIDTH}}  {subject}"
    try:
        told = orjson.loads(value)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        return f"{head}  {value.decode(errors='replace')}"
    word = str(told.get("status") or told.get("outcome") or told.get("kind") or told.get("type"))
    shown = click.style(f"{word:<{_WORD_WIDTH}}", fg=_COLOURS.get(word))
    return "  ".join((head, shown, str(told.get("lead_id") or subject), *_details(told)))


def _details(told: dict[str, Any]) -> list[str]:
    details = []
    if commitment := told.get("commitment"):
        cycle = told.get("cycle") or 1
        details.append(f"{commitment}" + (f" (cycle {cycle})" if cycle > 1 else ""))
    if team := told.get("team_id"):
        details.append(f"{team}/{told.get('rep_id') or 'queue'}")
    if due := told.get("due_at"):
        details.append(f"due {str(due)[_TIME]}")
    if (overrun := told.get("overrun_seconds")) is not None:
        details.append(f"{overrun:,.0f} s over")
    if reason := told.get("reason"):
        details.append(f"because {reason}")
    return details
