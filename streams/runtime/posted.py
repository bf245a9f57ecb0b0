"""What was posted, read: the facts that can be taken, and why the others cannot. Plain calls.

Source:
    Contract, section 1 (JSON of facts, reasons of refusal) and section 4.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from schemas.codec import LARGEST_VALUE, check_future, decode, fact_of
from schemas.facts import AnyFact, ControlFact, Fact, PolicyPublished
from schemas.instants import Instant
from schemas.refusals import RefusalReason, RefusedError
from streams.runtime import alerts

LINES: Final = ("application/x-ndjson", "application/jsonl", "application/jsonlines")
"""Content types under which a body is one fact a line."""


@dataclass(slots=True)
class Posted:
    """A body, read.

    Attributes:
        facts: What can be taken, in order.
        refused: What cannot: its place in the body from 0, why, and by which id it went.
        ignored: Alerts that declare nothing.
    """

    facts: list[AnyFact] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    ignored: int = 0

    def refuse(self, index: int, told: object, error: RefusedError) -> None:
        """Set one part of the body aside."""
        event_id = told.get("event_id") if isinstance(told, dict) else None
        self.refused.append(
            {
                "index": index,
                "event_id": event_id if isinstance(event_id, str) else None,
                "reason": str(error.reason),
                "detail": error.detail,
            }
        )


def facts_in(body: bytes, content_type: str, now: Instant) -> Posted:
    """Read facts of leads: one object, a list of objects, or one object a line.

    Args:
        body: As it came.
        content_type: Says whether it has lines.
        now: The wall clock, which the record's timestamp will be.

    Raises:
        RefusedError: The body as a whole cannot be read.
    """
    posted = Posted()
    for index, told in enumerate(_parts(body, content_type)):
        try:
            fact = _fact_of(told)
            if not isinstance(fact, Fact):
                raise RefusedError(  # noqa: TRY301 - refused like all that is read here
                    RefusalReason.TYPE_MISMATCH, f"type {fact.TYPE} is for POST /control"
                )
            check_future(fact, now)
            posted.facts.append(fact)
        except RefusedError as error:
            posted.refuse(index, told, error)
    return posted


def control_in(body: bytes, content_type: str, now: Instant) -> Posted:
    """Read what is told to every partition: control facts, or an Alertmanager's notification.

    Args:
        body: As it came.
        content_type: Says whether it has lines.
        now: The wall clock.

    Raises:
        RefusedError: The body as a whole cannot be read.
    """
    posted = Posted()
    parts = _parts(body, content_type)
    if len(parts) == 1 and isinstance(parts[0], dict) and alerts.is_webhook(parts[0]):
        _read_alerts(alerts.alerts_of(parts[0]), now, posted)
        return posted
    for index, told in enumerate(parts):
        try:
            fact = _fact_of(told)
            _check_control(fact)
            check_future(fact, now)
            posted.facts.append(fact)
        except RefusedError as error:
            posted.refuse(index, told, error)
    return posted


def _read_alerts(told: list[object], now: Instant, posted: Posted) -> None:
    for index, alert in enumerate(told):
        try:
            exclusion = alerts.exclusion_of(alert, now)
        except RefusedError as error:
            posted.refuse(index, None, error)
            continue
        if exclusion is None:
            posted.ignored += 1
        else:
            posted.facts.append(exclusion)


def _check_control(fact: AnyFact) -> None:
    if not isinstance(fact, ControlFact):
        raise RefusedError(RefusalReason.TYPE_MISMATCH, f"type {fact.TYPE} is for POST /facts")
    if isinstance(fact, PolicyPublished):
        # Its holidays have to be resolved, and its version to be a new one.
        raise RefusedError(
            RefusalReason.TYPE_MISMATCH, "an agreement is published by `leadclock policy publish`"
        )


def _parts(body: bytes, content_type: str) -> list[Any]:
    """Take a body apart; what cannot be read at all is refused as a whole."""
    if content_type in LINES:
        return [line for line in body.splitlines() if line.strip()]
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RefusedError(RefusalReason.NOT_JSON, "the body is not JSON in UTF-8") from None
    return told if isinstance(told, list) else [told]


def _fact_of(told: object) -> AnyFact:
    if isinstance(told, bytes):
        return decode(told)
    if not isinstance(told, dict):
        raise RefusedError(
            RefusalReason.NOT_AN_OBJECT, f"{type(told).__name__} instead of an object"
        )
    size = len(orjson.dumps(told))
    if size > LARGEST_VALUE:
        raise RefusedError(RefusalReason.TOO_LARGE, f"{size} bytes, at most {LARGEST_VALUE}")
    return fact_of(told)
