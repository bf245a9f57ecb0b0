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
Family = Literal["kafka", "app", "http"]

_FLAGS: Final[dict[Family, tuple[tuple[str, str, str], ...]]] = {
    "kafka": (
        ("bootstrap-servers", "HOST:PORT,...", "Kafka brokers to begin with."),
        ("topic-prefix", "TEXT", "Put before the name of every topic."),
        ("security-protocol", "NAME", "As Kafka names it: PLAINTEXT, SSL, SASL_SSL, ..."),
        ("sasl-mechanism", "NAME", "As Kafka names it: PLAIN, SCRAM-SHA-512, ..."),
        ("sasl-username", "TEXT", "Its password only comes by LEADCLOCK_SASL_PASSWORD."),
        ("ssl-cafile", "FILE", "Certificates of the authorities to trust."),
    ),
    "app": (
        ("app-id", "TEXT", "Name of the application; workers of one name share the work."),
        ("time", "wall|facts", "Whether now is the wall clock or told by the sources."),
        ("writer", "plain|transactions", "How a worker commits."),
    ),
    "http": (
        ("http-host", "HOST", "Address to listen on."),
        ("http-port", "PORT", "Port to listen on."),
    ),
}


def with_settings(*families: Family) -> Callable[[F], F]:
    """Give a command the flags of these families, and pass it ``settings``."""
    flags = [flag for family in families for flag in _FLAGS[family]]

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            env = dict(os.environ)
            for name, _, _ in flags:
                value = kwargs.pop(_parameter(name))
                if value is not None:
                    env[_variable(name)] = value
            return command(*args, settings=Settings.from_env(env), **kwargs)

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
