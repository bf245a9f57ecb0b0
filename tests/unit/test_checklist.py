"""Rows of the checklist that no other test is named after; docs/checklist.md has all."""

from fractions import Fraction

import pytest

from schemas.instants import MINUTE, SECOND, format_instant
from streams.domain.agreement import read_agreement
from streams.domain.attainment import attainments
from streams.domain.counts import EDGES, LABELS, quantile, read, response
from streams.domain.policy import policy_of
from streams.domain.worklist import ordered
from tests.support.agreements import VALID, only_problem
from tests.support.story import (
    DEPTH,
    SPEED,
    agreement,
    at,
    attempt,
    book_of,
    control,
    created,
    handed_off,
    hear,
    tell,
)
from tests.support.windows import NAMED, cards, lead, today

HANDOFF = handed_off("2026-03-10 10:00")


def test_v1_speed_is_from_the_hand_off_to_the_first_follow_up() -> None:
    """Handed off 10:00, called 10:25 and again 10:40: 25 minutes."""
    heard = hear(
        agreement(SPEED),
        created("2026-03-10 09:00"),
        HANDOFF,
        attempt("2026-03-10 10:25"),
        attempt("2026-03-10 10:40"),
    )

    assert heard.verdict("speed")["elapsed_seconds"] == 25 * 60


def test_v2_speed_to_lead_is_from_the_conversion() -> None:
    """Converted 9:00, handed off 10:00, called 10:25: 85 and 25 minutes, owed by two parties."""
    body = agreement(
        SPEED,
        marketing=[
            {"id": "qualify", "clock": "qualify", "target": "PT30M"},
            {"id": "touch", "clock": "first_touch", "target": "PT8H", "calendar": "always"},
        ],
    )
    body["sales"].append(
        {"id": "fast", "clock": "speed_to_lead", "target": "PT1H", "calendar": "always"}
    )

    heard = hear(body, created("2026-03-10 09:00"), HANDOFF, attempt("2026-03-10 10:25"))

    took = {one.commitment: (one.outcome, one.elapsed_seconds) for one in heard.verdicts}
    assert took == {
        "qualify": ("met_late", 60 * MINUTE),
        "speed": ("met", 25 * MINUTE),
        "fast": ("met_late", 85 * MINUTE),
    }


def test_v3_the_mean_comes_with_its_number_its_median_and_its_share_in_time() -> None:
    """Answered after 5, 30 and 90 min, one never: mean 41 2/3 min of 3, and 2 of 4 in time."""
    told = [
        one
        for name, minutes in (("a", 5), ("b", 30), ("c", 90))
        for one in lead(
            name, handed_off("2026-03-10 10:00"), attempt(_later("2026-03-10 10:00", minutes))
        )
    ]

    day = today(*told, *lead("d", handed_off("2026-03-10 10:00")))

    assert (day.leads, day.answered, day.within_target) == (4, 3, 2)
    assert day.response_seconds_sum == (5 + 30 + 90) * 60 * SECOND
    assert day.response_histogram == {
        **dict.fromkeys(("60", "900", "3600", "86400", "+Inf"), 0),
        **dict.fromkeys(("300", "1800", "14400"), 1),
    }


def _later(start: str, minutes: int) -> str:
    hours, rest = divmod(int(start[14:16]) + minutes, 60)
    return f"{start[:11]}{int(start[11:13]) + hours:02}:{rest:02}"


def test_v4_website_leads_are_called_within_an_hour_of_their_conversion() -> None:
    """The same agreement leaves the lead from the fair more time."""
    body = agreement(
        {
            "id": "website",
            "clock": "speed_to_lead",
            "applies": {"source": ["website"]},
            "target": "PT1H",
            "calendar": "always",
        },
        {"id": "other", "clock": "speed_to_lead", "target": "PT4H", "calendar": "always"},
    )
    call = attempt("2026-03-10 10:01")

    website = hear(body, created("2026-03-10 09:00", source="website"), call)
    fair = hear(body, created("2026-03-10 09:00", source="fair"), call)

    assert website.verdict("website")["outcome"] == "met_late"
    assert fair.verdict("other")["outcome"] == "met"


@pytest.mark.parametrize("edge", [3600, 300])
def test_v5_v7_an_hour_and_five_minutes_are_edges_of_the_histogram(edge: int) -> None:
    """So the share of leads answered within either is exact, the edge itself included."""
    place = EDGES.index(edge)
    counts = response(edge * SECOND) + response(edge * SECOND + 1)

    assert read(counts).histogram[place : place + 2] == (1, 1)
    assert LABELS[place] == str(edge)


def test_v6_the_share_within_five_minutes_is_read_off() -> None:
    """Eight answers of a hundred within five minutes: eight in the buckets up to that edge."""
    day = read(8 * response(300 * SECOND) + 92 * response(301 * SECOND))

    assert sum(day.histogram[: EDGES.index(300) + 1]) == 8
    assert quantile(0.08, day.histogram) == 300


def test_v9_depth_is_the_mean_over_leads_that_were_not_reached() -> None:
    """One attempt and three, and a lead that was reached at the ninth: two on average."""
    tries = [attempt(f"2026-03-10 10:{minute}") for minute in range(10, 28, 2)]

    day = today(
        *lead("a", HANDOFF, *tries[:1]),
        *lead("b", HANDOFF, *tries[:3]),
        *lead("c", HANDOFF, *tries[:8], attempt("2026-03-10 11:00", outcome="connected")),
    )

    assert day.unconnected_attempts / day.unconnected_leads == 2


@pytest.mark.parametrize(("segment", "kept"), [("small", True), ("large", False)])
def test_v10_six_attempts_and_another_number_by_segment(segment: str, *, kept: bool) -> None:
    """Six are enough for a small company; a large one is worth ten."""
    body = agreement(
        {**DEPTH, "id": "large", "applies": {"segment": ["large"]}, "min_attempts": 10},
        {**DEPTH, "min_attempts": 6},
    )
    tries = [attempt(f"2026-03-10 10:{minute}") for minute in range(10, 22, 2)]

    heard = hear(body, created("2026-03-10 09:00", segment=segment), HANDOFF, *tries)

    assert (heard.breaches == []) is kept


def test_v11_twelve_activities_in_the_mix_of_the_best() -> None:
    """Six calls, three voicemails, three mails; with a call instead of a mail: mix."""
    body = agreement({**DEPTH, "min_attempts": 12, "mix": {"call": 6, "voicemail": 3, "email": 3}})
    channels = ["call"] * 6 + ["voicemail"] * 3 + ["email"] * 2

    def told(*more: str) -> list[object]:
        made = [
            attempt(f"2026-03-10 10:{2 * place + 1:02}", channel)
            for place, channel in enumerate([*channels, *more])
        ]
        heard = hear(body, HANDOFF, *made)
        return [heard.outcome("depth"), *{one.kind for one in heard.breaches}]

    assert told("email") == ["met"]
    assert told("call") == [None, "mix"]
    assert told() == [None, "too_few"]


@pytest.mark.parametrize(
    ("count", "kinds"), [(1, {"too_few"}), (2, set()), (3, set()), (4, {"too_many"})]
)
def test_v12_at_least_and_at_most(count: int, kinds: set[str]) -> None:
    """Two to three attempts are agreed."""
    body = agreement({**DEPTH, "min_attempts": 2, "max_attempts": 3})
    tries = [attempt(f"2026-03-10 10:{10 * number}") for number in range(1, count + 1)]

    heard = hear(body, HANDOFF, *tries)

    assert {one.kind for one in heard.breaches} == kinds


def test_v16_an_automated_mail_answers_nobody_and_counts_where_the_agreement_says() -> None:
    """It stops no clock of speed; towards depth it counts, for `automated: [email]`."""
    robot = attempt("2026-03-10 10:01", "email", automated=True)
    body = agreement(SPEED, {**DEPTH, "min_attempts": 1, "automated": ["email"]})

    heard = hear(body, HANDOFF, robot, until="2026-03-12 00:00")

    assert heard.outcome("depth") == "met"
    assert heard.breach("speed")["status"] == "confirmed"


def test_v24_what_nobody_owns_is_seen_with_its_age() -> None:
    """In nord's queue since 9:00, and created but handed to no one: both wait in sight."""
    body = agreement(
        SPEED,
        {"id": "fast", "clock": "speed_to_lead", "target": "PT8H", "calendar": "always"},
        **NAMED,
    )
    facts = [
        *lead("queued", handed_off("2026-03-10 09:00", rep=None)),
        *lead("queued-too", handed_off("2026-03-10 09:30", rep=None)),
        *lead("lost", created("2026-03-10 08:00")),
    ]
    book = book_of(body)
    tell(book, facts, "2026-03-10 09:40")

    queue = cards(*facts, until="2026-03-10 09:40", body=body)["nord", None]

    assert (queue.open, queue.oldest_unanswered_at) == (2, at("2026-03-10 09:00"))
    waiting = ordered(task for task in book.tasks() if task is not None and task.is_unassigned)
    assert [one.lead.lead_id for one in waiting] == ["queued", "queued-too", "lost"]


def test_g1_both_sides_stand_in_one_agreement() -> None:
    """What Marketing owes Sales and what Sales owes Marketing: debtor and creditor of each."""
    text = VALID + "marketing:\n  - {id: gate, clock: gate, min_score: 50}\n"

    policy = policy_of(read_agreement(text, "policy.yaml"))

    sides = {(one.debtor, one.creditor) for one in policy.commitments}
    assert sides == {("sales", "marketing"), ("marketing", "sales")}


def test_g4_whoever_is_named_in_an_escalation_is_a_contact() -> None:
    """A name without a contact is refused; with one the step goes to that person's role."""
    assert only_problem("to: manager", "to: nobody").wanted.startswith("one of team_lead, manager")
    heard = hear(
        agreement(
            SPEED,
            contacts={"manager": "head-of-sales"},
            escalation=[{"at": "100%", "to": "manager"}],
        ),
        HANDOFF,
        until="2026-03-10 12:00",
    )

    assert [(one.step, one.to) for one in heard.warnings] == [("100%", "head-of-sales")]


def test_g11_an_outage_is_excluded_but_minimum_standards_stay() -> None:
    """One hour a month may be excluded: of two leads caught in a storm of two, one is excused."""
    body = agreement(
        SPEED,
        exclusions={"reasons": ["storm"], "cap": "PT1H"},
        zone="Europe/Berlin",
        period="month",
    )
    storms = [
        control(
            "exclusion-declared",
            "2026-03-11 09:00",
            id=name,
            exclusion_id=name,
            reason="storm",
            **{
                "from": format_instant(at(f"2026-03-10 {start}")),
                "to": format_instant(at(f"2026-03-10 {end}")),
            },
        )
        for name, start, end in (("a", "09:00", "10:00"), ("b", "15:00", "16:00"))
    ]

    heard = hear(
        body,
        *lead("morning", handed_off("2026-03-10 09:00"), attempt("2026-03-10 10:30")),
        *lead("afternoon", handed_off("2026-03-10 15:00"), attempt("2026-03-10 16:30")),
        *lead("calm", handed_off("2026-03-10 13:00"), attempt("2026-03-10 13:30")),
        *storms,
    )

    counts = attainments(heard.verdicts)["speed", "nord"]
    assert counts.outcomes == {"excluded": 1, "met_late": 1, "met": 1}
    assert (counts.raw, counts.adjusted) == (Fraction(1, 3), Fraction(1, 2))
