"""What a worker keeps of its reps follows the windows and what is open, not history."""

import gc
from dataclasses import replace
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Final

from schemas.facts import ContactAttempt, Fact, HandedOff, LeadClosed
from schemas.instants import DAY, HOUR, MINUTE
from streams.config import TimeMode
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.metrics.reps import RepsText
from streams.runtime.pages import reps_of
from tests.support.rep_flow import PARTITIONS, Flow
from tests.support.shell import SETTINGS
from tests.support.story import DEPTH, SPEED, agreement, at

FIRST: Final = at("2026-03-02 00:00")
DAYS: Final = 75
LEADS_A_DAY: Final = 12
REPS: Final = 60
_NO_STATE: Final = (type, ModuleType, FunctionType, BuiltinFunctionType)


def weight(*roots: object) -> int:
    """Count all that containers hold that can be reached: caches and what is owed, too."""
    found: dict[int, object] = {}
    waiting = list(roots)
    held = 0
    while waiting:
        one = waiting.pop()
        if id(one) in found or isinstance(one, _NO_STATE):
            continue
        found[id(one)] = one
        if isinstance(one, dict | list | set | frozenset | tuple):
            held += len(one)
        waiting += gc.get_referents(one)
    return held


def a_day(number: int) -> list[Fact]:
    """A lead every other hour, each of another rep of sixty, called twice, closed next day."""
    facts: list[Fact] = []
    for place in range(LEADS_A_DAY):
        lead_id, start = f"{number}-{place}", FIRST + number * DAY + 2 * place * HOUR
        rep_id = f"rep-{(number * LEADS_A_DAY + place) % REPS}"
        facts += [
            HandedOff(
                lead_id=lead_id, event_id="h", occurred_at=start, team_id="sued", rep_id=rep_id
            ),
            *(
                ContactAttempt(
                    lead_id=lead_id,
                    event_id=f"a{minutes}",
                    occurred_at=start + minutes * MINUTE,
                    channel="call",
                    evidence="system",
                )
                for minutes in (10, 100)
            ),
            LeadClosed(lead_id=lead_id, event_id="c", occurred_at=start + DAY, outcome="won"),
        ]
    return facts


def test_reps_weigh_no_more_after_two_months_than_after_one() -> None:
    """Books, tables, partials, scorecards and scraped text, whatever they keep inside."""
    teams = {"sued": {"calendar": "always", "reps": []}}
    body = agreement(SPEED, DEPTH, dormant="PT72H", privacy={"reps": "named"}, teams=teams)
    flow, text = Flow(Policies().with_policy(policy_of(body), 0)), RepsText()
    settings = replace(SETTINGS, partitions=PARTITIONS, time=TimeMode.FACTS)
    weights, rows, scraped = list[int](), list[int](), list[int]()
    for number in range(DAYS):
        told = sorted(a_day(number), key=lambda fact: fact.occurred_at)
        for fact in told:
            flow.tell([fact], fact.occurred_at)
        for leads in flow.leads:
            leads.advance(FIRST + (number + 1) * DAY)
        flow.pass_on()
        flow.settle()
        books = [leads.book for leads in flow.leads]
        owned = reps_of(flow.reps, books, settings, lambda: 0)
        scraped.append(b"".join(text.slices(owned)).count(b"\n"))
        weights.append(weight(*books, *(one.partials for one in flow.leads), *flow.reps, text))
        rows.append(sum(map(len, flow.rows)) + sum(len(leads.kept) for leads in flow.leads))

    # From the fifth week on as many panes go as come; before, a month fills.
    assert max(weights[60:]) <= 1.001 * max(weights[36:60])
    assert max(rows[60:]) <= max(rows[36:60])
    assert weights[30] > 1.3 * weights[0]
    assert len(flow.cards) == REPS
    assert max(scraped) > REPS * 28
