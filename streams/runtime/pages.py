"""What the door's pages are told of the partitions that a worker owns at that moment."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache

from schemas.instants import Instant
from streams.config import Settings, TimeMode
from streams.domain.book import Book
from streams.domain.panes import Rep
from streams.domain.policy import Policy
from streams.domain.shown import listed
from streams.metrics.reps import Owned, RepView
from streams.runtime.partial_records import home_of
from streams.runtime.partition import Partition
from streams.runtime.reps import RepsPartition
from streams.runtime.worklist import Books

_home_of = lru_cache(maxsize=1 << 16)(home_of)


def books_of(
    partitions: Sequence[Partition], settings: Settings, wall: Callable[[], Instant]
) -> Books:
    """Give the books of owned partitions to the worklist.

    Args:
        partitions: Those that are owned for sure.
        settings: The app's.
        wall: The wall clock; of no meaning in an app on its sources' time.
    """
    return Books(
        books=tuple(partition.book for partition in partitions),
        owned=tuple(partition.frame.number for partition in partitions),
        partitions=settings.partitions,
        wall_at=wall() if settings.time is TimeMode.WALL else None,
    )


def reps_of(
    reps: Sequence[RepsPartition],
    books: Sequence[Book],
    settings: Settings,
    wall: Callable[[], Instant],
) -> Owned:
    """Give what is known of reps to a scrape.

    Windows are read against the wall clock, so that who does nothing ages out of them; in
    an app on its sources' time against that. A partition that has not heard of all others
    yet tells of nobody.

    Args:
        reps: Partitions of reps that are owned for sure.
        books: Of the partitions of leads, which know the agreement.
        settings: The app's.
        wall: The wall clock.
    """
    agreed = (book.policies.pinned(book.now) for book in books if book.now is not None)
    policy = next((one for one in agreed if one is not None), None)
    wall_at = wall() if settings.time is TimeMode.WALL else None
    views = {}
    for one in reps:
        at = one.now if wall_at is None else wall_at
        if at is not None and one.now is not None:
            views[one.frame.number] = RepView(at, one.windows(at))
    return Owned(policy, tuple(views.values()), _at_home(policy, views.keys(), settings.partitions))


def _at_home(policy: Policy | None, owned: Collection[int], partitions: int) -> Iterator[Rep]:
    """Give whom the agreement lists and these partitions of reps know."""
    if policy is not None:
        for rep in listed(policy):
            if _home_of(rep, partitions) in owned:
                yield rep
