"""Business time: our calendar beside the libraries for it, at equal answers.

    make bench-calendar

One week of a floor in Berlin, with a lunch break and two years of public holidays, asked
for spans of an hour to a year that begin at any second of half a year, both clock
changes among them. Each answer of each library is compared with ours before anything is
measured. The libraries:

* `workclock`, compiled from Rust: the fastest one found, and right;
* `businesstimedelta`, plain Python: the one that is used most. It drops what is less than
  a second.

Others were left out because they have no time zones (`timegrid`, `business-duration`) or
no holidays of their own (`bizdurr`). CPU time, the least of several rounds, of a call as
a user makes it: they take and give aware datetimes, ours whole microseconds.

Exit code 1 where an answer differs, or where, over all lengths together, ours is not at
least twenty times as fast as each of them.
"""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from importlib import import_module
from random import Random
from typing import Any, Final, NamedTuple

import holidays

from schemas.instants import DAY, HOUR, SECOND, Instant, Micros, micros_of
from streams.domain.calendar import Calendar

LEAST: Final = 20
_ZONE: Final = "Europe/Berlin"
_HOURS: Final = ((9 * 60, 12 * 60), (13 * 60, 17 * 60 + 30))
_CLOSED: Final = tuple(
    sorted(holidays.country_holidays("DE", subdiv="BE", years=range(2026, 2029)))
)
_BEGINS: Final = micros_of(datetime(2026, 3, 2, tzinfo=UTC))
_LENGTHS: Final[dict[str, Micros]] = {
    "an hour": HOUR,
    "a day": DAY,
    "a week": 7 * DAY,
    "a month": 30 * DAY,
    "a quarter": 91 * DAY,
    "a year": 365 * DAY,
}
_SEED: Final = 1
_ROUNDS: Final = 5
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Question = tuple[Any, Any]


class Library(NamedTuple):
    """Something that counts business time.

    Attributes:
        elapsed: From one instant to another.
        after: From an instant by a length on.
        questions: So many of each length are enough.
    """

    name: str
    elapsed: Callable[[Any, Any], Any]
    after: Callable[[Any, Any], Any]
    questions: int


def ours() -> Calendar:
    """Our calendar of the floor."""
    return Calendar(
        zone=_ZONE, week=dict.fromkeys(range(5), _HOURS), closed=frozenset(_CLOSED), name="floor"
    )


def _workclock() -> Library:
    library = import_module("workclock")
    days = [library.WorkDay(_wall(start), _wall(end)) for start, end in _HOURS]
    schedule = library.Schedule([*days, library.Holidays(_CLOSED)], time_zone=_ZONE)
    return Library("workclock", schedule.between, schedule.add, 2_000)


def _businesstimedelta() -> Library:
    library = import_module("businesstimedelta")
    zone = import_module("pytz").timezone(_ZONE)
    off = library.HolidayRule(dict.fromkeys(_CLOSED, "closed"), tz=zone)
    days = [
        library.WorkDayRule(_wall(start), _wall(end), working_days=list(range(5)), tz=zone)
        for start, end in _HOURS
    ]
    rules = library.Rules([*days, off])

    def after(start: datetime, length: timedelta) -> object:
        return start + library.BusinessTimeDelta(rules, timedelta=length)

    def elapsed(start: datetime, end: datetime) -> object:
        return rules.difference(start, end).timedelta

    return Library("businesstimedelta", elapsed, after, 20)


def _wall(minutes: int) -> wall_time:
    return wall_time(*divmod(minutes, 60))


def _at(instant: Instant) -> datetime:
    return _EPOCH + timedelta(microseconds=instant)


def _spans(length: Micros, count: int) -> list[tuple[Instant, Instant]]:
    random = Random(_SEED)  # noqa: S311 - the same spans each time, no secret
    starts = [_BEGINS + random.randrange(200 * DAY // SECOND) * SECOND for _ in range(count)]
    return [(start, start + length) for start in starts]


def _seconds(ask: Callable[[Any, Any], Any], questions: Sequence[Question]) -> float:
    """Measure one call, on average, in the best of some rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.process_time()
        for first, second in questions:
            ask(first, second)
        best = min(best, time.process_time() - began)
    return best / len(questions)


class Figures(NamedTuple):
    """Seconds of one call: theirs and ours."""

    theirs: float
    mine: float

    def __str__(self) -> str:
        ratio = self.theirs / self.mine
        return f"{self.theirs * 1e6:9.2f} µs {self.mine * 1e6:6.2f} µs {ratio:7.1f}"


def _compared(library: Library, calendar: Calendar, length: Micros) -> tuple[Figures, Figures]:
    """Ask a library and ourselves the same; answers first.

    Raises:
        SystemExit: An answer differs.
    """
    spans = _spans(length, library.questions)
    worked = [calendar.elapsed(*span) for span in spans]
    asked = [(_at(start), _at(end)) for start, end in spans]
    lengths = [
        (start, timedelta(microseconds=took))
        for (start, _), took in zip(asked, worked, strict=True)
    ]
    for (start, end), took in zip(asked, worked, strict=True):
        _check(library, (start, end), library.elapsed(start, end), timedelta(microseconds=took))
        # Nothing takes no time with us; with others it may wait for the next opening.
        if took:
            due = _at(calendar.after(micros_of(start), took))
            length_ = timedelta(microseconds=took)
            _check(library, (start, length_), library.after(start, length_), due)
    mine = [(start, took) for (start, _), took in zip(spans, worked, strict=True)]
    return (
        Figures(_seconds(library.elapsed, asked), _seconds(calendar.elapsed, spans)),
        Figures(_seconds(library.after, lengths), _seconds(calendar.after, mine)),
    )


def _check(library: Library, question: Question, theirs: object, wanted: object) -> None:
    if theirs != wanted:
        first, second = question
        sys.exit(f"{library.name} says {theirs} to {first}, {second}; we say {wanted}")


def main() -> int:
    """Measure and tell."""
    calendar = ours()
    began = time.process_time()
    calendar.elapsed(_BEGINS, _BEGINS + 365 * DAY)
    print(f"our first question about 2026 and 2027: {(time.process_time() - began) * 1e3:.1f} ms")
    is_fine = True
    for library in (_workclock(), _businesstimedelta()):
        found = {name: _compared(library, calendar, length) for name, length in _LENGTHS.items()}
        for place, question in enumerate(("elapsed", "after")):
            print(f"\n{library.name}, {question}: theirs, ours, times as fast")
            for name, both in found.items():
                print(f"  {name:10} {both[place]}")
            whole = Figures(
                sum(both[place].theirs for both in found.values()),
                sum(both[place].mine for both in found.values()),
            )
            print(f"  {'together':10} {whole}")
            is_fine &= whole.theirs >= LEAST * whole.mine
    verdict = "at least" if is_fine else "NOT"
    print(f"\nall lengths together: {verdict} {LEAST} times as fast as each, at equal answers")
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
