"""A scrape of many reps: our renderer beside the stock client, with the same series.

    python -m benchmarks.scrape [--reps 5000]

The stock client has its gauges set already and only renders. Ours renders from what is
known of each rep, then compresses in a thread as the door does: once with nothing kept
from a scrape before, then with one rep in a hundred changed. Meanwhile a task that
wants to run every millisecond notes how long it had to wait. Exit code 1 where either
stalls the loop over 15 ms or takes more than a twentieth of the stock client's time.
"""

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from schemas.instants import MINUTE, SECOND, Instant
from streams.domain.counts import ANSWERED, ATTEMPT, LEAD, UNCONNECTED, WITHIN_TARGET, response
from streams.domain.panes import Rep, pane_of
from streams.domain.policy import Policy, policy_of
from streams.domain.scorecard import Scorecards, Zones
from streams.domain.standing import Standing
from streams.metrics.reps import Owned, RepsText, RepView
from streams.runtime.scrape import in_slices, joined

NOW: Final[Instant] = 1_772_000_000 * SECOND
TEAM_SIZE: Final = 25
MOST_SHARE: Final = 1 / 20
MOST_STALL_SECONDS: Final = 0.015
_SEED: Final = 1
_TICK_SECONDS: Final = 0.001
_TIMES: Final = 5


def floor(reps: int) -> tuple[Scorecards, Policy]:
    """Make up what is known of so many reps: all that there is a series for."""
    random = Random(_SEED)  # noqa: S311 - the same floor each time, no secret
    cards = Scorecards(Zones({}))
    for number in range(reps):
        rep = _rep(number)
        for back in range(0, 30 * 96, 96):
            counts = (
                3 * LEAD
                + 2 * (ANSWERED + WITHIN_TARGET)
                + UNCONNECTED
                + random.randrange(9) * ATTEMPT["call"]
                + response(random.randrange(20_000) * SECOND)
            )
            cards.tell_pane(0, rep, pane_of(NOW) - back, counts)
        waits_since = NOW - random.randrange(60) * MINUTE
        cards.tell_standing(0, rep, Standing(5, 1, 1, waits_since, NOW + MINUTE))
    teams = {_rep(number)[0]: {"calendar": "always", "reps": []} for number in range(reps)}
    body = {
        "agreement": "scrape",
        "version": 1,
        "effective_from": "2020-01-01T00:00:00Z",
        "privacy": {"reps": "named"},
        "calendars": {"always": {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}}},
        "teams": teams,
        "sales": [{"id": "speed", "clock": "speed", "target": "PT1H"}],
    }
    return cards, policy_of(body)


def _rep(number: int) -> Rep:
    return f"team-{number // TEAM_SIZE:03}", f"rep-{number:05}"


def owned(cards: Scorecards, policy: Policy) -> Owned:
    """Look at everybody, as a worker that owns them does."""
    rows = ((rep, cards.windows(rep, NOW)) for rep in cards.reps())
    return Owned(policy, (RepView(NOW, rows),))


def stock(text: str) -> CollectorRegistry:
    """Set a gauge of the stock client for every series of a scrape."""
    registry = CollectorRegistry()
    for family in text_string_to_metric_families(text):
        names = tuple(family.samples[0].labels)
        gauge = Gauge(family.name, family.documentation, names, registry=registry)
        for sample in family.samples:
            gauge.labels(**sample.labels).set(sample.value)
    return registry


async def stalls(into: list[float]) -> None:
    """Note by how much each tick comes late."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(_TICK_SECONDS)
        into.append(time.perf_counter() - began - _TICK_SECONDS)


class Scrape(NamedTuple):
    """The best of several.

    Attributes:
        seconds: Of processor time to the last byte of text: other loads do not matter.
        stall_seconds: The longest, compression included.
        size: Bytes of text.
        sent: Bytes that leave.
    """

    seconds: float
    stall_seconds: float
    size: int
    sent: int


async def scrape(text: RepsText, look: Callable[[], Owned]) -> Scrape:
    """Scrape once."""
    late: list[float] = []
    ticking = asyncio.create_task(stalls(late))
    await asyncio.sleep(10 * _TICK_SECONDS)
    late.clear()
    began = time.thread_time()
    pieces = await in_slices(text.slices(look()))
    took = time.thread_time() - began
    body = await joined(pieces, is_compressed=True)
    await asyncio.sleep(2 * _TICK_SECONDS)
    ticking.cancel()
    return Scrape(took, max(late), sum(map(len, pieces)), len(body))


async def scrapes(reps: int) -> tuple[Scrape, Scrape, str]:
    """Scrape with nothing kept, then with one rep in a hundred changed; give the text, too."""
    cards, policy = floor(reps)
    first, later = [], []
    # Windows are read once for each pane, whoever asks; that is no part of rendering.
    plain = b"".join(RepsText().slices(owned(cards, policy))).decode()
    gc.collect()
    gc.freeze()
    for number in range(_TIMES):
        text = RepsText()
        first.append(await scrape(text, lambda: owned(cards, policy)))
        for changed in range(number, reps, 100):
            cards.tell_pane(1, _rep(changed), pane_of(NOW), (number + 1) * LEAD)
        later.append(await scrape(text, lambda: owned(cards, policy)))
    return _best(first), _best(later), plain


def _best(several: Sequence[Scrape]) -> Scrape:
    # Another process that takes the processor stalls us, too: the least is ours alone.
    return several[0]._replace(
        seconds=min(one.seconds for one in several),
        stall_seconds=min(one.stall_seconds for one in several),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description="A scrape of many reps beside the stock client's.")
    parser.add_argument("--reps", type=int, default=5_000)
    reps: int = parser.parse_args(arguments).reps
    first, later, text = asyncio.run(scrapes(reps))
    registry = stock(text)
    began = time.thread_time()
    generate_latest(registry)
    theirs = time.thread_time() - began
    series = sum(not line.startswith("#") for line in text.splitlines())
    print(f"{reps} reps, {series} series, {first.size / 1e6:.1f} MB, {first.sent / 1e6:.2f} sent")
    print(f"stock client: {theirs * 1e3:.0f} ms, all of it a stall")
    is_fine = True
    for name, ours in (("nothing kept", first), ("one in a hundred changed", later)):
        ratio = theirs / ours.seconds
        is_quick = ours.seconds <= MOST_SHARE * theirs
        is_fine &= is_quick and ours.stall_seconds <= MOST_STALL_SECONDS
        print(
            f"{name}: {ours.seconds * 1e3:.0f} ms, 1/{ratio:.0f} of the stock client's; "
            f"longest stall {ours.stall_seconds * 1e3:.1f} ms"
        )
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
