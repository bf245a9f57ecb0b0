"""Which facts may still change what was said of a clock.

A fact told within the correction horizon may; one told later changes nothing at or
before due. Once a verdict has been given, telling again of an attempt that was told
before never changes it.

Source:
    Domain, c.19, "Records and replay"; c.10.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from schemas.codec import encode
from schemas.facts import ContactAttempt, Fact, FactWithdrawn, LeadCreated, LeadErased
from schemas.instants import Instant
from streams.domain.clock import Clock
from streams.domain.growth import Ordinary, ordinary
from streams.domain.history import History, Told, history_of
from streams.domain.judge import Judgement, judge, judgement_of
from streams.domain.known import Known
from streams.domain.lead import ClockKey, Lead, Published, in_order
from streams.domain.policies import Policies
from streams.domain.timeline import FOR_EVER


@dataclass(slots=True)
class Memo:
    """What the facts of a lead gave when they were last judged.

    Attributes:
        known: What was known beside them.
        judged: The clocks, and where they started.
        ordinary: What is to be known to let it grow; None: it is made anew each time.
        at: It holds what was seen up to here.
        newest_at: When the last of it was seen; None: there is nothing.
        done: Clocks that have ended, and of which all has been said.
        said: The other clocks of the last step, as they were said.
        quiet_until: Before it nothing changes but how much time is left; None: not known.
    """

    known: Known
    judged: Judgement
    ordinary: Ordinary | None
    at: Instant
    newest_at: Instant | None
    clocks: dict[ClockKey, Clock]
    done: dict[ClockKey, Clock] = field(default_factory=dict)
    said: list[Clock] = field(default_factory=list)
    quiet_until: Instant | None = None

    @property
    def history(self) -> History:
        """The facts, in order."""
        return self.judged.history

    def grows(self, told: list[Told], now: Instant) -> bool:
        """Take what was told since, if that is nothing out of the ordinary."""
        found = None if self.ordinary is None else self.ordinary.grown(self.history, told)
        judged = None if found is None else self.judged.grown(*found)
        if judged is None:
            return False
        self.judged = judged
        self.clocks = {clock.key: clock for clock in judged.clocks()}
        newest_at = max(at for at, _ in told)
        if self.newest_at is None or newest_at > self.newest_at:
            self.newest_at = newest_at
        self.at = now
        return True

    def holds(self, known: Known) -> bool:
        """Tell whether nothing has become known since, but what is among the lead's news."""
        same = known.policies is self.known.policies
        return same and known.exclusions is self.known.exclusions

    def is_quiet(self, known: Known, now: Instant) -> bool:
        """Tell whether at most a share of a target is used up since the last step."""
        quiet_until = self.quiet_until
        return quiet_until is not None and now < quiet_until and self.holds(known)


class Grounds(NamedTuple):
    """What a clock is judged by.

    Attributes:
        clock: As these facts give it; None: they no longer give it.
        history: The facts that count for it.
        too_late: What was told too late to count.
        told_again: What was told again after its verdict, which changes nothing.
    """

    clock: Clock | None
    history: History
    too_late: Sequence[Told] = ()
    told_again: Sequence[Told] = ()


@dataclass(slots=True)
class Horizon:
    """What still counts for the clocks of one lead at an instant.

    Attributes:
        without: Tellings that are left out for all clocks.
    """

    lead: Lead
    known: Known
    now: Instant
    without: Collection[Told] = ()
    _tellings: list[Told] | None = field(init=False, default=None)

    def clocks(self) -> list[Clock]:
        """Judge each clock by the facts that may still change it; frozen ones are left out."""
        memo = self.whole()
        judged = self._judge(self.without) if self.without else memo.clocks
        published = self.lead.published
        if not published:
            return list(judged.values())
        if memo.ordinary is not None and not self.without and _have_last_at(published):
            # Nothing was told late, nor again.
            return [
                clock
                for key, clock in judged.items()
                if (entry := published.get(key)) is None
                or not (entry.stands and self.is_frozen(key, entry))
            ]
        clocks = []
        for key in [*judged, *(key for key in published if key not in judged)]:
            entry = published.get(key)
            if entry is None:
                if not self._is_late(judged[key]):
                    clocks.append(judged[key])
            elif not self.is_frozen(key, entry):
                clock = self._still(key, entry)
                if clock is not None:
                    clocks.append(clock)
        return clocks

    def _still(self, key: ClockKey, entry: Published) -> Clock | None:
        """Judge a clock of which something was said; None: the facts no longer give it."""
        late = self._told_late(key, entry)
        retold = list(self._retold(entry)) if entry.has_ended else []
        if retold:
            clock = self._judge([*self.without, *late, *retold]).get(key)
            if clock is not None and clock.ended_at is not None and clock.publish_at <= self.now:
                return clock
            # Its end is withdrawn: now whatever is known of its attempts counts.
        return self._judge([*self.without, *late]).get(key)

    def grounds(self) -> Iterator[tuple[ClockKey, Grounds]]:
        """Give by what each clock is judged, also those that can no longer change."""
        judged, published = self._judge(self.without), self.lead.published
        for key in [*judged, *(key for key in published if key not in judged)]:
            entry = published.get(key)
            if entry is not None:
                yield key, self._grounds(key, entry)
            elif not published or not self._is_late(judged[key]):
                yield key, Grounds(judged[key], self._history(self.without))

    def _grounds(self, key: ClockKey, entry: Published) -> Grounds:
        late = self._told_late(key, entry)
        if self.is_frozen(key, entry):
            until = max(self.until(key, entry), entry.known_at)
            late += [one for one in self._told() if one[0] > until and one not in late]
        retold = list(self._retold(entry)) if entry.has_ended else []
        if retold:
            dropped = [*self.without, *late, *retold]
            clock = self._judge(dropped).get(key)
            if clock is not None and clock.ended_at is not None and clock.publish_at <= self.now:
                return Grounds(clock, self._history(dropped), late, retold)
        dropped = [*self.without, *late]
        return Grounds(self._judge(dropped).get(key), self._history(dropped), late)

    def until(self, key: ClockKey, entry: Published) -> Instant:
        """Give the last instant at which a fact told may change what was said.

        The horizon runs from due; what was found out later still, from facts told later
        still, counts as it was said first. So does what made due another one: it was told
        in time, and stays so where the horizon of the new one is over already.
        """
        if entry.verdict is None and (entry.breach is None or entry.due_at is None):
            # Warned of, no more; or paused before it was ever due: nothing can be too late.
            return FOR_EVER
        horizon = self.policies.version(key[2]).correction_horizon
        return max(self.last_at(entry) + horizon, entry.first_at)

    @staticmethod
    def last_at(entry: Published) -> Instant:
        """Due; of a clock that never is, its answer; without one, when its end was said."""
        if entry.due_at is not None:
            return entry.due_at
        answered_at = entry.verdict.answered_at if entry.verdict and entry.stands else None
        return entry.known_at if answered_at is None else answered_at

    def is_frozen(self, key: ClockKey, entry: Published) -> bool:
        """Tell whether nothing can change any more."""
        return entry.stands and self.now > self.until(key, entry)

    @property
    def policies(self) -> Policies:
        """Published versions."""
        return self.known.policies

    def whole(self) -> Memo:
        """Judge all facts that are known now, or say what was made of them before."""
        lead, now = self.lead, self.now
        memo = lead.memo
        if isinstance(memo, Memo) and memo.holds(self.known):
            ripe = [one for one in lead.news if one[0] <= now] if lead.news else []
            if not ripe or memo.grows(ripe, now):
                if ripe:
                    lead.news = [one for one in lead.news if one[0] > now]
                return memo
        judged = judgement_of(history_of(lead.known_at(now), self.policies), self.known)
        memo = lead.memo = Memo(
            self.known,
            judged,
            self._ordinary(),
            now,
            lead.newest_telling(now),
            {clock.key: clock for clock in judged.clocks()},
        )
        # What was told ahead is news, too, when its instant comes.
        lead.news = [one for told in lead.tellings.values() for one in told if one[0] > now]
        return memo

    def _ordinary(self) -> Ordinary | None:
        now, known = self.now, []
        for tellings in self.lead.tellings.values():
            if len(tellings) > 1:
                return None
            if tellings[0][0] <= now:
                known.append(tellings[0])
        return ordinary(known, self.policies.horizon)

    def _judge(self, dropped: Collection[Told]) -> dict[ClockKey, Clock]:
        if not dropped:
            return self.whole().clocks
        return {clock.key: clock for clock in judge(self._history(dropped), self.known)}

    def _history(self, dropped: Collection[Told]) -> History:
        if not dropped:
            return self.whole().history
        history = history_of(
            self.lead.known_at(self.now, lambda one: one not in dropped), self.policies
        )
        if self.whole().history.erased_at is not None and history.erased_at is None:
            # It ends what is open in any case; told so late, from then on.
            history = replace(history, erased_at=self._erased_by(dropped))
        return history

    def _erased_by(self, late: Collection[Told]) -> Instant:
        """Find which late telling erased the lead: also one that lets an erasure stand again."""
        return min((at for at, _ in late if _is_erased(self.lead.known_at(at))), default=self.now)

    def _is_late(self, clock: Clock) -> bool:
        """Tell whether only facts told too late for another clock of its kind give a clock."""
        for key, entry in self.lead.published.items():
            if entry.clock == clock.commitment.clock and not entry.is_gone:
                dropped = self._told_late(key, entry)
                if dropped and clock.key not in self._judge([*self.without, *dropped]):
                    return True
        return False

    def _told_late(self, key: ClockKey, entry: Published) -> list[Told]:
        """List what was told after the horizon of things at or before due.

        What a lead is like holds from its beginning on, whenever it was created. Contents
        that never held beside a late one of the same id do not hold without it either.
        """
        until = self.until(key, entry)
        if self.now <= until:
            return []
        due_at = self.last_at(entry)
        told = self._told()
        late = [one for one in told if one[0] > until and self._begins_by(one[1], due_at)]
        beside = [
            one for one in told if one not in late and any(_is_replaced(one, by) for by in late)
        ]
        return [*late, *beside]

    def _begins_by(self, fact: Fact, due_at: Instant) -> bool:
        """Tell whether a fact, or the one that it withdraws, is about the time until due."""
        if isinstance(fact, FactWithdrawn):
            tellings = [it for _, it in self._told() if it.event_id == fact.withdraws]
            fact = min(tellings, key=_rank, default=fact)
        return fact.occurred_at <= due_at or isinstance(fact, LeadCreated)

    def _retold(self, entry: Published) -> Iterator[Told]:
        """Find what was told after a verdict of attempts that had been told before."""
        attempts = [one for one in self._told() if isinstance(one[1], ContactAttempt)]
        if len({_attempt_id(fact) for _, fact in attempts}) == len(attempts):
            return
        standing = {fact.event_id for _, fact in self.lead.known_at(self.now)}
        first: dict[str, Instant] = {}
        for at, fact in attempts:
            if fact.event_id in standing:
                attempt_id = _attempt_id(fact)
                first[attempt_id] = min(at, first.get(attempt_id, at))
        for at, fact in attempts:
            if at > max(entry.known_at, first.get(_attempt_id(fact), at)):
                yield at, fact

    def _told(self) -> list[Told]:
        if self._tellings is None:
            told = self.lead.told_between(None, self.now)
            self._tellings = [one for one in told if one not in self.without]
        return self._tellings


def _rank(fact: Fact) -> tuple[Instant, bytes]:
    """Order contents of one id: the first of them holds."""
    return fact.occurred_at, encode(fact)


def _is_replaced(one: Told, by: Told) -> bool:
    """Tell whether a telling came to an id of which another content held already."""
    (at, fact), (known_at, other) = one, by
    return fact.event_id == other.event_id and known_at <= at and _rank(other) < _rank(fact)


def _is_erased(known: Collection[Told]) -> bool:
    return any(isinstance(fact, LeadErased) for _, fact in known)


def fresh_of(lead: Lead, now: Instant) -> list[Told]:
    """List what was told since a lead's last step, until now, in order of telling."""
    memo = lead.memo
    if not isinstance(memo, Memo) or lead.judged_at is None or memo.at > lead.judged_at:
        return lead.told_between(lead.judged_at, now)
    fresh = [one for one in lead.news if one[0] <= now]
    if len(fresh) > 1:
        fresh.sort(key=in_order)
    return fresh


def _have_last_at(published: Mapping[ClockKey, Published]) -> bool:
    """Tell whether of every clock it is known from when on facts about it are late."""
    for entry in published.values():  # noqa: SIM110 - half as fast
        if entry.due_at is None and entry.verdict is None:
            return False
    return True


def _attempt_id(fact: Fact) -> str:
    return (isinstance(fact, ContactAttempt) and fact.attempt_id) or fact.event_id
