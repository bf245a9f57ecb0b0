"""How clocks start, stop and end, and whose they are then."""

from typing import Any

import pytest

from schemas.facts import Fact
from schemas.instants import format_instant
from tests.support.story import (
    DEPTH,
    SPEED,
    agreement,
    at,
    attempt,
    closed,
    control,
    created,
    fact,
    handed_off,
    hear,
    local,
)

FLOOR = agreement(SPEED)
HANDOFF = handed_off("2026-03-10 10:00")


def test_c19_an_attempt_at_the_instant_of_the_hand_off_comes_after_it() -> None:
    """Handed off before attempted: no pre-handoff call, answered at once."""
    heard = hear(
        FLOOR,
        created("2026-03-10 09:00"),
        attempt("2026-03-10 10:00", id="1"),
        handed_off("2026-03-10 10:00", id="2"),
    )

    verdict = heard.verdict("speed")
    assert (verdict["outcome"], verdict["pre_handoff"]) == ("met", False)
    assert (verdict["elapsed_seconds"], verdict["rep_id"]) == (0, "anna")


@pytest.mark.parametrize(("first", "second", "owner"), [("1", "2", "ben"), ("2", "1", "anna")])
def test_c19_facts_of_one_kind_at_one_instant_apply_by_event_id(
    first: str, second: str, owner: str
) -> None:
    """Handed off twice within a microsecond: the greater id is the later one."""
    heard = hear(
        FLOOR,
        handed_off("2026-03-10 10:00", id=first),
        handed_off("2026-03-10 10:00", rep="ben", id=second),
        until="2026-03-10 12:00",
    )

    assert heard.breach("speed")["rep_id"] == owner


@pytest.mark.parametrize(
    ("reassigned", "owner"), [("2026-03-10 11:00:00", "ben"), ("2026-03-10 11:00:01", "anna")]
)
def test_c19_the_owner_is_the_last_hand_off_at_or_before(reassigned: str, owner: str) -> None:
    """Due at 11:00: who got it at that very instant owes the breach."""
    heard = hear(FLOOR, HANDOFF, handed_off(reassigned, rep="ben"), until="2026-03-10 12:00")

    assert heard.breach("speed")["rep_id"] == owner
    assert local(heard.breach("speed")["due_at"]) == "2026-03-10 11:00:00"


def test_c19_cycle_1_begins_with_lead_created() -> None:
    """Closed before anybody had it: a hand-off an hour later begins cycle 2."""
    heard = hear(
        FLOOR,
        created("2026-03-10 08:00"),
        closed("2026-03-10 09:00", "disqualified"),
        HANDOFF,
        until="2026-03-10 12:00",
    )

    assert heard.breach("speed")["cycle"] == 2


def test_c19_without_lead_created_cycle_1_begins_with_the_first_hand_off() -> None:
    """A close that nothing was open for ends nothing."""
    heard = hear(
        FLOOR, closed("2026-03-10 09:00", "disqualified"), HANDOFF, until="2026-03-10 12:00"
    )

    assert heard.breach("speed")["cycle"] == 1


def test_c19_without_lead_created_any_attempt_before_the_hand_off_counts() -> None:
    """Called three days before, of a lead whose creation nobody told."""
    heard = hear(FLOOR, attempt("2026-03-07 12:00"), HANDOFF)

    assert (heard.outcome("speed"), heard.verdict("speed")["pre_handoff"]) == ("met", True)


MERGED = {"merged_into": "M"}
STORM = {
    "id": "x",
    "exclusion_id": "x",
    "reason": "storm",
    "from": format_instant(at("2026-03-10 10:00")),
    "to": format_instant(at("2026-03-10 12:00")),
}


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        ([attempt("2026-03-10 11:00")], "met", None),
        ([attempt("2026-03-10 11:01")], "met_late", None),
        ([closed("2026-03-10 11:01", "won")], "unmet", "won"),
        ([closed("2026-03-10 10:10", "lost")], "unmet", "lost"),
        ([closed("2026-03-10 11:00", "opted_out")], "cancelled", "opted_out"),
        ([closed("2026-03-10 10:10", "duplicate", **MERGED)], "cancelled", "duplicate"),
        ([closed("2026-03-10 11:10", "duplicate", **MERGED)], "unmet", "duplicate"),
        ([fact("handed-back", "2026-03-10 10:10", reason="?")], "cancelled", "handed_back"),
        ([fact("lead-erased", "2026-03-10 10:10")], "cancelled", "erased"),
        ([fact("lead-erased", "2026-03-11 16:00")], "cancelled", "erased"),
        ([control("exclusion-declared", "2026-03-10 11:30", **STORM)], "excluded", "excluded:x"),
    ],
)
def test_c19_causes_of_ends(facts: list[Fact], outcome: str, reason: str | None) -> None:
    """Due at 11:00; what ends it then, and why."""
    body = agreement(SPEED, exclusions={"reasons": ["storm"]})

    heard = hear(body, HANDOFF, *facts)

    verdict = heard.verdict("speed")
    assert (verdict["outcome"], verdict["reason"]) == (outcome, reason)


def test_c19_a_merge_moves_no_facts() -> None:
    """L was called and merged into M: M's clock has no call until its source sends one again."""
    heard = hear(
        FLOOR,
        HANDOFF,
        handed_off("2026-03-10 10:00", lead="M"),
        attempt("2026-03-10 10:20"),
        closed("2026-03-10 10:30", "duplicate", **MERGED),
        until="2026-03-10 12:00",
    )

    assert {one.lead_id for one in heard.breaches} == {"M"}
    assert [(one.lead_id, one.outcome) for one in heard.verdicts] == [("L", "met")]


def test_c19_each_segment_of_an_owner_has_a_clock_of_its_own() -> None:
    """Anna, Ben, Anna again: three hand-offs, three breaches, none under the id of another."""
    body = agreement({"id": "owner", "clock": "owner", "target": "PT30M"})

    heard = hear(
        body,
        HANDOFF,
        handed_off("2026-03-10 11:00", rep="ben"),
        handed_off("2026-03-10 13:00", rep="anna"),
        until="2026-03-10 15:00",
    )

    ids = {one.breach_id: one.rep_id for one in heard.breaches}
    assert sorted(str(rep) for rep in ids.values()) == ["anna", "anna", "ben"]


def test_c19_occurred_at_decides_the_cycle_of_an_attempt() -> None:
    """Called in cycle 1, told by hand in cycle 2, where it would take effect: not cycle 2's."""
    heard = hear(
        FLOOR,
        HANDOFF,
        closed("2026-03-10 10:30", "won"),
        handed_off("2026-03-10 11:00"),
        attempt("2026-03-10 10:20", seen="2026-03-10 11:50", evidence="manual"),
        until="2026-03-10 14:00",
    )

    breach = heard.breach("speed")
    assert (breach["cycle"], breach["status"]) == (2, "confirmed")
    assert [(one.cycle, one.outcome) for one in heard.verdicts] == [(1, "cancelled")]


@pytest.mark.parametrize(
    ("applies", "matches"),
    [
        ({"source": ["fair", "web"]}, True),
        ({"source": ["fair"]}, False),
        ({"source": ["web"], "segment": ["small"]}, True),
        ({"source": ["web"], "segment": ["large"]}, False),
        ({"stage": ["sql"], "campaign": ["spring"], "role": ["boss"]}, True),
        ({"stage": ["mql"]}, False),
        ({"team_id": ["nord"]}, True),
        ({"team_id": ["sued"]}, False),
    ],
)
def test_c19_applies_looks_at_lead_created_and_the_first_hand_off(
    applies: dict[str, Any], *, matches: bool
) -> None:
    """All keys, any value; sued gets the lead later, and that changes no promise."""
    body = agreement({**SPEED, "applies": applies})
    told = {"source": "web", "segment": "small", "campaign": "spring", "role": "boss"}

    heard = hear(
        body,
        created("2026-03-10 09:00", stage="sql", **told),
        HANDOFF,
        handed_off("2026-03-10 10:10", team="sued", rep="carla"),
        until="2026-03-10 12:00",
    )

    assert bool(heard.breaches) is matches


# Depth


def test_c19_in_later_cycles_a_connect_counts_from_the_close_before() -> None:
    """Reached between close and the next hand-off: cycle 2 is met; before the close: it is not."""
    body = agreement(DEPTH)
    story = [HANDOFF, closed("2026-03-10 12:00", "won"), handed_off("2026-03-11 10:00")]

    between = hear(body, *story, attempt("2026-03-10 15:00", outcome="connected"))
    before = hear(
        body, *story, attempt("2026-03-10 11:00", outcome="connected"), until="2026-03-16 00:00"
    )

    assert [(one.cycle, one.outcome) for one in between.verdicts][-1] == (2, "met")
    assert [one.cycle for one in before.breaches] == [2, 2]


def test_c19_whoever_made_it_a_double_dial_is_that_attempt_again() -> None:
    """Anna calls, Ben calls 40 s later: one attempt; his mail then is another channel."""
    heard = hear(
        agreement(DEPTH),
        HANDOFF,
        attempt("2026-03-10 10:05:00", rep_id="anna"),
        attempt("2026-03-10 10:05:40", rep_id="ben"),
        attempt("2026-03-10 10:05:50", "email", rep_id="ben"),
        until="2026-03-12 00:00",
    )

    assert heard.breach("depth")["actual"] == 2


def test_c19_a_call_that_ended_on_a_voicemail_is_one() -> None:
    """Two calls, one of them left on tape, fill both buckets; two plain calls only one."""
    body = agreement({**DEPTH, "min_attempts": 2, "mix": {"call": 1, "voicemail": 1}})
    first = attempt("2026-03-10 10:05")

    taped = hear(body, HANDOFF, first, attempt("2026-03-10 10:15", outcome="voicemail"))
    plain = hear(body, HANDOFF, first, attempt("2026-03-10 10:15"), until="2026-03-12 00:00")

    assert taped.outcome("depth") == "met"
    assert plain.breach("depth")["kind"] == "mix"


def test_c19_buckets_of_the_mix_are_minima() -> None:
    """Three calls where one is asked for, and the mail: met."""
    body = agreement({**DEPTH, "min_attempts": 4, "mix": {"call": 1, "email": 1}})
    calls = [attempt(f"2026-03-10 10:{minute}") for minute in (10, 20, 30)]

    heard = hear(body, HANDOFF, *calls, attempt("2026-03-10 10:40", "email"))

    assert heard.outcome("depth") == "met"


def test_c19_over_contact_is_owed_by_who_owned_the_lead_at_that_attempt() -> None:
    """Three by Anna's lead, the fourth under Ben; started with the clock of depth."""
    body = agreement({**DEPTH, "max_attempts": 3})

    heard = hear(
        body,
        handed_off("2026-03-10 08:00"),
        *[attempt(f"2026-03-10 09:{minute}") for minute in (10, 20, 30)],
        handed_off("2026-03-10 09:40", rep="ben"),
        attempt("2026-03-10 09:50", rep_id="anna"),
        until="2026-03-12 00:00",
    )

    breach = heard.breach("depth:max")
    assert (breach["rep_id"], local(breach["due_at"])) == ("ben", "2026-03-10 09:50:00")
    assert local(breach["started_at"]) == "2026-03-10 09:00:00"
