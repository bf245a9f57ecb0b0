"""The laws of the core under an agreement that uses every clause at once."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.codec import seen_at_in_file
from schemas.facts import AnyFact, ControlFact, Fact
from schemas.instants import MINUTE, format_instant
from schemas.verdicts import Breach, Verdict, Warning  # noqa: A004 - contract's word
from streams.domain.book import Book, Output
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from tests.support.story import SPEED, agreement, at, attempt, closed, control, created, handed_off
from tests.support.story import fact as told

_IS_LONG: Final = settings.get_current_profile_name() == "long"
some = settings(
    max_examples=5_000 if _IS_LONG else 150, suppress_health_check=[HealthCheck.too_slow]
)

BODY: Final = agreement(
    {**SPEED, "warn_at": [50, 75]},
    {"id": "owner", "clock": "owner", "target": "PT30M"},
    {"id": "next", "clock": "next_attempt", "target": "PT2H"},
    {"id": "burnt", "clock": "burnt", "target": "PT6H"},
    {"id": "early", "clock": "too_early", "stage": ["iql"]},
    {
        "id": "depth",
        "clock": "depth",
        "within": "PT12H",
        "min_attempts": 3,
        "max_attempts": 4,
        "warn_at": [90],
    },
    marketing=[
        {"id": "qualify", "clock": "qualify", "target": "PT1H"},
        {"id": "touch", "clock": "first_touch", "target": "PT1H", "calendar": "always"},
        {"id": "gate", "clock": "gate", "min_score": 50},
    ],
    zone="Europe/Berlin",
    period="month",
    correction_horizon="PT24H",
    pauses={"reasons": ["vacation", "customer_asked"], "budget": "PT2H"},
    exclusions={"reasons": ["storm"], "cap": "PT3H"},
    sources={"dialer": {"max_silence": "PT2H", "clocks": ["speed", "depth", "owner"]}},
    contacts={"manager": "head-of-sales"},
    escalation=[{"at": "100%", "to": "team_lead"}, {"after": "PT30M", "to": "manager"}],
)
POLICIES: Final = Policies().with_policy(policy_of(BODY), at("2026-01-01 00:00"))
BEGINS: Final = at("2026-03-10 08:00")
ENDS: Final = at("2026-03-20 00:00")

Builds = Callable[[st.DrawFn, str, dict[str, Any]], AnyFact]
_minutes = st.integers(0, 60 * 36 // 5).map(lambda number: number * 5)


@st.composite
def stories(draw: st.DrawFn) -> list[AnyFact]:
    """Tell up to a dozen facts within a day and a half, some of them late."""
    return [_one(draw, number) for number in range(draw(st.integers(1, 12)))]


def _one(draw: st.DrawFn, number: int) -> AnyFact:
    when = _stamp(BEGINS + draw(_minutes) * MINUTE)
    late = draw(st.sampled_from([0, 0, 0, 15, 120, 60 * 20, 60 * 30]))
    more: dict[str, Any] = {"id": f"e{number}"}
    if late:
        more["recorded_at"] = format_instant(at(when) + late * MINUTE)
    if draw(st.booleans()):
        more["origin"] = draw(st.sampled_from(["dialer", "crm"]))
    builder: Builds = draw(st.sampled_from(_BUILDERS))
    return builder(draw, when, more)


def _created(draw: st.DrawFn, when: str, more: dict[str, Any]) -> AnyFact:
    return created(when, stage=draw(st.sampled_from(["iql", "mql"])), score=40, **more)


def _handed_off(draw: st.DrawFn, when: str, more: dict[str, Any]) -> AnyFact:
    team, rep = draw(st.sampled_from([("nord", "anna"), ("nord", None), ("sued", "carla")]))
    return handed_off(when, team=team, rep=rep, **more)


def _attempted(draw: st.DrawFn, when: str, more: dict[str, Any]) -> AnyFact:
    return attempt(when, **_attempt(draw), **more)


def _closed(draw: st.DrawFn, when: str, more: dict[str, Any]) -> AnyFact:
    return closed(when, draw(st.sampled_from(["won", "lost", "disqualified"])), **more)


def _paused(draw: st.DrawFn, when: str, more: dict[str, Any]) -> AnyFact:
    kind = draw(st.sampled_from(["clock-paused", "clock-resumed"]))
    return told(kind, when, **_pause(draw), **more)


def _returned(draw: st.DrawFn, when: str, more: dict[str, Any]) -> AnyFact:
    if draw(st.booleans()):
        return told("handed-back", when, reason="budget", **more)
    return told("lead-updated", when, stage="mql", score=70, **more)


def _heartbeat(draw: st.DrawFn, when: str, more: dict[str, Any]) -> AnyFact:
    complete_up_to = format_instant(BEGINS + draw(_minutes) * MINUTE)
    said = {**more, "origin": "dialer", "complete_up_to": complete_up_to}
    return control("source-heartbeat", when, **said)


def _attempt(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "channel": draw(st.sampled_from(["call", "email"])),
        "rep_id": draw(st.sampled_from(["anna", "carla"])),
        "party": draw(st.sampled_from(["sales", "sales", "marketing"])),
        "outcome": draw(st.sampled_from(["no_answer", "connected", "bounced"])),
        "evidence": draw(st.sampled_from(["manual", "system"])),
    }


def _pause(draw: st.DrawFn) -> dict[str, Any]:
    clock = draw(st.sampled_from([None, "speed", "depth"]))
    reason = draw(st.sampled_from(["vacation", "customer_asked", "lunch"]))
    return {"reason": reason, **({} if clock is None else {"clock": clock})}


def _excluded(draw: st.DrawFn, when: str, more: dict[str, Any]) -> AnyFact:
    from_at = BEGINS + draw(_minutes) * MINUTE
    scope = draw(st.sampled_from([None, {"team_id": "nord"}, {"rep_id": "carla"}]))
    return control(
        "exclusion-declared",
        when,
        exclusion_id=draw(st.sampled_from(["x0", "x1", "x2"])),
        reason=draw(st.sampled_from(["storm", "storm", "party"])),
        scope=scope,
        **{
            "from": format_instant(from_at),
            "to": format_instant(from_at + draw(st.integers(1, 40)) * 5 * MINUTE),
            **more,
        },
    )


_BUILDERS: Final = (
    *(_created, _handed_off, _handed_off, _attempted, _attempted, _closed),
    *(_paused, _paused, _returned, _excluded, _heartbeat),
)


def _stamp(instant: int) -> str:
    # March 10 and 11 are an hour ahead of UTC.
    minutes = (instant - at("2026-03-10 00:00")) // MINUTE
    day, rest = divmod(minutes, 24 * 60)
    return f"2026-03-{10 + day} {rest // 60:02}:{rest % 60:02}"


def tell(book: Book, one: AnyFact) -> None:
    """Tell one fact, whatever it is about."""
    if isinstance(one, ControlFact):
        book.control(one, seen_at_in_file(one))
    elif isinstance(one, Fact):
        book.tell(one, seen_at_in_file(one))


def as_known(story: Sequence[AnyFact]) -> list[Output]:
    """Tell facts as they become known."""
    book, outputs = Book(POLICIES), list[Output]()
    for one in sorted(story, key=_order):
        outputs += book.advance(seen_at_in_file(one) - 1)
        tell(book, one)
    return outputs + book.advance(ENDS)


def _order(one: AnyFact) -> tuple[int, str]:
    return seen_at_in_file(one), one.event_id


def judgements(outputs: Sequence[Output]) -> list[Any]:
    """Leave out what depends on how often open-leads was said."""
    records = [one for one in outputs if isinstance(one, Breach | Verdict | Warning)]
    return [(type(one).__name__, _without_sequence(one)) for one in records]


def _without_sequence(record: Breach | Verdict | Warning) -> dict[str, Any]:
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return {name: value for name, value in fields.items() if name != "sequence"}


@some
@given(story=stories(), order=st.randoms(use_true_random=False))
def test_facts_told_ahead_in_any_order_change_nothing(story: list[AnyFact], order: Any) -> None:
    """All told at once, shuffled and twice, before time moves."""
    shuffled = [*story, *story]
    order.shuffle(shuffled)
    book = Book(POLICIES)
    for one in shuffled:
        tell(book, one)

    assert judgements(book.advance(ENDS)) == judgements(as_known(story))


@some
@given(story=stories())
def test_a_restart_after_each_fact_changes_nothing(story: list[AnyFact]) -> None:
    """Packed, dropped and loaded again: the same records, none twice."""
    kept: dict[bytes, bytes | None] = {}
    beside: dict[bytes, bytes] = {}
    book, outputs = Book(POLICIES), list[Output]()
    for one in sorted(story, key=_order):
        outputs += book.advance(seen_at_in_file(one) - 1, limit=3)
        tell(book, one)
        outputs += book.advance(seen_at_in_file(one) - 1)
        kept.update(book.take_changed())
        beside.update(book.take_changed_control())
        book = _again(kept, beside, book)
    outputs += book.advance(ENDS)

    assert judgements(outputs) == judgements(as_known(story))


def _again(kept: dict[bytes, bytes | None], beside: dict[bytes, bytes], before: Book) -> Book:
    book = Book(POLICIES)
    for key, value in beside.items():
        book.load_control(key, value)
    for key, packed in kept.items():
        if packed is not None:
            book.load(key, packed)
    book.now = before.now
    return book


@some
@given(story=stories())
def test_each_warning_is_said_once_and_chains_keep_their_order(story: list[AnyFact]) -> None:
    """No warning_id twice; revisions count from 1; what is due at an act has no verdict."""
    outputs = as_known(story)
    warnings = [one.warning_id for one in outputs if isinstance(one, Warning)]
    revisions: dict[str, list[int]] = {}
    for one in outputs:
        if isinstance(one, Breach):
            revisions.setdefault(one.breach_id, []).append(one.revision)
        if isinstance(one, Verdict):
            revisions.setdefault(one.verdict_id, []).append(one.revision)

    assert len(set(warnings)) == len(warnings)
    assert all(numbers == [*range(1, len(numbers) + 1)] for numbers in revisions.values())
    acts = {"early", "gate", "depth:max"}
    assert not acts & {one.commitment for one in outputs if isinstance(one, Verdict)}


@some
@given(story=stories())
def test_never_both_met_and_breached(story: list[AnyFact]) -> None:
    """What ended met, excluded, unverified or cancelled in time has no breach that stands."""
    breaches: dict[str, Breach] = {}
    verdicts: dict[str, Verdict] = {}
    for one in as_known(story):
        if isinstance(one, Breach):
            breaches[one.breach_id] = one
        if isinstance(one, Verdict):
            verdicts[one.verdict_id.removeprefix("verdict:")] = one

    for name, verdict in verdicts.items():
        if verdict.outcome in {"met", "excluded", "unverified"} and name in breaches:
            assert breaches[name].status == "retracted"
