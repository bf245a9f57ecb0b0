"""Commands as a person runs them, without a process of their own."""

from collections.abc import Mapping

from click.testing import CliRunner, Result

from streams.cli import main


def run(*args: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> Result:
    """Run `leadclock`; only the given variables are set of its own."""
    cleared = dict.fromkeys(
        (
            "LEADCLOCK_BOOTSTRAP_SERVERS",
            "LEADCLOCK_TOPIC_PREFIX",
            "LEADCLOCK_APP_ID",
            "LEADCLOCK_TIME",
        )
    )
    return CliRunner().invoke(main, list(args), env={**cleared, **(env or {})}, input=stdin)


def complaint(*args: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> str:
    """Run what is wrong use, and give the one sentence it is answered with."""
    result = run(*args, env=env, stdin=stdin)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line
