"""The catalogue of topics: what travels where, under which key, for how long.

Source:
    Contract, sections 1 and 2.
"""

import struct
from dataclasses import dataclass
from typing import Final

_WORD = struct.Struct("<I")

DEFAULT_PARTITIONS: Final = 8
FACTS_RETENTION_DAYS: Final = 400
"""Facts are kept this long by default, because verdicts are explained and replayed from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic; its partitions are always those of the inputs.

    Attributes:
        name: Without the app's prefix.
        records: Types of the records on it.
        key: What the key is, in words.
        cleanup: Kafka's ``cleanup.policy``.
        retention_days: For ``delete``; None where records are compacted.
        written_by: ``sources``, or ``leadclock``: a worker or a command.
        inner: May change with any release; nobody else reads it.
        doc: What is on it.
    """

    name: str
    records: tuple[str, ...]
    key: str
    cleanup: str = "delete"
    retention_days: int | None = FACTS_RETENTION_DAYS
    written_by: str
    inner: bool = False
    doc: str


def _facts(name: str, records: tuple[str, ...], doc: str) -> Topic:
    return Topic(name=name, records=records, key="lead_id", written_by="sources", doc=doc)


def _breaches(name: str, doc: str) -> Topic:
    return Topic(name=name, records=("breach",), key="subject", written_by="leadclock", doc=doc)


_CLOCK_CONTROL: Final = (
    "clock-paused",
    "clock-resumed",
    "handed-back",
    "lead-updated",
    "fact-withdrawn",
    "lead-erased",
)
_LEAD_FACTS: Final = (
    "lead-created",
    "handed-off",
    "contact-attempt",
    "lead-closed",
    *_CLOCK_CONTROL,
)

_ALL: Final = (
    _facts("lead-created", ("lead-created",), "A lead exists."),
    _facts("handed-off", ("handed-off",), "A lead was given to a team or a rep."),
    _facts("contact-attempt", ("contact-attempt",), "Somebody tried to reach the lead."),
    _facts("lead-closed", ("lead-closed",), "The lead's cycle is over."),
    _facts("clock-control", _CLOCK_CONTROL, "What pauses, corrects or ends a lead's clocks."),
    Topic(
        name="sla-control",
        records=(
            "policy-published",
            "exclusion-declared",
            "source-heartbeat",
            "obligation-fulfilled",
        ),
        key="the fact's type",
        written_by="leadclock",
        doc="What is told to every partition: each gets a copy, all in one transaction.",
    ),
    _breaches("speed-breaches", "Changes of breaches of response time: too late, or not at all."),
    _breaches(
        "depth-breaches", "Changes of breaches of attempt depth: too few, too many, mix, too early."
    ),
    _breaches("marketing-breaches", "Changes of breaches that Marketing owes."),
    _breaches("obligation-breaches", "Changes of breaches of recurring obligations."),
    Topic(
        name="sla-warnings",
        records=("warning",),
        key="subject",
        retention_days=30,
        written_by="leadclock",
        doc="Share of the target used up, escalation steps, unverified clocks.",
    ),
    Topic(
        name="sla-verdicts",
        records=("verdict",),
        key="lead_id",
        written_by="leadclock",
        doc="The end of each clock.",
    ),
    Topic(
        name="open-leads",
        records=("open-lead",),
        key="lead_id",
        cleanup="compact",
        retention_days=None,
        written_by="leadclock",
        doc="Every lead with a clock that runs or is breached; a tombstone at its end.",
    ),
    Topic(
        name="rep-scorecards",
        records=("rep-scorecard",),
        key="team_id:rep_id",
        cleanup="compact",
        retention_days=None,
        written_by="leadclock",
        doc="All windows of one rep.",
    ),
    Topic(
        name="goal-progress",
        records=("goal-progress",),
        key="goal id",
        cleanup="compact",
        retention_days=None,
        written_by="leadclock",
        doc="Goal line, actual and pace.",
    ),
    Topic(
        name="late-facts",
        records=_LEAD_FACTS,
        key="lead_id",
        written_by="leadclock",
        doc="Facts that came too late to change anything, as they were told.",
    ),
    Topic(
        name="lead-events-dlq",
        records=(),
        key="the original key",
        written_by="leadclock",
        doc="Refused bytes; headers reason, topic, partition, offset, detail.",
    ),
    Topic(
        name="rep-partials",
        records=(),
        key="rep, source partition, pane",
        cleanup="compact,delete",
        retention_days=32,
        written_by="leadclock",
        inner=True,
        doc="Changed panes of each partition, as absolute values.",
    ),
    Topic(
        name="goal-partials",
        records=(),
        key="goal, source partition, day",
        cleanup="compact,delete",
        retention_days=32,
        written_by="leadclock",
        inner=True,
        doc="Changed goal counts of each partition, as absolute values.",
    ),
)

TOPICS: Final[dict[str, Topic]] = {topic.name: topic for topic in _ALL}
"""The catalogue by name, without prefix."""

INPUTS: Final = (
    "lead-created",
    "handed-off",
    "contact-attempt",
    "lead-closed",
    "clock-control",
    "sla-control",
)
"""What a worker reads; all have the same number of partitions."""


def partition_of(key: bytes, partitions: int) -> int:
    """Give the partition of a key as Java's default partitioner does (murmur2)."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """Hash bytes as Kafka's Java client does, 32 bits.

    Source:
        Austin Appleby's MurmurHash2 (public domain) with Kafka's seed 0x9747b28c.
    """
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    length = len(key)
    whole = length & ~3
    result = 0x9747B28C ^ length
    for (word,) in _WORD.iter_unpack(key[:whole]):
        part = (word * multiplier) & mask
        part ^= part >> 24
        result = ((result * multiplier) & mask) ^ ((part * multiplier) & mask)
    tail = key[whole:]
    if tail:
        result ^= int.from_bytes(tail, "little")
        result = (result * multiplier) & mask
    result ^= result >> 13
    result = (result * multiplier) & mask
    return result ^ (result >> 15)
