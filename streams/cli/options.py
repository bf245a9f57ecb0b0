"""Flags that name settings: the same list for every command.

A flag overrides its ``LEADCLOCK_*`` variable, and `Settings.from_env` reads the
result, so a setting is checked in one place however it was given.
"""

import functools
import os
from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

import click

from streams.config import Settings

F = TypeVar("F", bound=Callable[..., Any])
Family = Literal["kafka", "app", "topics", "worker"]

_FLAGS: Final[dict[Family, tuple[tuple[str, str, str], ...]]] = {
    "kafka": (
        ("bootstrap-servers", "HOST:PORT,...", "Kafka brokers to begin with."),
        ("topic-prefix", "TEXT", "Put before the name of every topic."),
        ("security-protocol", "NAME", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."),
        ("sasl-mechanism", "NAME", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."),
        # A password on a command line is read by everybody on the machine.
        ("sasl-username", "TEXT", "The password comes by LEADCLOCK_SASL_PASSWORD only."),
        ("ssl-cafile", "FILE", "Certificates of the authorities to trust."),
        ("ssl-certfile", "FILE", "The client's own certificate."),
        ("ssl-keyfile", "FILE", "Its key; LEADCLOCK_SSL_PASSWORD opens it."),
    ),
    "app": (
        ("app-id", "TEXT", "Name of the app; its workers share the work."),
        ("time", "wall|facts", "Where the app's now comes from; fixed at its first start."),
    ),
    "topics": (
        ("partitions", "N", "Partitions of every topic."),
        ("replication", "N", "Copies of every partition that is created."),
    ),
    "worker": (
        ("writer", "plain|transactions", "How a worker commits."),
        ("instance-id", "TEXT", "A stable name for this worker within its group."),
        ("session-timeout", "SECONDS", "After so long in silence a worker counts as gone."),
        ("fetch-wait", "MILLIS", "How long a broker may wait for --fetch-min-bytes."),
        ("fetch-min-bytes", "N", "Below this a broker waits before it answers."),
        ("accept-misrouted", "ORIGIN,...", "Set their misrouted facts aside without stopping."),
        ("http-host", "HOST", "Address to serve metrics and health on."),
        ("http-port", "PORT", "Port to serve them on; 0: any free one."),
        ("probe", "SECONDS", "Send a synthetic lead through it all so often; 0: never."),
        ("facts-token-file", "FILE", "Take POST /facts from whoever bears the token in it."),
        ("control-token-file", "FILE", "Take POST /control from whoever bears the token in it."),
    ),
}


ReadSettings = Callable[[], Settings]


def with_settings(*families: Family, later: bool = False) -> Callable[[F], F]:
    """Give a command the flags of these families, and pass it ``settings``.

    Args:
        families: Which flags.
        later: Pass a function that reads the settings, for a command that may do
            without them.
    """
    flags = [flag for family in families for flag in _FLAGS[family]]

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            env = dict(os.environ)
            for name, _, _ in flags:
                value = kwargs.pop(_parameter(name))
                if value is not None:
                    env[_variable(name)] = value
            read = functools.partial(Settings.from_env, env)
            return command(*args, settings=read if later else read(), **kwargs)

        result: Any = called
        for name, form, doc in reversed(flags):
            result = click.option(
                f"--{name}",
                _parameter(name),
                metavar=form,
                envvar=_variable(name),
                show_envvar=True,
                help=doc,
            )(result)
        decorated: F = result
        return decorated

    return decorate


def _parameter(name: str) -> str:
    return f"setting_{name.replace('-', '_')}"


def _variable(name: str) -> str:
    return f"LEADCLOCK_{name.replace('-', '_').upper()}"
