"""The app's topics on the cluster: made, checked; and who is in its group."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from schemas.topics import INPUTS, TOPICS, Topic
from streams.config import REPS_TABLE, TABLE, Settings, TimeMode
from streams.errors import ConfigurationError

log = logging.getLogger(__name__)

_MILLIS_PER_DAY: Final = 86_400_000
_DEAD_LETTERS: Final = "lead-events-dlq"
# Refused bytes with their headers are a little larger than what an input accepts.
_LARGEST_DEAD_LETTER: Final = 2 << 20


class UnreachableError(ConfigurationError):
    """The cluster does not answer: a wrong address, or one that is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTopic:
    """A topic as the app wants it.

    Attributes:
        name: Full name.
        configs: Of the topic; what is not named is the cluster's business.
    """

    name: str
    configs: Mapping[str, str] = field(default_factory=dict)


def wanted_topics(settings: Settings) -> list[WantedTopic]:
    """List the app's topics: the catalogue's, and the changelogs of its state."""
    wanted = [
        WantedTopic(name=settings.topic(topic.name), configs=_configs(topic, settings))
        for topic in TOPICS.values()
    ]
    wanted += [
        WantedTopic(name=settings.changelog_of(table), configs={"cleanup.policy": "compact"})
        for table in (TABLE, REPS_TABLE)
    ]
    return wanted


def _configs(topic: Topic, settings: Settings) -> dict[str, str]:
    configs = {"cleanup.policy": topic.cleanup}
    if "delete" in topic.cleanup and topic.retention_days is not None:
        configs["retention.ms"] = str(topic.retention_days * _MILLIS_PER_DAY)
        if settings.time is TimeMode.FACTS:
            # Histories are older than any retention when they arrive.
            configs["retention.ms"] = "-1"
    if topic.name in INPUTS:
        # When a fact was recorded is the source's to say.
        configs["message.timestamp.type"] = "CreateTime"
    if topic.name == _DEAD_LETTERS:
        configs["max.message.bytes"] = str(_LARGEST_DEAD_LETTER)
    return configs


_KNOWN_WITHIN_SECONDS: Final = 15.0
_KNOWN_AGAIN_SECONDS: Final = 0.05


async def ensure_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing; those that exist are left as they are.

    Returns:
        Full names of those that were created.

    Raises:
        ConfigurationError: The cluster refuses one, or does not answer.
    """
    async with _admin(settings) as admin:
        existing = {topic["topic"] for topic in await admin.describe_topics()}
        missing = [topic for topic in wanted_topics(settings) if topic.name not in existing]
        if not missing:
            return []
        answer = await admin.create_topics(
            [
                NewTopic(
                    topic.name,
                    settings.partitions,
                    settings.replication,
                    topic_configs=dict(topic.configs),
                )
                for topic in missing
            ]
        )
        created = _created(answer)
        await _until_known(admin, {topic.name for topic in missing})
    return created


async def _until_known(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until the brokers tell of new topics: what is created is known a little later."""
    until = time.monotonic() + _KNOWN_WITHIN_SECONDS
    while names - {topic["topic"] for topic in await admin.describe_topics()}:
        if time.monotonic() > until:
            raise ConfigurationError(
                f"the topics were created, but the cluster does not tell of them after "
                f"{_KNOWN_WITHIN_SECONDS:.0f} s; look at its log, then run this again"
            )
        await asyncio.sleep(_KNOWN_AGAIN_SECONDS)


def _created(answer: Any) -> list[str]:
    created = []
    for name, code, *message in answer.topic_errors:
        error = for_code(code)
        if error is TopicAlreadyExistsError:
            continue
        if code:
            why = next((text for text in message if text), error.__name__)
            raise ConfigurationError(f"the topic {name!r} cannot be created: {why}")
        created.append(name)
    return created


async def check_topics(settings: Settings) -> list[str]:
    """Compare the topics on the cluster with what the app wants.

    Returns:
        One sentence for each thing that differs; none: all is well.

    Raises:
        UnreachableError: The cluster does not answer.
    """
    async with _admin(settings) as admin:
        wanted = wanted_topics(settings)
        existing = {topic["topic"]: topic for topic in await admin.describe_topics()}
        problems = _missing(settings, wanted, existing)
        present = [topic for topic in wanted if topic.name in existing]
        found = await _found_configs(admin, present)
    for topic in present:
        for name, value in topic.configs.items():
            has = found.get(topic.name, {}).get(name)
            if has is not None and _comparable(has) != _comparable(value):
                problems.append(f"the topic {topic.name!r} has {name}={has}, wanted {value}")
    return problems


async def check_for_worker(settings: Settings) -> None:
    """Refuse to start without the topics, or with another number of partitions.

    Raises:
        ConfigurationError: With the way out.
    """
    async with _admin(settings) as admin:
        existing = {topic["topic"]: topic for topic in await admin.describe_topics()}
    problems = _missing(settings, wanted_topics(settings), existing)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigurationError(problems[0] + more)


async def count_members(settings: Settings) -> int:
    """Count the members of the app's group; 0 where the broker cannot tell."""
    async with _admin(settings) as admin:
        try:
            answers = await admin.describe_consumer_groups([settings.name])
        except (KafkaError, NotImplementedError) as error:
            log.info("group_unknown", extra={"detail": repr(error)})
            return 0
    return sum(len(group[5]) for answer in answers for group in answer.groups)


def _missing(
    settings: Settings, wanted: list[WantedTopic], existing: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    problems = []
    for topic in wanted:
        if topic.name not in existing:
            problems.append(f"the topic {topic.name!r} is missing; run `leadclock topics create`")
            continue
        partitions = len(existing[topic.name]["partitions"])
        if partitions != settings.partitions:
            problems.append(
                f"the topic {topic.name!r} has {partitions} partitions, "
                f"but LEADCLOCK_PARTITIONS is {settings.partitions}; they must be equal"
            )
    return problems


async def _found_configs(
    admin: AIOKafkaAdminClient, topics: list[WantedTopic]
) -> dict[str, dict[str, str]]:
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, topic.name, dict(topic.configs))
        for topic in topics
    ]
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(resources) if resources else ():
        for _, _, _, name, entries in answer.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def _comparable(value: str) -> frozenset[str]:
    """Ignore order and blanks: ``compact, delete`` is ``delete,compact``."""
    return frozenset(part.strip() for part in value.split(","))


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**settings.kafka())
    try:
        await admin.start()
        yield admin
    except KafkaError as error:
        servers = ",".join(settings.bootstrap_servers)
        raise UnreachableError(f"Kafka at {servers} does not answer: {error}") from error
    finally:
        await admin.close()
