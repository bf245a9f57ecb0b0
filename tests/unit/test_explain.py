"""Why each clock of a lead says what it says, in plain words."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from schemas.codec import seen_at_in_file
from schemas.facts import AnyFact
from streams.domain.explain import Explained, Story
from streams.domain.explain_account import account_of, told
from streams.domain.explain_lines import lines
from streams.domain.explain_reasons import excluded, judged, paused
from streams.domain.explain_words import breach, opened, owner, shares, summary, taken_back
from streams.domain.life import Life
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.replay import published
from tests.support.story import (
    BERLIN,
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
)

ZONE = str(BERLIN)
PAUSES = {"reasons": ["vacation", "customer_asked"], "budget": "PT2H"}
EXCLUSIONS = {"reasons": ["storm"], "cap": "PT4H"}
PERIODS = {"zone": ZONE, "period": "month"}


def live(body: Mapping[str, Any], until: str, *facts: AnyFact) -> Life:
    """Live lead L through its facts."""
    life = Life("L", Policies().with_policy(policy_of(body), 0), read_policy=published)
    for one in sorted(facts, key=lambda one: (seen_at_in_file(one), one.event_id)):
        life.tell(one, seen_at_in_file(one))
    life.live(at(until))
    return life


def explained(body: Mapping[str, Any], until: str, *facts: AnyFact) -> Explained:
    """Explain lead L, which has not left."""
    (only,) = live(body, until, *facts).explained()
    return only


def story(body: Mapping[str, Any], until: str, *facts: AnyFact, of: str = "") -> Story:
    """Explain the only clock, or the one of a commitment."""
    found = [one for one in explained(body, until, *facts).stories if of in ("", one.clock.id)]
    (only,) = found
    return only


def said(body: Mapping[str, Any], until: str, *facts: AnyFact, of: str = "") -> str:
    """Say what became of it."""
    return summary(story(body, until, *facts, of=of), ZONE)


BODY = agreement(SPEED, default_calendar="floor", pauses=PAUSES)


def test_a_lead_in_time() -> None:
    """What answered, when, after how much, and how much was left."""
    assert said(
        BODY,
        "2026-03-10 12:00",
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:40", id="a", rep_id="anna", outcome="connected"),
    ) == (
        "Kept: call by anna, connected (a) on Tue 10 Mar 2026 10:40, after 40 min of business "
        "time. It was due Tue 10 Mar 2026 11:00, with 20 min left."
    )


def test_a_lead_that_runs_stands_still_and_is_overdue() -> None:
    """Before due, paused without an end, and past due."""
    first = handed_off("2026-03-10 10:00")
    pause = fact("clock-paused", "2026-03-10 10:30", reason="vacation")

    assert said(BODY, "2026-03-10 10:20", first) == (
        "Running: due Tue 10 Mar 2026 11:00, 40 min of business time left."
    )
    assert said(BODY, "2026-03-10 10:50", first, pause) == (
        "Standing still since Tue 10 Mar 2026 10:30, so there is no due. When it goes on, 30 min "
        "of business time are left."
    )
    late = story(BODY, "2026-03-10 13:30", first)
    assert summary(late, ZONE) == (
        "Not kept so far: it was due on Tue 10 Mar 2026 11:00, and nothing that counts had been "
        "done by then. It is overdue by 1 h 30 min of business time."
    )
    assert breach(late, ZONE) == (
        "The breach is confirmed. It counts for nord / anna, who had the lead when it was due."
    )


def test_an_entry_by_hand_that_came_late() -> None:
    """Said to have been in time, written down half an hour after due."""
    late = story(
        BODY,
        "2026-03-10 12:00",
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:50", id="a", seen="2026-03-10 11:30", evidence="manual"),
    )

    assert summary(late, ZONE) == (
        "Kept too late: call (a) on Tue 10 Mar 2026 11:15, 15 min of business time after it was "
        "due on Tue 10 Mar 2026 11:00. It is said to have been on Tue 10 Mar 2026 10:50, but was "
        "written down by hand only on Tue 10 Mar 2026 11:30: such an entry counts from at most "
        "15 min before that."
    )
    assert breach(late, ZONE).startswith("The breach was confirmed, and ended with that. ")


@pytest.mark.parametrize(
    ("when", "outcome", "words"),
    [
        (
            "2026-03-10 10:30",
            "lost",
            (
                "Not kept: the lead was closed as lost on Tue 10 Mar 2026 10:30, and nothing that "
                "counts had been done by then."
            ),
        ),
        (
            "2026-03-10 10:30",
            "opted_out",
            (
                "Cancelled: the lead was closed as opted out on Tue 10 Mar 2026 10:30, before it "
                "was due."
            ),
        ),
        (
            "2026-03-10 11:30",
            "won",
            (
                "Not kept: the lead was closed as won on Tue 10 Mar 2026 11:30, 30 min of business "
                "time after it was due on Tue 10 Mar 2026 11:00; nothing that counts had been done "
                "by then."
            ),
        ),
    ],
)
def test_a_close_ends_it(when: str, outcome: str, words: str) -> None:
    """Lost before due is a miss, another close cancels, after due it was too late."""
    end = handed_off("2026-03-10 10:00"), closed(when, outcome)

    assert said(BODY, "2026-03-11 12:00", *end) == words
    assert said(BODY, when, *end).endswith("unless the lead is reopened before.")


def test_a_lead_handed_back_or_on() -> None:
    """The clock of Sales, and that of one rep."""
    body = agreement({"id": "own", "clock": "owner", "target": "PT1H"}, SPEED)
    facts = (
        handed_off("2026-03-10 10:00"),
        handed_off("2026-03-10 10:20", rep="ben"),
        fact("handed-back", "2026-03-10 10:40", reason="no budget"),
    )

    stories = explained(body, "2026-03-11 10:00", *facts).stories

    assert [(one.clock.id, summary(one, ZONE)) for one in stories] == [
        (
            "own",
            (
                "Cancelled: the lead was given to somebody else on Tue 10 Mar 2026 10:20, before "
                "it was due."
            ),
        ),
        (
            "speed",
            "Cancelled: Sales handed the lead back on Tue 10 Mar 2026 10:40, before it was due.",
        ),
        (
            "own",
            "Cancelled: Sales handed the lead back on Tue 10 Mar 2026 10:40, before it was due.",
        ),
    ]


def test_depth_says_how_many_and_which() -> None:
    """Too few, the wrong channels, enough, reached, one too many."""
    body = agreement({**DEPTH, "mix": {"email": 1}, "max_attempts": 4})
    first = handed_off("2026-03-10 09:00")
    calls = [attempt(f"2026-03-10 {hour}:00", id=hour) for hour in ("10", "11", "14", "15", "16")]
    mail = attempt("2026-03-10 17:00", "email", id="m")
    until = "2026-03-12 12:00"

    assert "only 2 of 3 attempts had been made by then" in said(body, until, first, *calls[:2])
    assert "the attempts were not on the channels that were agreed by then" in said(
        body, until, first, *calls[:3]
    )
    assert said(body, until, first, *calls[:2], mail).startswith(
        "Kept: the 3rd attempt, e-mail (m), made them enough on Tue 10 Mar 2026 17:00"
    )
    reached = attempt("2026-03-10 09:30", id="r", outcome="connected")
    assert said(body, until, first, reached).startswith(
        "Kept: the lead was reached in person, call, connected (r) on Tue 10 Mar 2026 09:30"
    )
    over = story(body, until, first, *calls, of="depth:max")
    assert summary(over, ZONE) == (
        "Not kept: the 5th attempt on Tue 10 Mar 2026 16:00 was one too many, 4 were agreed."
    )
    assert breach(over, ZONE) == (
        "The breach is confirmed. It counts for nord / anna, who had the lead then."
    )


def test_acts_say_what_should_not_have_been_done() -> None:
    """A contact too early, a score too low, a stage that was not agreed."""
    early = agreement({"id": "early", "clock": "too_early", "stage": ["iql"]})
    gate = agreement(
        marketing=[{"id": "gate", "clock": "gate", "min_score": 50, "stage": ["mql", "sql"]}]
    )

    assert said(
        early,
        "2026-03-10 12:00",
        created("2026-03-10 09:00", stage="iql"),
        attempt("2026-03-10 10:00", id="a"),
    ) == (
        "Not kept: on Tue 10 Mar 2026 10:00 (a) somebody turned to the lead while it was "
        "information qualified (IQL)."
    )
    assert said(gate, "2026-03-10 12:00", handed_off("2026-03-10 10:00", score=40)) == (
        "Not kept: handed off on Tue 10 Mar 2026 10:00 with a score of 40, at least 50 was agreed."
    )
    assert said(gate, "2026-03-10 12:00", handed_off("2026-03-10 10:00", stage="iql")) == (
        "Not kept: handed off on Tue 10 Mar 2026 10:00 in a stage in which that was not agreed."
    )


def test_an_exclusion_declared_afterwards() -> None:
    """It takes the breach back, and both the breach and the end say so."""
    body = agreement(SPEED, exclusions=EXCLUSIONS, **PERIODS)
    storm = control(
        "exclusion-declared",
        "2026-03-10 12:00",
        exclusion_id="x1",
        reason="storm",
        **{"from": "2026-03-10T10:10:00+01:00", "to": "2026-03-10T11:50:00+01:00"},
    )

    taken = story(body, "2026-03-10 13:00", handed_off("2026-03-10 10:00"), storm)

    assert summary(taken, ZONE) == (
        "Excluded: x1 (storm), declared on Tue 10 Mar 2026 12:00, took the breach back; without "
        "its time the promise would not have been broken then."
    )
    assert breach(taken, ZONE) == (
        "A breach had been reported, and was taken back: the exclusion x1 covers it "
        "(exclusion-declared@2026-03-10 12:00)."
    )
    (seen,) = taken.exclusions
    assert excluded(seen, taken.clock, ZONE) == (
        "Tue 10 Mar 2026 10:10 until Tue 10 Mar 2026 11:50, storm (x1, declared Tue 10 Mar 2026 "
        "12:00): it took the breach back"
    )


def exclusion(declared: str, first: str, last: str, **more: Any) -> AnyFact:
    """Declare an exclusion on 10 March."""
    span = {"from": f"2026-03-10T{first}:00+01:00", "to": f"2026-03-10T{last}:00+01:00"}
    fields = {"exclusion_id": "x", "reason": "storm", **span, **more}
    return control("exclusion-declared", declared, **fields)


@pytest.mark.parametrize(
    ("told", "effect", "why"),
    [
        (exclusion("2026-03-10 10:30", "10:10", "10:40"), "stopped", ""),
        (
            exclusion("2026-03-10 10:30", "10:10", "10:40", reason="flu"),
            "none",
            "reason_not_listed",
        ),
        (
            exclusion("2026-03-10 10:30", "10:10", "10:40", scope={"source": "fair"}),
            "none",
            "other_leads",
        ),
        (
            exclusion("2026-03-10 10:30", "10:10", "10:40", scope={"team_id": "sued"}),
            "none",
            "other_owner",
        ),
        (exclusion("2026-03-10 12:00", "10:10", "10:20"), "none", "no_help"),
        (exclusion("2026-03-18 12:00", "10:10", "11:50"), "none", "declared_too_late"),
    ],
)
def test_an_exclusion_says_what_it_did(told: AnyFact, effect: str, why: str) -> None:
    """It stopped the clock, or one reason why it did not."""
    body = agreement(SPEED, exclusions=EXCLUSIONS, **PERIODS)

    (seen,) = story(body, "2026-03-18 13:00", handed_off("2026-03-10 10:00"), told).exclusions

    assert (seen.effect, seen.why) == (effect, why)


def test_an_exclusion_over_the_cap_or_at_another_time() -> None:
    """The cap of four hours is used by the first; one of the day before is not shown."""
    body = agreement(SPEED, exclusions=EXCLUSIONS, **PERIODS)
    first = exclusion("2026-03-09 08:00", "09:00", "14:00", exclusion_id="a", id="a")
    second = exclusion("2026-03-09 09:00", "14:00", "15:00", exclusion_id="b", id="b")

    seen = story(body, "2026-03-10 16:00", handed_off("2026-03-10 13:30"), first, second).exclusions

    assert [(one.exclusion.id, one.effect, one.why) for one in seen] == [
        *(("a", "stopped", ""), ("b", "none", "cap_used")),
    ]
    assert not story(body, "2026-03-10 16:00", handed_off("2026-03-10 15:30"), first).exclusions


def test_a_pause_says_what_it_did() -> None:
    """Two hours of budget: the first stops, the third runs out, two others count for nothing."""
    told = story(
        BODY,
        "2026-03-10 17:00",
        handed_off("2026-03-10 10:00"),
        fact("clock-paused", "2026-03-10 10:10", reason="vacation"),
        fact("clock-resumed", "2026-03-10 10:30", reason="vacation"),
        fact("clock-paused", "2026-03-10 10:31", reason="lazy"),
        fact("clock-paused", "2026-03-10 10:32", reason="vacation", clock="depth"),
        fact("clock-paused", "2026-03-10 10:40", reason="customer_asked"),
    )

    assert [paused(one, told.clock, ZONE) for one in told.pauses] == [
        "Tue 10 Mar 2026 10:10 until Tue 10 Mar 2026 10:30, vacation: the clock stood still",
        (
            "Tue 10 Mar 2026 10:31 without an end yet, lazy: did not count: the agreement lists no "
            "such reason"
        ),
        (
            "Tue 10 Mar 2026 10:40 without an end yet, customer_asked: stopped it only until the "
            "budget of 2 h of business time was used up"
        ),
        (
            "Tue 10 Mar 2026 10:32 without an end yet, vacation: did not count: it is about "
            "another clock"
        ),
    ]
    assert [(one.why, one.causes) for one in told.segments if one.why == "paused"] == [
        *(("paused", ("vacation",)), ("paused", ("customer_asked",))),
    ]


_QUALIFYING = {"channels": ["call"], "by": "owner"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"automated": True}, "a machine made it"),
        ({"party": "marketing"}, "Marketing made it, and Sales owes this"),
        ({"outcome": "bounced"}, "it was not delivered (bounced)"),
        ({"direction": "inbound"}, "the lead turned to us, and reached nobody"),
        ({"channel": "email"}, "this promise does not count the channel email"),
        ({"rep_id": "ben"}, "ben made it, who did not own the lead"),
        ({"rep_id": None}, "it is not said who made it"),
        (
            {"automated": True, "rep_id": "ben"},
            "a machine made it and ben made it, who did not own the lead",
        ),
    ],
)
def test_an_attempt_that_does_not_count_says_why(fields: dict[str, Any], words: str) -> None:
    """Each condition for itself, and all that fail."""
    body = agreement({**SPEED, "qualifying": _QUALIFYING})
    tried = attempt("2026-03-10 10:30", **{"rep_id": "anna", **fields})

    told = story(body, "2026-03-10 10:40", handed_off("2026-03-10 10:00"), tried)

    (touch,) = told.touches
    assert judged(touch, told.clock, ZONE) == f"did not count: {words}"


def test_attempts_of_a_team_only() -> None:
    """A rep of another team does not answer for this one."""
    body = agreement({**SPEED, "qualifying": {"by": "team"}})
    tried = attempt("2026-03-10 10:30", rep_id="carla")

    told = story(body, "2026-03-10 10:40", handed_off("2026-03-10 10:00"), tried)

    assert judged(told.touches[0], told.clock, ZONE) == (
        "did not count: carla made it, who is not of the owner's team"
    )


def test_attempts_of_depth_the_owner_and_the_cadence() -> None:
    """Before the hand-off, a double dial, another rep, after being given on, another wait."""
    body = agreement(
        {**DEPTH, "max_attempts": 9},
        {"id": "own", "clock": "owner", "target": "PT5H"},
        {"id": "next", "clock": "next_attempt", "target": "PT1H"},
    )
    facts = (
        created("2026-03-10 09:00"),
        attempt("2026-03-10 09:30", id="before", rep_id="anna"),
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:10", id="one", rep_id="ben"),
        attempt("2026-03-10 10:11", id="double", rep_id="ben"),
        attempt("2026-03-10 10:20", id="in", direction="inbound"),
        handed_off("2026-03-10 11:00", rep="ben"),
        attempt("2026-03-10 11:10", id="two", rep_id="anna"),
    )

    found = explained(body, "2026-03-10 11:20", *facts).stories
    why = {
        (one.clock.id, one.clock.instance.rpartition(":")[2]): {
            touch.attempt.event_id: touch.role or touch.why[0] for touch in one.touches
        }
        for one in found
    }

    assert why["depth", "00"] == {
        "before": "before_handoff",
        "one": "counts",
        "double": "double_dial",
        "in": "inbound",
        "two": "counts",
    }
    anna, ben = (one for one in found if one.clock.id == "own")
    assert {one.attempt.event_id: one.role or one.why for one in anna.touches} == {
        "before": "answers",
        "one": ("not_this_rep",),
        "double": ("not_this_rep",),
        "in": ("not_this_rep", "inbound_not_connected"),
        "two": ("after_close",),
    }
    assert ben.touches[-1].why == ("not_this_rep",)
    assert why["next", "1"]["one"] == "before_wait"
    assert why["next", "1"]["two"] == "answers"
    assert why["next", "2"]["two"] == "before_wait"


def test_what_is_told_too_late_is_said_so() -> None:
    """Nine days after due: an attempt and a close that would have changed the verdict."""
    told = story(
        BODY,
        "2026-03-20 12:00",
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:30", id="late", seen="2026-03-19 10:00"),
        closed("2026-03-10 10:20", id="shut", seen="2026-03-19 10:00"),
    )

    (touch,) = told.touches
    assert judged(touch, told.clock, ZONE) == (
        "did not count: it was told on Thu 19 Mar 2026 10:00, more than 168 h late"
    )
    assert [(one.event_id, why) for (_, one), why in told.ignored] == [("shut", "too_late")]
    assert told.state == "breached"


def test_a_breach_that_was_taken_back() -> None:
    """By a fact told late; and a clock that is no more because its opening was withdrawn."""
    first = handed_off("2026-03-10 10:00", id="h")
    answer = attempt("2026-03-10 10:30", id="a", seen="2026-03-10 12:00")
    withdrawal = fact("fact-withdrawn", "2026-03-10 13:00", id="w", withdraws="h")

    assert breach(story(BODY, "2026-03-10 12:30", first, answer), ZONE) == (
        "A breach had been reported, and was taken back: a fact that was told late shows that it "
        "never was one (a)."
    )
    gone = explained(BODY, "2026-03-10 13:30", first, answer, withdrawal)
    assert not gone.stories
    assert [taken_back(one) for one in gone.taken_back] == [
        (
            "A breach and an end had been reported, and were taken back: a fact that was told late "
            "shows that it never was one."
        )
    ]
    assert [(one.event_id, by.event_id) for one, by in gone.withdrawn] == [("h", "w")]


def test_shares_and_owners() -> None:
    """Two teams before due: who had how much of the time."""
    two = story(
        BODY,
        "2026-03-10 13:30",
        handed_off("2026-03-10 10:00"),
        handed_off("2026-03-10 10:45", team="sued", rep=None),
    )

    assert shares(two) == (
        "Until it was due nord / anna had 45 min (75%) and the queue of sued had 15 min (25%)."
    )
    assert owner(None, None) == "nobody"


def test_where_it_began() -> None:
    """At a hand-off in the night the time counts from the opening on."""
    body = agreement(SPEED, {"id": "next", "clock": "next_attempt", "target": "PT1H"})
    facts = handed_off("2026-03-09 20:00", id="h"), attempt("2026-03-10 09:30")

    first, second = explained(body, "2026-03-10 10:00", *facts).stories

    assert opened(first, ZONE) == (
        "Mon 9 Mar 2026 20:00, handed off to nord / anna (h); closed then, so time counts from "
        "Tue 10 Mar 2026 09:00 on"
    )
    assert opened(second, ZONE) == "Tue 10 Mar 2026 09:30, 1st attempt"


def test_a_silent_source_leaves_it_unjudged_and_then_unverified() -> None:
    """No data is not the same as no attempt, and the explanation says so."""
    body = agreement(SPEED, sources={"dialer": {"max_silence": "PT10M", "clocks": ["speed"]}})
    first = handed_off("2026-03-10 10:00")

    assert said(body, "2026-03-10 12:00", first) == (
        "Not judged yet: it was due on Tue 10 Mar 2026 11:00, but dialer was silent then; without "
        "its facts nobody can know."
    )
    assert said(body, "2026-03-20 12:00", first) == (
        "Could not be verified: dialer was silent when it was due on Tue 10 Mar 2026 11:00, and "
        "did not say by Tue 17 Mar 2026 11:00 that all its facts had been sent."
    )


def test_a_close_taken_back_is_time_that_does_not_count() -> None:
    """Ten minutes between a close and the hand-off that took it back."""
    told = story(
        BODY,
        "2026-03-10 10:40",
        handed_off("2026-03-10 10:00"),
        closed("2026-03-10 10:10"),
        handed_off("2026-03-10 10:20"),
    )

    assert [(one.why, (one.to_at - one.from_at) // 60_000_000) for one in told.segments] == [
        *(("open", 10), ("reopened", 10), ("open", 20)),
    ]


def test_an_erased_lead_tells_nothing_more() -> None:
    """Neither its clocks nor its facts."""
    life = live(
        BODY,
        "2026-03-10 12:00",
        handed_off("2026-03-10 10:00"),
        fact("lead-erased", "2026-03-10 10:30"),
    )

    account = account_of("L", at("2026-03-10 12:00"), life.policies, life.explained())

    assert told(account)["clocks"] == told(account)["handoffs"] == []
    assert told(account)["erased_at"] == "2026-03-10T09:30:00.000000Z"
    assert "The lead was erased on Tue 10 Mar 2026 10:30" in "\n".join(lines(account))


def page(life: Life, until: str) -> Sequence[str]:
    """Write what is explained."""
    return list(lines(account_of("L", at(until), life.policies, life.explained(), life.late)))


def test_a_lead_that_left_is_explained_from_what_it_was() -> None:
    """Dormant for 90 days, then a fact that is too late; both are told."""
    life = live(
        BODY,
        "2026-09-01 12:00",
        handed_off("2026-03-10 10:00"),
        attempt("2026-03-10 10:30"),
        attempt("2026-03-10 10:20", id="late", seen="2026-08-01 10:00"),
    )

    text = page(life, "2026-09-01 12:00")

    assert "speed (response time): KEPT" in text
    assert text[-1] == "  Tue 10 Mar 2026 10:20, contact-attempt (late)"


def test_a_long_wait_is_shown_by_its_ends() -> None:
    """Forty days of split hours: twenty lines, how many more, twenty lines."""
    life = live(BODY, "2026-04-20 12:00", handed_off("2026-03-10 10:00"))

    text = page(life, "2026-04-20 12:00")

    (more,) = (line for line in text if "more lines" in line)
    assert more.endswith("more lines; --json has them all")
    assert max(map(len, text)) <= 100
