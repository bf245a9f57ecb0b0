"""The agreement as a page that both sides can read and sign: Markdown, two columns.

Every sentence about a promise is that of `streams.domain.wording`, which dashboards
and explanations use, too.

Source:
    Domain, G3, G7, G8, G11; contract, section 3.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from streams.domain.calendar import DAY_MINUTES, Calendar
from streams.domain.clauses import TEAM_LEAD, EscalationStep
from streams.domain.commitment import Commitment
from streams.domain.found import day_of
from streams.domain.phrases import WEEKDAYS, counted, day, length, listed, moment
from streams.domain.policy import Policy
from streams.domain.spans import Hours
from streams.domain.terms import Team
from streams.domain.wording import ATTAINMENT, TITLES, promise, terms

_MOST_DATES: Final = 12
_PRIVACY: Final = {
    "named": "Figures name the reps by their ids.",
    "alias": "Figures name the reps by their aliases only.",
    "team_only": "Figures are told of teams only, never of a rep.",
}


def render(policy: Policy) -> str:
    """Write an agreement as Markdown."""
    return "".join(f"{line}\n" for line in _lines(policy))


def _lines(policy: Policy) -> Iterator[str]:
    zone = _zone(policy)
    yield f"# {_text(policy.agreement)}"
    yield ""
    yield (
        f"Version {policy.version}, in force from {moment(policy.effective_from, zone)} ({zone})."
        f"{_review(policy)}"
    )
    yield from _promises(policy)
    yield from _time(policy)
    yield from _stops(policy)
    yield from _counting(policy)
    yield from _consequences(policy)
    yield from _people(policy)
    yield from _changes(policy)


def parts(policy: Policy) -> dict[str, list[str]]:
    """Give by title the sentences that are about neither a single promise nor a team."""
    written = {
        "when it stands still": _stops(policy),
        "how it is counted": _counting(policy),
        "when a promise is at risk or broken": _consequences(policy),
    }
    return {
        title: [line.removeprefix("- ") for line in lines if line.startswith("- ")]
        for title, lines in written.items()
    }


def _promises(policy: Policy) -> Iterator[str]:
    yield from _head("What we promise each other")
    columns = [
        [_promise(one) for one in policy.commitments if one.debtor == side]
        for side in ("sales", "marketing")
    ]
    yield "| Sales promises Marketing | Marketing promises Sales |"
    yield "|---|---|"
    for place in range(max(map(len, columns))):
        cells = [column[place] if place < len(column) else "" for column in columns]
        yield f"| {cells[0]} | {cells[1]} |"
    several = sorted(
        {one.clock for one in policy.commitments if _is_shared(one, policy.commitments)}
    )
    if several:
        yield ""
        names = listed(TITLES.get(clock, clock).lower() for clock in several)
        yield (
            f"Of several promises of one kind ({names}) the first one that fits a lead holds, in "
            "this order."
        )


def _is_shared(one: Commitment, all_of_them: Iterable[Commitment]) -> bool:
    return any(it is not one and it.clock == one.clock for it in all_of_them)


def _promise(one: Commitment) -> str:
    title = TITLES.get(one.clock, one.clock)
    said = " ".join((promise(one), *terms(one)))
    return f"**{_text(one.id)}** ({title.lower()})<br>{_text(said)}"


def _time(policy: Policy) -> Iterator[str]:
    yield from _head("When time counts")
    yield (
        "A promise is counted in business time: the hours in which the team that has the lead "
        "works. A lead that is handed to another team takes the time that is left with it."
    )
    yield ""
    yield "| Calendar | Zone | Hours | Other dates | Teams |"
    yield "|---|---|---|---|---|"
    for name, calendar in policy.calendars.items():
        teams = listed(team_id for team_id, team in policy.teams.items() if team.calendar == name)
        cells = (name, calendar.zone, hours(calendar), _dates(policy, name), teams or "-")
        yield f"| {' | '.join(map(_text, cells))} |"
    yield ""
    unlisted = policy.default_calendar
    yield (
        "Leads of a team that is not listed are counted "
        + (f"in calendar {_text(unlisted)}." if unlisted else "round the clock.")
    )


def hours(calendar: Calendar) -> str:
    """Say the hours of a week: ``Mon-Thu 09:00-12:00 and 13:00-17:30; Fri 09:00-12:00``."""
    runs: list[tuple[int, int, Hours]] = []
    for weekday in range(7):
        of_day = tuple(calendar.week.get(weekday, ()))
        if runs and runs[-1][2] == of_day:
            runs[-1] = (runs[-1][0], weekday, of_day)
        else:
            runs.append((weekday, weekday, of_day))
    said = [
        f"{WEEKDAYS[first]}{'' if first == last else '-' + WEEKDAYS[last]} {_spans(of_day)}"
        for first, last, of_day in runs
        if of_day
    ]
    return "; ".join(said) or "only on the dates that are named"


def _spans(of_day: Hours) -> str:
    if of_day == ((0, DAY_MINUTES),):
        return "round the clock"
    return listed(f"{_minute(start)}-{_minute(end)}" for start, end in of_day)


def _minute(minute: int) -> str:
    if minute > DAY_MINUTES:
        return f"{_minute(minute - DAY_MINUTES)} the next day"
    return f"{minute // 60:02}:{minute % 60:02}"


def _dates(policy: Policy, name: str) -> str:
    """Say which dates differ: holidays by where they are from, the rest by date."""
    calendar = policy.calendars[name]
    written = _mapping(_mapping(policy.body.get("calendars")).get(name))
    holidays = _mapping(written.get("holidays"))
    said = []
    closed = sorted(calendar.closed)
    if holidays:
        where = "-".join(
            str(holidays[key]) for key in ("country", "subdivision") if key in holidays
        )
        last = holidays.get("last")
        until = f" (known until {day(day_of(last))})" if last else ""
        said.append(f"closed on {len(closed)} dates: the holidays of {where}{until} and others")
    elif closed:
        said.append(f"closed {_few(closed)}")
    said += [
        f"{day(at)} {_spans(of_day) if of_day else 'closed'}"
        for at, of_day in sorted(calendar.open.items())
    ]
    return "; ".join(said) or "-"


def _few(dates: Sequence[date]) -> str:
    shown = [day(at) for at in dates[:_MOST_DATES]]
    more = len(dates) - len(shown)
    return listed([*shown, f"{more} more"] if more else shown)


def _stops(policy: Policy) -> Iterator[str]:
    yield from _head("When it stands still")
    pauses, exclusions = policy.pauses, policy.exclusions
    if pauses.reasons:
        budget = (
            "without a limit"
            if pauses.budget is None
            else f"for at most {length(pauses.budget)} of business time a promise"
        )
        yield f"- A clock is paused for {_reasons(pauses.reasons)}, {budget}."
    else:
        yield "- No clock can be paused."
    if exclusions.reasons:
        cap = (
            "without a limit"
            if exclusions.cap is None
            else f"for at most {length(exclusions.cap)} of open hours a team and {policy.period}; "
            "beyond that the promises stand"
        )
        yield f"- Time is excluded for {_reasons(exclusions.reasons)}, {cap}."
        yield (
            "- What is declared only after a promise was due takes a breach back if with it the "
            "promise would have been kept."
        )
    else:
        yield "- No time is excluded."
    for origin, source in policy.sources.items():
        clocks = listed(TITLES.get(clock, clock).lower() for clock in sorted(source.clocks))
        yield (
            f"- While {_text(origin)} has not been heard of for {length(source.max_silence)}, "
            f"{clocks} is not judged: no data is not the same as no attempt."
        )


def _counting(policy: Policy) -> Iterator[str]:
    yield from _head("How it is counted")
    yield f"- {ATTAINMENT}"
    yield (
        f"- A breach is reported when a promise is due, and confirmed {length(policy.settle)} "
        "later."
    )
    yield (
        f"- A fact that is told up to {length(policy.correction_horizon)} after due still "
        "corrects what was reported; later ones change nothing."
    )
    yield (
        f"- What is written down by hand counts from at most {length(policy.max_backdate)} before "
        "it was written down."
    )
    if policy.double_dial:
        yield (
            f"- A second attempt on the same channel within {length(policy.double_dial)} is the "
            "same attempt."
        )
    yield (
        f"- A lead that is handed off again within {length(policy.false_close)} after it was "
        "closed was never closed."
    )
    yield f"- {_PRIVACY[policy.privacy]}"


def _consequences(policy: Policy) -> Iterator[str]:
    yield from _head("When a promise is at risk or broken")
    if not policy.escalation:
        yield "- Nobody is told besides those who watch the board."
    for step in policy.escalation:
        yield f"- {_step(step)}"


def _step(step: EscalationStep) -> str:
    who = "the lead of the team" if step.to == TEAM_LEAD else _text(step.to)
    if step.share is not None:
        return f"When {step.share:f}% of the time is used up, {who} is told."
    return f"{length(step.after or 0)} of business time after due {who} is told."


def _people(policy: Policy) -> Iterator[str]:
    yield from _head("Who")
    yield "| Team | Lead | Reps |"
    yield "|---|---|---|"
    for team_id, team in policy.teams.items():
        cells = (team_id, team.lead_contact or "-", _reps(policy, team))
        yield f"| {' | '.join(map(_text, cells))} |"
    if policy.contacts:
        yield ""
        for name, who in policy.contacts.items():
            yield f"- {_text(name)}: {_text(who)}"


def _reps(policy: Policy, team: Team) -> str:
    if policy.privacy == "team_only":
        return counted(len(team.reps), "rep")
    if policy.privacy == "named":
        return listed(sorted(team.reps)) or "-"
    names = sorted(alias for alias in team.reps.values() if alias is not None)
    others = len(team.reps) - len(names)
    if others:
        names.append(counted(others, "rep without an alias", "reps without an alias"))
    return listed(names) or "-"


def _changes(policy: Policy) -> Iterator[str]:
    yield from _head("How it changes")
    yield (
        "A version never changes. A change is a new version, and holds for leads from then on; "
        "what has begun ends under the version under which it began."
    )
    yield ""
    yield f"Digest of this version: `{policy.digest[:12]}`; tzdata {policy.tzdata or 'unknown'}."


def _review(policy: Policy) -> str:
    written = policy.body.get("review_by")
    return f" We review it by {day(day_of(written))}." if isinstance(written, str) else ""


def _head(title: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""


def _reasons(reasons: Iterable[str]) -> str:
    return listed((_text(reason.replace("_", " ")) for reason in sorted(reasons)), "or")


def _zone(policy: Policy) -> str:
    if policy.zone is not None:
        return policy.zone
    return next(iter(policy.calendars.values())).zone


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(text: str) -> str:
    """Keep what people wrote from being taken for Markdown."""
    for mark in "\\|*_`<>[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
