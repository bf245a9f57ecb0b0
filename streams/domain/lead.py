"""The record of one lead: facts as they were told, what was published, packed to bytes.

The facts are a grow-only set with the instant since which each is known, so any
order and any repetition of the telling gives the same record.

Source:
    Architecture, rules 1 and 2; domain, c.19, "Records and replay".
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from schemas.codec import encode, pack_fact, unpack_fact
from schemas.facts import Fact, FactWithdrawn
from schemas.instants import Instant
from schemas.verdicts import Breach, Share, Verdict
from streams.domain.history import Told
from streams.domain.panes import Counted, pack_counted, unpack_counted
from streams.domain.standing import Waiting

FORMAT_VERSION: Final = 2
"""First byte of a packed record; a reader knows every version ever written."""
_WITHOUT_COUNTS: Final = 1
MOST_FACTS: Final = 1_000
"""Distinct ``event_id``s a lead keeps."""

ClockKey = tuple[str, str, int]
"""Commitment, instance (the opening fact's ``event_id``), policy version."""


Keeps = Callable[[Told], bool]
"""Says which tellings count."""


LATE_FACT: Final = "late_fact"
DUE_MOVED: Final = "due_moved"
COMMITMENT_CHANGED: Final = "commitment_changed"
WITHDRAWN: Final = "withdrawn"
CAUSES: Final = frozenset({LATE_FACT, DUE_MOVED, COMMITMENT_CHANGED, WITHDRAWN})
"""Why what was said of a clock is taken back."""


@dataclass(slots=True)
class Published:
    """What was last published of one clock.

    Attributes:
        clock: The clock kind.
        due_at: When the clock was due, as it was last judged.
        first_at: When the first record was known, or what its horizon runs from last moved.
        known_at: When its end was first known: re-tellings after it change nothing.
        stands: The clock has ended and its verdict says how; False once a fact opens it again.
        warned: Kind and step of each warning that was given, or was jumped.
        silent: For which due instant which sources were silent; None: not asked.
    """

    clock: str
    cycle: int
    breach: Breach | None = None
    verdict: Verdict | None = None
    due_at: Instant | None = None
    first_at: Instant = 0
    known_at: Instant = 0
    stands: bool = False
    warned: tuple[str, ...] = ()
    silent: tuple[Instant, tuple[str, ...]] | None = None

    @property
    def has_ended(self) -> bool:
        """A verdict says how the clock ended, and it has not been taken back."""
        return self.stands and self.verdict is not None and self.verdict.reason not in CAUSES

    @property
    def is_gone(self) -> bool:
        """The facts no longer give the clock: what was said of it is taken back for good."""
        retracted = self.breach is None or self.breach.status == "retracted"
        return self.stands and retracted and (self.verdict is None or self.verdict.reason in CAUSES)

    @property
    def breach_is_open(self) -> bool:
        """The breach stands and the clock has not ended."""
        return self.breach is not None and self.breach.status in {"provisional", "confirmed"}


@dataclass(slots=True)
class Lead:
    """One lead's record.

    Attributes:
        tellings: Per ``event_id`` what was told under it; nearly always one.
        published: Per clock what was last published.
        judged_at: Every fact seen up to here has been judged.
        next_at: When anything may change next; None: only by a new fact.
        sequence: Of the last record published.
        open_digest: Of the last ``open-leads`` record; empty: none stands; None: one stands,
            and the digest is still to be made of ``open_now``.
        counted: What it contributes to the panes of its reps; replaced, never changed.
        memo: What the facts gave when they were last judged; never packed.
        news: What is known only later than what was judged then; never packed.
        open_now: What the last ``open-leads`` record says; None: not known; never packed.
        uncounted: What ``counted`` is to be made of; None: it is made; never packed.
        waiting: How it counts among what is open now.
        unverified_at: Due of the first clock that waits for a silent source; None: none does.
    """

    lead_id: str
    tellings: dict[str, list[Told]] = field(default_factory=dict)
    published: dict[ClockKey, Published] = field(default_factory=dict)
    judged_at: Instant | None = None
    next_at: Instant | None = None
    sequence: int = 0
    open_digest: bytes | None = b""
    counted: Counted = field(default_factory=dict)
    memo: object = field(default=None, compare=False, repr=False)
    news: list[Told] = field(default_factory=list, compare=False, repr=False)
    open_now: object = field(default=None, compare=False, repr=False)
    uncounted: object = field(default=None, compare=False, repr=False)
    waiting: Waiting | None = None
    unverified_at: Instant | None = None

    def tell(self, fact: Fact, seen_at: Instant) -> bool:
        """Add a fact; True if that changes anything that is or will be known.

        The smallest ``seen_at`` over duplicates holds.
        """
        tellings = self.tellings.get(fact.event_id)
        if tellings is None:
            self.tellings[fact.event_id] = [(seen_at, fact)]
            if self.judged_at is not None and seen_at <= self.judged_at:
                # Told late: judge what follows from it again.
                self.judged_at, self.memo = seen_at - 1, None
            elif self.memo is not None:
                self.news.append((seen_at, fact))
            return True
        self.memo = None
        for place, (known_at, known) in enumerate(tellings):
            if known == fact:
                if known_at <= seen_at:
                    return False
                tellings[place] = (seen_at, fact)
                break
        else:
            tellings.append((seen_at, fact))
        if self.judged_at is not None and seen_at <= self.judged_at:
            # Told late: judge what follows from it again.
            self.judged_at = seen_at - 1
        return True

    @property
    def is_open(self) -> bool:
        """A record of ``open-leads`` stands."""
        return self.open_digest != b""

    @property
    def is_full(self) -> bool:
        """No further ``event_id`` has a place."""
        return len(self.tellings) >= MOST_FACTS

    def last_told(self) -> tuple[Instant, str]:
        """Give (``seen_at``, ``event_id``) of the fact that would lose its place first."""
        return max(
            (min(at for at, _ in tellings), event_id)
            for event_id, tellings in self.tellings.items()
        )

    def known_at(self, now: Instant, keep: Keeps | None = None) -> list[Told]:
        """List the facts known at an instant, one an ``event_id``, without withdrawn ones.

        Of two contents under one id the one with the earliest ``occurred_at`` holds,
        then the smallest bytes; it is known since the first of them.

        Args:
            now: Tellings seen up to here count.
            keep: Which tellings count; None: all of them.
        """
        known: list[Told] = []
        withdrawals: dict[str, str] = {}
        for tellings in self.tellings.values():
            kept = tellings if keep is None else [one for one in tellings if keep(one)]
            told = kept[0] if len(kept) == 1 else _settled(kept, now)
            if told is None or told[0] > now:
                continue
            known.append(told)
            if isinstance(told[1], FactWithdrawn):
                withdrawals[told[1].event_id] = told[1].withdraws
        if withdrawals:
            withdrawn = _withdrawn(withdrawals)
            known = [told for told in known if told[1].event_id not in withdrawn]
        return known

    def told_between(self, after: Instant | None, until: Instant) -> list[Told]:
        """List what was told later than an instant, until another, in order of telling."""
        told = [
            one
            for tellings in self.tellings.values()
            for one in tellings
            if one[0] <= until and (after is None or one[0] > after)
        ]
        if len(told) > 1:
            told.sort(key=in_order)
        return told

    def forget(self, told: Iterable[Told]) -> None:
        """Let what was told leave, other tellings of the same facts excepted."""
        self.memo = None
        for one in told:
            left = [other for other in self.tellings[one[1].event_id] if other != one]
            if left:
                self.tellings[one[1].event_id] = left
            else:
                del self.tellings[one[1].event_id]

    def next_telling(self, now: Instant) -> Instant | None:
        """Give when the next fact after an instant becomes known; None: all are."""
        return min(
            (at for tellings in self.tellings.values() for at, _ in tellings if at > now),
            default=None,
        )

    def newest_telling(self, now: Instant) -> Instant | None:
        """Give when the last fact that is known became so; None: none is."""
        return max(
            (at for tellings in self.tellings.values() for at, _ in tellings if at <= now),
            default=None,
        )


def in_order(told: Told) -> tuple[Instant, str]:
    """Give the place of a telling in the order of telling."""
    return told[0], told[1].event_id


def _withdrawn(withdrawals: dict[str, str]) -> set[str]:
    """Follow who withdraws what: what is withdrawn itself withdraws nothing."""
    undecided = Counter(withdrawals.values())
    decided = [event_id for event_id in withdrawals if not undecided[event_id]]
    withdrawn: set[str] = set()
    while decided:
        event_id = decided.pop()
        target = withdrawals[event_id]
        if event_id not in withdrawn:
            withdrawn.add(target)
        undecided[target] -= 1
        if target in withdrawals and not undecided[target]:
            decided.append(target)
    return withdrawn


def _settled(tellings: list[Told], now: Instant) -> Told | None:
    known = [telling for telling in tellings if telling[0] <= now]
    if not known:
        return None
    _, fact = min(known, key=lambda telling: (telling[1].occurred_at, encode(telling[1])))
    return min(at for at, _ in known), fact


_R = TypeVar("_R", Breach, Verdict)
_LEAD_ID_PLACE: Final = 2
_NEVER: Final = -(1 << 63)
_HEAD: Final = struct.Struct(">Bq")
_COUNTED: Final = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


def pack(lead: Lead) -> bytes:
    """Write a lead's record; the key holds the lead_id. It is counted, and has its digest.

    Version, ``next_at``, and the length of what follows: how it is counted, for whoever
    loads many leads and needs no more than this. Then the rest. All by msgpack.
    """
    tellings = [
        [at, _without_lead(pack_fact(fact))] for told in lead.tellings.values() for at, fact in told
    ]
    published = [
        [
            *key,
            entry.clock,
            entry.cycle,
            entry.due_at,
            entry.first_at,
            entry.known_at,
            entry.stands,
            _flat(entry.breach),
            _flat(entry.verdict),
            *([entry.warned, entry.silent] if entry.warned or entry.silent else ()),
        ]
        for key, entry in lead.published.items()
    ]
    next_at = _NEVER if lead.next_at is None else lead.next_at
    summary: list[Any] = [pack_counted(lead.counted), lead.waiting, lead.is_open]
    if lead.unverified_at is not None:
        summary.append(lead.unverified_at)
    counted = _encoder.encode(summary)
    rest = [lead.judged_at, lead.sequence, lead.open_digest, tellings, published]
    head = _HEAD.pack(FORMAT_VERSION, next_at) + _COUNTED.pack(len(counted))
    return head + counted + _encoder.encode(rest)


def next_at_of(packed: bytes) -> Instant | None:
    """Read when a packed lead must be looked at, without unpacking the rest.

    Raises:
        ValueError: A version that this release does not know.
    """
    version, next_at = _HEAD.unpack_from(packed)
    if version == _WITHOUT_COUNTS:
        # To be counted it has to be judged again, whatever else is to come.
        return 0
    if version != FORMAT_VERSION:
        msg = f"record version {version}, this release reads {FORMAT_VERSION}"
        raise ValueError(msg)
    return None if next_at == _NEVER else next_at


def counted_of(packed: bytes) -> tuple[Counted, Waiting | None, Instant | None]:
    """Read how a packed lead is counted, and `Lead.unverified_at`, without unpacking the rest."""
    if packed[0] == _WITHOUT_COUNTS:
        return {}, None, None
    start, end = _spans(packed)
    counted, waiting, *later = _decoder.decode(packed[start:end])
    if waiting is not None:
        (team_id, rep_id), *rest = waiting
        waiting = Waiting((team_id, rep_id), *rest)
    return unpack_counted(counted), waiting, later[1] if len(later) > 1 else None


def is_open_of(packed: bytes) -> bool:
    """Read whether anything of a packed lead is open, without unpacking the rest."""
    if packed[0] == _WITHOUT_COUNTS:
        return False
    start, end = _spans(packed)
    _, waiting, *told = _decoder.decode(packed[start:end])
    return bool(told[0]) if told else waiting is not None


def _spans(packed: bytes) -> tuple[int, int]:
    """Tell where what is counted begins, and where the rest does."""
    if packed[0] == _WITHOUT_COUNTS:
        return _HEAD.size, _HEAD.size
    (length,) = _COUNTED.unpack_from(packed, _HEAD.size)
    start = _HEAD.size + _COUNTED.size
    return start, start + length


def unpack(key: bytes, packed: bytes) -> Lead:
    """Read what ``pack`` wrote.

    Raises:
        ValueError: A version that this release does not know.
    """
    next_at = next_at_of(packed)
    _, start = _spans(packed)
    judged_at, sequence, open_digest, tellings, published = _decoder.decode(packed[start:])
    counted, waiting, unverified_at = counted_of(packed)
    lead = Lead(
        key.decode(),
        judged_at=judged_at,
        next_at=next_at,
        sequence=sequence,
        open_digest=open_digest,
        counted=counted,
        waiting=waiting,
        unverified_at=unverified_at,
    )
    for at, fact in tellings:
        fact[_LEAD_ID_PLACE] = lead.lead_id
        told = unpack_fact(fact)
        lead.tellings.setdefault(told.event_id, []).append((at, told))
    for commitment, instance, version, *entry in published:
        clock, cycle, due_at, first_at, known_at, stands, breach, verdict, *later = entry
        warned, silent = later or ((), None)
        lead.published[commitment, instance, version] = Published(
            clock,
            cycle,
            _breach_of(breach, lead.lead_id),
            None if verdict is None else _record_of(Verdict, verdict, lead.lead_id),
            due_at,
            first_at,
            known_at,
            stands,
            tuple(warned),
            None if silent is None else (silent[0], tuple(silent[1])),
        )
    return lead


def _without_lead(packed: list[Any]) -> list[Any]:
    packed[_LEAD_ID_PLACE] = None
    return packed


def _flat(record: Breach | Verdict | None) -> list[Any] | None:
    if record is None:
        return None
    flat = list(msgspec.structs.astuple(record))
    names = record.__struct_fields__
    flat[names.index("lead_id")] = None
    if isinstance(record, Breach):
        flat[names.index("subject")] = None
        flat[names.index("shares")] = [msgspec.structs.astuple(share) for share in record.shares]
    return flat


def _breach_of(flat: list[Any] | None, lead_id: str) -> Breach | None:
    if flat is None:
        return None
    place = Breach.__struct_fields__.index("shares")
    flat[place] = tuple(
        Share(**dict(zip(Share.__struct_fields__, share, strict=True))) for share in flat[place]
    )
    flat[Breach.__struct_fields__.index("subject")] = lead_id
    return _record_of(Breach, flat, lead_id)


def _record_of(kind: type[_R], flat: list[Any], lead_id: str) -> _R:
    names = kind.__struct_fields__
    flat[names.index("lead_id")] = lead_id
    return kind(**dict(zip(names, flat, strict=False)))
