"""Prometheus' own checker of metrics, where the machine has it."""

import shutil
import subprocess
import warnings


def blame(text: str) -> str:
    """Say what ``promtool check metrics`` finds wrong with a scrape; empty: nothing.

    Warns that only the client's parser has checked where promtool is not installed.
    """
    promtool = shutil.which("promtool")
    if promtool is None:
        warnings.warn("promtool is not installed, so it checks no metrics here", stacklevel=2)
        return ""
    checked = subprocess.run(
        [promtool, "check", "metrics"],
        input=text,
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    return checked.stdout + checked.stderr
