"""Instants as flags take them."""

import click

from schemas.instants import Instant, parse_instant


class InstantType(click.ParamType):
    """An RFC 3339 instant with an offset, such as ``2026-04-01T09:00:00+02:00``."""

    name = "instant"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Instant:
        """Read the flag's text; what is an instant already stays one."""
        if isinstance(value, int):
            return value
        try:
            return parse_instant(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


INSTANT = InstantType()
