"""How log lines look."""

import logging
import sys

from streams.runtime.logs import FieldsFormatter, logging_config


def line(event: str, **fields: object) -> str:
    """Format one record, without its time."""
    record = logging.makeLogRecord({"name": "streams", "msg": event, "levelname": "INFO", **fields})
    return FieldsFormatter().format(record).partition(" ")[2]


def test_fields_follow_the_event() -> None:
    """Names and values as they are; text with blanks is quoted."""
    assert line("loaded", partitions=[0, 1], detail="two words", topic="handed-off") == (
        'info loaded partitions=[0,1] detail="two words" topic=handed-off'
    )


def test_a_value_of_any_kind_can_be_shown() -> None:
    """Nothing about a value may end a worker."""
    assert line("odd", value={1, 2}, none=None) == 'info odd value="{1, 2}" none=null'


def test_time_is_written_in_utc() -> None:
    """Milliseconds and a Z."""
    record = logging.makeLogRecord({"msg": "x", "created": 0.25, "msecs": 250.0})

    assert FieldsFormatter().format(record).startswith("1970-01-01T00:00:00.250Z ")


def test_an_error_keeps_its_traceback() -> None:
    """Below the line."""
    error: object = None
    try:
        int("of a test")
    except ValueError:
        error = sys.exc_info()

    text = line("failed", exc_info=error)

    assert text.startswith("info failed\nTraceback")
    assert text.endswith("ValueError: invalid literal for int() with base 10: 'of a test'")


def test_libraries_below_are_quiet_when_asked() -> None:
    """Faust's life cycle is hidden, its warnings are not."""
    assert logging_config(quiet=True)["loggers"]["faust"] == {"level": "WARNING"}
    assert logging_config(quiet=False)["loggers"] == {}
