"""How a worker ends when it cannot go on.

It ends at once: an orderly stop would acknowledge what was not done. The next life
reads what was really committed.
"""

import logging
import os
import sys
from typing import Final, NoReturn

from streams.errors import ConfigurationError

log = logging.getLogger(__name__)

CANNOT_START: Final = 2
"""A person has to change something; starting again does not help."""
TROUBLE: Final = 70
"""Our defect or the broker's trouble; a supervisor starts again, with a growing pause."""


def end_misconfigured(error: ConfigurationError) -> NoReturn:
    """End with one sentence about what has to be changed."""
    if sys.__stderr__ is not None:
        # Faust takes sys.stderr for its log; this is for a person.
        sys.__stderr__.write(f"leadclock: {error}\n")
    _leave(CANNOT_START)


def end_unexpectedly(event: str, **fields: object) -> NoReturn:
    """End with the error that is being handled in the log."""
    log.critical(event, exc_info=sys.exc_info(), extra=fields)
    _leave(TROUBLE)


def _leave(code: int) -> NoReturn:
    logging.shutdown()
    if sys.__stderr__ is not None:
        sys.__stderr__.flush()
    os._exit(code)
