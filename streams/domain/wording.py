"""The agreement in plain words: one wording for documents, dashboards and explanations.

Whoever shows a promise to a person takes its sentence from here, so that the signed
page, the panel above a figure and the reason for a breach say the same thing.

Source:
    Domain, G3 and G7; contract, section 3.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from streams.domain import commitment as kinds
from streams.domain.commitment import START, BusinessDays, Commitment, Target
from streams.domain.phrases import LONG_WEEKDAYS, counted, length, listed, ordinal, percent
from streams.domain.schedules import Obligation

PARTIES: Final = {"sales": "Sales", "marketing": "Marketing", "service": "Service"}
"""The parties as a sentence names them."""

TITLES: Final = {
    kinds.SPEED: "Response time",
    kinds.SPEED_TO_LEAD: "Response time from creation",
    kinds.DEPTH: "Contact attempts",
    kinds.OWNER: "Response time of each owner",
    kinds.QUALIFY: "Time until hand-off",
    kinds.FIRST_TOUCH: "First touch",
    kinds.NEXT_ATTEMPT: "Time between attempts",
    kinds.BURNT: "Burnt leads",
    kinds.TOO_EARLY: "Contact too early",
    kinds.GATE: "Quality gate",
    "goal": "Goal",
    "obligation": "Obligation",
}
"""What each clock kind is called above a figure."""

OUTCOMES: Final = {
    "met": "kept",
    "met_late": "kept too late",
    "unmet": "not kept",
    "cancelled": "cancelled",
    "excluded": "excluded",
    "unverified": "could not be verified",
}
"""How a promise ended."""

ATTAINMENT: Final = (
    "Attainment is the share of promises that were kept: met / (met + met_late + unmet). "
    "What was cancelled, excluded or could not be verified is outside. In the raw figure what "
    "an exclusion took back counts as missed."
)
"""How the share of kept promises is counted; it belongs beside every such figure."""

CHANNELS: Final = {
    "call": "call",
    "voicemail": "voicemail",
    "email": "e-mail",
    "message": "message",
    "meeting": "meeting",
    "other": "contact of another kind",
}
"""One attempt on each channel."""

_STAGES: Final = {
    "iql": "information qualified (IQL)",
    "mql": "marketing qualified (MQL)",
    "sql": "sales qualified (SQL)",
}


def promise(commitment: Commitment) -> str:
    """Say in one sentence who owes what, and until when."""
    sentence = _PROMISES.get(commitment.clock, _plain)(commitment)
    if not commitment.report_only:
        return sentence
    if commitment.target is None and commitment.clock in _MEASURES:
        party = _party(commitment)
        return f"Measured, not promised: {_MEASURES[commitment.clock].format(party=party)}."
    return f"Measured, not promised: {sentence}"


def terms(commitment: Commitment) -> list[str]:
    """Say what else holds of a promise: for which leads, in which hours, what counts."""
    said = [f"For {leads(commitment.applies)}."] if commitment.applies else []
    if commitment.clock in kinds.TIMED:
        said.append(_hours(commitment))
    narrowed = _who_counts(commitment)
    if narrowed:
        said.append(narrowed)
    if commitment.automated:
        channels = listed(CHANNELS[name] for name in kinds.CHANNELS if name in commitment.automated)
        said.append(f"What a machine sends counts, too, as {channels}.")
    if commitment.objective is not None:
        said.append(f"Objective: {percent(commitment.objective)} of these are kept.")
    if commitment.warn_at:
        shares = listed(f"{share:f}" for share in commitment.warn_at)
        said.append(f"A warning is given when {shares}% of the time is used up.")
    if commitment.buckets:
        said.append(f"Reported: how many within {listed(map(length, commitment.buckets))}.")
    return said


def obligation(owed: Obligation) -> str:
    """Say what one party owes the other again and again."""
    if owed.weekday is not None:
        when = f"every {LONG_WEEKDAYS[owed.weekday]}"
    else:
        when = f"on the {ordinal(owed.day or 1)} of every month"
    hour, minute = divmod(owed.minute, 60)
    calendar = f" in the hours of {owed.calendar.name!r}" if owed.calendar.name else ""
    return (
        f"{PARTIES[owed.debtor]} delivers {owed.id} to {PARTIES[owed.creditor]} {when} by "
        f"{hour:02}:{minute:02} ({owed.calendar.zone}), or at the next opening{calendar}."
    )


def leads(applies: Mapping[str, Iterable[str]]) -> str:
    """Say which leads a promise is about: ``leads with source website``."""
    if not applies:
        return "all leads"
    parts = []
    for name in kinds.ATTRIBUTES:
        if name in applies:
            words = listed(sorted(applies[name]), "or")
            parts.append(f"handed to {words}" if name == "team_id" else f"with {name} {words}")
    return f"leads {listed(parts)}"


def target(wanted: Target, since: str) -> str:
    """Say until when: ``within 1 h of business time after the hand-off``, or by which close.

    Args:
        wanted: How long it may take.
        since: What the time counts from, such as ``the hand-off``.
    """
    if isinstance(wanted, BusinessDays):
        which = "next" if wanted.days == 1 else ordinal(wanted.days)
        return f"by the close of the {which} business day after {since}"
    return f"within {length(wanted)} of business time after {since}"


def stages(names: Iterable[str]) -> str:
    """Say a list of stages."""
    wanted = frozenset(names)
    return listed((text for name, text in _STAGES.items() if name in wanted), "or")


def _until(it: Commitment, since: str) -> str:
    wanted = it.within if it.clock == kinds.DEPTH else it.target
    return f"some time after {since}" if wanted is None else target(wanted, since)


def _speed(it: Commitment) -> str:
    return f"{_party(it)} turns to a lead {_until(it, 'the hand-off')}."


def _speed_to_lead(it: Commitment) -> str:
    return f"{_party(it)} turns to a lead {_until(it, 'it came in')}."


def _owner(it: Commitment) -> str:
    return f"Whoever is given a lead turns to it in person {_until(it, 'being given it')}."


def _qualify(it: Commitment) -> str:
    return f"{_party(it)} hands a lead off {_until(it, 'it came in')}."


def _first_touch(it: Commitment) -> str:
    return f"{_party(it)} touches a lead for the first time {_until(it, 'it came in')}."


def _next_attempt(it: Commitment) -> str:
    return (
        f"{_party(it)} makes the next attempt {_until(it, 'the one before')}, until the lead is "
        "reached in person or the attempts are enough."
    )


def _burnt(it: Commitment) -> str:
    return f"No lead burns: {_party(it)} makes a first attempt {_until(it, 'the hand-off')}."


def _depth(it: Commitment) -> str:
    mix = listed(counted(it.mix[name], CHANNELS[name]) for name in kinds.CHANNELS if name in it.mix)
    among = f", among them at least {mix}," if mix else ""
    sentence = (
        f"{_party(it)} tries to reach a lead at least {counted(it.min_attempts, 'time')}{among} "
        f"{_until(it, 'the hand-off')}, unless it is reached in person before."
    )
    if it.max_attempts is not None:
        sentence += f" It tries at most {counted(it.max_attempts, 'time')} within that time."
    return sentence


def _too_early(it: Commitment) -> str:
    return f"{_party(it)} does not turn to a lead while it is {stages(it.stages)}."


def _gate(it: Commitment) -> str:
    wants = []
    if it.min_score is not None:
        wants.append(f"with a score of at least {it.min_score:g}")
    if it.stages:
        wants.append(f"once it is {stages(it.stages)}")
    return f"{_party(it)} hands a lead off only {listed(wants)}."


def _plain(it: Commitment) -> str:
    return f"{_party(it)} keeps {it.id}."


_MEASURES: Final = {
    kinds.SPEED: "how long after the hand-off {party} turns to a lead",
    kinds.SPEED_TO_LEAD: "how long after a lead came in {party} turns to it",
    kinds.OWNER: "how long whoever is given a lead takes to turn to it in person",
    kinds.QUALIFY: "how long after a lead came in {party} hands it off",
    kinds.FIRST_TOUCH: "how long after a lead came in {party} touches it for the first time",
    kinds.NEXT_ATTEMPT: "how long {party} lets pass between attempts",
    kinds.BURNT: "how long after the hand-off {party} makes a first attempt",
}

_PROMISES: Final[Mapping[str, Callable[[Commitment], str]]] = {
    kinds.SPEED: _speed,
    kinds.SPEED_TO_LEAD: _speed_to_lead,
    kinds.OWNER: _owner,
    kinds.QUALIFY: _qualify,
    kinds.FIRST_TOUCH: _first_touch,
    kinds.NEXT_ATTEMPT: _next_attempt,
    kinds.BURNT: _burnt,
    kinds.DEPTH: _depth,
    kinds.TOO_EARLY: _too_early,
    kinds.GATE: _gate,
}


def _party(commitment: Commitment) -> str:
    return PARTIES[commitment.debtor]


def _hours(commitment: Commitment) -> str:
    name = commitment.calendar
    if name == START:
        return "Counted in the business hours of the first owner's team."
    if name is not None:
        return f"Counted in the hours of calendar {name!r}."
    if commitment.clock in kinds.FROM_CREATION:
        if commitment.clock == kinds.SPEED_TO_LEAD:
            return "Counted round the clock."
        return "Counted in the default calendar."
    return "Counted in the business hours of whoever owns the lead."


def _who_counts(commitment: Commitment) -> str:
    """Say how ``qualifying`` narrows what counts; empty where it does not."""
    channels = commitment.qualifying_channels
    words = [CHANNELS[name] for name in kinds.CHANNELS if channels and name in channels]
    by = {
        "team": "made by the owner's team",
        "owner": "made by the owner in person",
    }.get(commitment.qualifying_by, "")
    if not words and not by:
        return ""
    what = f"a {listed(words, 'or')}" if words else "an attempt"
    if words and words[0][0] in "aeiou":
        what = f"an {listed(words, 'or')}"
    return f"Only {what} counts{', ' + by if by else ''}."
