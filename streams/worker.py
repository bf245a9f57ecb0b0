"""What ``faust -A streams.worker worker`` loads: the one global app."""

import os
import sys

from streams.app import create_app
from streams.config import Settings
from streams.errors import ConfigurationError
from streams.runtime.ending import CANNOT_START

if sys.platform != "win32":
    import uvloop

    # Before any loop is made: the consumer's thread makes its own.
    uvloop.install()

try:
    app = create_app(Settings.from_env(os.environ))
except ConfigurationError as error:
    sys.stderr.write(f"leadclock: {error}\n")
    raise SystemExit(CANNOT_START) from None
