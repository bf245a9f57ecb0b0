"""The agent of the reps: it only fills the inboxes, as that of the leads does."""

from typing import Any

from streams.runtime.agents.leads import Take, attach_named


def attach(app: Any, partials: Any, take: Take) -> Any:
    """Declare the agent on an app and return it.

    Args:
        app: Faust's.
        partials: The channel of what partitions of leads tell.
        take: Lets a batch wait in its partition's inbox.
    """
    return attach_named("reps", app, partials, take)
