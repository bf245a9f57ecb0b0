"""`leadclock subscribe`: print records as they are committed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any, Final

import click
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.instants import format_instant
from schemas.topics import TOPICS
from streams.cli.cluster import partitions_of, reaching
from streams.cli.exits import ANSWER_IS_NO, DONE
from streams.cli.options import with_settings
from streams.cli.records import line_of
from streams.config import Settings
from streams.errors import ConfigurationError

DEFAULT: Final = (
    "speed-breaches",
    "depth-breaches",
    "marketing-breaches",
    "obligation-breaches",
    "sla-verdicts",
)
_POLL_MILLIS: Final = 500
_MICROS_PER_MILLI: Final = 1_000


@click.command(short_help="Print records as they are committed.")
@click.argument("topics", nargs=-1, metavar="[TOPIC]...")
@click.option("--from-beginning", is_flag=True, help="All that is kept, then what comes.")
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="End after so many.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End when nothing has come for so long.",
)
@click.option("--envelope", is_flag=True, help="With topic, partition, offset, key, headers.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines in a terminal too.")
@with_settings("kafka")
def subscribe(
    *,
    settings: Settings,
    topics: tuple[str, ...],
    from_beginning: bool,
    most: int | None,
    timeout: float | None,
    envelope: bool,
    as_json: bool,
) -> int:
    """Print records as they are committed; by default breaches and verdicts.

    TOPIC is a topic's name without prefix. Records that a writer took back are not shown.
    One JSON line for each record, its value as it is on the topic; in a terminal a line
    to be read, unless --json or --envelope asks for JSON.

    Goes on until Ctrl-C, --max or --timeout; the exit code is 1 when --timeout came before
    --max records did.
    """
    names = tuple(dict.fromkeys(topics)) or DEFAULT
    for name in names:
        if name not in TOPICS:
            raise ConfigurationError(f"there is no topic {name!r}; known are {', '.join(TOPICS)}")
    readable = sys.stdout.isatty() and not as_json and not envelope
    prefix = len(settings.topic_prefix)

    async def printed() -> int:
        count = 0
        async for record in _records(
            settings, names, quiet_seconds=timeout, from_beginning=from_beginning
        ):
            name = record.topic[prefix:]
            if readable:
                told = line_of(name, record.timestamp * _MICROS_PER_MILLI, record.key, record.value)
            elif envelope:
                told = orjson.dumps(_envelope(name, record)).decode()
            else:
                told = _value_line(record)
            click.echo(told)
            count += 1
            if count == most:
                break
        return count

    with reaching(settings):
        count = asyncio.run(printed())
    return ANSWER_IS_NO if most is not None and count < most else DONE


async def _records(
    settings: Settings,
    names: tuple[str, ...],
    *,
    from_beginning: bool,
    quiet_seconds: float | None,
) -> AsyncIterator[Any]:
    """Yield records of all partitions; ends when none has come for ``quiet_seconds``."""
    counts = await partitions_of(settings, names)
    partitions = [
        TopicPartition(settings.topic(name), number)
        for name in names
        for number in range(counts[name])
    ]
    consumer = AIOKafkaConsumer(
        **settings.kafka(),
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
    )
    async with consumer:
        ask = consumer.beginning_offsets if from_beginning else consumer.end_offsets
        offsets = await ask(partitions)
        consumer.assign(partitions)
        for partition in partitions:
            # Neither seek_to_beginning nor seek_to_end: a reset that is on its way may
            # win over them. No await in between.
            consumer.seek(partition, offsets[partition])
        loop = asyncio.get_running_loop()
        heard_at = loop.time()
        while quiet_seconds is None or loop.time() - heard_at < quiet_seconds:
            batch = await consumer.getmany(timeout_ms=_POLL_MILLIS)
            records = [record for some in batch.values() for record in some]
            # One topic's records in the order of another's, as far as their times tell.
            for record in sorted(records, key=lambda one: one.timestamp):
                yield record
            if records:
                sys.stdout.flush()
                heard_at = loop.time()


def _value_line(record: Any) -> str:  # noqa: ANN401 - aiokafka's record
    """Write a value on one line: the very bytes, where they are JSON on one line already."""
    value = _value(record)
    if record.value is not None and not isinstance(value, str) and b"\n" not in record.value:
        text: str = record.value.decode()
        return text
    return orjson.dumps(value).decode()


def _value(record: Any) -> Any:  # noqa: ANN401 - aiokafka's record, any JSON
    """Give a value as JSON: a tombstone as its key, bytes that are no JSON as text."""
    if record.value is None:
        return {"key": _text(record.key), "value": None}
    try:
        return orjson.loads(record.value)
    except orjson.JSONDecodeError:
        return _text(record.value)


def _envelope(name: str, record: Any) -> dict[str, Any]:  # noqa: ANN401 - aiokafka's record
    return {
        "topic": name,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": format_instant(record.timestamp * _MICROS_PER_MILLI),
        "key": _text(record.key),
        "headers": {key: _text(value) for key, value in record.headers},
        "value": None if record.value is None else _value(record),
    }


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
