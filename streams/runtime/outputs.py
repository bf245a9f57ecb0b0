"""Records of the domain, turned into records of the broker."""

from typing import Final, NamedTuple

from schemas.codec import encode
from schemas.verdicts import (
    OpenLeadEnd,
    encode_record,
    record_headers,
    record_key,
    record_topic,
)
from streams.domain.book import LateFact, Output
from streams.runtime.broker import Record

LATE_FACTS: Final = "late-facts"


class Outgoing(NamedTuple):
    """A record on its way.

    Attributes:
        topic: Catalogue name.
        record: What is written.
    """

    topic: str
    record: Record


def outgoing(output: Output, source: str) -> Outgoing:
    """Turn what the book put out into a record.

    Args:
        output: A breach, a verdict, a late fact, ...
        source: Who says so, for the headers.
    """
    if isinstance(output, LateFact):
        key = output.fact.lead_id.encode()
        return Outgoing(LATE_FACTS, Record(key, encode(output.fact)))
    if isinstance(output, OpenLeadEnd):
        return Outgoing(record_topic(output), Record(record_key(output), None))
    record = Record(record_key(output), encode_record(output), record_headers(output, source))
    return Outgoing(record_topic(output), record)
