"""Runs a command that must not outlive the process that asked for it.

``python leash.py COMMAND...`` runs COMMAND, kills it when standard input
ends, and exits with its exit code. The asker holds the other end of that pipe
and never writes. However the asker dies, even by SIGKILL, the kernel closes
its end, so the command goes too; on Linux and macOS alike, where ``atexit``
and signal handlers would not run. Needs nothing but the standard library.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import FrameType

_STANDARD_INPUT = 0
_CHUNK_BYTES = 4096


def command_on_a_leash(command: Sequence[str]) -> list[str]:
    """Put the leash before ``command``.

    The asker starts the result with ``stdin=PIPE`` and ``start_new_session``:
    the pipe is the leash, and Ctrl-C at a terminal is then for the asker
    alone. Closing the pipe kills the command; SIGTERM is passed on to it.
    """
    # -I and -S: no site directories to scan, so this costs some 10 ms.
    return [sys.executable, "-I", "-S", __file__, *command]


def main(command: Sequence[str]) -> int:
    """Run ``command`` until it ends or standard input does; return its exit code."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the asker's words

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    threading.Thread(target=_kill_at_end_of_input, args=(process,), daemon=True).start()
    return process.wait()


def _kill_at_end_of_input(process: subprocess.Popen[bytes]) -> None:
    while os.read(_STANDARD_INPUT, _CHUNK_BYTES):
        pass
    process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
