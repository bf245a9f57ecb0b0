"""A floor, played: every fact at the instant at which it is sent."""

import heapq
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import structs

from schemas.facts import Fact
from schemas.instants import HOUR, Instant, datetime_of
from streams.simulate.floor import Floor, Rhythm
from streams.simulate.story import Staff, story
from streams.simulate.wire import Wire

_ZONE: Final = ZoneInfo("Europe/Berlin")
# Share of a working day's leads by local hour: a morning peak, a lunch dip, an evening
# of people at home.
_HOURS: Final = (
    *(2, 1, 1, 1, 1, 2, 4, 10, 18, 24, 26, 24),
    *(16, 20, 24, 23, 20, 16, 12, 11, 12, 10, 7, 4),
)
_WEEKEND: Final = 0.35
_SATURDAY: Final = 5


class Sending(NamedTuple):
    """One fact on its way.

    Attributes:
        send_at: When it is sent, in whole milliseconds.
        fact: What is sent. Its ``recorded_at`` is the instant of the first sending, so
            that in a file it is seen when it was sent; a repetition is the same fact
            to the byte.
    """

    send_at: Instant
    fact: Fact


def play(floor: Floor, rng: Random) -> Iterator[Sending]:
    """Yield every sending of a floor, in the order in which they are sent.

    Needs memory for the leads that are in work, not for all of them.
    """
    staff, wire = Staff(floor, rng), Wire(floor, rng)
    waiting: list[tuple[Instant, int, Sending]] = []
    ordinal = 0
    for number, created_at in enumerate(_arrivals(floor, rng), start=1):
        # Nothing of this lead or a later one is sent before it exists.
        while waiting and waiting[0][0] < created_at:
            yield heapq.heappop(waiting)[2]
        # A generator of its own: what one lead does changes nothing for the others.
        own = Random(rng.getrandbits(64))
        lead_id = f"{floor.name}-{number:06d}"
        for deed in story(floor, staff, lead_id, created_at, own):
            origin = deed.fact.origin
            assert origin is not None
            instants = wire.send_instants(origin, deed.written_at, own)
            fact = structs.replace(deed.fact, recorded_at=instants[0])
            for send_at in instants:
                if send_at <= floor.end:
                    ordinal += 1
                    heapq.heappush(waiting, (send_at, ordinal, Sending(send_at, fact)))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _arrivals(floor: Floor, rng: Random) -> Iterator[Instant]:
    """Yield when each lead comes, ascending, in whole milliseconds.

    They are the order statistics of as many independent draws, one at a time.
    """
    weights = _weights(floor)
    edges = list(accumulate(weights, initial=0.0))
    place = 0.0
    for left in range(floor.leads, 0, -1):
        place = 1.0 - (1.0 - place) * rng.random() ** (1.0 / left)
        aim = place * edges[-1]
        hour = min(bisect_right(edges, aim) - 1, len(weights) - 1)
        within = (aim - edges[hour]) / weights[hour]
        begin = hour * HOUR
        offset = begin + int(within * min(floor.length - begin, HOUR))
        yield floor.start + offset // 1_000 * 1_000


def _weights(floor: Floor) -> list[float]:
    """Weigh each hour from the start on; the last one may be cut by the end."""
    weights: list[float] = []
    for begin in range(0, floor.length, HOUR):
        share = min(floor.length - begin, HOUR) / HOUR
        weights.append(_weight(floor, floor.start + begin) * share)
    return weights


def _weight(floor: Floor, at: Instant) -> float:
    if floor.rhythm is Rhythm.FLAT:
        return 1.0
    local = datetime_of(at).astimezone(_ZONE)
    return _HOURS[local.hour] * (_WEEKEND if local.weekday() >= _SATURDAY else 1.0)
