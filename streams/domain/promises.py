"""Reading one promise of the agreement."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Final, cast, get_args

from schemas.facts import STAGES
from schemas.instants import Micros
from streams.domain.advice import nearest
from streams.domain.commitment import (
    ATTRIBUTES,
    CHANNELS,
    DEPTH,
    FROM_CREATION,
    GATE,
    KINDS,
    KINDS_TO_COME,
    NEXT_ATTEMPT,
    QUALIFY,
    SPEED_TO_LEAD,
    START,
    TOO_EARLY,
    BusinessDays,
    By,
    Commitment,
    Side,
    Target,
)
from streams.domain.found import Found, optional

_EVERY: Final = ("id", "clock", "applies", "report_only", "objective")
_TIMED: Final = (*_EVERY, "calendar", "warn_at")
_ANSWERED: Final = (*_TIMED, "target", "buckets", "qualifying")
_KEYS: Final = {
    DEPTH: (
        *(*_TIMED, "within", "min_attempts", "max_attempts"),
        *("mix", "automated", "qualifying"),
    ),
    QUALIFY: (*_TIMED, "target", "buckets"),
    NEXT_ATTEMPT: (*_TIMED, "target"),
    TOO_EARLY: (*_EVERY, "stage", "qualifying"),
    GATE: (*_EVERY, "min_score", "stage"),
}
"""What may be said of each clock kind; of the others `_ANSWERED`."""
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_NEXT_DAY: Final = "end_of_next_business_day"
_MOST_DAYS: Final = 366


def read_commitment(
    found: Found, debtor: Side, *, calendars: Collection[str], teams: Collection[str]
) -> Commitment | None:
    """Read one entry of ``sales`` or ``marketing``; None if it cannot be kept."""
    clock = _read_kind(found)
    if clock is None:
        return None
    keys = found.keys(_KEYS.get(clock, _ANSWERED), required=("id",))
    channels, by = _read_qualifying(keys.get("qualifying"))
    mix: dict[str, int] = optional(keys.get("mix"), _read_mix) or {}
    least = optional(keys.get("min_attempts"), Found.whole)
    commitment = Commitment(
        id=optional(keys.get("id"), read_id) or "",
        clock=clock,
        debtor=debtor,
        creditor="marketing" if debtor == "sales" else "sales",
        applies=optional(keys.get("applies"), lambda at: _read_applies(at, teams)) or {},
        target=optional(keys.get("target"), read_target),
        calendar=optional(keys.get("calendar"), lambda at: _read_calendar(at, calendars)),
        # What is neither true nor false is one problem; a missing target is not another.
        report_only="report_only" in keys and keys["report_only"].truth() is not False,
        qualifying_channels=channels,
        qualifying_by=by,
        objective=optional(keys.get("objective"), Found.percent),
        buckets=optional(keys.get("buckets"), _read_buckets) or (),
        warn_at=optional(keys.get("warn_at"), _read_warn_at) or (),
        within=optional(keys.get("within"), read_target),
        min_attempts=least or sum(mix.values()),
        max_attempts=optional(keys.get("max_attempts"), Found.whole),
        mix=mix,
        automated=optional(keys.get("automated"), lambda at: at.words(CHANNELS)) or frozenset(),
        stages=optional(keys.get("stage"), lambda at: at.words(STAGES)) or frozenset(),
        min_score=optional(keys.get("min_score"), Found.number),
    )
    _CHECKS.get(clock, _check_timed)(found, keys, commitment)
    return commitment


def read_target(found: Found) -> Target | None:
    """Read a length of business time, or a number of business days."""
    if found.value == _NEXT_DAY:
        return BusinessDays(1)
    if isinstance(found.value, Mapping):
        keys = found.keys(("business_days",), required=("business_days",))
        days = optional(keys.get("business_days"), lambda at: at.whole(most=_MOST_DAYS))
        return None if days is None else BusinessDays(days)
    return found.duration(least=1)


def _read_kind(found: Found) -> str | None:
    kind = found.entries().get("clock")
    if kind is None:
        if isinstance(found.value, Mapping):
            found.refuse("a clock kind", "add `clock: speed`", found="no 'clock'")
        return None
    if kind.value == "obligation":
        kind.refuse(
            "one of " + ", ".join(KINDS),
            "write it as an entry of `obligations:`",
            found="a recurring obligation among the promises about leads",
        )
        return None
    if isinstance(kind.value, str) and kind.value in KINDS_TO_COME:
        kind.refuse(
            "one of " + ", ".join(KINDS),
            "remove this commitment, or wait for the version that keeps it",
            found=f"clock kind {kind.value!r}, which is not kept by this version",
        )
        return None
    return kind.word(KINDS)


def read_id(found: Found) -> str:
    """Read the id of a promise."""
    text = found.text()
    if text is not None and not _ID.fullmatch(text):
        found.refuse("1 to 64 of A-Z a-z 0-9 . _ -", "choose such an id, as website-speed")
    return text or ""


def _read_applies(found: Found, teams: Collection[str]) -> dict[str, frozenset[str]]:
    keys = found.keys(ATTRIBUTES)
    applies = {name: entry.texts() for name, entry in keys.items() if name != "stage"}
    if "stage" in keys:
        applies["stage"] = keys["stage"].words(STAGES)
    if "team_id" in keys:
        for entry in keys["team_id"].one_or_more():
            if isinstance(entry.value, str) and entry.value not in teams:
                entry.refuse("a team of this agreement", nearest(entry.value, teams))
    return applies


def _read_calendar(found: Found, calendars: Collection[str]) -> str | None:
    if found.value == START:
        return START
    return read_calendar_name(found, calendars)


def read_calendar_name(found: Found, calendars: Collection[str]) -> str | None:
    """Read the name of a calendar that the agreement contains."""
    text = found.text()
    if text is None or text in calendars:
        return text
    found.refuse("a calendar of this agreement", nearest(text, calendars))
    return None


def _read_qualifying(found: Found | None) -> tuple[frozenset[str] | None, By]:
    if found is None:
        return None, "anyone"
    keys = found.keys(("channels", "by"))
    channels = optional(keys.get("channels"), lambda at: at.words(CHANNELS))
    by = optional(keys.get("by"), lambda at: at.word(get_args(By)))
    return channels, cast("By", by or "anyone")


def _read_mix(found: Found) -> dict[str, int]:
    return {
        channel: number
        for channel, entry in found.keys(CHANNELS).items()
        if (number := entry.whole()) is not None
    }


def _read_buckets(found: Found) -> tuple[Micros, ...]:
    buckets = [length for item in found.items() if (length := item.duration(least=1)) is not None]
    if any(low >= high for low, high in pairwise(buckets)):
        found.refuse("ascending durations", "put the shortest first", found="another order")
    return tuple(buckets)


def _read_warn_at(found: Found) -> tuple[Decimal, ...]:
    shares = [share for item in found.items() if (share := _as_percent(item).percent()) is not None]
    if any(low >= high for low, high in pairwise(shares)):
        found.refuse("ascending percentages", "put the lowest first", found="another order")
    return tuple(shares)


def _as_percent(found: Found) -> Found:
    """A list of shares may leave out the sign: 50 is 50%."""
    if isinstance(found.value, int) and not isinstance(found.value, bool):
        return replace(found, value=f"{found.value}%")
    return found


def _check_timed(found: Found, keys: Mapping[str, Found], commitment: Commitment) -> None:
    if "target" not in keys and not commitment.report_only:
        found.refuse(
            "a target, or report_only",
            "add `target: PT4H`, or `report_only: true`",
            found="a commitment without target",
        )
    if commitment.clock == SPEED_TO_LEAD and "target" in keys and "calendar" not in keys:
        found.refuse(
            "the calendar in which it counts",
            "add `calendar:` with the name of one",
            found="speed_to_lead with a target and no calendar: no team owns the lead yet",
        )
    if commitment.clock in FROM_CREATION and commitment.calendar == START:
        keys["calendar"].refuse(
            "the name of a calendar", "write a name: no team owns the lead at the start yet"
        )


def _check_depth(found: Found, keys: Mapping[str, Found], commitment: Commitment) -> None:
    if "within" not in keys:
        found.refuse(
            "the window of the attempts",
            "add `within: {business_days: 10}`",
            found="depth without 'within'",
        )
    if not keys.keys() & {"min_attempts", "mix"}:
        found.refuse(
            "the least number of attempts",
            "add `min_attempts: 6`",
            found="depth without 'min_attempts' and 'mix'",
        )
    most = commitment.max_attempts
    least = max(commitment.min_attempts, sum(commitment.mix.values()))
    if most is not None and most < least:
        keys["max_attempts"].refuse(
            f"at least the {least} attempts that are the minimum",
            "raise max_attempts, or lower min_attempts or the mix",
        )


def _check_too_early(found: Found, keys: Mapping[str, Found], _commitment: Commitment) -> None:
    if "stage" not in keys:
        found.refuse(
            "the stages in which it is too early",
            "add `stage: [iql]`",
            found="too_early without 'stage'",
        )


def _check_gate(found: Found, keys: Mapping[str, Found], _commitment: Commitment) -> None:
    if not keys.keys() & {"min_score", "stage"}:
        found.refuse(
            "what lets a lead through",
            "add `min_score: 50`, or `stage: [mql, sql]`",
            found="a gate without 'min_score' and 'stage'",
        )


_CHECKS: Final = {DEPTH: _check_depth, TOO_EARLY: _check_too_early, GATE: _check_gate}
