"""The gauges of reps, rendered by our own hand: there are far too many for the stock client.

Thirty-eight series for each rep are made into text at every scrape, from what this
worker owns at that moment. The text of a rep is kept until something about the rep
changes. Work comes in slices, so that whoever drives it can let others run in between.

What is not known has no series: no answer yet is not an answer in no time.

Source:
    Contract, section 5; Prometheus text format 0.0.4.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from schemas.instants import SECOND, Instant
from streams.domain.counts import Tally, quantile
from streams.domain.panes import Rep
from streams.domain.policy import Policy
from streams.domain.scorecard import NOTHING, WINDOWS, Windows
from streams.domain.standing import Standing, merged
from streams.metrics.catalogue import (
    OTHER,
    REP_ANSWERED,
    REP_ATTEMPTS,
    REP_INFO,
    REP_LEADS,
    REP_MEDIAN,
    REP_NEXT_DUE,
    REP_OLDEST_UNANSWERED,
    REP_OPEN_LEADS,
    REP_P90,
    REP_UNCONNECTED_ATTEMPTS,
    REP_UNCONNECTED_LEADS,
    REP_WITHIN_TARGET,
    REPS,
)

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SLICE: Final = 60
"""So many reps are rendered without a break: about a millisecond."""
MEDIAN: Final = 0.5
P90: Final = 0.9
_PIECE: Final = 1_000
"""Of so many reps the lines of a family make one piece."""

_INSIDE_WINDOW: Final = tuple(f',window="{name}"}} ' for name in WINDOWS)


class RepView(NamedTuple):
    """What one owned partition knows of its reps.

    Attributes:
        at: The instant for which it is read.
        rows: Rep as privacy shows it, and what is known.
    """

    at: Instant
    rows: Iterable[tuple[Rep, Windows]]


class Owned(NamedTuple):
    """What a worker may tell of reps at the moment it is asked.

    Attributes:
        policy: Says which teams may be labels; None: no agreement is known, and nobody
            is told of.
        views: Of the partitions it owns; none while that is in doubt.
        listed: Whom the agreement lists and these partitions would know: their gauges say
            zero while there is nothing to say. Names as privacy shows them.
    """

    policy: Policy | None
    views: tuple[RepView, ...]
    listed: Iterable[Rep] = ()


class _Labels(NamedTuple):
    """Who a series is about, as labels say it."""

    team: str
    rep: str
    alias: str


_Text = tuple[Windows, tuple[str, ...]]
"""What a rep's text was rendered from; and by family, in the order of `REPS`, its lines."""


class RepsText:
    """Renders the gauges of reps, and remembers the text of those who stay as they are."""

    def __init__(self) -> None:
        """Begin with nothing rendered."""
        self._texts: Mapping[_Labels, _Text] = {}
        # Few answers make few different histograms.
        self._quantiles = lru_cache(maxsize=1 << 14)(_quantiles)

    def slices(self, owned: Owned) -> Iterator[bytes]:
        """Render everything, a piece at a time.

        Args:
            owned: What is told; taken as it is when its rows are reached.

        Yields:
            The next piece of the text, often an empty one; between any two, others may run.
        """
        known: dict[_Labels, Windows] = {}
        for number, (labels, windows) in enumerate(_labelled(owned)):
            before = known.get(labels)
            known[labels] = windows if before is None else _together(before, windows)
            if number % SLICE == 0:
                yield b""
        texts: dict[_Labels, _Text] = {}
        for number, (labels, windows) in enumerate(known.items()):
            kept = self._texts.get(labels)
            if kept is None or kept[0] != windows:
                kept = windows, self._families(labels, windows)
            texts[labels] = kept
            if number % SLICE == 0:
                yield b""
        self._texts = texts
        rendered = [families for _, families in texts.values()]
        for place, metric in enumerate(REPS):
            name = metric.name
            yield f"# HELP {name} {metric.doc}\n# TYPE {name} {metric.kind}\n".encode()
            for start in range(0, len(rendered), _PIECE):
                lines = [families[place] for families in rendered[start : start + _PIECE]]
                yield "".join(lines).encode()

    def _families(self, labels: _Labels, windows: Windows) -> tuple[str, ...]:
        """Write the lines of one rep, family by family, in the order of `REPS`.

        Written out line by line: this is where a scrape spends its time, and loops over
        windows and families take half as long again.
        """
        who = f'{{team="{_escaped(labels.team)}",rep="{_escaped(labels.rep)}"'
        hour, today, week, month = [who + window for window in _INSIDE_WINDOW]
        a, b, c, d = windows.tallies.values()
        name = REP_LEADS.name
        leads = (
            f"{name}{hour}{a.leads}\n{name}{today}{b.leads}\n"
            f"{name}{week}{c.leads}\n{name}{month}{d.leads}\n"
        )
        name = REP_ANSWERED.name
        answered = (
            f"{name}{hour}{a.answered}\n{name}{today}{b.answered}\n"
            f"{name}{week}{c.answered}\n{name}{month}{d.answered}\n"
        )
        name = REP_WITHIN_TARGET.name
        within_target = (
            f"{name}{hour}{a.within_target}\n{name}{today}{b.within_target}\n"
            f"{name}{week}{c.within_target}\n{name}{month}{d.within_target}\n"
        )
        name = REP_ATTEMPTS.name
        attempts = (
            f"{name}{hour}{sum(a.attempts)}\n{name}{today}{sum(b.attempts)}\n"
            f"{name}{week}{sum(c.attempts)}\n{name}{month}{sum(d.attempts)}\n"
        )
        name = REP_UNCONNECTED_LEADS.name
        unconnected_leads = (
            f"{name}{hour}{a.unconnected_leads}\n{name}{today}{b.unconnected_leads}\n"
            f"{name}{week}{c.unconnected_leads}\n{name}{month}{d.unconnected_leads}\n"
        )
        name = REP_UNCONNECTED_ATTEMPTS.name
        unconnected_attempts = (
            f"{name}{hour}{a.unconnected_attempts}\n{name}{today}{b.unconnected_attempts}\n"
            f"{name}{week}{c.unconnected_attempts}\n{name}{month}{d.unconnected_attempts}\n"
        )
        p, q = self._quantiles(a.histogram), self._quantiles(b.histogram)
        r, s = self._quantiles(c.histogram), self._quantiles(d.histogram)
        if p and q and r and s:
            name = REP_MEDIAN.name
            median = (
                f"{name}{hour}{p[0]}\n{name}{today}{q[0]}\n"
                f"{name}{week}{r[0]}\n{name}{month}{s[0]}\n"
            )
            name = REP_P90.name
            p90 = (
                f"{name}{hour}{p[1]}\n{name}{today}{q[1]}\n"
                f"{name}{week}{r[1]}\n{name}{month}{s[1]}\n"
            )
        else:
            known = [(hour, p), (today, q), (week, r), (month, s)]
            median, p90 = (
                "".join([f"{name}{block}{told[place]}\n" for block, told in known if told])
                for place, name in enumerate((REP_MEDIAN.name, REP_P90.name))
            )
        return (
            *_standing(who, windows.standing),
            leads,
            answered,
            within_target,
            attempts,
            unconnected_leads,
            unconnected_attempts,
            median,
            p90,
            f'{REP_INFO.name}{who},alias="{_escaped(labels.alias)}"}} 1\n',
        )


def _labelled(owned: Owned) -> Iterator[tuple[_Labels, Windows]]:
    policy = owned.policy
    if policy is None:
        return
    for view in owned.views:
        for rep, windows in view.rows:
            yield _labels(rep, policy), _waiting_at(windows, view.at)
    for rep in owned.listed:
        yield _labels(rep, policy), NOTHING


def _labels(rep: Rep, policy: Policy) -> _Labels:
    team_id, rep_id = rep
    team = policy.teams.get(team_id)
    alias = ""
    if policy.privacy == "alias":
        alias = rep_id or ""
    elif team is not None and rep_id is not None:
        alias = team.reps.get(rep_id) or ""
    return _Labels(OTHER if team is None else team_id, rep_id or "", alias)


def _waiting_at(windows: Windows, at: Instant) -> Windows:
    """Leave out a wait that begins only with the next opening."""
    oldest_at = windows.standing.oldest_unanswered_at
    if oldest_at is None or oldest_at <= at:
        return windows
    return windows._replace(standing=windows.standing._replace(oldest_unanswered_at=None))


def _together(one: Windows, other: Windows) -> Windows:
    """Put together what goes under the same labels: reps of teams that are not listed."""
    if other is NOTHING:
        return one
    tallies = {name: _added(one.tallies[name], other.tallies[name]) for name in WINDOWS}
    return Windows(tallies, merged((one.standing, other.standing)))


def _added(one: Tally, other: Tally) -> Tally:
    return Tally(
        one.leads + other.leads,
        one.answered + other.answered,
        one.within_target + other.within_target,
        one.breaches + other.breaches,
        one.unconnected_leads + other.unconnected_leads,
        one.unconnected_attempts + other.unconnected_attempts,
        tuple(map(int.__add__, one.attempts, other.attempts)),
        tuple(map(int.__add__, one.histogram, other.histogram)),
        one.response_sum + other.response_sum,
    )


def _quantiles(histogram: tuple[int, ...]) -> tuple[str, str] | None:
    """Write median and ninth decile; None: nothing was answered."""
    median, p90 = quantile(MEDIAN, histogram), quantile(P90, histogram)
    return None if median is None or p90 is None else (str(median), str(p90))


def _standing(who: str, standing: Standing) -> tuple[str, str, str]:
    within = standing.open - standing.at_risk - standing.breached
    head = f'{REP_OPEN_LEADS.name}{who},state="'
    risk, late = standing.at_risk, standing.breached
    return (
        f'{head}within"}} {within}\n{head}at_risk"}} {risk}\n{head}breached"}} {late}\n',
        _instant(REP_OLDEST_UNANSWERED.name, who, standing.oldest_unanswered_at),
        _instant(REP_NEXT_DUE.name, who, standing.next_due_at),
    )


def _instant(name: str, who: str, at: Instant | None) -> str:
    return "" if at is None else f"{name}{who}}} {at / SECOND!r}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
