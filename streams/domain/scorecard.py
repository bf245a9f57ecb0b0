"""Scorecards: the panes of all partitions put together, and read through windows.

Each partition tells its own panes and standings as absolute values, so that telling
again changes nothing. ``1h`` is the current pane and the four before it. ``today``,
``7d`` and ``30d`` are local dates in the zone of the team's calendar, whole ones, today
included: a pane belongs to the date on which it begins.

Source:
    Domain, c.19, "Rep windows"; architecture, rule 4.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.instants import Instant
from schemas.verdicts import RepScorecard
from streams.domain.book import Book
from streams.domain.counts import EMPTY, Counts, Tally, read
from streams.domain.panes import PANE, Pane, Rep, first_kept, pane_of
from streams.domain.policy import Policy
from streams.domain.shown import shown_counts, shown_standings
from streams.domain.standing import NOBODY_WAITS, Standing, merged
from streams.domain.zones import local_date, zone_of

HOUR: Final = "1h"
DAYS: Final[dict[str, int]] = {"today": 1, "7d": 7, "30d": 30}
"""Windows of local dates, and how many each has."""
WINDOWS: Final = (HOUR, *DAYS)
_PANES_OF_AN_HOUR: Final = 5
_UTC: Final = "UTC"

Source = int
"""A partition of leads."""


class Zones(NamedTuple):
    """Whose day begins when.

    Attributes:
        by_team: The zone of each team's calendar, by team id.
        otherwise: The zone of teams that the agreement does not list.
    """

    by_team: Mapping[str, str]
    otherwise: str = _UTC

    def of(self, team_id: str) -> str:
        """Give the zone of a team."""
        return self.by_team.get(team_id, self.otherwise)


def zones_of(policy: Policy) -> Zones:
    """Read off an agreement whose day begins when."""
    named = {team_id: policy.calendar_of(team_id).zone for team_id in policy.teams}
    return Zones(named, policy.calendar_of(None).zone)


def cards_of(book: Book, at: Instant) -> list[RepScorecard]:
    """Write the scorecards of a book that holds all leads, by team, the queue first.

    Args:
        book: Advanced to ``at``.
        at: The instant they hold for; the agreement in force then says who is shown how.
    """
    policy = book.policies.pinned(at)
    return [] if policy is None else list(scorecards_of(book, policy).cards(at))


def scorecards_of(book: Book, policy: Policy) -> "Scorecards":
    """Count what a book that holds all leads knows of its reps, shown as an agreement says."""
    scorecards = Scorecards(zones_of(policy))
    for pane, counted in book.panes.totals.items():
        for rep, counts in shown_counts(counted, policy).items():
            scorecards.tell_pane(0, rep, pane, counts)
    for rep, standing in shown_standings(book.standings, policy).items():
        scorecards.tell_standing(0, rep, standing)
    return scorecards


class Windows(NamedTuple):
    """What is known of one rep at an instant.

    Attributes:
        tallies: By window, in the order of `WINDOWS`.
        standing: What is open now.
    """

    tallies: Mapping[str, Tally]
    standing: Standing

    @property
    def is_empty(self) -> bool:
        """Nothing was counted in thirty days, and nothing is open."""
        longest = self.tallies[WINDOWS[-1]]
        counted = longest.leads or longest.breaches or any(longest.attempts)
        return not counted and not self.standing.open

    def card(self, rep: Rep, as_of: Instant) -> RepScorecard:
        """Write it down for an instant."""
        standing = self.standing
        oldest_at = standing.oldest_unanswered_at
        return RepScorecard(
            team_id=rep[0],
            rep_id=rep[1],
            as_of=as_of,
            windows={name: tally.told() for name, tally in self.tallies.items()},
            open=standing.open,
            at_risk=standing.at_risk,
            breached=standing.breached,
            # Whose clock starts with the next opening has not begun to wait.
            oldest_unanswered_at=None if oldest_at is None or oldest_at > as_of else oldest_at,
            next_due_at=standing.next_due_at,
        )


NOTHING: Final = Windows(dict.fromkeys(WINDOWS, read(EMPTY)), NOBODY_WAITS)
"""What is known of somebody of whom nothing was ever told."""


@dataclass(slots=True)
class _Known:
    """What is known of one rep.

    Attributes:
        told: Counts as each partition told them, by pane.
        panes: The same, added up.
        dates: The same by local date.
        standings: As each partition told them.
        read: The windows as last read, and at which pane; None: something changed since.
    """

    told: dict[Pane, dict[Source, Counts]] = field(default_factory=dict)
    panes: dict[Pane, Counts] = field(default_factory=dict)
    dates: dict[int, Counts] = field(default_factory=dict)
    standings: dict[Source, Standing] = field(default_factory=dict)
    read: tuple[Pane, Windows] | None = None


class Scorecards:
    """What is known of reps, however many partitions told it."""

    def __init__(self, zones: Zones) -> None:
        """Begin with nothing known.

        Args:
            zones: Whose day begins when.
        """
        self._zones = zones
        self._dates: dict[str, dict[Pane, int]] = {}
        self._known: dict[Rep, _Known] = {}

    def __len__(self) -> int:
        """Count the panes it keeps, as each partition told them."""
        return sum(len(told) for known in self._known.values() for told in known.told.values())

    def reps(self) -> list[Rep]:
        """Give everybody of whom anything is known: by team, its queue first."""
        return sorted(self._known, key=order)

    def tell_pane(self, source: Source, rep: Rep, pane: Pane, counts: Counts) -> None:
        """Take what a partition counts in a pane, in the place of what it counted before."""
        known = self._known.setdefault(rep, _Known())
        told = known.told.setdefault(pane, {})
        difference = counts - told.get(source, EMPTY)
        if counts:
            told[source] = counts
        else:
            told.pop(source, None)
        if not told:
            del known.told[pane]
        if difference:
            _add(known.panes, pane, difference)
            _add(known.dates, self._date(rep, pane), difference)
            known.read = None
        self._forget_nobody(rep, known)

    def tell_standing(self, source: Source, rep: Rep, standing: Standing) -> None:
        """Take how a rep stands in a partition, in the place of what was told before."""
        known = self._known.setdefault(rep, _Known())
        if standing == known.standings.get(source, NOBODY_WAITS):
            self._forget_nobody(rep, known)
            return
        known.read = None
        if standing == NOBODY_WAITS:
            del known.standings[source]
            self._forget_nobody(rep, known)
        else:
            known.standings[source] = standing

    def tell_zones(self, zones: Zones) -> bool:
        """Let days begin elsewhere from now on, for all that is known; False: as before."""
        old, self._zones = self._zones, zones
        if old == zones:
            return False
        for rep, known in self._known.items():
            if old.of(rep[0]) != zones.of(rep[0]):
                known.dates.clear()
                for pane, counts in known.panes.items():
                    _add(known.dates, self._date(rep, pane), counts)
                known.read = None
        return True

    def expire(self, now: Instant) -> list[tuple[Rep, Pane, Source]]:
        """Let go of panes that no window reaches any more, and say which."""
        first = first_kept(now)
        gone = []
        for rep, known in list(self._known.items()):
            for pane in [pane for pane in known.told if pane < first]:
                gone += [(rep, pane, source) for source in known.told.pop(pane)]
                _add(known.dates, self._date(rep, pane), -known.panes.pop(pane))
                known.read = None
            self._forget_nobody(rep, known)
        for dates in self._dates.values():
            for pane in [pane for pane in dates if pane < first]:
                del dates[pane]
        return gone

    def windows(self, rep: Rep, at: Instant) -> Windows:
        """Read all windows of one rep at an instant; cheap while nothing changed."""
        known, pane = self._known.get(rep), pane_of(at)
        if known is None:
            return NOTHING
        if known.read is None or known.read[0] != pane:
            known.read = pane, self._read(rep, known, at)
        return known.read[1]

    def cards(self, at: Instant) -> Iterator[RepScorecard]:
        """Write the scorecard of everybody for an instant: by team, its queue first."""
        for rep in self.reps():
            windows = self.windows(rep, at)
            if not windows.is_empty:
                yield windows.card(rep, at)

    def _read(self, rep: Rep, known: _Known, at: Instant) -> Windows:
        pane = pane_of(at)
        panes = range(pane - _PANES_OF_AN_HOUR + 1, pane + 1)
        tallies = {HOUR: read(sum(known.panes.get(one, EMPTY) for one in panes))}
        today = local_date(self._zone(rep), at).toordinal()
        for name, days in DAYS.items():
            dates = range(today - days + 1, today + 1)
            tallies[name] = read(sum(known.dates.get(one, EMPTY) for one in dates))
        return Windows(tallies, merged(known.standings.values()))

    def _zone(self, rep: Rep) -> ZoneInfo:
        return zone_of(self._zones.of(rep[0]))

    def _date(self, rep: Rep, pane: Pane) -> int:
        dates = self._dates.setdefault(self._zones.of(rep[0]), {})
        found = dates.get(pane)
        if found is None:
            found = dates[pane] = local_date(self._zone(rep), pane * PANE).toordinal()
        return found

    def _forget_nobody(self, rep: Rep, known: _Known) -> None:
        if not known.told and not known.standings:
            self._known.pop(rep, None)


def order(rep: Rep) -> tuple[str, bool, str]:
    """Order reps by team, the queue first."""
    team_id, rep_id = rep
    return team_id, rep_id is not None, rep_id or ""


def _add(counted: dict[int, Counts], place: int, difference: Counts) -> None:
    total = counted.get(place, EMPTY) + difference
    if total:
        counted[place] = total
    else:
        counted.pop(place, None)
