"""The agreement as it is kept: who owes what to which lead, in which business time.

A `Policy` is read from the published body: the agreement as plain JSON types, its
holidays resolved into dates. What would change a verdict and is not kept by this
version is refused by name, never passed over. Accepted without effect yet are
``review_by`` and, in commitments, ``objective`` and ``buckets``: no breach and no
verdict depends on them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast, get_args
from urllib.parse import quote

from schemas.instants import DAY, HOUR, MINUTE, SECOND, Instant, Micros
from streams.domain.calendar import ALWAYS, Calendar
from streams.domain.clauses import (
    NO_EXCLUSIONS,
    NO_PAUSES,
    EscalationStep,
    ExclusionTerms,
    Pauses,
    SourceTerms,
    read_contacts,
    read_escalation,
    read_exclusions,
    read_pauses,
    read_sources,
)
from streams.domain.commitment import FROM_CREATION, FROM_HANDOFF, Commitment, Side
from streams.domain.found import Found, Ledger, optional
from streams.domain.problems import AgreementError
from streams.domain.promises import read_calendar_name, read_commitment
from streams.domain.spans import LAST
from streams.domain.terms import (
    LEAD_ID,
    Privacy,
    RepPrivacy,
    Team,
    read_calendars,
    read_labels,
    read_lead_url,
    read_privacy,
    read_teams,
)
from streams.domain.timetable import read_zone

Period = Literal["month", "quarter", "year"]

_REQUIRED: Final = ("agreement", "version", "effective_from", "calendars", "teams")
_LENGTHS: Final = (
    *("settle", "correction_horizon", "false_close", "max_backdate", "double_dial", "dormant"),
)
_KNOWN: Final = (
    *_REQUIRED,
    *("zone", "period", "review_by", "privacy", "lead_url", "labels", "default_calendar"),
    *_LENGTHS,
    *("sales", "marketing", "contacts", "escalation", "pauses", "exclusions", "sources"),
)
_PUBLISHED: Final = ("resolved", "digest")
_MARGIN: Final = 3660 * DAY
_TO_COME: Final = ("obligations", "strikes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the agreement; lengths from ``settle`` on are elapsed time.

    Attributes:
        agreement: What the parties call it.
        version: Positive; the greater is the newer.
        effective_from: From when on it holds, if it was published by then.
        commitments: All of them, Sales' before Marketing's, in the order of the file.
        calendars: By name.
        teams: By team id.
        default_calendar: Name of the calendar of teams that are not listed; None is
            round the clock.
        zone: Zone of periods and goals, if the agreement says so.
        period: Of goals and caps, if the agreement says so.
        settle: How long a breach stays provisional.
        correction_horizon: How long after due facts may still change a verdict.
        false_close: How long after a close a hand-off still resumes the cycle.
        max_backdate: How far a manual attempt may lie before it was told.
        double_dial: How soon an attempt on the same channel is the same one again.
        dormant: How long a lead without facts is kept.
        labels: By attribute the values that may become metric labels.
        lead_url: Address of a lead with ``{lead_id}`` in it.
        privacy: How reps appear in what leaves Leadclock.
        min_group: With ``team_only``, so many reps a team needs to be shown by itself.
        pauses: Why and for how long a clock may be paused.
        exclusions: Why and how much time may be excluded.
        sources: By origin what depends on its being heard of.
        contacts: Who the names in ``escalation`` mean.
        escalation: When to tell whom.
        from_creation: Kept clock kinds that start when the lead is created.
        from_handoff: Kept clock kinds that start once a cycle, with its first hand-off.
        tzdata: IANA release with which the agreement was published; empty if it was not.
        digest: Of the body, see `policy_digest`.
        body: What was published.
    """

    agreement: str
    version: int
    effective_from: Instant
    commitments: tuple[Commitment, ...]
    calendars: Mapping[str, Calendar]
    teams: Mapping[str, Team]
    default_calendar: str | None = None
    zone: str | None = None
    period: Period | None = None
    settle: Micros = 30 * SECOND
    correction_horizon: Micros = 168 * HOUR
    false_close: Micros = 15 * MINUTE
    max_backdate: Micros = 15 * MINUTE
    double_dial: Micros = 60 * SECOND
    dormant: Micros = 2160 * HOUR
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lead_url: str | None = None
    privacy: RepPrivacy = "team_only"
    min_group: int = 1
    pauses: Pauses = NO_PAUSES
    exclusions: ExclusionTerms = NO_EXCLUSIONS
    sources: Mapping[str, SourceTerms] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    escalation: tuple[EscalationStep, ...] = ()
    from_creation: tuple[str, ...] = field(init=False, repr=False, compare=False)
    from_handoff: tuple[str, ...] = field(init=False, repr=False, compare=False)
    tzdata: str = ""
    digest: str = ""
    body: Mapping[str, object] = field(default_factory=dict, repr=False)
    _by_kind: Mapping[str, tuple[Commitment, ...]] = field(init=False, repr=False, compare=False)
    _by_team: Mapping[str | None, Calendar] = field(init=False, repr=False, compare=False)
    _unlisted: Calendar = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_kind: dict[str, tuple[Commitment, ...]] = {}
        for commitment in self.commitments:
            by_kind[commitment.clock] = (*by_kind.get(commitment.clock, ()), commitment)
        by_team = {team_id: self._calendar(team.calendar) for team_id, team in self.teams.items()}
        object.__setattr__(self, "_by_kind", by_kind)
        for name, kinds in (("from_creation", FROM_CREATION), ("from_handoff", FROM_HANDOFF)):
            object.__setattr__(self, name, tuple(kind for kind in kinds if kind in by_kind))
        object.__setattr__(self, "_by_team", by_team)
        object.__setattr__(self, "_unlisted", self._calendar(self.default_calendar))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The clock kinds it has commitments for, in the order of the file."""
        return tuple(self._by_kind)

    def commitment_for(self, clock: str, attributes: Mapping[str, str | None]) -> Commitment | None:
        """Find the first commitment of a clock kind that matches a lead.

        Args:
            clock: The clock kind.
            attributes: ``source``, ``segment``, ``stage``, ``campaign``, ``role``,
                ``team_id``; one left out or None matches no list of values.
        """
        for commitment in self._by_kind.get(clock, ()):
            if commitment.matches(attributes):
                return commitment
        return None

    def calendar_of(self, team_id: str | None) -> Calendar:
        """The calendar of a team: the default one if the agreement does not list it."""
        return self._by_team.get(team_id, self._unlisted)

    def calendar_name_of(self, team_id: str | None) -> str | None:
        """What the agreement calls `calendar_of` a team; None is round the clock by default."""
        team = self.teams.get(team_id) if team_id is not None else None
        return self.default_calendar if team is None else team.calendar

    def url_of(self, lead_id: str) -> str | None:
        """The address of a lead in the customer's own system, if the agreement has one."""
        return lead_url_of(self.lead_url, lead_id)

    def _calendar(self, name: str | None) -> Calendar:
        return ALWAYS if name is None else self.calendars[name]


def lead_url_of(lead_url: str | None, lead_id: str) -> str | None:
    """The address of a lead, made of what the agreement writes."""
    return lead_url and lead_url.replace(LEAD_ID, quote(lead_id, safe=""))


def policy_of(body: Mapping[str, object], name: str = "policy") -> Policy:
    """Build the policy from its published body.

    Args:
        body: The agreement as plain JSON types, holidays resolved.
        name: What messages call it.

    Raises:
        AgreementError: The body is no agreement that this version keeps.
    """
    ledger = Ledger(lambda _path, _key: (0, 0))
    policy = read_policy(Found(body, (), ledger), published=True)
    if policy is None:
        raise AgreementError(name, ledger.problems)
    return policy


def policy_digest(body: Mapping[str, object]) -> str:
    """SHA-256, in hexadecimal, of the body as canonical JSON without its own ``digest``."""
    content = {key: value for key, value in body.items() if key != "digest"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_policy(found: Found, *, published: bool) -> Policy | None:
    """Read a whole agreement, holidays resolved; None if anything is wrong with it."""
    keys = _read_keys(found, published=published)
    start = read_start(found)
    calendars = optional(keys.get("calendars"), lambda at: read_calendars(at, start)) or {}
    default = optional(keys.get("default_calendar"), lambda at: read_calendar_name(at, calendars))
    teams = optional(keys.get("teams"), lambda at: read_teams(at, calendars, default)) or {}
    commitments = _read_commitments(found, keys, calendars, teams)
    contacts = optional(keys.get("contacts"), read_contacts) or {}
    escalation = optional(keys.get("escalation"), lambda at: read_escalation(at, contacts)) or ()
    pauses = optional(keys.get("pauses"), read_pauses) or NO_PAUSES
    exclusions = optional(
        keys.get("exclusions"),
        lambda at: read_exclusions(at, has_period={"zone", "period"} <= keys.keys()),
    )
    sources = optional(keys.get("sources"), read_sources) or {}
    optional(keys.get("review_by"), Found.day)
    period = optional(keys.get("period"), lambda at: at.word(get_args(Period)))
    # Any: mypy would hold each of them against every field of the policy.
    lengths: dict[str, Any] = {name: keys[name].duration() for name in _LENGTHS if name in keys}
    agreement = optional(keys.get("agreement"), lambda at: at.text(longest=200))
    version = optional(keys.get("version"), Found.whole)
    zone = optional(keys.get("zone"), read_zone)
    labels = optional(keys.get("labels"), read_labels) or {}
    lead_url = optional(keys.get("lead_url"), read_lead_url)
    privacy = optional(keys.get("privacy"), read_privacy) or Privacy()
    if agreement is None or version is None or start is None or found.ledger.problems:
        return None
    body = cast("Mapping[str, object]", found.value)
    return Policy(
        agreement=agreement,
        version=version,
        effective_from=start,
        commitments=commitments,
        calendars={name: at for name, at in calendars.items() if at is not None},
        teams=teams,
        default_calendar=default,
        zone=zone,
        period=cast("Period | None", period),
        labels=labels,
        lead_url=lead_url,
        privacy=privacy.reps,
        min_group=privacy.min_group,
        pauses=pauses,
        exclusions=exclusions or NO_EXCLUSIONS,
        sources=sources,
        contacts=contacts,
        escalation=escalation,
        tzdata=_tzdata(body),
        digest=policy_digest(body),
        body=body,
        **lengths,
    )


def read_start(found: Found) -> Instant | None:
    """Read when an agreement takes effect."""
    if not isinstance(found.value, Mapping) or "effective_from" not in found.value:
        return None
    entry = found.entries()["effective_from"]
    start = entry.instant()
    if start is None or -DAY <= start < LAST - _MARGIN:
        return start
    entry.refuse("an instant from 1970 to 2189", "write a year in which the agreement holds")
    return None


def _read_keys(found: Found, *, published: bool) -> dict[str, Found]:
    known = (*_KNOWN, *_TO_COME, *(_PUBLISHED if published else ()))
    keys = found.keys(known, required=_REQUIRED)
    for name in _TO_COME:
        if name in keys:
            keys[name].key.refuse(
                f"an agreement without {name!r}, which are not kept by this version",
                "remove it, or wait for the version that keeps it: without it verdicts differ",
            )
    if "digest" in keys and keys["digest"].value != policy_digest(
        cast("Mapping[str, object]", found.value)
    ):
        keys["digest"].refuse("the digest of this body", "publish the agreement again")
    return keys


def _read_commitments(
    found: Found,
    keys: Mapping[str, Found],
    calendars: Mapping[str, object],
    teams: Mapping[str, object],
) -> tuple[Commitment, ...]:
    commitments: list[Commitment] = []
    ids: set[object] = set()
    items = 0
    for side in get_args(Side):
        for item in optional(keys.get(side), Found.items) or []:
            items += 1
            commitment = read_commitment(item, side, calendars=calendars, teams=teams)
            if commitment is not None:
                commitments.append(commitment)
            _check_unique(item, ids)
    if not items and isinstance(found.value, Mapping):
        found.refuse(
            "at least one commitment",
            "add `sales: [{id: speed, clock: speed, target: PT4H}]`",
            found="neither 'sales' nor 'marketing' with a commitment",
        )
    return tuple(commitments)


def _check_unique(commitment: Found, ids: set[object]) -> None:
    entry = commitment.entries().get("id") if isinstance(commitment.value, Mapping) else None
    if entry is None:
        return
    text = str(entry.value)
    if text in ids:
        entry.refuse("an id of its own", "choose another id", found=f"{text!r} a second time")
    ids.add(text)


def _tzdata(body: Mapping[str, object]) -> str:
    resolved = body.get("resolved")
    return str(resolved.get("tzdata", "")) if isinstance(resolved, Mapping) else ""
