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
        "loggers": dict.fromkeys(_NOISY, level) if quiet else {},
    }


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value if value and not any(map(str.isspace, value)) else orjson.dumps(value).decode()
    return orjson.dumps(value, default=str).decode()
