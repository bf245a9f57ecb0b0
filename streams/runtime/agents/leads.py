"""The agent of the leads: it only fills the inboxes.

It must neither commit nor wait: it would make all partitions wait for one. And
nothing may escape it, since Faust acknowledges an event whose agent raised.
"""

from collections.abc import Callable
from typing import Any

from streams.runtime.ending import end_unexpectedly
from streams.runtime.transport import Batch

Take = Callable[[Batch, Callable[[], None]], None]


def attach(app: Any, inputs: Any, take: Take) -> Any:
    """Declare the agent on an app and return it.

    Args:
        app: Faust's.
        inputs: The channel of all input topics.
        take: Lets a batch wait in its partition's inbox.
    """
    return attach_named("leads", app, inputs, take)


def attach_named(name: str, app: Any, inputs: Any, take: Take) -> Any:
    """Declare an agent of some name that only fills inboxes."""

    @app.agent(inputs, name=name)  # type: ignore[untyped-decorator] # Faust's decorator
    async def agent(stream: Any) -> None:
        try:
            async for event in stream.noack().events():
                take(event.value, event.ack)
        except Exception:  # noqa: BLE001 - Faust would acknowledge the event and go on
            end_unexpectedly("agent_failed", agent=name)

    return agent
