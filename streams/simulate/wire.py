"""How facts get from their sources to Leadclock: late, in another order, twice, in bursts."""

from bisect import bisect_right
from collections.abc import Iterator
from random import Random
from typing import Final

from schemas.instants import SECOND, Instant, Micros
from streams.simulate.floor import Floor
from streams.simulate.habits import HOUR, MINUTE, Wait
from streams.simulate.story import CRM, DIALER, MAIL, ORIGINS, WEB

# What a connector needs on a good day. It does not run faster on a faster floor.
_TRANSIT: Final = {
    WEB: Wait(0.25, 0.5),
    CRM: Wait(0.9, 0.5),
    DIALER: Wait(0.3, 0.4),
    MAIL: Wait(0.8, 0.7),
}
_DELAY: Final = Wait(4 * MINUTE, 0.9)
_AGAIN: Final = Wait(2 * MINUTE, 1.0)
_DELAYED_SHARE: Final = 0.12
_TWICE_SHARE: Final = 0.1
_SILENCE_EVERY: Final = 2.5 * HOUR
_SILENCE: Final = Wait(9 * MINUTE, 0.5)
_BURST: Final = 1.5 * SECOND


class Wire:
    """The connectors of a floor, and when each of them is silent."""

    def __init__(self, floor: Floor, rng: Random) -> None:
        """Draw the silences of every connector up to the end of the floor."""
        self._floor = floor
        self._silences = {origin: _silences(floor, rng) for origin in ORIGINS}

    def send_instants(self, origin: str, written_at: Instant, rng: Random) -> list[Instant]:
        """Say when a fact is sent: once, or more often; never before it was written.

        Whole milliseconds, as Kafka's timestamps are; the first is the earliest.
        """
        floor = self._floor
        sent_at = written_at + _whole(_TRANSIT[origin].seconds(rng) * SECOND)
        if rng.random() < _DELAYED_SHARE * floor.mess:
            sent_at += floor.real(_DELAY.seconds(rng))
        instants = [self._once_heard(origin, sent_at, rng)]
        while rng.random() < _TWICE_SHARE * floor.mess:
            again_at = instants[-1] + floor.real(_AGAIN.seconds(rng))
            instants.append(self._once_heard(origin, again_at, rng))
        return instants

    def _once_heard(self, origin: str, sent_at: Instant, rng: Random) -> Instant:
        """Hold back what falls into a silence; it comes in a burst, in any order."""
        begins, ends = self._silences[origin]
        place = bisect_right(begins, sent_at) - 1
        if place >= 0 and sent_at < ends[place]:
            return ends[place] + _whole(rng.random() * _BURST)
        return sent_at


def _silences(floor: Floor, rng: Random) -> tuple[list[Instant], list[Instant]]:
    begins: list[Instant] = []
    ends: list[Instant] = []
    if floor.mess > 0:
        for begin, end in _spans(floor, rng):
            begins.append(begin)
            ends.append(end)
    return begins, ends


def _spans(floor: Floor, rng: Random) -> Iterator[tuple[Instant, Instant]]:
    at = floor.start
    while True:
        at += floor.real(rng.expovariate(floor.mess / _SILENCE_EVERY)) + 1_000
        if at > floor.end:
            return
        begin, at = at, at + floor.real(_SILENCE.seconds(rng))
        yield begin, at


def _whole(micros: float) -> Micros:
    return round(micros / 1_000) * 1_000
