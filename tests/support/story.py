"""Short ways to tell a lead's story and to hear what the book says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from schemas.codec import decode, seen_at_in_file
from schemas.facts import AnyFact, ControlFact, Fact
from schemas.instants import Instant, format_instant, micros_of
from schemas.verdicts import Breach, Verdict, Warning, told_of  # noqa: A004 - contract's word
from streams.domain.book import Book, LateFact, Output, Refusal
from streams.domain.policies import Policies
from streams.domain.policy import policy_of

BERLIN = ZoneInfo("Europe/Berlin")

WEEK = {"mon-fri": ["09:00-12:00", "13:00-17:30"]}
LONG_WEEK = {"mon-sat": ["08:00-20:00"]}


def at(text: str) -> Instant:
    """Read ``2026-03-10 10:00[:00[.000000]]``, Berlin local time, as an instant."""
    return micros_of(datetime.fromisoformat(text).replace(tzinfo=BERLIN))


def local(instant: Any) -> str:
    """Write an instant as Berlin local time, to the second."""
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return moment.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S")


def agreement(*sales: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Build a resolved body: teams nord (split day) and sued (long day, Saturdays), Berlin."""
    return {
        "agreement": "test",
        "version": 1,
        "effective_from": "2026-01-01T00:00:00+01:00",
        "calendars": {
            "floor": {"zone": "Europe/Berlin", "hours": WEEK},
            "long": {"zone": "Europe/Berlin", "hours": LONG_WEEK},
            "always": {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}},
        },
        "teams": {
            "nord": {"calendar": "floor", "reps": ["anna", "ben"]},
            "sued": {"calendar": "long", "reps": ["carla"]},
        },
        "sales": list(sales),
        **more,
    }


SPEED = {"id": "speed", "clock": "speed", "target": "PT1H"}
DEPTH = {"id": "depth", "clock": "depth", "within": "PT10H", "min_attempts": 3}


def fact(kind: str, when: str, /, seen: str | None = None, **fields: Any) -> Fact:
    """Tell a fact of lead L; ``seen`` is when it was recorded, if later."""
    told = {
        "type": kind,
        "event_id": fields.pop("id", f"{kind}@{when}"),
        "lead_id": fields.pop("lead", "L"),
        "occurred_at": format_instant(at(when)),
        **fields,
    }
    if seen is not None:
        told["recorded_at"] = format_instant(at(seen))
    decoded = decode(orjson.dumps(told))
    assert isinstance(decoded, Fact)
    return decoded


def control(kind: str, when: str, /, **fields: Any) -> ControlFact:
    """Tell what concerns all leads."""
    told = {
        "type": kind,
        "event_id": fields.pop("id", f"{kind}@{when}"),
        "occurred_at": format_instant(at(when)),
        **fields,
    }
    decoded = decode(orjson.dumps(told))
    assert isinstance(decoded, ControlFact)
    return decoded


def created(when: str, /, **fields: Any) -> Fact:
    """Tell that the lead exists."""
    return fact("lead-created", when, **fields)


def handed_off(when: str, /, team: str = "nord", rep: str | None = "anna", **fields: Any) -> Fact:
    """Tell a hand-off."""
    return fact("handed-off", when, team_id=team, rep_id=rep, **fields)


def attempt(when: str, /, channel: str = "call", **fields: Any) -> Fact:
    """Tell an attempt, by a system, so that it takes effect when it occurred."""
    return fact("contact-attempt", when, channel=channel, **{"evidence": "system", **fields})


def closed(when: str, /, outcome: str = "won", **fields: Any) -> Fact:
    """Tell a close."""
    return fact("lead-closed", when, outcome=outcome, **fields)


@dataclass(slots=True)
class Heard:
    """What a book said, in order."""

    outputs: list[Output] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def breaches(self) -> list[Breach]:
        """Every step of every breach."""
        return [one for one in self.outputs if isinstance(one, Breach)]

    @property
    def verdicts(self) -> list[Verdict]:
        """Every revision of every verdict."""
        return [one for one in self.outputs if isinstance(one, Verdict)]

    @property
    def warnings(self) -> list[Warning]:
        """Every warning."""
        return [one for one in self.outputs if isinstance(one, Warning)]

    def warned(self) -> list[tuple[str, str | None, str]]:
        """Give kind and step of each warning, and when it was said, Berlin local time."""
        return [
            (one.kind, one.step, local(format_instant(one.detected_at))) for one in self.warnings
        ]

    @property
    def late_facts(self) -> list[str]:
        """The ids of the facts that came too late."""
        return [one.fact.event_id for one in self.outputs if isinstance(one, LateFact)]

    def chain(self, commitment: str) -> list[tuple[str, str]]:
        """Give a breach's steps: status, and when it was said, Berlin local time."""
        return [
            (one.status, local(format_instant(one.detected_at)))
            for one in self.breaches
            if one.commitment == commitment
        ]

    def outcome(self, commitment: str) -> str | None:
        """Give the last verdict of a commitment."""
        found = [one.outcome for one in self.verdicts if one.commitment == commitment]
        return found[-1] if found else None

    def verdict(self, commitment: str) -> dict[str, Any]:
        """Give the last verdict of a commitment as it is written."""
        return told_of([one for one in self.verdicts if one.commitment == commitment][-1])

    def breach(self, commitment: str) -> dict[str, Any]:
        """Give the last step of a commitment's breach as it is written."""
        return told_of([one for one in self.breaches if one.commitment == commitment][-1])


def book_of(*bodies: Mapping[str, Any]) -> Book:
    """Open a book under agreements that were published long ago."""
    policies = Policies()
    for body in bodies:
        policies = policies.with_policy(policy_of(body), at("2026-01-01 00:00"))
    return Book(policies)


def tell(book: Book, facts: Sequence[AnyFact], until: str) -> Heard:
    """Tell facts as they become known and let time pass to an instant."""
    heard = Heard()
    for one in sorted(facts, key=lambda told: (seen_at_in_file(told), told.event_id)):
        seen_at = seen_at_in_file(one)
        heard.outputs += book.advance(seen_at - 1)
        if isinstance(one, ControlFact):
            book.control(one, seen_at)
            continue
        refusal = book.tell(one, seen_at)
        if refusal is not None:
            heard.refusals.append(refusal)
    heard.outputs += book.advance(at(until))
    return heard


def hear(body: Mapping[str, Any], *facts: AnyFact, until: str = "2026-04-30 00:00") -> Heard:
    """Replay a story under one agreement."""
    return tell(book_of(body), facts, until)
