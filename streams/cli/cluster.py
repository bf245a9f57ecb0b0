"""What commands ask of the cluster before they write or read."""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from schemas.topics import INPUTS
from streams.config import Settings
from streams.errors import ConfigurationError
from streams.runtime.broker import BrokerTroubleError

_NO_ERROR: Final = 0


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Turn trouble with the cluster into one sentence.

    Raises:
        ConfigurationError: The cluster cannot be reached, or refuses.
    """
    # What it could not do is told once, by the sentence; not also by the client's log.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    servers = ", ".join(settings.bootstrap_servers)
    try:
        yield
    except KafkaConnectionError as error:
        raise ConfigurationError(
            f"no Kafka broker answers at {servers} (LEADCLOCK_BOOTSTRAP_SERVERS)"
        ) from error
    except (KafkaError, BrokerTroubleError, TimeoutError) as error:
        what = str(error).strip() or type(error).__name__
        raise ConfigurationError(
            f"the Kafka cluster at {servers} (LEADCLOCK_BOOTSTRAP_SERVERS) "
            f"does not do what was asked: {what}"
        ) from error


async def partitions_of(settings: Settings, names: Collection[str]) -> dict[str, int]:
    """Count the partitions of catalogue topics, creating none.

    Raises:
        ConfigurationError: One of them does not exist.
    """
    admin = AIOKafkaAdminClient(**settings.kafka())
    try:
        await admin.start()
        # All of them: asking for one by name makes some brokers create it.
        described: list[Any] = await admin.describe_topics()
    finally:
        await admin.close()
    counts = {
        topic["topic"]: len(topic["partitions"])
        for topic in described
        if topic["error_code"] == _NO_ERROR
    }
    missing = [full for name in names if (full := settings.topic(name)) not in counts]
    if missing:
        raise ConfigurationError(
            f"topic {missing[0]} does not exist; `leadclock topics create` makes it, "
            "or LEADCLOCK_TOPIC_PREFIX names another app's topics"
        )
    return {name: counts[settings.topic(name)] for name in names}


async def input_partitions(settings: Settings) -> int:
    """Count the partitions that all inputs have.

    Raises:
        ConfigurationError: A topic is missing, or they differ.
    """
    counts = await partitions_of(settings, INPUTS)
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} {number}" for name, number in counts.items())
        raise ConfigurationError(
            f"the input topics differ in their number of partitions ({told}); "
            "see `leadclock topics check`"
        )
    return next(iter(counts.values()))
