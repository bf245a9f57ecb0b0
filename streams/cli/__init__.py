"""`leadclock`: one command for everything a person starts by hand.

A command's module is imported when that command runs or shows its own help, so
that `leadclock --help` does not wait for Kafka clients and terminal libraries.
"""

import difflib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import click

from streams.cli.exits import BROKEN_PIPE, ended, forget_stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command as the overview shows it.

    Attributes:
        name: What is typed.
        target: Where it lives, as ``module:attribute``.
        family: The heading under which it is listed.
        doc: One line; equals the command's own short help, which a test compares.
    """

    name: str
    target: str
    family: str
    doc: str


def _entry(family: str, name: str, doc: str) -> Entry:
    return Entry(name=name, target=f"streams.cli.{name}:{name}", family=family, doc=doc)


SEE: Final = "See it work"
RUN: Final = "Run it"
TRAFFIC: Final = "Feed it and listen"
FILES: Final = "Judge files, without Kafka"

COMMANDS: Final = {
    entry.name: entry
    for entry in (
        _entry(SEE, "demo", "Show it all on this machine: broker, worker, traffic and board."),
        _entry(SEE, "board", "Watch live what runs, what is due next and what is breached."),
        _entry(RUN, "topics", "Create the topics, or check that they are as they must be."),
        _entry(RUN, "policy", "Check, show, try and publish agreements."),
        _entry(RUN, "control", "Declare exclusions, send heartbeats and receipts."),
        _entry(RUN, "worker", "Judge leads: read facts, write breaches and verdicts."),
        _entry(TRAFFIC, "send", "Put facts from a file on the topics, at their own time."),
        _entry(TRAFFIC, "simulate", "Play a seeded sales floor, to the topics or to a file."),
        _entry(TRAFFIC, "subscribe", "Print records as they are committed."),
        _entry(FILES, "replay", "Judge a file of facts against an agreement."),
        _entry(FILES, "explain", "Say why each clock of a lead says what it says."),
    )
}

EXAMPLES: Final = """\
leadclock demo
leadclock replay --policy agreement.yaml facts.jsonl --out verdicts
leadclock topics create
leadclock policy publish agreement.yaml
leadclock subscribe speed-breaches --from-beginning | jq .status"""


class Leadclock(click.Group):
    """The group: imports commands when they are needed, and ends in one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order of the overview."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which one may have been meant."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`leadclock --help` lists them all"
            raise click.UsageError(f"there is no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands by family without importing any of them."""
        families: dict[str, list[tuple[str, str]]] = {}
        for entry in COMMANDS.values():
            families.setdefault(entry.family, []).append((entry.name, entry.doc))
        for family, rows in families.items():
            with formatter.section(family):
                formatter.write_dl(rows)
        with formatter.section("Examples"):
            for line in EXAMPLES.splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - whatever a command returns
        """Run the command; a reader of its output who has left ends it without a word.

        Raises:
            Exit: Standard output is closed.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Caught here, since click would end with 1, which means that the answer is no.
            forget_stdout()
            raise click.exceptions.Exit(BROKEN_PIPE) from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - click's signature
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002
        **extra: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Run; as a program, end with 0, 1 or 2 and at most one sentence.

        Raises:
            SystemExit: In standalone mode, always.
        """

        def run(*, standalone: bool) -> Any:  # noqa: ANN401
            return super(Leadclock, self).main(
                args,
                prog_name or "leadclock",
                complete_var,
                standalone_mode=standalone,
                windows_expand_args=windows_expand_args,
                **extra,
            )

        if not standalone_mode:
            return run(standalone=False)
        raise SystemExit(ended(lambda: run(standalone=False)))


def installed_version() -> str:
    """Tell the installed distribution's version."""
    try:
        return version("leadclock")
    except PackageNotFoundError:
        return "0 (not installed)"


@click.group(
    name="leadclock",
    cls=Leadclock,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Flags and LEADCLOCK_* variables name the same settings; a flag wins. "
        "Ends with 0: done; 1: the answer is no; 2: wrong use or bad input."
    ),
)
@click.version_option(installed_version(), "-V", "--version", message="leadclock %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Turn facts about leads into verdicts on what Sales and Marketing promised each other."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
