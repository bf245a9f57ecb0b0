"""Faust's recovery, replaced where it loses events and time.

Stock recovery resumes the inputs, then seeks, then clears the queues: what was
delivered in between is lost, about one restart in three. It also applies eight
thousand changelog records a second, and drops the exceptions of callbacks. Here the
order is: load, seek, open the partitions, clear the queues, resume.

The overridden methods are Faust 0.15.3's; tests/architecture notices when they drift.
"""

from typing import Any, Protocol

from faust.tables.manager import TableManager as FaustTableManager
from faust.tables.recovery import RebalanceAgain, ServiceStopped
from faust.tables.recovery import Recovery as FaustRecovery

from streams.config import TABLE
from streams.errors import ConfigurationError
from streams.runtime.ending import end_misconfigured, end_unexpectedly
from streams.runtime.logs import library_log


class Owner(Protocol):
    """Who owns partitions of the state; the app has one as ``owner``."""

    async def load(self, partitions: frozenset[int]) -> None:
        """Own exactly these partitions, as they were committed."""

    def open(self, generation: int) -> None:
        """Take batches of this generation from now on."""


class Recovery(FaustRecovery):
    """Loads what this worker has got, and starts the flow in the right order."""

    logger = library_log

    app: Any

    def need_recovery(self) -> bool:
        """Tell Faust that there is nothing to replay: `Owner.load` does it."""
        return False

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Take over the partitions of a generation."""
        await self.app.on_rebalance_complete.send()
        self._set_recovery_ended()
        try:
            await self._take_over(generation_id)
        except (RebalanceAgain, ServiceStopped):
            raise
        except ConfigurationError as error:
            end_misconfigured(error)
        except Exception:  # noqa: BLE001 - half a state must not be worked with
            end_unexpectedly("takeover_failed", generation=generation_id)

    async def _take_over(self, generation_id: int) -> None:
        await self._load()
        if self.app.consumer_generation_id != generation_id:
            return
        consumer, owned = self.app.consumer, self.app.consumer.assignment()
        if owned:
            await self._wait(consumer.perform_seek(), timeout=self.app.conf.broker_request_timeout)
        # Before the first record can come, else it would be dropped.
        self.app.owner.open(generation_id)
        # This clears the queues, so the inputs must still be paused.
        self.app.flow_control.resume()
        consumer.resume_partitions({place for place in owned if not self._is_changelog_tp(place)})
        self.completed.set()
        consumer.resume_flow()
        await self.app._fetcher.maybe_start()  # noqa: SLF001
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        self.app.on_rebalance_end()

    async def _load(self) -> None:
        for table in self.tables.values():
            actives = self.actives_for_table[table]
            if table.name == TABLE:
                await self.app.owner.load(frozenset(place.partition for place in actives))
            else:
                await table.on_recovery_completed(actives, self.standbys_for_table[table])


class TableManager(FaustTableManager):
    """Faust's table manager with the recovery above."""

    logger = library_log

    @property
    def recovery(self) -> Any:
        """The recovery service."""
        if self._recovery is None:
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
