"""How log lines look."""

import logging
import logging.config
import sys

from streams.runtime.logs import FieldsFormatter, Repeats, logging_config


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
    assert "faust" not in logging_config(quiet=False)["loggers"]


def test_what_a_library_repeats_is_said_once_in_ten_seconds() -> None:
    """A broker that is away: the first line, then one that counts the others."""
    repeats = Repeats()

    def line(at: float, number: int = 1) -> str | None:
        record = logging.LogRecord("aiokafka.conn", 30, "conn.py", number, "away", (), None)
        record.created = at
        if not repeats.filter(record):
            return None
        return FieldsFormatter().format(record).partition(" ")[2]

    told = [line(at) for at in (0.0, 1.0, 9.9, 10.0, 10.1, 25.0)]

    assert told[0] == "warning away"
    assert told[1:3] == [None, None]
    assert told[3] == "warning away repeated=2"
    assert told[4] is None
    assert told[5] == "warning away repeated=1"
    assert line(25.0, number=2) == "warning away"


def test_the_filter_stands_where_a_library_repeats_itself() -> None:
    """Python's own configuration takes it, and a flood of batches becomes one line."""
    config = logging_config(quiet=True)
    config.pop("merge")
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, **config})
    sender, listener = logging.getLogger("aiokafka.producer.sender"), Listener()
    sender.addHandler(listener)
    try:
        for number in range(5):
            sender.warning("batch %d of a partition is tried again", number)
    finally:
        sender.removeHandler(listener)
        for one in [*sender.filters]:
            sender.removeFilter(one)

    assert heard == ["batch 0 of a partition is tried again"]
