"""From partitions of leads to scorecards: whatever is lost, told twice or told by ghosts."""

from typing import Any, Final

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.facts import ContactAttempt, Fact, HandedOff, LeadClosed
from schemas.instants import DAY, HOUR, MINUTE, Instant
from schemas.verdicts import RepScorecard, encode_record, record_key
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.domain.scorecard import cards_of
from streams.runtime.partials import Telling
from tests.support.rep_flow import PARTITIONS, Flow
from tests.support.story import DEPTH, SPEED, agreement, at

_IS_LONG: Final = settings.get_current_profile_name() == "long"
START: Instant = at("2026-03-10 08:00")
_TEAMS: dict[str, Any] = {
    "nord": {"calendar": "floor", "reps": {"anna": {"alias": "Kiebitz"}, "ben": None}},
    "sued": {"calendar": "long", "reps": ["carla"]},
}


def _policies(*privacies: str) -> Policies:
    policies = Policies()
    for number, privacy in enumerate(privacies):
        body = {
            **agreement(SPEED, DEPTH, privacy={"reps": privacy}, teams=_TEAMS),
            "version": number + 1,
            "dormant": "PT72H",
            # A second version is in force from the second day on.
            "effective_from": f"2026-03-1{number}T00:00:00+01:00",
        }
        policies = policies.with_policy(policy_of(body), 0)
    return policies


@st.composite
def _facts(draw: st.DrawFn) -> list[Fact]:
    """Some leads with hand-offs, calls and closes over three days."""
    facts: list[Fact] = []
    for number in range(draw(st.integers(1, 5))):
        common: dict[str, Any] = {"lead_id": f"L-{number}"}
        for place in range(draw(st.integers(1, 4))):
            common |= {
                "event_id": f"{number}-{place}",
                "occurred_at": START + draw(st.integers(0, 3 * 24 * 12)) * 5 * MINUTE,
            }
            kind = draw(st.integers(0, 9)) if place else 0
            if kind < 4:
                team_id, rep_id = draw(
                    st.sampled_from(
                        (("nord", "anna"), ("nord", "ben"), ("nord", None), ("sued", "carla"))
                    )
                )
                facts.append(HandedOff(**common, team_id=team_id, rep_id=rep_id))
            elif kind < 9:
                facts.append(ContactAttempt(**common, channel="call", evidence="system"))
            else:
                facts.append(LeadClosed(**common, outcome="won"))
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.event_id))


_moves = st.lists(
    st.tuples(
        st.integers(5, 12 * HOUR // MINUTE),
        st.sampled_from(("pass", "pass", "lose", "crash", "ghost", "settle", "restart", "idle")),
        st.integers(0, PARTITIONS - 1),
    ),
    min_size=3,
    max_size=12,
)


def _pass(flow: Flow, _number: int, _now: Instant) -> list[Telling]:
    flow.pass_on()
    return []


def _lose(flow: Flow, number: int, now: Instant) -> list[Telling]:
    """One partition's owner dies with what it was telling."""
    flow.pass_on(lost=[number])
    return _crash(flow, number, now)


def _ghost(flow: Flow, _number: int, now: Instant) -> list[Telling]:
    """What all tell reaches the topic much later, when others own the partitions."""
    ghosts = flow.pass_on(lost=range(PARTITIONS))
    for number in range(PARTITIONS):
        _crash(flow, number, now)
    return ghosts


def _crash(flow: Flow, number: int, now: Instant) -> list[Telling]:
    flow.leads[number].restart()
    flow.leads[number].advance(now)
    return []


def _settle(flow: Flow, _number: int, _now: Instant) -> list[Telling]:
    flow.settle()
    return []


def _restart(flow: Flow, number: int, _now: Instant) -> list[Telling]:
    flow.restart_reps(number)
    return []


def _idle(_flow: Flow, _number: int, _now: Instant) -> list[Telling]:
    return []


_MOVES = {
    "pass": _pass,
    "lose": _lose,
    "crash": _crash,
    "ghost": _ghost,
    "settle": _settle,
    "restart": _restart,
    "idle": _idle,
}


def _as_told(cards: list[RepScorecard]) -> dict[bytes, dict[str, Any]]:
    told = {record_key(card): orjson.loads(encode_record(card)) for card in cards}
    return {key: {**card, "as_of": ""} for key, card in told.items()}


@given(
    st.sampled_from((("named",), ("alias",), ("team_only",), ("named", "team_only"))),
    _facts(),
    _moves,
)
@settings(max_examples=1_200 if _IS_LONG else 60)
def test_scorecards_are_those_of_one_book(
    privacies: tuple[str, ...], facts: list[Fact], moves: list[tuple[int, str, int]]
) -> None:
    """Tellings lost, owners that crash, ghosts, readers that restart: once drained, no trace."""
    policies = _policies(*privacies)
    flow, whole, now = Flow(policies), Book(policies), START
    ghosts: list[Telling] = []
    rest = list(facts)
    for minutes, move, number in [*moves, (4 * 24 * 60, "idle", 0)]:
        now += minutes * MINUTE
        while rest and rest[0].occurred_at <= now:
            flow.tell([rest[0]], rest[0].occurred_at)
            whole.tell(rest[0], rest[0].occurred_at)
            rest.pop(0)
        whole.advance(now)
        for leads in flow.leads:
            leads.advance(now)
        ghosts += _MOVES[move](flow, number, now)
    flow.pass_on()
    flow.settle()
    for telling in ghosts:
        flow.write(telling)
    flow.settle()

    assert {key: {**card, "as_of": ""} for key, card in flow.cards.items()} == _as_told(
        cards_of(whole, now)
    )


def test_windows_move_on_though_nothing_is_told() -> None:
    """A lead of 09:00 leaves the hour at 10:15, today at midnight, and 30 days later the topic."""
    policies = _policies("named")
    flow = Flow(policies)
    flow.tell(
        [
            HandedOff(
                event_id="h", lead_id="L", occurred_at=START + HOUR, team_id="nord", rep_id="anna"
            ),
            ContactAttempt(
                event_id="a",
                lead_id="L",
                occurred_at=START + HOUR + MINUTE,
                channel="call",
                outcome="connected",
                evidence="system",
            ),
        ],
        START + HOUR + MINUTE,
    )

    def counted(until: str) -> list[int] | None:
        for leads in flow.leads:
            leads.advance(at(until))
        flow.pass_on()
        flow.settle()
        card = flow.cards.get(b"nord:anna")
        return None if card is None else [one["leads"] for one in card["windows"].values()]

    assert counted("2026-03-10 10:14") == [1, 1, 1, 1]
    assert counted("2026-03-10 10:15") == [0, 1, 1, 1]
    before = flow.published
    assert counted("2026-03-10 23:45") == [0, 1, 1, 1]
    assert flow.published == before
    assert counted("2026-03-11 00:00") == [0, 0, 1, 1]
    assert counted("2026-03-17 00:00") == [0, 0, 0, 1]
    assert counted("2026-04-08 23:45") == [0, 0, 0, 1]
    assert counted("2026-04-09 00:00") is None


def test_reps_keep_no_pane_for_ever() -> None:
    """A call a day for seventy days: the table keeps those of 32 days."""
    flow = Flow(_policies("named"))
    kept = []
    for day in range(70):
        now = START + HOUR + day * DAY
        lead_id = f"L-{day}"
        flow.tell(
            [
                HandedOff(
                    event_id="h", lead_id=lead_id, occurred_at=now, team_id="nord", rep_id="anna"
                ),
                ContactAttempt(
                    event_id="a",
                    lead_id=lead_id,
                    occurred_at=now + 20 * MINUTE,
                    channel="call",
                    outcome="connected",
                    evidence="system",
                ),
            ],
            now + 20 * MINUTE,
        )
        for leads in flow.leads:
            leads.advance(now + HOUR)
        flow.pass_on()
        flow.settle()
        kept.append((sum(map(len, flow.reps)), sum(map(len, flow.rows))))

    panes, rows = zip(*kept, strict=True)
    assert max(panes[40:]) <= 2 * 33
    assert max(rows[40:]) <= 2 * 33 + PARTITIONS * PARTITIONS + 1
