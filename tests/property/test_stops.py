"""Pauses, budgets, exclusions and their caps, held against a model that looks at every minute."""

from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.facts import ClockPaused, ClockResumed, ExclusionDeclared, HandedOff, LeadCreated
from schemas.instants import DAY, HOUR, MINUTE
from schemas.verdicts import Breach
from streams.domain.book import Book
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from tests.support.naive_stops import Floor
from tests.support.worlds import PLAIN, START

_IS_LONG: Final = settings.get_current_profile_name() == "long"
_LAST: Final = START + 15 * DAY
_MINUTES: Final = 17 * 24 * 60
_COMMON: Final[dict[str, Any]] = {
    **PLAIN,
    "agreement": "stops",
    "zone": "Europe/Berlin",
    "period": "month",
    "pauses": {"reasons": ["vacation", "customer_asked"]},
    "exclusions": {"reasons": ["storm"]},
}
BODIES: Final[dict[str, dict[str, Any]]] = {
    "unlimited": {**_COMMON, "sales": [{"id": "speed", "clock": "speed", "target": "PT3H"}]},
    "limited": {
        **_COMMON,
        "sales": [{"id": "speed", "clock": "speed", "target": "PT4H"}],
        "pauses": {**_COMMON["pauses"], "budget": "PT50M"},
        "exclusions": {**_COMMON["exclusions"], "cap": "PT1H10M"},
    },
}
FLOORS: Final = {name: Floor(body, START, _MINUTES) for name, body in BODIES.items()}
POLICIES: Final = {
    name: Policies().with_policy(policy_of(body), 0) for name, body in BODIES.items()
}

# Into the weekend on which clocks change, over the end of a month and Easter.
_instants = st.one_of(
    st.integers(0, 8 * 12).map(lambda n: START + n * 5 * MINUTE),
    st.integers(0, 12 * 48).map(lambda n: START + n * 30 * MINUTE),
)
_owners = st.sampled_from([("nord", "anna"), ("nord", "ben"), ("nord", None), ("west", "carl")])
_reasons = st.sampled_from(["vacation", "vacation", "customer_asked", "lunch"])
_clocks = st.sampled_from([None, None, "speed", "depth"])
_scopes = st.sampled_from(
    [
        *(None, None, {}, {"team_id": "nord"}, {"team_id": ["west", "nord"]}, {"rep_id": "anna"}),
        *({"segment": "small"}, {"segment": "large"}, {"team_id": "west", "segment": ["small"]}),
    ]
)
_handoffs = st.lists(st.tuples(_instants, _owners), min_size=1, max_size=3)
_pauses = st.lists(
    st.tuples(
        st.sampled_from([ClockPaused, ClockPaused, ClockResumed]), _instants, _reasons, _clocks
    ),
    max_size=7,
)
_exclusions = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["storm", "storm", "storm", "party"]),
        _instants,
        st.integers(1, 60),
        _scopes,
    ),
    max_size=4,
)


@settings(max_examples=5_000 if _IS_LONG else 150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(BODIES)), _handoffs, _pauses, _exclusions)
def test_a_promise_is_due_when_its_minutes_have_passed(
    world: str,
    handed: list[tuple[int, tuple[str, str | None]]],
    stopped: list[tuple[type[ClockPaused | ClockResumed], int, str, str | None]],
    excluded: list[tuple[int, str, int, int, dict[str, Any] | None]],
) -> None:
    """Start and due of response time, whatever stops it, in two calendars."""
    created = LeadCreated(event_id="c", lead_id="L", occurred_at=START - HOUR, segment="small")
    handoffs = [
        HandedOff(event_id=f"h{n}", lead_id="L", occurred_at=at, team_id=team, rep_id=rep)
        for n, (at, (team, rep)) in enumerate(handed)
    ]
    pauses = [
        kind(event_id=f"p{n}", lead_id="L", occurred_at=at, reason=reason, clock=clock)
        for n, (kind, at, reason, clock) in enumerate(stopped)
    ]
    exclusions = [
        ExclusionDeclared(
            event_id=f"x{n}",
            exclusion_id=f"x{n}",
            occurred_at=START - DAY + order,
            from_at=from_at,
            to_at=from_at + length * 15 * MINUTE,
            reason=reason,
            scope=scope,
        )
        for n, (order, reason, from_at, length, scope) in enumerate(excluded)
    ]
    book = Book(POLICIES[world])
    for one in exclusions:
        book.control(one, one.occurred_at)
    for fact in (created, *handoffs, *pauses):
        book.tell(fact, fact.occurred_at)

    said = book.advance(_LAST)

    found = FLOORS[world].due(handoffs, pauses, exclusions, {"segment": "small"})
    breaches = [one for one in said if isinstance(one, Breach)]
    dues = [(one.started_at, one.due_at) for one in breaches if one.status == "confirmed"]
    due_at = found.due_at
    expected = (
        [] if due_at is None or due_at + 10 * MINUTE > _LAST else [(found.started_at, due_at)]
    )
    assert dues == expected
