"""What is allowed in an agreement, and still is hardly what was meant.

Source:
    Domain, G9 and G10; c.19, "Calendars".
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from math import prod
from typing import Any, Final

from schemas.facts import STAGES
from schemas.instants import DAY, SECOND, Instant, Micros
from streams.domain import commitment as kinds
from streams.domain.calendar import ALWAYS, Calendar
from streams.domain.clauses import TEAM_LEAD
from streams.domain.commitment import ACTS, START, BusinessDays, Commitment, Target
from streams.domain.found import Path, day_of
from streams.domain.phrases import counted, day, length, listed, moment, percent
from streams.domain.policy import Policy
from streams.domain.warnings import TOO_SHORT
from streams.domain.wording import leads

WARNING: Final = "warning"
NOTE: Final = "note"

_SOON: Final = timedelta(days=90)
_YEAR: Final[Micros] = 365 * DAY
_FAR: Final[Micros] = 90 * DAY
_MOST_COMBINATIONS: Final = 20_000
_STRICT: Final = Decimal("99.9")
_OTHER: Final = "\0other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to think about.

    Attributes:
        level: ``warning``: hardly what was meant. ``note``: good to know.
        path: Where in the agreement.
        text: What follows from what stands there.
        mend: What to do about it; empty for a note.
    """

    level: str
    path: Path
    text: str
    mend: str = ""


def lint(policy: Policy, today: date, volume: int | None = None) -> list[Remark]:
    """List what deserves a second thought, in the order of the agreement's clauses.

    Args:
        policy: The agreement, its holidays resolved.
        today: Decides what is soon.
        volume: Promises of one kind in a period, if somebody knows.
    """
    checks: tuple[Iterable[Remark], ...] = (
        _review(policy, today),
        _holidays(policy, today),
        _unused_calendars(policy),
        _teams(policy),
        _objectives(policy, volume),
        _targets(policy),
        _shadowed(policy),
        _clauses(policy),
    )
    return [remark for check in checks for remark in check]


def _review(policy: Policy, today: date) -> Iterator[Remark]:
    written = policy.body.get("review_by")
    if not isinstance(written, str):
        yield _note(("agreement",), "no date is set by which it is reviewed: add `review_by`")
        return
    at = day_of(written)
    if at < today:
        yield _warning(
            ("review_by",), f"the review was due on {day(at)}", "review it, and set a new date"
        )


def _holidays(policy: Policy, today: date) -> Iterator[Remark]:
    calendars = _mapping(policy.body.get("calendars"))
    for name in policy.calendars:
        written = _mapping(_mapping(calendars.get(name)).get("holidays"))
        last = written.get("last")
        if last is None:
            continue
        ends = day_of(last)
        if ends - today <= _SOON:
            yield _warning(
                ("calendars", name, "holidays"),
                f"its holidays are known until {day(ends)} only; later ones will count as work",
                "publish a new version with a later effective_from before then",
            )


def _unused_calendars(policy: Policy) -> Iterator[Remark]:
    used = {team.calendar for team in policy.teams.values()}
    used |= {one.calendar for one in policy.commitments if one.calendar is not None}
    used.add(policy.default_calendar or "")
    for name in policy.calendars:
        if name not in used:
            yield _warning(
                ("calendars", name),
                f"nothing is counted in calendar {name!r}",
                "give it to a team or a commitment, or remove it",
            )


def _teams(policy: Policy) -> Iterator[Remark]:
    if policy.default_calendar is None:
        yield _warning(
            ("teams",),
            "leads that are handed to a team that is not listed here are counted round the clock",
            "add `default_calendar:` with the name of a calendar",
        )
    written = _mapping(policy.body.get("teams"))
    seen: dict[str, str] = {}
    for team_id, team in policy.teams.items():
        path = ("teams", team_id)
        if "calendar" not in _mapping(written.get(team_id)):
            yield _warning(
                path,
                f"team {team_id!r} has no calendar; it is counted in the default one, "
                f"{team.calendar!r}",
                "add `calendar:` to the team",
            )
        if team.lead_contact is None and any(one.to == TEAM_LEAD for one in policy.escalation):
            yield _warning(
                path,
                f"escalation tells the lead of the team, and {team_id!r} names none",
                "add `lead_contact:` to the team",
            )
        for rep_id in team.reps:
            if rep_id in seen:
                yield _warning(
                    path,
                    f"{rep_id} is in {seen[rep_id]!r} and in {team_id!r}",
                    "list a rep in one team only",
                )
            seen.setdefault(rep_id, team_id)
        if policy.privacy == "alias":
            yield from _aliases(path, team.reps)


def _aliases(path: Path, reps: Mapping[str, str | None]) -> Iterator[Remark]:
    without = [rep_id for rep_id, alias in reps.items() if alias is None]
    without.sort()
    if without:
        yield _warning(
            path,
            f"{listed(without)} {'have' if len(without) > 1 else 'has'} no alias, and will be "
            "shown together as 'other'",
            "write `{rep-id: {alias: Name}}`",
        )
    aliases = [alias for alias in reps.values() if alias is not None]
    for alias in sorted({alias for alias in aliases if aliases.count(alias) > 1}):
        yield _warning(
            path,
            f"several reps have the alias {alias!r}, and will be shown as one",
            "give each an alias of their own",
        )


def _objectives(policy: Policy, volume: int | None) -> Iterator[Remark]:
    """Say how many misses a percentage allows: one misplaced nine is easily overlooked."""
    for path, one in _commitments(policy):
        if one.objective is None:
            continue
        told = (
            f"{percent(one.objective)} of {one.id}: {allowed(one.objective, volume, policy.period)}"
        )
        if one.objective >= _STRICT:
            left = of_a_year(one.objective)
            # To the tenth of a second: more digits say nothing more.
            text = f"{told}; as time, {length(left - left % (SECOND // 10))} of a year"
            yield _warning((*path, "objective"), text, "check the number of nines")
        else:
            yield _note((*path, "objective"), told)
        if volume is not None and _misses(one.objective, volume) < 1:
            yield _warning(
                (*path, "objective"),
                f"of {volume} not a single one may be missed",
                "lower the objective, or count over a longer period",
            )


def allowed(objective: Decimal, volume: int | None, period: str | None) -> str:
    """Say how many misses an objective allows."""
    each = f" a {period}" if period is not None and volume is not None else ""
    of = volume
    if of is None:
        of = 100
        while (100 - objective) * of % 100 and of < 10**9:
            of *= 10
    misses = _misses(objective, of)
    return f"{counted(misses, 'miss', 'misses')} allowed of {of:,}{each}"


def _misses(objective: Decimal, of: int) -> int:
    return int((100 - objective) * of / 100)


def of_a_year(objective: Decimal) -> Micros:
    """Say what a percentage leaves of a year of 365 days."""
    return int((100 - objective) * _YEAR / 100)


def _targets(policy: Policy) -> Iterator[Remark]:
    for path, one in _commitments(policy):
        target = one.within if one.clock == kinds.DEPTH else one.target
        if target is None or one.clock in ACTS:
            continue
        key = "within" if one.clock == kinds.DEPTH else "target"
        if not one.report_only:
            yield from _far_away(policy, (*path, key), one, target)
            yield from _at_closed_doors(policy, (*path, key), one, target)
        if isinstance(target, BusinessDays):
            continue
        if one.clock == kinds.DEPTH and one.min_attempts * policy.double_dial > target:
            yield _warning(
                (*path, key),
                f"{one.min_attempts} attempts that are {length(policy.double_dial)} apart do not "
                f"fit into {length(target)}",
                "give more time, or ask for fewer attempts",
            )
        if one.clock != kinds.DEPTH and target <= policy.max_backdate:
            yield _warning(
                (*path, key),
                f"an attempt that is written down by hand {length(policy.max_backdate)} later "
                f"still counts as in time within {length(target)}",
                "set `max_backdate` below the shortest target",
            )
        idle = [share for share in one.warn_at if target * (100 - share) / 100 < TOO_SHORT]
        if idle:
            yield _warning(
                (*path, "warn_at"),
                f"at {listed(map(percent, idle))} of {length(target)} less than "
                f"{length(TOO_SHORT)} are left, and no warning is given",
                "remove it, or warn earlier",
            )


def _calendars_of(policy: Policy, one: Commitment) -> list[Calendar]:
    """List in which calendars a commitment may be counted."""
    if one.calendar not in (None, START):
        return [policy.calendars[one.calendar or ""]]
    if one.clock == kinds.SPEED_TO_LEAD:
        return [ALWAYS]
    if one.clock in kinds.FROM_CREATION:
        return [policy.calendar_of(None)]
    return [policy.calendars[team.calendar] for team in policy.teams.values()]


def _far_away(policy: Policy, path: Path, one: Commitment, target: Target) -> Iterator[Remark]:
    for calendar in {calendar.name: calendar for calendar in _calendars_of(policy, one)}.values():
        start = calendar.next_open(policy.effective_from)
        took = _due(calendar, start, target) - start
        if took > _FAR:
            yield _warning(
                path,
                f"in calendar {calendar.name!r} that is {took // DAY} days: a promise that begins "
                f"on {moment(start, calendar.zone)} is due on "
                f"{moment(start + took, calendar.zone)}",
                "shorten it, or open the calendar for longer",
            )


def _at_closed_doors(
    policy: Policy, path: Path, one: Commitment, target: Target
) -> Iterator[Remark]:
    """Find leads that are due while the team that could answer is closed from start to due."""
    counted_for_the_owner = one.calendar in (None, START) and one.clock not in kinds.FROM_CREATION
    if one.debtor != "sales" or counted_for_the_owner:
        return
    for calendar in {calendar.name: calendar for calendar in _calendars_of(policy, one)}.values():
        teams = [
            team_id
            for team_id, team in policy.teams.items()
            if _misses_all(policy.calendars[team.calendar], calendar, policy, target) is not None
        ]
        if not teams:
            continue
        worst = _misses_all(policy.calendar_of(teams[0]), calendar, policy, target)
        assert worst is not None
        closed_at, due_at = worst
        zone = policy.calendar_of(teams[0]).zone
        yield _warning(
            path,
            f"counted in {calendar.name!r} it cannot be met by {listed(teams)} in their hours: "
            f"what begins on {moment(closed_at, zone)}, when they close, is due on "
            f"{moment(due_at, zone)}, before they open again",
            "count it in the teams' hours, or give more time",
        )


def _misses_all(
    team: Calendar, counting: Calendar, policy: Policy, target: Target
) -> tuple[Instant, Instant] | None:
    """Find a closing after which a promise is due before the team opens again."""
    if team == counting:
        return None
    at, end = policy.effective_from, policy.effective_from + _YEAR
    for _, closes in team.open_spans(at, end):
        opens = team.next_open(closes)
        if opens == closes:
            continue
        start = counting.next_open(closes)
        if start < opens:
            due_at = _due(counting, start, target)
            if due_at < opens:
                return closes, due_at
    return None


def _due(calendar: Calendar, start: Instant, target: Target) -> Instant:
    if isinstance(target, BusinessDays):
        return calendar.close_of_business_day(start, target.days)
    return calendar.after(start, target)


def _shadowed(policy: Policy) -> Iterator[Remark]:
    """Find commitments that no lead can reach, since an earlier one takes all of theirs."""
    by_kind: dict[str, list[tuple[Path, Commitment]]] = {}
    for path, one in _commitments(policy):
        by_kind.setdefault(one.clock, []).append((path, one))
    for several in by_kind.values():
        reached = _reached([one for _, one in several], policy)
        for place, (path, one) in enumerate(several):
            if one.id in reached:
                continue
            earlier = listed(repr(it.id) for _, it in several[:place])
            yield _warning(
                path,
                f"no lead is ever promised {one.id!r}: {leads(one.applies)} fall under {earlier} "
                "before",
                "put it further up, or narrow what stands above it",
            )


def _reached(several: list[Commitment], policy: Policy) -> set[str]:
    """Try every combination of what the commitments tell apart."""
    values: dict[str, set[str]] = {}
    for one in several:
        for name, wanted in one.applies.items():
            values.setdefault(name, {_OTHER}).update(wanted)
    if "stage" in values:
        values["stage"] = set(STAGES)
    if "team_id" in values:
        values["team_id"] |= policy.teams.keys()
    if prod(map(len, values.values())) > _MOST_COMBINATIONS:
        return {one.id for one in several}
    reached = set()
    for combination in product(*(sorted(wanted) for wanted in values.values())):
        lead = dict(zip(values, combination, strict=True))
        chosen = next((one for one in several if one.matches(lead)), None)
        if chosen is not None:
            reached.add(chosen.id)
    return reached


def _clauses(policy: Policy) -> Iterator[Remark]:
    if policy.pauses.reasons and policy.pauses.budget is None:
        yield _warning(
            ("pauses",),
            "a clock may be paused for ever",
            "add `budget:`, as `budget: PT16H`",
        )
    if policy.exclusions.reasons and policy.exclusions.cap is None:
        yield _warning(
            ("exclusions",),
            "any amount of time may be excluded, and no minimum standard remains",
            "add `cap:`, as `cap: PT40H`",
        )
    for origin, source in policy.sources.items():
        idle = sorted(source.clocks - set(policy.kinds))
        if idle:
            yield _warning(
                ("sources", origin, "clocks"),
                f"there is no commitment with the clock {listed(idle, 'or')}",
                "remove it here, or add the commitment",
            )


def _commitments(policy: Policy) -> Iterator[tuple[Path, Commitment]]:
    places: dict[str, int] = {}
    for one in policy.commitments:
        place = places.setdefault(one.debtor, 0)
        places[one.debtor] += 1
        yield (one.debtor, place), one


def _warning(path: Path, text: str, mend: str) -> Remark:
    return Remark(level=WARNING, path=path, text=text, mend=mend)


def _note(path: Path, text: str) -> Remark:
    return Remark(level=NOTE, path=path, text=text)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
