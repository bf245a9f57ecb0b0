"""What the board knows. No I/O, no clock: it is told records and asked for a view."""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from schemas.instants import Instant, Micros, parse_instant
from streams.board.agreement import Agreement, agreement_of
from streams.board.ledgers import (
    BreachEntry,
    Breaches,
    OpenEntry,
    OpenLeads,
    Scorecards,
    Verdicts,
)
from streams.board.marks import BREACH_MARKS, LEAD_MARKS, RUNNING, VERDICT_MARKS, mark_of
from streams.board.owners import owner_rows
from streams.board.records import (
    ReadBreach,
    ReadHeartbeat,
    ReadOpenLead,
    ReadPolicy,
    ReadScorecard,
    ReadVerdict,
    instant_or_none,
)
from streams.board.view import BoardView, BreachRow, Change, DueRow

CONTROL: Final = "sla-control"
OPEN_LEADS: Final = "open-leads"
VERDICTS: Final = "sla-verdicts"
SCORECARDS: Final = "rep-scorecards"
BREACHES: Final = (
    "speed-breaches",
    "depth-breaches",
    "marketing-breaches",
    "obligation-breaches",
)
_SYNTHETIC: Final = "synthetic:"
_OPEN_STATUSES: Final = ("provisional", "confirmed")


class BoardState:
    """Everything read so far.

    Records may come in any order between topics and any number of times. Leads
    that begin ``synthetic:`` are counted nowhere and shown nowhere.
    """

    def __init__(self) -> None:
        self._leads = OpenLeads()
        self._breaches = Breaches()
        self._verdicts = Verdicts()
        self._scorecards = Scorecards()
        self._owners: set[tuple[str | None, str | None]] = set()
        self._complete: dict[str, Instant] = {}
        self._agreement = Agreement()
        self._newest_at: Instant | None = None
        self._unreadable = 0
        self._tellers: dict[str, Callable[[Mapping[str, Any]], Change | None]] = {
            CONTROL: self._tell_control,
            OPEN_LEADS: self._tell_open_lead,
            VERDICTS: self._tell_verdict,
            **dict.fromkeys(BREACHES, self._tell_breach),
        }

    @property
    def facts_now(self) -> Instant | None:
        """How far all sources are complete, which is the time of an app on facts.

        None: no source has said so yet.
        """
        return min(self._complete.values(), default=None)

    def tell(
        self, topic: str, key: str, value: Mapping[str, Any] | None, written_at: Instant
    ) -> Change | None:
        """Tell of one record.

        Args:
            topic: Catalogue name, without the app's prefix.
            key: The record's key.
            value: The decoded JSON object; None is a tombstone.
            written_at: The Kafka record's timestamp.

        Returns:
            What became true, or None when the record says nothing new.
        """
        if key.startswith(_SYNTHETIC):
            return None
        try:
            change = self._taken(topic, key, value)
        except (msgspec.ValidationError, ValueError):
            self._unreadable += 1
            return None
        # What a source sends is no sign that the worker is alive.
        if topic != CONTROL:
            self._newest_at = max(written_at, self._newest_at or written_at)
        return change

    def tell_unreadable(self) -> None:
        """Tell of a record that is not JSON."""
        self._unreadable += 1

    def view(self, now: Instant, *, wall_at: Instant | None = None, rows: int = 64) -> BoardView:
        """Answer what to show.

        Args:
            now: The app's time, which countdowns are measured against.
            wall_at: The wall clock, which the data's age is measured against;
                None: the same as ``now``.
            rows: Give at most so many leads and breaches.
        """
        entries = list(self._leads.entries())
        ahead = heapq.nsmallest(
            rows,
            (entry for entry in entries if entry.next_due_at is not None),
            key=lambda entry: (entry.next_due_at or 0, entry.lead_id),
        )
        newest_at = self._newest_at
        return BoardView(
            now=now,
            data_age=None
            if newest_at is None
            else max(0, (now if wall_at is None else wall_at) - newest_at),
            open=len(entries),
            states=Counter(_state(entry) for entry in entries),
            left=self._left(ahead, now),
            breaches_by_status={
                status: count for status, count in self._breaches.by_status.items() if count
            },
            attainment=self._verdicts.attainment(without=self._agreement.measured),
            owners=owner_rows(
                entries, self._scorecards.entries(), self._owners, self._agreement, now
            ),
            due=tuple(self._due_row(entry, now) for entry in ahead),
            breaches=tuple(self._breach_row(entry, now) for entry in self._breaches.latest(rows)),
            unreadable=self._unreadable,
        )

    def _taken(self, topic: str, key: str, value: Mapping[str, Any] | None) -> Change | None:
        if topic == SCORECARDS:
            if value is None:
                self._scorecards.end(key)
            else:
                self._scorecards.take(key, msgspec.convert(value, ReadScorecard))
        elif value is not None:
            return self._tellers[topic](value)
        elif topic == OPEN_LEADS:
            self._leads.end(key)
        return None

    def _tell_control(self, value: Mapping[str, Any]) -> None:
        if value.get("type") == "policy-published":
            policy = msgspec.convert(value, ReadPolicy)
            if policy.version >= self._agreement.version:
                self._agreement = agreement_of(policy.version, policy.body)
        elif value.get("type") == "source-heartbeat":
            beat = msgspec.convert(value, ReadHeartbeat)
            at = parse_instant(beat.complete_up_to)
            self._complete[beat.origin] = max(at, self._complete.get(beat.origin, at))

    def _tell_open_lead(self, value: Mapping[str, Any]) -> Change | None:
        before, entry = self._leads.take(msgspec.convert(value, ReadOpenLead))
        if entry is None:
            return None
        self._owners.add((entry.team_id, entry.rep_id))
        # A lead may be open before anything is due: measured only, or nobody's yet.
        if entry.started_at is None or (before is not None and before.started_at is not None):
            return None
        return Change(
            at=entry.started_at,
            mark=RUNNING,
            lead=entry.lead_id,
            owner=self._agreement.owner(entry.team_id, entry.rep_id),
            commitment=entry.commitment,
            due_at=entry.next_due_at,
        )

    def _tell_verdict(self, value: Mapping[str, Any]) -> Change | None:
        record = msgspec.convert(value, ReadVerdict)
        if not self._verdicts.take(record):
            return None
        self._owners.add((record.team_id, record.rep_id))
        return Change(
            at=parse_instant(record.detected_at),
            mark=mark_of(VERDICT_MARKS, record.outcome),
            lead=record.lead_id,
            owner=self._agreement.owner(record.team_id, record.rep_id),
            commitment=record.commitment,
            due_at=instant_or_none(record.due_at),
        )

    def _tell_breach(self, value: Mapping[str, Any]) -> Change | None:
        entry = self._breaches.take(msgspec.convert(value, ReadBreach))
        if entry is None:
            return None
        return Change(
            at=entry.detected_at,
            mark=mark_of(BREACH_MARKS, entry.status),
            lead=entry.subject,
            owner=self._agreement.owner(entry.team_id, entry.rep_id),
            commitment=entry.commitment,
            due_at=entry.due_at,
            note=entry.note,
        )

    def _left(self, entries: list[OpenEntry], now: Instant) -> Micros | None:
        """Give the business time until the next due of all; a weekend may turn the order."""
        return min(
            (
                self._agreement.between(entry.team_id, now, entry.next_due_at)
                for entry in entries
                if entry.next_due_at is not None
            ),
            default=None,
        )

    def _due_row(self, entry: OpenEntry, now: Instant) -> DueRow:
        due_at = entry.next_due_at or 0
        return DueRow(
            lead=entry.lead_id,
            owner=self._agreement.owner(entry.team_id, entry.rep_id),
            commitment=entry.commitment,
            mark=mark_of(LEAD_MARKS, entry.state),
            due_at=due_at,
            left=self._agreement.between(entry.team_id, now, due_at),
        )

    def _breach_row(self, entry: BreachEntry, now: Instant) -> BreachRow:
        overdue: Micros | None = entry.overrun
        if overdue is None and entry.status in _OPEN_STATUSES:
            overdue = max(0, now - entry.due_at)
        return BreachRow(
            lead=entry.subject,
            owner=self._agreement.owner(entry.team_id, entry.rep_id),
            commitment=entry.commitment,
            mark=mark_of(BREACH_MARKS, entry.status),
            due_at=entry.due_at,
            overdue=overdue,
            note=entry.note,
        )


def _state(entry: OpenEntry) -> str:
    return "breached" if entry.breached else entry.state
