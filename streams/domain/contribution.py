"""What a lead contributes to the panes of those who owned it.

A pure function of the lead as it is judged: facts, clocks, and what was published. The
book puts what it gives in the place of what it gave before, so a late fact, a
retraction or a reassignment moves counts and never doubles them.

How the settled readings are taken here:

* Each ``speed`` clock counts as a lead, so a lead that begins another cycle counts
  again, in the pane in which that clock started. What was published decides: the owner,
  the outcome and the response time are those of its verdict, or of its breach while
  there is no verdict. Until either is there, it counts for whoever owns the lead now.
* ``within_target`` are the verdicts ``met``. An answer before the hand-off is one, of
  whoever the lead was then handed to, but neither sum nor histogram of response times
  contains it.
* A breach counts in the pane in which its clock started, for whoever owned the lead
  when it was due: every breach that Sales owes and that was not retracted.
* Attempts are those that count towards depth, each in the pane in which it was made and
  for whoever owned the lead then: from the hand-off to the close, double dials once,
  voicemail by itself. Where no depth is promised they are counted as if it were: by
  Sales, outbound, by a person, not bounced or failed.
* A lead is unconnected as long as nobody reached it in person in that cycle; all its
  attempts count beside it, in its own pane.

Source:
    Domain, c.19, "Rep windows" and "Depth"; c.4, c.12; contract, section 2.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from schemas.instants import Instant
from schemas.verdicts import Breach, Verdict
from streams.domain import counts
from streams.domain.calendar import ALWAYS
from streams.domain.clock import Clock
from streams.domain.commitment import DEPTH, SPEED, Commitment
from streams.domain.counts import Counts
from streams.domain.depth import Counted as CountedAttempt
from streams.domain.depth import measure
from streams.domain.history import UNDELIVERED, Attempt, Cycle, History
from streams.domain.lead import CAUSES, ClockKey, Lead, Published
from streams.domain.panes import Counted, Pane, Rep, pane_of
from streams.domain.policies import Policies
from streams.domain.qualifying import counting
from streams.domain.timeline import FOR_EVER, Ownership, Timeline

SYNTHETIC: Final = "synthetic:"
"""Leads whose id begins so are judged, but counted nowhere."""

_SALES: Final = "sales"
_ANY_DEPTH: Final = Commitment(
    id="any", clock=DEPTH, debtor="sales", creditor="marketing", applies={}, mix={}
)

_Counts = dict[tuple[Rep, Pane], Counts]


def contribution_of(
    history: History,
    clocks: Iterable[Clock],
    published: Mapping[ClockKey, Published],
    policies: Policies,
    now: Instant,
) -> Counted:
    """Count a lead.

    Args:
        history: Its facts known at ``now``, in order.
        clocks: Its clocks at ``now``; frozen ones may be left out.
        published: What was last published of each clock, ``now`` included.
        policies: Published versions; at least one.
        now: The instant of the judgement.
    """
    counted: _Counts = {}
    worked = {
        cycle.number: _worked(cycle, history, policies)
        for cycle in history.cycles
        if cycle.handoffs
    }
    for one in worked.values():
        for rep, at, channel in one.attempts:
            _add(counted, rep, at, counts.ATTEMPT[channel])
    for lead in _leads(clocks, published, now):
        of_cycle = worked.get(lead.cycle)
        owner, depth = lead.rep, counts.EMPTY
        if of_cycle is not None:
            if lead.pre_handoff:
                owner = of_cycle.handed_to
            if not of_cycle.is_connected:
                depth = counts.UNCONNECTED + len(of_cycle.attempts) * counts.UNCONNECTED_ATTEMPT
        _add(counted, owner, lead.started_at, lead.counts + depth)
    for entry in published.values():
        breach = entry.breach
        if breach is not None and breach.status != "retracted" and breach.debtor == _SALES:
            _add(counted, _rep(breach), breach.started_at, counts.BREACH)
    return counted


class Uncounted(NamedTuple):
    """What a lead's contribution is made of, once somebody wants to know it.

    What was published is the lead's own; it changes with the next such note only.
    """

    history: History
    clocks: Iterable[Clock]
    policies: Policies
    now: Instant


def count(lead: Lead) -> None:
    """Make what a lead contributes, if that may have changed."""
    if isinstance(lead.uncounted, Uncounted):
        history, clocks, policies, now = lead.uncounted
        lead.counted = contribution_of(history, clocks, lead.published, policies, now)
        lead.uncounted = None


def _add(counted: _Counts, rep: Rep | None, at: Instant | None, one: Counts) -> None:
    if rep is None or at is None:
        return
    place = rep, pane_of(at)
    counted[place] = counted.get(place, counts.EMPTY) + one


def _rep(owned: Breach | Verdict | Ownership | None) -> Rep | None:
    """Tell who is told to own a lead; None: nobody."""
    return None if owned is None or owned.team_id is None else (owned.team_id, owned.rep_id)


class _Lead(NamedTuple):
    """A speed clock, as it counts."""

    cycle: int
    rep: Rep | None
    started_at: Instant
    counts: Counts
    pre_handoff: bool = False


def _leads(
    clocks: Iterable[Clock], published: Mapping[ClockKey, Published], now: Instant
) -> Iterator[_Lead]:
    told = set()
    for key, entry in published.items():
        if entry.clock == SPEED and entry.stands and entry.verdict is not None:
            told.add(key)
            # What was never promised does not count; what took its place counts itself.
            if entry.verdict.reason not in CAUSES:
                yield _ended(entry.verdict)
    for clock in clocks:
        if clock.commitment.clock == SPEED and clock.key not in told:
            owner = _owner(clock, published.get(clock.key), now)
            yield _Lead(clock.cycle, owner, clock.started_at, counts.LEAD)


def _ended(verdict: Verdict) -> _Lead:
    lead = counts.LEAD
    if verdict.answered_at is not None:
        lead += counts.ANSWERED
        if verdict.outcome == "met":
            lead += counts.WITHIN_TARGET
        if not verdict.pre_handoff:
            lead += counts.response(verdict.elapsed_seconds or 0)
    pre_handoff = verdict.pre_handoff
    return _Lead(verdict.cycle, _rep(verdict), verdict.started_at, lead, pre_handoff)


def _owner(clock: Clock, entry: Published | None, now: Instant) -> Rep | None:
    if entry is not None and entry.breach is not None and entry.breach.status != "retracted":
        return _rep(entry.breach)
    at = now if clock.ended_at is None else clock.ended_at
    return _rep(clock.timeline.owner_at(max(at, clock.opened_at)))


class _Worked:
    """What was done in one cycle.

    Attributes:
        handed_to: By the hand-off that opened it.
        attempts: That count: who owned the lead, when, on which channel.
        is_connected: One of all its attempts reached the lead in person.
    """

    __slots__ = ("attempts", "handed_to", "is_connected")

    def __init__(
        self, handed_to: Rep, attempts: list[tuple[Rep, Instant, str]], *, is_connected: bool
    ) -> None:
        """Keep what was found."""
        self.handed_to = handed_to
        self.attempts = attempts
        self.is_connected = is_connected


def _worked(cycle: Cycle, history: History, policies: Policies) -> _Worked:
    first = cycle.handoffs[0]
    handed_to = first.team_id, first.rep_id
    held = [attempt for attempt in history.attempts if cycle.holds(attempt)]
    if not held:
        return _Worked(handed_to, [], is_connected=False)
    attempts = [
        (_owner_of(cycle, at), at, channel)
        for at, _, channel in _attempts(cycle, held, history, policies)
    ]
    return _Worked(handed_to, attempts, is_connected=any(attempt.connects for attempt in held))


def _attempts(
    cycle: Cycle, held: list[Attempt], history: History, policies: Policies
) -> tuple[CountedAttempt, ...]:
    """List the attempts that count: by the cycle's promise of depth, or as if there were one."""
    first = cycle.handoffs[0]
    policy = policies.pinned(first.at)
    if policy is None:
        return ()
    promise = None
    if DEPTH in policy.kinds:
        promise = policy.commitment_for(DEPTH, history.attributes_at(first.at, first.team_id))
    if promise is None or promise.debtor != _SALES:
        return measure(held, _ANY_DEPTH, _is_made_by_sales, first.at, policy.double_dial).counted
    counts_too = counting(promise, policy, _ownership(cycle))
    return measure(held, promise, counts_too, first.at, policy.double_dial).counted


def _ownership(cycle: Cycle) -> Timeline:
    return Timeline(
        [Ownership(one.at, FOR_EVER, ALWAYS, one.team_id, one.rep_id) for one in cycle.handoffs]
    )


def _is_made_by_sales(attempt: Attempt) -> bool:
    told = attempt.told
    return (
        told.party == _SALES
        and told.direction == "outbound"
        and not told.automated
        and told.outcome not in UNDELIVERED
    )


def _owner_of(cycle: Cycle, at: Instant) -> Rep:
    owner = cycle.handoffs[0]
    for handoff in cycle.handoffs:
        if handoff.at > at:
            break
        owner = handoff
    return owner.team_id, owner.rep_id
