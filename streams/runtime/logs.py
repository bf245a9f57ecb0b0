"""How log lines look: an event's name, then its fields.

Faust's own formatter leaves the fields out.
"""

import logging
import time
from typing import Any, Final

import orjson

library_log = logging.getLogger("faust.leadclock")
"""Of our subclasses of Faust's classes: what they say is Faust's to say."""

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_NOISY: Final = ("faust", "mode", "aiokafka", "asyncio")
_REPEATING: Final = tuple(
    f"aiokafka.{name}"
    for name in (
        "client",
        "conn",
        "cluster",
        "producer.sender",
        "consumer.fetcher",
        "consumer.group_coordinator",
    )
)
"""While a broker is away these say the same for every batch and every attempt."""
_SECONDS_BETWEEN: Final = 10.0


class FieldsFormatter(logging.Formatter):
    """``2026-03-02T09:00:00.123Z info loaded partitions=[0,1] records=12``."""

    converter = staticmethod(time.gmtime)  # noqa: TID251 - of a given time
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, *_args: Any, **_options: Any) -> None:
        """Take nothing: Faust passes what its own formatters need."""
        super().__init__()

    def format(self, record: logging.LogRecord) -> str:
        """Write one line, and the traceback below it if there is one."""
        fields = {name: value for name, value in vars(record).items() if name not in _OWN}
        # Faust and mode hand in their own.
        fields.pop("extra", None)
        words = [self.formatTime(record), record.levelname.lower(), record.getMessage()]
        words += [f"{name}={_shown(value)}" for name, value in fields.items()]
        line = " ".join(words)
        if record.exc_info and record.exc_info[0] is not None:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line


class Repeats(logging.Filter):
    """Lets a message through once in 10 s; the next one says how many ``repeated`` meanwhile.

    Messages are the same if one line of code says them, whatever it says them of.
    """

    def __init__(self, seconds: float = _SECONDS_BETWEEN) -> None:
        """Begin with nothing said."""
        super().__init__()
        self._seconds = seconds
        self._said: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide by the records' own timestamps."""
        said_by = record.pathname, record.lineno
        said_at, more = self._said.get(said_by, (None, 0))
        if said_at is not None and 0 <= record.created - said_at < self._seconds:
            self._said[said_by] = said_at, more + 1
            return False
        self._said[said_by] = record.created, 0
        if more:
            record.repeated = more
        return True


def logging_config(*, quiet: bool) -> dict[str, Any]:
    """Give what Faust merges into its configuration of logging.

    Args:
        quiet: Hear of the libraries below only when something is wrong.
    """
    formatter = {"()": f"{FieldsFormatter.__module__}.{FieldsFormatter.__qualname__}"}
    level = {"level": "WARNING"}
    return {
        "merge": True,
        "formatters": {"default": formatter, "colored": formatter},
        "filters": {"repeats": {"()": f"{Repeats.__module__}.{Repeats.__qualname__}"}},
        "loggers": {
            **(dict.fromkeys(_NOISY, level) if quiet else {}),
            **{name: {"filters": ["repeats"]} for name in _REPEATING},
        },
    }


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value if value and not any(map(str.isspace, value)) else orjson.dumps(value).decode()
    return orjson.dumps(value, default=str).decode()
