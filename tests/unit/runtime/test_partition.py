"""One owned partition: from batches to what one commit writes."""

import orjson
import pytest

from schemas.instants import HOUR, MINUTE, SECOND, Instant, format_instant
from schemas.topics import partition_of
from schemas.verdicts import Breach
from streams.config import TimeMode
from streams.domain.book import Book
from streams.runtime.broker import Kept, Record
from streams.runtime.changelog import State
from streams.runtime.control import KEY as CONTROL_KEY
from streams.runtime.intake import ROOM, LostBatchError
from streams.runtime.partition import MOST_RECORDS, Step
from streams.runtime.position import KEY as POSITION_KEY
from streams.runtime.position import Position
from streams.runtime.routing import MisroutedError
from tests.support.floor import agreement, speed_within
from tests.support.shell import (
    NOON,
    Bench,
    answered,
    bench,
    handed_off,
    heartbeat,
    published,
)


def ready(time: TimeMode = TimeMode.WALL) -> Bench:
    """Build a partition that knows an agreement: five minutes, round the clock."""
    made = bench(time)
    body = agreement(sales=speed_within("PT5M"), settle="PT30S")
    made.bring("sla-control", published(body, NOON - HOUR))
    made.partition.step()
    made.done.clear()
    return made


def topics(step: Step) -> list[str]:
    """Give the topics of a step's outputs, in order."""
    return [one.topic for one in step.outputs]


def told(step: Step, topic: str) -> list[dict[str, str]]:
    """Give the values of a step's outputs on one topic."""
    return [
        orjson.loads(one.record.value)
        for one in step.outputs
        if one.topic == topic and one.record.value is not None
    ]


def position_of(step: Step) -> Position:
    """Give the position that a step writes."""
    key, value, _ = step.changes[-1]
    assert key == POSITION_KEY
    assert value is not None
    return Position.unpack(value)


def keys(records: list[Record]) -> list[bytes | None]:
    """Give the keys of records."""
    return [one.key for one in records]


def test_a_fact_becomes_state_and_position_in_one_step() -> None:
    """A hand-off is read: its lead's record, and the offset behind it, the position last."""
    made = ready()

    made.bring("handed-off", handed_off("L-1", NOON))
    step = made.partition.step()

    # Between them what it counts of the first facts of each origin.
    assert keys(step.changes) == [b"L-1", CONTROL_KEY, POSITION_KEY]
    assert position_of(step).offsets["handed-off"] == 1
    assert step.facts == {"handed-off": 1}
    assert step.named == {("handed-off", "nord"): 1}


def test_nothing_to_do_writes_nothing() -> None:
    """No batch, nothing due: no commit."""
    step = ready().partition.step()

    assert step.changes == []
    assert step.outputs == []


def test_a_due_passes_without_any_record() -> None:
    """Five minutes later the ends are asked and nothing is behind: the breach, and its lead."""
    made = ready()
    made.bring("handed-off", handed_off("L-1", NOON))
    made.clock.at = NOON + SECOND
    made.look()
    made.partition.step()
    due_at = NOON + 5 * MINUTE
    said_at = due_at + 1_000
    assert made.partition.wake_at() == NOON + 2 * SECOND - 1

    made.clock.at = said_at
    made.look()
    step = made.partition.step()

    (breach,) = told(step, "speed-breaches")
    assert breach["breached_at"] == format_instant(due_at)
    assert breach["detected_at"] == format_instant(said_at)
    assert keys(step.changes) == [b"L-1", POSITION_KEY]
    assert position_of(step).now == said_at - 1


def test_a_backlog_is_read_before_it_is_judged() -> None:
    """Due an hour ago, its answer still on the topic: no breach, then a verdict."""
    made = ready()
    made.clock.at = NOON + HOUR
    made.bring("handed-off", handed_off("L-1", NOON))
    made.ends["contact-attempt"] = 1
    made.look()

    assert made.partition.step().outputs == []

    made.ends["contact-attempt"] = 0
    made.bring("contact-attempt", answered("L-1", NOON + 5 * MINUTE))
    step = made.partition.step()

    assert told(step, "speed-breaches") == []
    assert told(step, "sla-verdicts")[0]["outcome"] == "met"


def test_on_the_sources_time_a_step_is_said_at_its_own_instant() -> None:
    """Complete up to 14:00, due at 12:05: said at 12:05, whatever the clock shows."""
    made = ready(TimeMode.FACTS)
    made.clock.at = NOON + 1000 * HOUR
    made.bring("handed-off", handed_off("L-1", NOON))
    made.bring("sla-control", heartbeat("send", NOON + 2 * HOUR))
    step = made.partition.step()
    assert step.outputs == []
    assert CONTROL_KEY in keys(step.changes)

    made.look()
    step = made.partition.step()

    breaches = told(step, "speed-breaches")
    assert [one["detected_at"] for one in breaches] == [
        format_instant(NOON + 5 * MINUTE),
        format_instant(NOON + 5 * MINUTE + 30 * SECOND),
    ]


def test_without_an_agreement_facts_wait() -> None:
    """A fact comes first: it is not read, its offset stays, and nothing is to be done."""
    made = bench()

    made.bring("handed-off", handed_off("L-1", NOON))
    step = made.partition.step()

    assert not made.partition.has_policy
    assert step.changes == []
    assert not step.more
    assert made.partition.positions["handed-off"] == 0

    made.bring("sla-control", published(agreement(), NOON))

    assert made.partition.step().facts == {"sla-control": 1, "handed-off": 1}


def test_an_agreement_is_kept_for_the_next_life() -> None:
    """A publication is read: it is written under its version."""
    made = bench()

    made.bring("sla-control", published(agreement(7), NOON))
    step = made.partition.step()

    assert keys(step.changes) == [b"\x00policy:7", POSITION_KEY]


def test_the_same_publication_again_changes_nothing() -> None:
    """Sent twice: read twice, written once."""
    made = ready()

    made.bring(
        "sla-control", published(agreement(sales=speed_within("PT5M"), settle="PT30S"), NOON)
    )
    step = made.partition.step()

    assert keys(step.changes) == [POSITION_KEY]
    assert step.refused == {}


@pytest.mark.parametrize(
    "body",
    [
        {"version": 2, "agreement": "nonsense", "effective_from": "2020-01-01T00:00:00Z"},
        agreement(sales=speed_within("PT9H")),
    ],
    ids=["no agreement", "other content under a known version"],
)
def test_a_bad_agreement_is_set_aside(body: dict[str, object]) -> None:
    """The old one stays in force."""
    made = ready()

    made.bring("sla-control", published(body, NOON))
    step = made.partition.step()

    assert step.refused == {("sla-control", "bad_policy"): 1}
    assert len(made.partition.book.policies.published) == 1


def test_fact_and_body_have_to_say_the_same_version() -> None:
    """Published as version 2, the body says 3."""
    made = ready()
    key, value, at = published(agreement(2), NOON)

    made.bring("sla-control", (key, value.replace(b'"version":2', b'"version":3', 1), at))

    assert made.partition.step().refused == {("sla-control", "bad_policy"): 1}


def test_refused_bytes_are_kept_as_they_came() -> None:
    """Not JSON: a dead letter with key, value, place and reason; the offset moves on."""
    made = ready()

    made.bring("handed-off", (b"L-1", b"\xff", NOON))
    step = made.partition.step()

    (letter,) = step.outputs
    assert letter.topic == "lead-events-dlq"
    assert (letter.record.key, letter.record.value) == (b"L-1", b"\xff")
    assert dict(letter.record.headers) == {
        "reason": b"not_json",
        "topic": b"t-handed-off",
        "partition": b"0",
        "offset": b"0",
        "detail": b"not JSON in UTF-8",
    }
    assert position_of(step).offsets["handed-off"] == 1
    assert step.refused == {("handed-off", "not_json"): 1}


def test_a_key_that_is_not_the_lead_is_refused() -> None:
    """Key L-2 on a fact of L-1."""
    made = ready()
    _, value, at = handed_off("L-1", NOON)

    made.bring("handed-off", (b"L-2", value, at))

    assert made.partition.step().refused == {("handed-off", "key_mismatch"): 1}


def test_a_fact_from_the_future_is_refused() -> None:
    """It says it happened three minutes after its record was written."""
    made = ready()
    key, value, _ = handed_off("L-1", NOON + 3 * MINUTE)

    made.bring("handed-off", (key, value, NOON))

    assert made.partition.step().refused == {("handed-off", "from_the_future"): 1}


def test_a_fact_too_many_is_refused() -> None:
    """The 1,001st distinct fact of a lead."""
    made = ready()
    facts = [handed_off("L-1", NOON + number, event_id=f"e{number}") for number in range(1001)]
    made.bring("handed-off", *((key, value, NOON) for key, value, _ in facts[:1000]))
    made.partition.step()

    key, value, _ = facts[1000]
    made.bring("handed-off", (key, value, NOON))
    step = made.partition.step()

    assert step.refused == {("handed-off", "too_many_facts"): 1}
    assert "lead-events-dlq" in topics(step)


def test_a_fact_that_loses_its_place_is_set_aside_as_it_would_be_told() -> None:
    """1,000 facts, then an earlier one: the last of them goes to the dead letters."""
    made = ready()
    facts = [
        handed_off("L-1", NOON + number * SECOND, event_id=f"e{number:04}")
        for number in range(1, 1001)
    ]
    made.bring("handed-off", *facts)
    made.partition.step()

    made.bring("handed-off", handed_off("L-1", NOON, event_id="first"))
    step = made.partition.step()

    (letter,) = [one for one in step.outputs if one.topic == "lead-events-dlq"]
    assert b'"event_id":"e1000"' in (letter.record.value or b"")
    assert dict(letter.record.headers)["reason"] == b"too_many_facts"
    assert step.facts == {"handed-off": 1}


def test_misrouted_facts_stop_the_partition() -> None:
    """Eleven of an origin's first facts belong elsewhere: the step fails, nothing is written."""
    made = bench(partitions=2)
    made.bring("sla-control", published(agreement(), NOON))
    made.partition.step()
    leads = [f"L-{number}" for number in range(60)]
    astray = [lead_id for lead_id in leads if partition_of(lead_id.encode(), 2) == 1]

    made.bring("handed-off", *(handed_off(one, NOON, origin="crm") for one in astray[:10]))

    assert made.partition.step().refused == {("handed-off", "misrouted"): 10}

    made.bring("handed-off", handed_off(astray[10], NOON, origin="crm"))

    with pytest.raises(MisroutedError, match="the origin 'crm'"):
        made.partition.step()


def test_a_commit_is_bounded() -> None:
    """More records wait than one commit takes: it takes its share, and says there is more."""
    made = ready()
    made.bring("handed-off", *(handed_off(f"L-{n}", NOON) for n in range(MOST_RECORDS * 2 + 1)))

    steps = [made.partition.step() for _ in range(3)]

    assert [step.facts["handed-off"] for step in steps] == [MOST_RECORDS, MOST_RECORDS, 1]
    assert [step.more for step in steps] == [True, True, False]
    assert [position_of(step).offsets["handed-off"] for step in steps] == [
        MOST_RECORDS,
        2 * MOST_RECORDS,
        2 * MOST_RECORDS + 1,
    ]
    # A batch is done only when all of it is committed.
    assert [len(step.finished) for step in steps] == [0, 0, 1]


def test_a_full_inbox_wants_no_more() -> None:
    """Twenty thousand records wait without an agreement: no more are fetched."""
    made = bench()
    made.bring("handed-off", *(handed_off("L-1", NOON) for _ in range(ROOM)))

    assert not made.partition.wants_more

    made.partition.forget_waiting()

    assert made.partition.wants_more


def test_a_batch_that_was_lost_is_noticed() -> None:
    """Offsets 0 to 2 come, then 4 to 5: what lay between is missing."""
    made = ready()
    made.bring("handed-off", handed_off("L-1", NOON), handed_off("L-2", NOON))

    with pytest.raises(LostBatchError, match="offsets 2 to 4"):
        made.deliver("handed-off", 4, 5)


def test_a_batch_that_comes_twice_is_taken_once() -> None:
    """The same batch again is done at once; one that overlaps is cut."""
    made = ready()
    records = [handed_off(f"L-{n}", NOON) for n in range(3)]
    made.bring("handed-off", *records)
    made.partition.step()

    made.deliver("handed-off", 0, 3)

    assert made.done == ["handed-off:3"]

    made.ends["handed-off"] = 0
    made.bring("handed-off", *records, handed_off("L-3", NOON))

    assert made.partition.step().facts == {"handed-off": 1}


def test_a_batch_without_records_moves_the_position() -> None:
    """Markers from 0 to 2: the position follows, and the input counts as read."""
    made = ready()

    made.deliver("handed-off", 0, 2)
    step = made.partition.step()

    assert position_of(step).offsets["handed-off"] == 2
    assert len(step.finished) == 1


def test_what_waited_is_forgotten_when_the_group_rebalances() -> None:
    """A batch waits, the group rebalances: it is expected again from the committed position."""
    made = ready()
    made.bring("handed-off", handed_off("L-1", NOON))

    made.partition.forget_waiting()

    assert made.partition.step().facts == {}
    made.ends["handed-off"] = 0
    made.bring("handed-off", handed_off("L-1", NOON))
    assert made.partition.step().facts == {"handed-off": 1}


def test_exclusions_and_fulfilments_are_kept_for_the_clocks_to_come() -> None:
    """Both are written as they were told, the first of one identity for good."""
    made = ready()
    at: Instant = NOON
    exclusion = {
        "type": "exclusion-declared",
        "event_id": "x",
        "occurred_at": format_instant(at),
        "exclusion_id": "storm-1",
        "from": format_instant(at),
        "to": format_instant(at + HOUR),
        "reason": "storm",
    }
    fulfilment = {
        "type": "obligation-fulfilled",
        "event_id": "f-1",
        "occurred_at": format_instant(at),
        "obligation": "weekly-report",
    }

    made.bring(
        "sla-control",
        *((b"k", orjson.dumps(one), at) for one in (exclusion, fulfilment, exclusion)),
    )
    step = made.partition.step()

    assert keys(step.changes) == [
        b"\x00book:exclusion:storm-1",
        b"\x00fulfilled:f-1",
        POSITION_KEY,
    ]


def test_a_lead_that_is_told_of_twice_says_it_once() -> None:
    """The same hand-off in two batches: state and outputs as if it had come once."""
    made, twice = ready(), ready()
    made.bring("handed-off", handed_off("L-1", NOON))
    twice.bring("handed-off", handed_off("L-1", NOON), handed_off("L-1", NOON))

    first, second = made.partition.step(), twice.partition.step()

    assert first.changes[0] == second.changes[0]


def excluded(from_at: Instant, to_at: Instant, at: Instant) -> tuple[bytes, bytes, Instant]:
    """Declare that a span shall not count for anybody."""
    told = {
        "type": "exclusion-declared",
        "event_id": "storm-1",
        "occurred_at": format_instant(at),
        "exclusion_id": "storm-1",
        "from": format_instant(from_at),
        "to": format_instant(to_at),
        "reason": "storm",
    }
    return b"exclusion-declared", orjson.dumps(told), at


def test_an_exclusion_that_is_declared_in_time_stops_clocks_also_after_a_restart() -> None:
    """A storm of ten minutes from noon: due at 12:05 is 12:15, in this life and the next."""
    made = bench()
    body = agreement(sales=speed_within("PT5M"), settle="PT30S", exclusions={"reasons": ["storm"]})
    made.bring("sla-control", published(body, NOON - HOUR))
    made.bring("sla-control", excluded(NOON, NOON + 10 * MINUTE, NOON))
    made.bring("handed-off", handed_off("L-1", NOON))
    made.clock.at = NOON + SECOND
    made.look()
    written = made.partition.step().changes
    made.clock.at = NOON + 10 * MINUTE
    made.look()
    silent = made.partition.step()
    written += silent.changes

    again = Book(made.partition.book.policies)
    state = State()
    state.take([Kept(one.key, one.value) for one in written if one.key is not None])
    for key, packed in state.leads.items():
        again.load(key, packed)
    kept = [one for one in again.advance(NOON + HOUR) if isinstance(one, Breach)]
    made.clock.at = NOON + 16 * MINUTE
    made.look()
    step = made.partition.step()

    assert told(silent, "speed-breaches") == []
    due_at = NOON + 15 * MINUTE
    assert {one["due_at"] for one in told(step, "speed-breaches")} == {format_instant(due_at)}
    assert {one.due_at for one in kept} == {due_at}
