"""What becomes of one lead: all that happens to it, as the floor would live it.

A story knows nothing of connectors: it tells when a thing happened and when its
source could first write it down.
"""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from schemas.facts import (
    ClockPaused,
    ClockResumed,
    ContactAttempt,
    Fact,
    FactWithdrawn,
    HandedBack,
    HandedOff,
    LeadClosed,
    LeadCreated,
    LeadUpdated,
)
from schemas.instants import Instant, Micros, seconds
from streams.simulate import habits
from streams.simulate.floor import Desk, Floor
from streams.simulate.habits import MINUTE, Rep, pick, ranked

WEB: Final = "web"
CRM: Final = "crm"
DIALER: Final = "dialer"
MAIL: Final = "mail"
ORIGINS: Final = (WEB, CRM, DIALER, MAIL)

_MOST_ATTEMPTS: Final = 9
_MOST_CYCLES: Final = 3


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happened.

    Attributes:
        fact: Without ``recorded_at``.
        written_at: When its source wrote it down.
    """

    fact: Fact
    written_at: Instant


class Staff:
    """Who works on the floor; drawn once for all leads."""

    def __init__(self, floor: Floor, rng: Random) -> None:
        """Hire every rep of every desk."""
        self.desks = floor.desks
        self._reps = {
            desk.team_id: tuple(habits.hire(rep_id, rng) for rep_id in desk.reps)
            for desk in floor.desks
        }

    def someone(self, desk: Desk, rng: Random) -> Rep:
        """Draw a rep of a desk."""
        return rng.choice(self._reps[desk.team_id])


def story(floor: Floor, staff: Staff, lead_id: str, created_at: Instant, rng: Random) -> list[Deed]:
    """Tell one lead's story, in the order in which it happened or nearly so."""
    teller = _Teller(floor, staff, lead_id, created_at, rng)
    teller.tell()
    return teller.deeds


class _Teller:
    """Lives through one lead; ``_now`` is how far it came."""

    def __init__(
        self, floor: Floor, staff: Staff, lead_id: str, created_at: Instant, rng: Random
    ) -> None:
        self.deeds: list[Deed] = []
        self._floor = floor
        self._staff = staff
        self._lead_id = lead_id
        self._now = created_at
        self._rng = rng
        self._desk = rng.choice(staff.desks)
        self._rep = staff.someone(self._desk, rng)
        self._reached = False

    def tell(self) -> None:
        stage = pick(self._rng, habits.STAGES)
        self._create(stage)
        if stage == "iql":
            # Not ripe for Sales: Marketing keeps writing to it.
            self._attempt("email", self._later(600), party="marketing", automated=True)
            return
        if self._chance(0.03):
            # The rep was quicker than the hand-off.
            self._call()
        self._pass_time(habits.QUALIFY)
        for cycle in range(_MOST_CYCLES):
            self._hand_off()
            if self._chance(0.02):
                self._hand_back()
                continue
            self._work()
            if not self._close(given_up=cycle == 0 and self._chance(0.05)):
                return
            if not self._chance(0.07):
                return
            self._pass_time(habits.REOPEN)

    def _create(self, stage: str) -> None:
        rng = self._rng
        self._do(
            LeadCreated,
            WEB,
            source=pick(rng, ranked(self._floor.sources)),
            segment=pick(rng, ranked(self._floor.segments)),
            stage=stage,
            score=rng.randrange(20, 100),
            campaign=rng.choice(habits.CAMPAIGNS) if self._chance(0.3) else None,
            role=rng.choice(habits.ROLES) if self._chance(0.5) else None,
            value=f"{rng.randrange(5, 400) * 100}.00" if self._chance(0.6) else None,
        )
        if self._chance(0.5):
            thanks_at = self._later(30)
            self._attempt("email", thanks_at, party="marketing", automated=True)

    def _hand_off(self) -> None:
        if self._chance(0.25):
            self._do(HandedOff, CRM, team_id=self._desk.team_id)
            self._pass_time(habits.TAKE_FROM_QUEUE, in_hours=True)
        self._do(HandedOff, CRM, team_id=self._desk.team_id, rep_id=self._rep.rep_id)
        if self._chance(0.1):
            self._do(LeadUpdated, CRM, score=self._rng.randrange(20, 100))

    def _hand_back(self) -> None:
        self._pass_time(habits.ANSWER, in_hours=True)
        self._do(HandedBack, CRM, reason="not_ripe")
        self._pass_time(habits.DECIDE)

    def _work(self) -> None:
        """Try to reach the lead until it is reached or the rep gives up."""
        self._reached = False
        if self._chance(0.04):
            return
        if self._chance(0.04):
            self._pause()
        if self._chance(0.1):
            self._pass_time(habits.REASSIGN, in_hours=True)
            self._reassign()
        self._pass_time(habits.ANSWER, factor=self._rep.pace, in_hours=True)
        for _ in range(_MOST_ATTEMPTS):
            self._try()
            if self._reached or not self._chance(self._rep.patience):
                return
            self._pass_time(habits.RETRY, factor=self._rep.pace, in_hours=True)

    def _try(self) -> None:
        channel = pick(self._rng, habits.CHANNELS)
        if channel == "call":
            self._call()
        else:
            outcome = {"voicemail": "voicemail"}.get(channel) or pick(
                self._rng, habits.MAIL_OUTCOMES
            )
            self._attempt(channel, self._now, outcome=outcome, rep_id=self._rep.rep_id)
            if outcome == "sent" and self._chance(0.15):
                self._pass_time(habits.REPLY)
                self._attempt(channel, self._now, direction="inbound", outcome="connected")
                self._reached = True

    def _call(self) -> None:
        rng = self._rng
        outcome = pick(rng, habits.CALL_OUTCOMES)
        self._reached = outcome == "connected"
        length = self._real(habits.TALK if self._reached else habits.RING)
        self._dial(outcome, length)
        self._now += length
        if outcome == "no_answer" and self._chance(0.1):
            # Dialled again at once, as some do.
            self._now = self._later(self._rng.uniform(5, 30))
            self._dial("no_answer", self._real(habits.RING))

    def _dial(self, outcome: str, length: Micros) -> None:
        at, rep = self._now, self._rep
        if not self._chance(rep.logs_by_hand):
            self._attempt(
                "call",
                at,
                outcome=outcome,
                rep_id=rep.rep_id,
                duration_seconds=seconds(length),
                written_at=at + length,
            )
            return
        written_at = at + length + self._floor.real(self._rng.uniform(20, 240))
        if self._chance(0.25 * self._floor.mess):
            # Logged at the end of the day, dated back to when it was.
            written_at += self._real(habits.LOG_LATE)
        event_id = self._attempt(
            "call",
            at,
            outcome=outcome,
            rep_id=rep.rep_id,
            evidence="manual",
            written_at=written_at,
        )
        if self._chance(0.03 * self._floor.mess):
            self._do(
                FactWithdrawn,
                CRM,
                at=written_at + self._floor.real(2 * MINUTE),
                withdraws=event_id,
            )

    def _pause(self) -> None:
        reason = self._rng.choice(habits.PAUSES)
        self._do(ClockPaused, CRM, at=self._later(MINUTE), reason=reason)
        self._pass_time(habits.PAUSE)
        self._do(ClockResumed, CRM, reason=reason)

    def _reassign(self) -> None:
        if self._chance(0.3):
            self._desk = self._rng.choice(self._staff.desks)
        self._rep = self._staff.someone(self._desk, self._rng)
        self._do(HandedOff, CRM, team_id=self._desk.team_id, rep_id=self._rep.rep_id)

    def _close(self, *, given_up: bool) -> bool:
        """Close the lead; False: it stays open."""
        if given_up:
            return False
        self._pass_time(habits.DECIDE)
        outcome = pick(
            self._rng, habits.REACHED_CLOSES if self._reached else habits.UNREACHED_CLOSES
        )
        won = outcome == "won"
        self._do(
            LeadClosed,
            CRM,
            outcome=outcome,
            revenue=f"{self._rng.randrange(5, 900) * 100}.00" if won else None,
            currency="EUR" if won else None,
        )
        return True

    def _attempt(
        self,
        channel: str,
        at: Instant,
        *,
        outcome: str = "sent",
        evidence: str = "system",
        written_at: Instant | None = None,
        **told: Any,  # noqa: ANN401 - whatever else the fact has
    ) -> str:
        origin = DIALER if channel in ("call", "voicemail") else MAIL
        return self._do(
            ContactAttempt,
            origin if evidence == "system" else CRM,
            at=at,
            written_at=written_at,
            channel=channel,
            outcome=outcome,
            evidence=evidence,
            **told,
        )

    def _do(
        self,
        kind: type[Fact],
        origin: str,
        *,
        at: Instant | None = None,
        written_at: Instant | None = None,
        **told: Any,  # noqa: ANN401 - whatever the fact has
    ) -> str:
        event_id = f"{self._lead_id}.{len(self.deeds) + 1}"
        happened_at = self._now if at is None else at
        fact = kind(
            event_id=event_id,
            lead_id=self._lead_id,
            occurred_at=happened_at,
            origin=origin,
            **told,
        )
        self.deeds.append(Deed(fact, happened_at if written_at is None else written_at))
        return event_id

    def _pass_time(self, wait: habits.Wait, *, factor: float = 1.0, in_hours: bool = False) -> None:
        """Let time pass; in the hours of the desk, where a rep has to act."""
        length = self._real(wait, factor)
        if in_hours:
            calendar = self._desk.calendar
            self._now = calendar.after(calendar.next_open(self._now), length)
        else:
            self._now += length

    def _real(self, wait: habits.Wait, factor: float = 1.0) -> Micros:
        return self._floor.real(wait.seconds(self._rng, factor))

    def _later(self, real_seconds: float) -> Instant:
        return self._now + self._floor.real(real_seconds)

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share
