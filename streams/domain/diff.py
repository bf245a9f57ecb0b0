"""What changes from one version of an agreement to the next, and for whom.

Source:
    Domain, G16 and c.16; contract, section 3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

from schemas.facts import STAGES
from streams.domain import commitment as kinds
from streams.domain.commitment import Commitment
from streams.domain.phrases import listed
from streams.domain.policy import Policy
from streams.domain.render import hours, parts
from streams.domain.wording import PARTIES, TITLES, promise, terms

_OTHER: Final = "\0other"
_MOST_COMBINATIONS: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that changes.

    Attributes:
        whom: A party, a team, ``leads``, or ``everybody``.
        what: What it is about, such as a commitment's id.
        before: How it was; None: it was not.
        after: How it will be; None: it will not be.
    """

    whom: str
    what: str
    before: str | None
    after: str | None


def changes(old: Policy, new: Policy) -> list[Change]:
    """List what changes: promises, which lead is promised what, teams, and all the rest."""
    return [*_promises(old, new), *_leads(old, new), *_teams(old, new), *_rest(old, new)]


def _promises(old: Policy, new: Policy) -> Iterator[Change]:
    before = {one.id: one for one in old.commitments}
    after = {one.id: one for one in new.commitments}
    for name in dict.fromkeys((*before, *after)):
        was, will = before.get(name), after.get(name)
        if _said(was) != _said(will):
            party = (will or was or old.commitments[0]).debtor
            yield Change(whom=PARTIES[party], what=name, before=_said(was), after=_said(will))


def _said(one: Commitment | None) -> str | None:
    return None if one is None else " ".join((promise(one), *terms(one)))


def _leads(old: Policy, new: Policy) -> Iterator[Change]:
    """Try every combination of what the commitments tell apart."""
    for clock in dict.fromkeys((*old.kinds, *new.kinds)):
        values = _values(clock, old, new)
        if prod(map(len, values.values())) > _MOST_COMBINATIONS:
            continue
        for combination in product(*(sorted(wanted) for wanted in values.values())):
            lead = dict(zip(values, combination, strict=True))
            was, will = (it.commitment_for(clock, lead) for it in (old, new))
            if (was and was.id) != (will and will.id):
                yield Change(
                    whom=_which(lead),
                    what=TITLES.get(clock, clock).lower(),
                    before=was.id if was else None,
                    after=will.id if will else None,
                )


def _values(clock: str, *policies: Policy) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for policy in policies:
        for one in policy.commitments:
            if one.clock == clock:
                for name, wanted in one.applies.items():
                    values.setdefault(name, {_OTHER}).update(wanted)
    if "stage" in values:
        values["stage"] = set(STAGES)
    return values


def _which(lead: Mapping[str, str]) -> str:
    if not lead:
        return "all leads"
    return "leads with " + listed(
        f"{'another ' + name if lead[name] == _OTHER else name + ' ' + lead[name]}"
        for name in kinds.ATTRIBUTES
        if name in lead
    )


def _teams(old: Policy, new: Policy) -> Iterator[Change]:
    for team_id in dict.fromkeys((*old.teams, *new.teams)):
        was, will = old.teams.get(team_id), new.teams.get(team_id)
        if was is None or will is None:
            before, after = ("listed" if team else None for team in (was, will))
            yield Change(whom=team_id, what="the team", before=before, after=after)
            continue
        calendars = [it.calendars[team.calendar] for it, team in ((old, was), (new, will))]
        if calendars[0] != calendars[1]:
            before, after = (f"{one.name}: {hours(one)} ({one.zone})" for one in calendars)
            if before == after:
                before, after = (f"{one.name}, on other dates" for one in calendars)
            yield Change(whom=team_id, what="hours", before=before, after=after)
        reps = [listed(sorted(team.reps)) or "nobody" for team in (was, will)]
        if reps[0] != reps[1]:
            yield Change(whom=team_id, what="reps", before=reps[0], after=reps[1])


def _rest(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare the other parts of the page, sentence by sentence."""
    before, after = parts(old), parts(new)
    for title in before:
        was = [one for one in before[title] if one not in after[title]]
        will = [one for one in after[title] if one not in before[title]]
        if was or will:
            yield Change(
                whom="everybody",
                what=title,
                before=" ".join(was) or None,
                after=" ".join(will) or None,
            )
