"""Commands as a person runs them, without a process of their own."""

import os
from collections.abc import Mapping

from click.testing import CliRunner, Result

from streams.cli import main


def run(*args: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> Result:
    """Run `leadclock` with just these settings, whatever the machine has set."""
    cleared = dict.fromkeys(name for name in os.environ if name.startswith("LEADCLOCK_"))
    return CliRunner().invoke(main, list(args), env={**cleared, **(env or {})}, input=stdin)


def complaint(*args: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> str:
    """Run what is wrong use, and give the one sentence it is answered with."""
    result = run(*args, env=env, stdin=stdin)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line
