"""An explained clock in sentences, for the rep who has to live with it.

Source:
    Domain, (d) 5; (e) 9: nobody understands why the due time is what it is.
"""

from typing import Final

from schemas.instants import Instant
from schemas.verdicts import Breach, Verdict
from streams.domain import commitment as kinds
from streams.domain.clock import Clock
from streams.domain.clocks.acts import PREMATURE
from streams.domain.explain import BREACHED, RUNNING, STOPPED, UNCERTAIN, Story, TakenBack
from streams.domain.explain_facts import ANSWERS, Touch
from streams.domain.explain_reasons import attempt
from streams.domain.explain_time import CLOSED, EXCLUDED, OPEN, PAUSED, Segment
from streams.domain.phrases import capital, length, listed, moment, ordinal
from streams.domain.wording import OUTCOMES, stages

HEADS: Final = {
    **OUTCOMES,
    RUNNING: "running",
    STOPPED: "standing still",
    BREACHED: "not kept so far",
    UNCERTAIN: "not judged yet",
}
"""What a clock's state is called in a heading."""

_BECAUSE: Final = {
    "late_fact": "a fact that was told late shows that it never was one",
    "due_moved": "what became known later moved its due",
    "commitment_changed": "the lead falls under another promise",
    "withdrawn": "a fact that it rested on was withdrawn",
    "excluded": "an exclusion covers it",
}
_BUSINESS: Final = "of business time"


def owner(team_id: str | None, rep_id: str | None) -> str:
    """Name who owns a lead."""
    if team_id is None:
        return "nobody"
    return f"{team_id} / {rep_id}" if rep_id is not None else f"the queue of {team_id}"


def summary(story: Story, zone: str) -> str:
    """Say in one or two sentences what became of a promise, and why."""
    clock = story.clock
    if not clock.has_verdict:
        return _act(clock, zone)
    match story.state:
        case "met" | "met_late":
            return _answered(story, zone)
        case "unmet" | "cancelled":
            return _ended(story, zone)
        case "excluded":
            return _excluded(story, zone)
        case "unverified":
            return (
                f"Could not be verified: {_sources(clock)} was silent when it was due on "
                f"{_at(clock.due_at, zone)}, and did not say by {_at(clock.ended_at, zone)} that "
                "all its facts had been sent."
            )
        case _:
            return _open(story, zone)


def breach(story: Story, zone: str) -> str:
    """Say what was published of a breach, and for whom it counts; empty: nothing was."""
    said = story.breach
    if said is None:
        return ""
    if said.status == "retracted":
        evidence = f" ({said.evidence_id})" if said.evidence_id else ""
        return f"A breach had been reported, and was taken back: {_because(said)}{evidence}."
    told = {
        "provisional": "The breach is provisional until "
        f"{moment(said.due_at + story.clock.policy.settle, zone)}.",
        "confirmed": "The breach is confirmed.",
        "resolved": "The breach was confirmed, and ended with that.",
    }[said.status]
    if said.team_id is None:
        return f"{told} It counts for nobody: the lead had no owner then."
    whose = owner(said.team_id, said.rep_id)
    when = "when it was due" if story.clock.has_verdict else "then"
    return f"{told} It counts for {whose}, who had the lead {when}."


def shares(story: Story) -> str:
    """Say who had the lead for how much of the time, where there were several."""
    said = story.breach
    if said is None or said.status == "retracted" or len(said.shares) < 2:  # noqa: PLR2004 - several
        return ""
    parts = [
        f"{owner(one.team_id, one.rep_id)} had {length(one.seconds)} ({100 * one.share:.0f}%)"
        for one in said.shares
    ]
    return f"Until it was due {listed(parts)}."


def taken_back(one: TakenBack) -> str:
    """Say that what was published is no longer so."""
    said = [word for word, it in (("a breach", one.breach), ("an end", one.verdict)) if it]
    what = listed(said) or "something"
    record = one.breach or one.verdict
    reason = _because(record) if record is not None else "the facts no longer give it"
    were = "were" if len(said) > 1 else "was"
    return f"{capital(what)} had been reported, and {were} taken back: {reason}."


def opened(story: Story, zone: str) -> str:
    """Say what started a clock, and from when on its time counted."""
    clock = story.clock
    by = f" ({story.opened_by.event_id})" if story.opened_by is not None else ""
    what = "handed off"
    match clock.commitment.clock:
        case kinds.SPEED_TO_LEAD | kinds.QUALIFY | kinds.FIRST_TOUCH | kinds.TOO_EARLY:
            what = "came in"
        case kinds.NEXT_ATTEMPT:
            number = clock.instance.rpartition(":")[2]
            what = f"{ordinal(int(number))} attempt"
            by = ""
    first = clock.timeline.owner_at(clock.opened_at)
    to = ""
    if what == "handed off" and first is not None:
        to = f" to {owner(first.team_id, first.rep_id)}"
    said = f"{moment(clock.opened_at, zone)}, {what}{to}{by}"
    if clock.started_at > clock.opened_at:
        said += f"; closed then, so time counts from {moment(clock.started_at, zone)} on"
    return said


def span(one: Segment) -> str:
    """Say what a span of time was for a clock."""
    causes = f" ({listed(one.causes)})" if one.causes else ""
    match one.why:
        case value if value == OPEN:
            return "overdue" if one.is_after_due else "counted"
        case value if value == CLOSED:
            return f"closed ({one.calendar})" if one.calendar else "closed"
        case value if value == PAUSED:
            return f"paused{causes}"
        case value if value == EXCLUDED:
            return f"excluded{causes}"
        case _:
            return "closed by mistake, and reopened"


def _act(clock: Clock, zone: str) -> str:
    at = _at(clock.due_at, zone)
    match clock.breach_kind:
        case "too_many":
            most = clock.commitment.max_attempts or 0
            return (
                f"Not kept: the {ordinal(most + 1)} attempt on {at} was one too many, "
                f"{most} were agreed."
            )
        case kinds.TOO_EARLY:
            return (
                f"Not kept: on {at} ({clock.evidence_id}) somebody turned to the lead while it was "
                f"{stages(clock.commitment.stages)}."
            )
        case value if value == PREMATURE and clock.target is not None:
            score = clock.actual(clock.due_at or 0) if clock.actual is not None else None
            return (
                f"Not kept: handed off on {at} with a score of {score:g}, "
                f"at least {clock.target:g} was agreed."
            )
        case _:
            return f"Not kept: handed off on {at} in a stage in which that was not agreed."


def _answered(story: Story, zone: str) -> str:
    clock = story.clock
    touch = next((one for one in story.touches if one.role == ANSWERS), None)
    on = moment(clock.answered_at or story.until, zone)
    what = "the lead was handed off" if touch is None else attempt(touch)
    if clock.pre_handoff:
        return f"Kept: there had been contact before this began, {what} on {on}."
    if clock.commitment.clock == kinds.DEPTH:
        reached = touch is not None and touch.attempt.connects
        number = clock.attempts(story.until)
        what = (
            f"the lead was reached in person, {what}"
            if reached
            else f"the {ordinal(number)} attempt, {what}, made them enough"
        )
    elapsed = f"after {length(story.elapsed)} {_BUSINESS}"
    if story.left is None or clock.due_at is None:
        return f"Measured: {what} on {on}, {elapsed}."
    due = moment(clock.due_at, zone)
    if story.state == "met":
        return f"Kept: {what} on {on}, {elapsed}. It was due {due}, with {length(story.left)} left."
    return (
        f"Kept too late: {what} on {on}, {length(-story.left)} {_BUSINESS} after it was due on "
        f"{due}.{_backdated(touch, clock, zone)}"
    )


def _backdated(touch: Touch | None, clock: Clock, zone: str) -> str:
    """Say that an entry by hand came too late to count from when it is said to have been."""
    if touch is None or not touch.is_backdated:
        return ""
    return (
        f" It is said to have been on {moment(touch.attempt.occurred_at, zone)}, but was written "
        f"down by hand only on {moment(touch.attempt.seen_at, zone)}: such an entry counts from "
        f"at most {length(clock.policy.max_backdate)} before that."
    )


def _ended(story: Story, zone: str) -> str:
    clock = story.clock
    on = moment(story.until, zone)
    what = {
        "erased": f"the lead was erased on {on}",
        "handed_back": f"Sales handed the lead back on {on}",
        "reassigned": f"the lead was given to somebody else on {on}",
    }.get(clock.reason or "", f"the lead was closed as {_close(clock.reason)} on {on}")
    late = story.left is not None and story.left < 0
    if story.state == "cancelled":
        when = "" if clock.due_at is None or late else ", before it was due"
        said = f"Cancelled: {what}{when}."
    elif late:
        said = (
            f"Not kept: {what}, {length(-(story.left or 0))} {_BUSINESS} after it was due on "
            f"{_at(clock.due_at, zone)}; {_missing(clock, clock.due_at)} by then."
        )
    else:
        head = "Measured" if clock.commitment.report_only else "Not kept"
        said = f"{head}: {what}, and {_missing(clock, story.until)} by then."
    if story.verdict is None and clock.publish_at:
        said += (
            f" This is said on {moment(clock.publish_at, zone)}, unless the lead is reopened "
            "before."
        )
    return said


def _excluded(story: Story, zone: str) -> str:
    clock = story.clock
    one = next((one for one in story.exclusions if one.effect == "took_back"), None)
    name = (clock.reason or "").partition(":")[2]
    if one is None:
        return f"Excluded by {name}."
    return (
        f"Excluded: {name} ({one.exclusion.fact.reason}), declared on "
        f"{moment(one.exclusion.declared_at, zone)}, took the breach back; without its time the "
        "promise would not have been broken then."
    )


def _open(story: Story, zone: str) -> str:
    clock, left = story.clock, story.left
    due = _at(clock.due_at, zone)
    if story.state == UNCERTAIN:
        return (
            f"Not judged yet: it was due on {due}, but {listed(story.waiting_for)} was silent "
            "then; without its facts nobody can know."
        )
    if story.state == STOPPED:
        rest = (
            ""
            if clock.length is None
            else (f" When it goes on, {length(clock.length - story.elapsed)} {_BUSINESS} are left.")
        )
        stop = clock.timeline.stop_at(story.until)
        since = f" since {moment(stop[0], zone)}" if stop is not None else ""
        return f"Standing still{since}, so there is no due.{rest}"
    if left is None:
        return f"Running: {length(story.elapsed)} {_BUSINESS} so far; no time was promised."
    if story.state == BREACHED:
        overdue = f" It is overdue by {length(-left)} {_BUSINESS}." if left else ""
        return (
            f"Not kept so far: it was due on {due}, and {_missing(clock, clock.due_at)} by then."
            f"{overdue}"
        )
    if left < 0:
        return f"Measured: {length(-left)} {_BUSINESS} past {due}, and not answered."
    return f"Running: due {due}, {length(left)} {_BUSINESS} left."


def _missing(clock: Clock, at: Instant | None) -> str:
    """Say what had not been done at an instant."""
    if clock.commitment.clock == kinds.QUALIFY:
        return "the lead had not been handed off"
    if clock.commitment.clock != kinds.DEPTH:
        return "nothing that counts had been done"
    number, least = clock.attempts(at or 0), clock.commitment.min_attempts
    if number < least:
        return f"{f'only {number}' if number else 'none'} of {least} attempts had been made"
    return "the attempts were not on the channels that were agreed"


def _sources(clock: Clock) -> str:
    return (clock.reason or "").partition(":")[2] or "a source"


def _because(record: Breach | Verdict) -> str:
    reason = (record.reason or "").partition(":")
    if reason[0] == "excluded" and reason[2]:
        return f"the exclusion {reason[2]} covers it"
    return _BECAUSE.get(reason[0], "the facts no longer give it")


def _close(outcome: str | None) -> str:
    return (outcome or "done").replace("_", " ")


def _at(at: Instant | None, zone: str) -> str:
    return "an unknown time" if at is None else moment(at, zone)
