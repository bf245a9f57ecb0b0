"""What an agreement says of time that does not count, of silent sources, of who is told when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from schemas.instants import Micros
from streams.domain.advice import close_to
from streams.domain.commitment import KINDS, TIMED
from streams.domain.found import Found, optional

TEAM_LEAD: Final = "team_lead"
"""Whoever the owner's team names as its ``lead_contact``."""

_MOST_DAYS: Final = 3660


@dataclass(frozen=True, slots=True)
class Pauses:
    """Why a clock may be paused, and for how long altogether.

    Attributes:
        reasons: A pause for another reason pauses nothing.
        budget: Business time per commitment and cycle; None is no limit.
    """

    reasons: frozenset[str] = frozenset()
    budget: Micros | None = None


NO_PAUSES: Final = Pauses()


@dataclass(frozen=True, slots=True)
class ExclusionTerms:
    """Why time may be excluded, and how much of it.

    Attributes:
        reasons: An exclusion for another reason stops no clock.
        cap: Open hours per team and period; None is no limit.
    """

    reasons: frozenset[str] = frozenset()
    cap: Micros | None = None


NO_EXCLUSIONS: Final = ExclusionTerms()


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """What depends on a source's being heard of.

    Attributes:
        max_silence: Elapsed time; a source not heard of for longer is silent.
        clocks: Clock kinds that are not judged while it is.
    """

    max_silence: Micros
    clocks: frozenset[str]


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """When to tell whom of an open clock; either ``share`` or ``after`` is given.

    Attributes:
        text: As the agreement writes it.
        to: A contact of the agreement, or `TEAM_LEAD`.
        share: In per cent of the target.
        after: Business time after due.
    """

    text: str
    to: str
    share: Decimal | None = None
    after: Micros | None = None


@dataclass(frozen=True, slots=True)
class StrikeTerms:
    """When a rep's broken promises are to be talked about.

    Attributes:
        clocks: Clock kinds whose breaches count.
        window_days: How far back, in days of 24 hours.
        threshold: So many are enough.
    """

    clocks: frozenset[str]
    window_days: int
    threshold: int


def read_pauses(found: Found) -> Pauses:
    """Read ``pauses``."""
    keys = found.keys(("reasons", "budget"), required=("reasons",))
    return Pauses(
        reasons=optional(keys.get("reasons"), Found.texts) or frozenset(),
        budget=optional(keys.get("budget"), Found.duration),
    )


def read_exclusions(found: Found, *, has_period: bool) -> ExclusionTerms:
    """Read ``exclusions``.

    Args:
        found: The clause.
        has_period: The agreement says of which zone and period a cap is.
    """
    keys = found.keys(("reasons", "cap"), required=("reasons",))
    if "cap" in keys and not has_period:
        keys["cap"].key.refuse(
            "the period of the cap",
            "add `zone: Europe/Berlin` and `period: month` to the agreement",
            found="a cap without 'zone' and 'period'",
        )
    return ExclusionTerms(
        reasons=optional(keys.get("reasons"), Found.texts) or frozenset(),
        cap=optional(keys.get("cap"), Found.duration),
    )


def read_sources(found: Found) -> dict[str, SourceTerms]:
    """Read ``sources`` by origin."""
    return {origin: _read_source(entry) for origin, entry in found.entries().items()}


def _read_source(found: Found) -> SourceTerms:
    keys = found.keys(("max_silence", "clocks"), required=("max_silence", "clocks"))
    return SourceTerms(
        max_silence=_length(keys.get("max_silence")) or 0,
        clocks=optional(keys.get("clocks"), lambda at: at.words(TIMED)) or frozenset(),
    )


def _length(found: Found | None) -> Micros | None:
    return None if found is None else found.duration(least=1)


def read_contacts(found: Found) -> dict[str, str]:
    """Read who the names in ``to`` mean."""
    return {
        name: text
        for name, entry in found.entries().items()
        if (text := entry.text(longest=200)) is not None
    }


def read_escalation(found: Found, contacts: Collection[str]) -> tuple[EscalationStep, ...]:
    """Read the ladder of who is told when."""
    names = (TEAM_LEAD, *contacts)
    return tuple(step for item in found.items() if (step := _read_step(item, names)) is not None)


def _read_step(found: Found, names: Collection[str]) -> EscalationStep | None:
    keys = found.keys(("at", "after", "to"), required=("to",))
    to = optional(keys.get("to"), lambda at: _read_contact(at, names))
    share = optional(keys.get("at"), Found.percent)
    after = optional(keys.get("after"), Found.duration)
    if isinstance(found.value, Mapping) and len(keys.keys() & {"at", "after"}) != 1:
        found.refuse(
            "either `at` or `after`",
            "write {at: 100%, to: team_lead} or {after: PT30M, to: team_lead}",
            found="both" if "at" in keys else "neither",
        )
    if to is None or (share is None) == (after is None):
        return None
    written = keys["at" if share is not None else "after"].value
    return EscalationStep(str(written).replace(" ", ""), to, share, after)


def _read_contact(found: Found, names: Collection[str]) -> str | None:
    text = found.text()
    if text is None or text in names:
        return text
    close = close_to(text, names)
    meant = f"did you mean {close!r}?" if close else f"add `contacts: {{{text}: head-of-sales}}`"
    found.refuse("one of " + ", ".join(names), meant)
    return None


def read_strikes(found: Found) -> StrikeTerms | None:
    """Read ``strikes``."""
    names = ("clocks", "window_days", "threshold")
    keys = found.keys(names, required=names)
    clocks = optional(keys.get("clocks"), lambda at: at.words(KINDS))
    days = optional(keys.get("window_days"), lambda at: at.whole(most=_MOST_DAYS))
    threshold = optional(keys.get("threshold"), Found.whole)
    if not clocks or days is None or threshold is None:
        return None
    return StrikeTerms(clocks, days, threshold)
