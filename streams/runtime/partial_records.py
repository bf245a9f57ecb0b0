"""What a partition of leads tells of its panes, as records of ``rep-partials``.

Absolute values, never differences: one record says all that a partition counts in a
pane, so that telling twice changes nothing. Each carries the epoch of the owner who
told it; a reader ignores an epoch lower than one it has seen of the same partition.

Source:
    Architecture, rule 4.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from schemas.instants import Instant
from schemas.topics import partition_of
from streams.domain.counts import Counts, pack, unpack
from streams.domain.panes import Pane, Rep
from streams.domain.scorecard import Zones
from streams.domain.standing import Standing
from streams.errors import ConfigurationError
from streams.runtime.broker import Record

FORMAT_VERSION: Final = 1

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class Subject(NamedTuple):
    """What is told of.

    Attributes:
        rep: As privacy shows it; None: of nobody, but how far the partition is.
        pane: Which; None: how the rep stands now.
    """

    rep: Rep | None
    pane: Pane | None


CLOCK: Final = Subject(None, None)
"""How far a partition is, and whose day begins when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """One thing that one partition tells.

    Attributes:
        source: The partition of leads.
        epoch: Of its owner.
        now: Up to where its leads had been judged, and that was committed.
        subject: What it tells of.
        told: Counts of a pane, a standing, or zones.
    """

    source: int
    epoch: int
    now: Instant
    subject: Subject
    told: Counts | Standing | Zones


def home_of(rep: Rep, partitions: int) -> int:
    """Give the partition on which everything about a rep comes together.

    It is the one on which any producer of ours or others puts the scorecard's key.
    """
    team_id, rep_id = rep
    return partition_of(f"{team_id}:{rep_id or ''}".encode(), partitions)


def write(partial: Partial) -> Record:
    """Write a partial as a record."""
    told = partial.told
    if isinstance(told, int):
        body: object = pack(told)
    elif isinstance(told, Standing):
        body = list(told)
    else:
        body = [dict(told.by_team), told.otherwise]
    value = [FORMAT_VERSION, partial.epoch, partial.now, body]
    return Record(_key(partial), _encode(value))


def read(key: bytes, value: bytes) -> Partial:
    """Read what `write` wrote.

    Raises:
        ConfigurationError: A newer release wrote it.
    """
    team_id, rep_id, source, pane = _decode(key)
    version, *rest = _decode(value)
    if version != FORMAT_VERSION:
        raise ConfigurationError(
            f"rep-partials hold version {version}, and this release reads {FORMAT_VERSION}; "
            "a newer release has written them: upgrade this worker"
        )
    epoch, now, body = rest
    subject = Subject(None if team_id is None else (team_id, rep_id), pane)
    return Partial(source=source, epoch=epoch, now=now, subject=subject, told=_told(subject, body))


def pack_told(told: Counts | Standing) -> bytes:
    """Write a value for a table's changelog."""
    return _encode([FORMAT_VERSION, pack(told) if isinstance(told, int) else list(told)])


def unpack_told(packed: bytes) -> Counts | Standing:
    """Read what `pack_told` wrote."""
    version, body = _decode(packed)
    if version != FORMAT_VERSION:
        raise ConfigurationError(
            f"the reps' state has version {version}, and this release reads {FORMAT_VERSION}"
        )
    return unpack(body) if isinstance(body, bytes) else Standing(*body)


def _key(partial: Partial) -> bytes:
    team_id, rep_id = partial.subject.rep or (None, None)
    return _encode([team_id, rep_id, partial.source, partial.subject.pane])


def _told(subject: Subject, body: Any) -> Counts | Standing | Zones:
    if subject.rep is None:
        by_team, otherwise = body
        return Zones(by_team, otherwise)
    return Standing(*body) if subject.pane is None else unpack(body)
