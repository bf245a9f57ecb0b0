"""What the board remembers of each kind of record: the latest, whatever repeats.

A ledger takes a record or leaves it: one that is not newer than what is known
changes nothing, so reading a topic twice gives the same board.
"""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from schemas.instants import Instant, Micros, parse_instant
from streams.board.records import (
    ReadBreach,
    ReadOpenLead,
    ReadScorecard,
    ReadVerdict,
    instant_or_none,
    micros_or_none,
)
from streams.board.view import Attainment
from streams.domain.counts import LABELS, quantile

_RECENT: Final = 64
"""More breaches than any board has rows for."""
_ENDED: Final = 100_000
"""Leads whose end is remembered, so that an older record cannot open them again."""
_KEPT: Final = "met"
_SPEED: Final = "speed"
_TODAY: Final = "today"
_ENDS: Final = ("met", "met_late", "unmet")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEntry:
    """A lead as its latest ``open-leads`` record tells it.

    Attributes:
        next_due_at: The earliest due instant still ahead; None: none.
        started_at: When the clock started that is due then; None likewise.
        commitment: That clock's; empty likewise.
        waits_since: When the clock of response time started; None: it does not run.
    """

    lead_id: str
    team_id: str | None
    rep_id: str | None
    state: str
    next_due_at: Instant | None
    started_at: Instant | None
    commitment: str
    waits_since: Instant | None
    sequence: int
    breached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachEntry:
    """A breach as its latest record tells it."""

    breach_id: str
    subject: str
    team_id: str | None
    rep_id: str | None
    commitment: str
    status: str
    due_at: Instant
    detected_at: Instant
    overrun: Micros | None
    note: str


class OpenLeads:
    """Leads with a clock that runs or is breached."""

    def __init__(self) -> None:
        self._entries: dict[str, OpenEntry] = {}
        self._ended: dict[str, int] = {}

    def take(self, record: ReadOpenLead) -> tuple[OpenEntry | None, OpenEntry | None]:
        """Take a record.

        Returns:
            What was known before, and what is known now; (None, None): nothing new.
        """
        before = self._entries.get(record.lead_id)
        known = before.sequence if before else self._ended.get(record.lead_id, -1)
        if record.sequence <= known:
            return None, None
        entry = _open_entry(record)
        self._entries[record.lead_id] = entry
        self._ended.pop(record.lead_id, None)
        return before, entry

    def end(self, lead_id: str) -> None:
        """Take a lead's tombstone."""
        entry = self._entries.pop(lead_id, None)
        if entry is not None:
            self._ended[lead_id] = entry.sequence
            if len(self._ended) > _ENDED:
                del self._ended[next(iter(self._ended))]

    def entries(self) -> Iterable[OpenEntry]:
        """Give all of them, in no order."""
        return self._entries.values()


@dataclass(frozen=True, slots=True)
class Worked:
    """What was done today: by one rep, or by several together.

    Attributes:
        histogram: Answers by bucket of response time, as in a scorecard.
        unconnected_leads: Leads that nobody reached in person yet.
        unconnected_attempts: Attempts on these.
    """

    histogram: tuple[int, ...] = ()
    unconnected_leads: int = 0
    unconnected_attempts: int = 0

    def __add__(self, other: "Worked") -> "Worked":
        """Put the work of several together."""
        return Worked(
            tuple(map(sum, zip_longest(self.histogram, other.histogram, fillvalue=0))),
            self.unconnected_leads + other.unconnected_leads,
            self.unconnected_attempts + other.unconnected_attempts,
        )

    @property
    def response(self) -> float | None:
        """Median business seconds to the answer; None: there was none."""
        return quantile(0.5, self.histogram) if len(self.histogram) == len(LABELS) else None

    @property
    def depth(self) -> float | None:
        """Mean attempts on leads that nobody reached; None: there are none."""
        leads = self.unconnected_leads
        return self.unconnected_attempts / leads if leads else None


class Scorecards:
    """What each rep has done today, by the scorecard's key."""

    def __init__(self) -> None:
        self._worked: dict[str, tuple[tuple[str, str | None], Worked]] = {}

    def take(self, key: str, record: ReadScorecard) -> None:
        """Take the latest scorecard of a rep."""
        today = record.windows.get(_TODAY)
        if today is not None:
            histogram = tuple(today.response_histogram.get(label, 0) for label in LABELS)
            worked = Worked(histogram, today.unconnected_leads, today.unconnected_attempts)
            self._worked[key] = (record.team_id, record.rep_id), worked

    def end(self, key: str) -> None:
        """Take a scorecard's tombstone."""
        self._worked.pop(key, None)

    def entries(self) -> Iterable[tuple[tuple[str, str | None], Worked]]:
        """Give team and rep, as they may be shown, and what was done."""
        return self._worked.values()


class Breaches:
    """Every breach's latest status, and the rows of the newest."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str]] = {}
        self._recent: dict[str, BreachEntry] = {}
        self.by_status: Counter[str] = Counter()

    def take(self, record: ReadBreach) -> BreachEntry | None:
        """Take a record; None: nothing new."""
        revision, status = self._known.get(record.breach_id, (0, ""))
        if record.revision <= revision:
            return None
        entry = _breach_entry(record)
        if status:
            self.by_status[status] -= 1
        self.by_status[entry.status] += 1
        self._known[record.breach_id] = (record.revision, entry.status)
        self._recent[record.breach_id] = entry
        # Now and then rather than each time: sorting on every record would cost more.
        if len(self._recent) > 2 * _RECENT:
            self._recent = {row.breach_id: row for row in self.latest(_RECENT)}
        return entry

    def latest(self, count: int) -> list[BreachEntry]:
        """Give the breaches with the latest due instants, latest first."""
        return heapq.nlargest(
            count, self._recent.values(), key=lambda row: (row.due_at, row.breach_id)
        )


class Verdicts:
    """How clocks ended, by commitment."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str]] = {}
        self._ended: dict[str, Counter[str]] = {}

    def take(self, record: ReadVerdict) -> bool:
        """Take a record and tell whether it was new."""
        revision, outcome = self._known.get(record.verdict_id, (0, ""))
        if record.revision <= revision:
            return False
        counts = self._ended.setdefault(record.commitment, Counter())
        if outcome:
            counts[outcome] -= 1
        counts[record.outcome] += 1
        self._known[record.verdict_id] = (record.revision, record.outcome)
        return True

    def attainment(self, without: Collection[str]) -> Attainment:
        """Give the share kept of all that ended, of other commitments than these."""
        counted = [
            counts for commitment, counts in self._ended.items() if commitment not in without
        ]
        return Attainment(
            met=sum(counts[_KEPT] for counts in counted),
            ended=sum(counts[outcome] for counts in counted for outcome in _ENDS),
        )


def _open_entry(record: ReadOpenLead) -> OpenEntry:
    first = None
    if record.next_due_at is not None:
        due_then = (clock for clock in record.clocks if clock.due_at == record.next_due_at)
        first = next(due_then, None)
    return OpenEntry(
        lead_id=record.lead_id,
        team_id=record.team_id,
        rep_id=record.rep_id,
        state=record.state,
        next_due_at=instant_or_none(record.next_due_at),
        started_at=None if first is None else parse_instant(first.started_at),
        commitment="" if first is None else first.commitment,
        waits_since=min(
            (parse_instant(clock.started_at) for clock in record.clocks if clock.clock == _SPEED),
            default=None,
        ),
        sequence=record.sequence,
        breached=bool(record.open_breaches),
    )


def _breach_entry(record: ReadBreach) -> BreachEntry:
    return BreachEntry(
        breach_id=record.breach_id,
        subject=record.lead_id or record.subject,
        team_id=record.team_id,
        rep_id=record.rep_id,
        commitment=record.commitment,
        status=record.status,
        due_at=parse_instant(record.due_at),
        detected_at=parse_instant(record.detected_at),
        overrun=micros_or_none(record.overrun_seconds),
        note=_note(record),
    )


def _note(record: ReadBreach) -> str:
    if record.status == "retracted":
        return record.reason or ""
    return record.outcome or "" if record.status == "resolved" else ""
