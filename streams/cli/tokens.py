"""Makes secrets as files, for a stack that starts with one command.

``python -m streams.cli.tokens DIRECTORY NAME...``: those that exist stay as they are.
Whoever mounts the directory may read them, whatever user it runs as; nobody else mounts it.
"""

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_BYTES: Final = 32
_READABLE: Final = 0o444


def main(directory: Path, names: Sequence[str]) -> None:
    """Make each of them, if it is missing; whole or not at all."""
    for name in names:
        path = directory / name
        if not path.exists():
            fresh = directory / f".{name}"
            fresh.write_text(secrets.token_hex(_BYTES), encoding="ascii")
            fresh.chmod(_READABLE)
            fresh.rename(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
