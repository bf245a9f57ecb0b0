"""Facts on their way from a worker's door to the topics, as `leadclock send` puts them there."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Final

from schemas.codec import TOPIC_OF, encode
from schemas.facts import AnyFact, ControlFact, Fact
from schemas.topics import partition_of
from streams.config import Settings, WriterKind
from streams.runtime.broker import Broker, BrokerTroubleError, Place, Producer, Record

PATIENCE_SECONDS: Final = 10.0
"""Whoever posts has a patience of his own, and tells it again."""


class Sender:
    """Puts facts on the input topics: a lead's on its partition, the others on every one.

    Attributes:
        settings: The app's.
    """

    def __init__(self, settings: Settings, broker: Broker) -> None:
        """Connect when there is something to send.

        Args:
            settings: The app's.
            broker: Where to write.
        """
        self.settings = settings
        self._broker = broker
        # Each sender has a name of its own: two with one name would end each other.
        self._name = f"{settings.name}-post-{uuid.uuid4().hex}"
        self._leads: Producer | None = None
        self._control: Producer | None = None
        self._turn = asyncio.Lock()

    async def send(self, facts: Sequence[AnyFact]) -> None:
        """Write facts, in order, and wait until the brokers have them.

        What is told to every partition becomes visible at once, where there are transactions.

        Raises:
            BrokerTroubleError: It is not known what was written; telling it again does no harm.
        """
        leads = [fact for fact in facts if isinstance(fact, Fact)]
        control = [fact for fact in facts if isinstance(fact, ControlFact)]
        async with self._turn:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._tell(leads)
                    await self._tell_all(control)
            except Exception as error:
                # A producer that failed once may not be used again.
                await self._let_go()
                raise BrokerTroubleError(f"facts were not written: {error!r}") from error

    async def stop(self) -> None:
        """Give back the connections."""
        async with self._turn:
            await self._let_go()

    async def _tell(self, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        if self._leads is None:
            self._leads = await self._broker.plain_producer()
        records: dict[Place, list[Record]] = {}
        for fact in facts:
            key = fact.lead_id.encode()
            topic = self.settings.topic(TOPIC_OF[fact.TYPE])
            place = Place(topic, partition_of(key, self.settings.partitions))
            records.setdefault(place, []).append(Record(key, encode(fact)))
        for place, told in records.items():
            await self._leads.hand_over(place, told)
        await self._leads.settle()

    async def _tell_all(self, facts: Sequence[ControlFact]) -> None:
        if not facts:
            return
        if self._control is None:
            self._control = await self._control_producer()
        await self._control.begin()
        for number in range(self.settings.partitions):
            for fact in facts:
                place = Place(self.settings.topic(TOPIC_OF[fact.TYPE]), number)
                record = Record(fact.TYPE.encode(), encode(fact))
                await self._control.hand_over(place, [record])
        await self._control.settle()
        await self._control.commit()

    async def _control_producer(self) -> Producer:
        if self.settings.writer is WriterKind.PLAIN:
            return await self._broker.plain_producer()
        topic = self.settings.topic(TOPIC_OF["exclusion-declared"])
        return await self._broker.transactional_producer(self._name, [topic])

    async def _let_go(self) -> None:
        producers, self._leads, self._control = (self._leads, self._control), None, None
        for producer in producers:
            if producer is not None:
                await producer.stop()
