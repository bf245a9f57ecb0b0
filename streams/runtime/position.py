"""The record that says how far a partition's state goes.

It is written in the batch of the state itself, so state and position can never
disagree. Its key is one that no lead id can have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from schemas.instants import Instant
from streams.config import Settings, TimeMode
from streams.errors import ConfigurationError

KEY: Final = b"\x00position"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far one partition's state goes.

    Attributes:
        offsets: By input, the offset of the first record that is not in the state.
        now: The instant up to which leads have been judged; None: never.
        partitions: How many partitions the app's topics had.
        time: Where the app's now comes from.
        format: Of this record and of everything beside it.
    """

    offsets: Mapping[str, int]
    now: Instant | None
    partitions: int
    time: TimeMode
    format: int = FORMAT

    def pack(self) -> bytes:
        """Write the record's value."""
        return orjson.dumps(
            {
                "format": self.format,
                "partitions": self.partitions,
                "time": self.time,
                "now": self.now,
                "offsets": dict(self.offsets),
            }
        )

    @classmethod
    def unpack(cls, value: bytes) -> "Position":
        """Read it back.

        Raises:
            ConfigurationError: A newer release has written it.
        """
        told: dict[str, Any] = orjson.loads(value)
        if told["format"] > FORMAT:
            raise ConfigurationError(
                f"the state has format {told['format']}, this release knows {FORMAT}; "
                "start the release that wrote it, or a newer one"
            )
        return cls(
            offsets=told["offsets"],
            now=told["now"],
            partitions=told["partitions"],
            time=TimeMode(told["time"]),
            format=told["format"],
        )

    def check(self, settings: Settings) -> None:
        """Refuse to go on under settings other than those of the app's first start.

        Raises:
            ConfigurationError: With the way out.
        """
        if self.time is not settings.time:
            raise ConfigurationError(
                f"LEADCLOCK_TIME is {settings.time}, but the app {settings.name!r} was first "
                f"started with {self.time}, which is fixed; set it so, or start a new app "
                "with its own LEADCLOCK_APP_ID and LEADCLOCK_TOPIC_PREFIX"
            )
        if self.partitions != settings.partitions:
            raise ConfigurationError(
                f"the topics have {settings.partitions} partitions, but the state of the app "
                f"{settings.name!r} was made with {self.partitions}, and leads have moved; run "
                "`leadclock topics migrate`, or start a new app with its own LEADCLOCK_APP_ID"
            )
