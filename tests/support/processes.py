"""Processes as the system lists them: who started whom, and who is still there."""

import subprocess
import time
from collections.abc import Collection

_POLL_SECONDS = 0.05


def descendants_of(pid: int) -> dict[int, str]:
    """List the processes that a process started, and those that they started.

    Returns:
        Command lines by process id.
    """
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for line in _listed("pid=,ppid=,args="):
        number, parent, command = line.split(None, 2)
        if not command.startswith("ps -A -o "):
            parents[int(number)], commands[int(number)] = int(parent), command
    found = {pid}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return {one: commands[one] for one in found - {pid}}


def alive(pids: Collection[int]) -> set[int]:
    """Tell which of these run; what has ended and waits to be reaped does not."""
    states = (line.split() for line in _listed("pid=,stat="))
    return {int(pid) for pid, state in states if not state.startswith("Z")} & set(pids)


def outlived(pids: Collection[int], within_seconds: float) -> set[int]:
    """Wait until these are gone, and tell which are not."""
    patience = time.monotonic() + within_seconds
    while (left := alive(pids)) and time.monotonic() < patience:
        time.sleep(_POLL_SECONDS)
    return left


def _listed(columns: str) -> list[str]:
    command = f"ps -A -o {columns}".split()
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
