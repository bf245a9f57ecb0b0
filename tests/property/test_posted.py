"""Whatever is posted is taken, or refused with a reason; nothing else happens."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import FUTURE_ALLOWANCE, decode, encode
from schemas.facts import ExclusionDeclared
from schemas.instants import parse_instant
from schemas.refusals import RefusalReason, RefusedError
from streams.runtime.posted import Posted, control_in, facts_in

NOW = parse_instant("2026-03-02T10:00:00Z")
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
INSTANTS = st.sampled_from(
    [
        "2026-03-02T10:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "2026-03-02T12:00:00.123456789+02:00",
        "yesterday",
    ]
)
TEXTS = st.dictionaries(
    st.sampled_from(["exclusion", "exclusion_team_id", "exclusion_colour", "alertname"]),
    st.sampled_from(["dialer_down", "nord, sued", "", ","]) | JSON,
)
ALERTS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["firing", "resolved"]) | JSON,
        "labels": TEXTS | JSON,
        "annotations": TEXTS | JSON,
        "startsAt": INSTANTS | JSON,
        "endsAt": INSTANTS | JSON,
        "fingerprint": st.sampled_from(["b5d4045c3f466fa9", ""]) | JSON,
    },
)
WEBHOOKS = st.fixed_dictionaries(
    {"version": st.just("4") | JSON, "alerts": st.lists(ALERTS | JSON, max_size=3) | JSON}
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["handed-off", "lead-closed", "exclusion-declared", "source-heartbeat"]
        )
        | JSON,
        "event_id": st.just("e") | JSON,
        "lead_id": st.just("L-1") | JSON,
        "occurred_at": INSTANTS | JSON,
        "complete_up_to": INSTANTS | JSON,
        "team_id": st.just("nord") | JSON,
        "origin": st.just("dialer") | JSON,
        "outcome": st.just("won") | JSON,
        "exclusion_id": st.just("x") | JSON,
        "from": INSTANTS | JSON,
        "to": INSTANTS | JSON,
        "reason": st.just("storm") | JSON,
        "scope": st.dictionaries(st.sampled_from(["team_id", "colour"]), JSON) | JSON,
    },
)
BODIES = JSON | FACTS | st.lists(FACTS | JSON, max_size=4) | WEBHOOKS


@pytest.mark.parametrize("read", [facts_in, control_in])
@pytest.mark.parametrize("form", ["application/json", "application/x-ndjson"])
@given(told=BODIES)
def test_any_json_is_taken_or_refused(read: Any, form: str, told: object) -> None:
    """What is taken can be written; what is not has a reason of the closed list."""
    body = orjson.dumps(told)
    try:
        posted: Posted = read(body, form, NOW)
    except RefusedError:
        return

    assert {one["reason"] for one in posted.refused} <= set(RefusalReason)
    for fact in posted.facts:
        assert encode(fact)
    number = len(posted.facts) + len(posted.refused) + posted.ignored
    alerts = told.get("alerts") if isinstance(told, dict) and "type" not in told else None
    if form != "application/json":
        assert number == 1
    elif read is control_in and isinstance(alerts, list):
        assert number == len(alerts)
    else:
        assert number == (len(told) if isinstance(told, list) else 1)


@given(starts_at=INSTANTS, ends_at=INSTANTS, status=st.sampled_from(["firing", "resolved", ""]))
def test_any_span_of_an_alert_is_taken_or_refused(
    starts_at: str, ends_at: str, status: str
) -> None:
    """From the first year to the last: an exclusion that begins by now, or a reason."""
    alert = {
        "status": status,
        "labels": {"exclusion": "dialer_down"},
        "startsAt": starts_at,
        "endsAt": ends_at,
        "fingerprint": "b5d4045c3f466fa9",
    }
    body = orjson.dumps({"version": "4", "alerts": [alert]})
    posted = control_in(body, "application/json", NOW)

    assert len(posted.facts) + len(posted.refused) == 1
    for fact in posted.facts:
        assert isinstance(fact, ExclusionDeclared)
        assert fact.from_at <= NOW + FUTURE_ALLOWANCE
        assert fact.from_at < fact.to_at
        assert decode(encode(fact)) == fact


@pytest.mark.parametrize("read", [facts_in, control_in])
@given(body=st.binary(max_size=64))
def test_any_bytes_are_taken_or_refused(read: Any, body: bytes) -> None:
    """Not a fact, hardly ever JSON: refused, in lines or not."""
    for form in ("application/json", "application/x-ndjson", ""):
        try:
            posted: Posted = read(body, form, NOW)
        except RefusedError:
            continue
        assert posted.facts == []
