"""What is open of a lead: found at every step, written only where somebody reads it.

Source:
    Contract, section 2, open leads.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from msgspec import msgpack

from schemas.instants import Instant
from schemas.verdicts import OPEN_STATES, OpenClock, OpenLead
from streams.domain.clock import Clock
from streams.domain.commitment import SPEED
from streams.domain.history import History
from streams.domain.lead import ClockKey, Lead
from streams.domain.policy import Policy, lead_url_of
from streams.domain.publish import breach_id_of
from streams.domain.standing import Waiting
from streams.domain.warnings import is_at_risk

WITHIN, AT_RISK, BREACHED = OPEN_STATES
_RANK: Final = {state: rank for rank, state in enumerate(OPEN_STATES)}
_encode: Final = msgpack.Encoder().encode


class Running(NamedTuple):
    """A clock that runs or is breached.

    Attributes:
        commitment: The clock's id.
        kind: Its clock kind.
        state: Where it stands.
        due_at: As it may be shown.
        breached: Its key, once it is breached.
    """

    commitment: str
    kind: str
    cycle: int
    state: str
    started_at: Instant
    due_at: Instant | None
    breached: ClockKey | None


class OpenNow(NamedTuple):
    """What is open of a lead; equal to another where the records would be.

    Attributes:
        lead_url: As the agreement writes it.
    """

    team_id: str | None
    rep_id: str | None
    segment: str | None
    waiting_since: Instant
    lead_url: str | None
    clocks: tuple[Running, ...]

    @property
    def state(self) -> str:
        """The worst of its clocks."""
        return max((one.state for one in self.clocks), key=_RANK.__getitem__)

    @property
    def next_due_at(self) -> Instant | None:
        """The earliest due instant still ahead."""
        ahead = (one.due_at for one in self.clocks if one.breached is None)
        return min((at for at in ahead if at is not None), default=None)


def open_now(
    lead: Lead, running: Sequence[Clock], history: History, policy: Policy, now: Instant
) -> OpenNow:
    """Find what is open of a lead that has clocks which run or are breached."""
    published = lead.published
    clocks = []
    for clock in running:
        entry = published.get(clock.key)
        if entry is not None and entry.breach_is_open:
            state = BREACHED
        else:
            state = AT_RISK if is_at_risk(clock, now) else WITHIN
        clocks.append(
            Running(
                clock.id,
                clock.commitment.clock,
                clock.cycle,
                state,
                clock.started_at,
                clock.shown_due_at(now),
                clock.key if state is BREACHED else None,
            )
        )
    owner = history.handoffs[-1] if history.handoffs else None
    return OpenNow(
        owner.team_id if owner else None,
        owner.rep_id if owner else None,
        running[-1].segment,
        min([clock.opened_at for clock in running]),
        policy.lead_url,
        tuple(clocks),
    )


def open_record(lead_id: str, found: OpenNow, sequence: int = 0) -> OpenLead:
    """Write what is open of a lead."""
    clocks = tuple(
        OpenClock(
            commitment=one.commitment,
            clock=one.kind,
            cycle=one.cycle,
            state=one.state,
            started_at=one.started_at,
            due_at=one.due_at,
            breach_id=None if one.breached is None else breach_id_of(lead_id, one.breached),
        )
        for one in found.clocks
    )
    return OpenLead(
        lead_id=lead_id,
        team_id=found.team_id,
        rep_id=found.rep_id,
        segment=found.segment,
        state=found.state,
        waiting_since=found.waiting_since,
        next_due_at=found.next_due_at,
        open_breaches=tuple(one.breach_id for one in clocks if one.breach_id),
        clocks=clocks,
        lead_url=lead_url_of(found.lead_url, lead_id),
        sequence=sequence,
    )


def digest_of(lead_id: str, found: OpenNow) -> bytes:
    """Give what tells a record from another, whatever its sequence."""
    return blake2b(_encode(open_record(lead_id, found)), digest_size=8).digest()


def waiting_of(found: OpenNow) -> Waiting | None:
    """Say how an open lead counts; None: nobody owns it yet."""
    if found.team_id is None:
        return None
    return Waiting(
        (found.team_id, found.rep_id),
        found.state,
        min((one.started_at for one in found.clocks if one.kind == SPEED), default=None),
        found.next_due_at,
    )
