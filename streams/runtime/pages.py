"""What the door's pages are told of the partitions that a worker owns at that moment."""

from collections.abc import Callable, Sequence

from schemas.instants import Instant
from streams.config import Settings, TimeMode
from streams.runtime.partition import Partition
from streams.runtime.worklist import Books


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
