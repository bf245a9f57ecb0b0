"""Bytes and facts that are set aside, with where they were and why."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.codec import TOPIC_OF, RefusalReason, encode
from streams.domain.book import Refusal
from streams.runtime.broker import Record
from streams.runtime.outputs import Outgoing

DEAD_LETTERS: Final = "lead-events-dlq"
LARGEST_KEPT: Final = 1 << 20
"""Bytes of a refused value that are kept; more would be refused by the broker in turn."""


def dead_letter(record: Any, reason: RefusalReason, detail: str) -> Outgoing:
    """Set refused bytes aside.

    Args:
        record: aiokafka's, as it was read.
        reason: Why, from the closed list.
        detail: One sentence.
    """
    value: bytes | None = record.value
    if value is not None and len(value) > LARGEST_KEPT:
        detail = f"{detail}; the first {LARGEST_KEPT} of {len(value)} bytes are kept"
        value = value[:LARGEST_KEPT]
    headers = {
        "reason": reason,
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "detail": detail,
    }
    return Outgoing(DEAD_LETTERS, Record(record.key, value, _encoded(headers)))


def lost_place(refusal: Refusal, names: Mapping[str, str], partition: int) -> Outgoing:
    """Set aside a fact that was accepted once and lost its place in its lead since.

    Its own bytes and offset are not kept; it is told as it would be told again.

    Args:
        refusal: The fact, and why.
        names: Full names of topics by catalogue name.
        partition: On which it came.
    """
    fact = refusal.fact
    headers = {
        "reason": refusal.reason,
        "topic": names[TOPIC_OF[fact.TYPE]],
        "partition": str(partition),
        "detail": refusal.detail,
    }
    return Outgoing(DEAD_LETTERS, Record(fact.lead_id.encode(), encode(fact), _encoded(headers)))


def _encoded(headers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in headers.items()]
