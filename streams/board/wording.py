"""How instants and lengths are written on a board."""

from datetime import tzinfo
from typing import Final

from schemas.instants import DAY, HOUR, MINUTE, SECOND, Instant, Micros, datetime_of

NOTHING: Final = "-"


def length(micros: Micros | None) -> str:
    """Write a length as ``mm:ss``, from an hour on ``h:mm:ss``, from two days on ``3d 04h``.

    Whole seconds, cut; None is a dash.
    """
    if micros is None:
        return NOTHING
    if micros >= 2 * DAY:
        return f"{micros // DAY}d {micros % DAY // HOUR:02}h"
    minutes_seconds = f"{micros % HOUR // MINUTE:02}:{micros % MINUTE // SECOND:02}"
    return f"{micros // HOUR}:{minutes_seconds}" if micros >= HOUR else minutes_seconds


def age(micros: Micros) -> str:
    """Write how old something is in its largest unit, such as ``4 s`` or ``2 min``."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if micros >= 2 * unit:
            return f"{micros // unit} {name}"
    return f"{micros // SECOND} s"


def time_of(at: Instant | None, *, now: Instant, zone: tzinfo | None = None) -> str:
    """Write a wall time as ``HH:MM:SS``, and as ``DD Mon HH:MM`` if it is on another day.

    Args:
        at: None is a dash.
        now: Decides what another day is.
        zone: None: that of the machine.
    """
    if at is None:
        return NOTHING
    local = datetime_of(at).astimezone(zone)
    same_day = local.date() == datetime_of(now).astimezone(zone).date()
    return f"{local:%H:%M:%S}" if same_day else f"{local:%d %b %H:%M}"


def date_time_of(at: Instant, zone: tzinfo | None = None) -> str:
    """Write date, time and zone as ``22 Nov 2026 20:58:12 UTC``."""
    return f"{datetime_of(at).astimezone(zone):%d %b %Y %H:%M:%S %Z}"


def share(met: int, ended: int) -> str:
    """Write a share kept as ``83 % (25 of 30)``; nothing ended is not nothing kept."""
    if ended == 0:
        return "no data yet"
    # Cut, so that 100 % is said only when nothing was missed.
    return f"{100 * met // ended} % ({met} of {ended})"
