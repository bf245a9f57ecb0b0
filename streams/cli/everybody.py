"""What is told to every partition: a copy for each, all in one transaction.

Source:
    Contract, section 1, ``sla-control``.
"""

from typing import Final, NamedTuple

from aiokafka.errors import IncompatibleBrokerVersion

from schemas.codec import decode, encode
from schemas.facts import ControlFact, PolicyPublished
from schemas.refusals import RefusedError
from streams.cli.cluster import input_partitions
from streams.config import Settings
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.domain.problems import AgreementError
from streams.errors import ConfigurationError
from streams.runtime.broker import Place, Producer, Record
from streams.runtime.kafka import KafkaBroker

CONTROL: Final = "sla-control"


class Announced(NamedTuple):
    """What telling everybody came to.

    Attributes:
        partitions: How many have a copy.
        at_once: They became visible together: the broker has transactions.
    """

    partitions: int
    at_once: bool


async def control_producer(
    settings: Settings, broker: KafkaBroker, speaker: str
) -> tuple[Producer, bool]:
    """Start a transactional producer, or a plain one where there are no transactions.

    Args:
        settings: The app's.
        broker: Where to write.
        speaker: Part of the transactional id; a second one of this name ends the first.

    Returns:
        The producer, and whether it has transactions.
    """
    try:
        topic = settings.topic(CONTROL)
        return await broker.transactional_producer(f"{settings.name}-{speaker}", [topic]), True
    except IncompatibleBrokerVersion:
        return await broker.plain_producer(), False


async def control_places(settings: Settings) -> list[Place]:
    """List the partitions of the control topic.

    Raises:
        ConfigurationError: A topic is missing, or the inputs differ in partitions.
    """
    partitions = await input_partitions(settings)
    return [Place(settings.topic(CONTROL), number) for number in range(partitions)]


async def tell_everybody(settings: Settings, fact: ControlFact, speaker: str) -> Announced:
    """Write a copy of a fact to every partition.

    Args:
        settings: The app's.
        fact: What is told.
        speaker: See `control_producer`.

    Raises:
        ConfigurationError: The fact is none that a worker would take, or a topic is missing.
    """
    value = encode(fact)
    try:
        decode(value, topic=CONTROL)
    except RefusedError as error:
        raise ConfigurationError(f"no worker would take this: {error.detail}") from error
    places = await control_places(settings)
    broker = KafkaBroker(settings)
    try:
        producer, at_once = await control_producer(settings, broker, speaker)
        try:
            await producer.begin()
            for place in places:
                await producer.hand_over(place, [Record(fact.TYPE.encode(), value)])
            await producer.settle()
            await producer.commit()
        finally:
            await producer.stop()
    finally:
        await broker.stop()
    return Announced(len(places), at_once)


async def published_policies(settings: Settings) -> Policies:
    """Read the agreements that were published, from the copies of the first partition.

    What no worker could read is left out. When each was seen is not known here: each
    counts as published when it occurred.
    """
    policies = Policies()
    broker = KafkaBroker(settings)
    try:
        async for _, records in broker.read_back([Place(settings.topic(CONTROL), 0)]):
            for record in records:
                if record.key != PolicyPublished.TYPE.encode():
                    continue
                try:
                    fact = decode(record.value, topic=CONTROL)
                    if isinstance(fact, PolicyPublished):
                        policies = policies.with_policy(policy_of(fact.body), fact.occurred_at)
                except (RefusedError, AgreementError):
                    continue
    finally:
        await broker.stop()
    return policies
