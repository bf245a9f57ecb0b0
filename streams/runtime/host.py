"""Our Faust app: Faust's own, with our parts started around it."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import faust
from faust.app.base import BootStrategy as FaustBootStrategy
from mode import Service

from streams.config import Settings
from streams.errors import ConfigurationError
from streams.runtime import admin
from streams.runtime.broker import Broker
from streams.runtime.commit import Writer
from streams.runtime.ending import end_misconfigured, end_unexpectedly
from streams.runtime.http import Door
from streams.runtime.logs import library_log
from streams.runtime.owned_reps import OwnedTables
from streams.runtime.transport import Transport


class BootStrategy(FaustBootStrategy):
    """Starts our own parts before Faust's, and never Faust's web server.

    Faust's command line would start it whatever the settings say, and a second worker
    on a machine would die of its port.
    """

    enable_web = False

    def server(self) -> Iterable[Any]:
        """Give the services in the order in which they start."""
        app: Any = self.app
        return chain(app.own_services, super().server())


class App(faust.App):
    """A Faust app that carries ours.

    Attributes:
        settings: The installation's.
        owner: Owns the partitions.
        reader: Takes the batches; the same object.
        input_names: Catalogue names of the inputs by full name.
        own_services: Started first, stopped last.
    """

    logger = library_log

    BootStrategy = BootStrategy

    settings: Settings
    owner: OwnedTables
    reader: OwnedTables
    input_names: dict[str, str]
    own_services: list[Any]

    def _new_transport(self) -> Any:
        return Transport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Make none: all state is in the changelog."""


class Guard(Service):
    """What has to happen before the worker joins its group, and after it has left it."""

    logger = library_log

    abstract = False

    def __init__(self, app: App, *, door: Door, writer: Writer, broker: Broker) -> None:
        """Guard an app.

        Args:
            app: Whose.
            door: Opened first and closed last.
            writer: Has a look before the group is joined.
            broker: Stopped in the end.
        """
        super().__init__()
        self._app = app
        self._door = door
        self._writer = writer
        self._broker = broker

    async def on_start(self) -> None:
        """Open the door, and check what a start needs."""
        try:
            await self._door.open()
            await admin.check_for_worker(self._app.settings)
            await self._writer.prepare()
        except admin.UnreachableError:
            end_unexpectedly("broker_unreachable")
        except ConfigurationError as error:
            end_misconfigured(error)
        except Exception:  # noqa: BLE001 - a supervisor tries again
            end_unexpectedly("start_failed")

    async def on_stop(self) -> None:
        """Give back the last connections."""
        await self._broker.stop()
        await self._door.close()


def bind(app: App) -> None:
    """Let Faust's rebalances and its end hold and stop what is owned."""

    @app.on_partitions_revoked.connect
    async def revoked(*_told: Any, **_more: Any) -> None:
        await app.owner.hold()

    @app.on_before_shutdown.connect
    async def stopping(*_told: Any, **_more: Any) -> None:
        await app.owner.stop()
