"""How a command ends: an exit code, and at most one sentence on standard error."""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Final

import click

from streams.domain.problems import AgreementError
from streams.errors import LeadclockError

DONE: Final = 0
ANSWER_IS_NO: Final = 1
WRONG_USE: Final = 2
INTERRUPTED: Final = 130
"""As a shell reports a program that SIGINT ended."""
BROKEN_PIPE: Final = 141
"""As a shell reports a program that SIGPIPE ended."""


class AnswerIsNoError(LeadclockError):
    """The command did what it was asked, and the answer is no: exit code 1.

    The text is one sentence for standard error.
    """


def ended(run: Callable[[], object]) -> int:
    """Run a command and tell the exit code.

    What a person can mend is told in a sentence. Anything else is a defect of
    ours and keeps its traceback.
    """
    try:
        result = run()
        # Buffered output meets a closed pipe only here.
        sys.stdout.flush()
    except (click.ClickException, LeadclockError) as error:
        return _told(error)
    except (KeyboardInterrupt, click.Abort, asyncio.CancelledError):
        return INTERRUPTED
    except BrokenPipeError:
        forget_stdout()
        return BROKEN_PIPE
    # Where click would leave with a code, it returns the code instead.
    return result if type(result) is int else DONE


def _told(error: click.ClickException | LeadclockError) -> int:
    """Say on standard error what is wrong, and tell the exit code."""
    match error:
        case AgreementError():
            # Each of its lines begins with a place, as a compiler's do.
            text = str(error)
        case click.ClickException():
            text = f"leadclock: {_sentence(error)}"
        case _:
            text = f"leadclock: {error}"
    click.echo(text, err=True)
    return ANSWER_IS_NO if isinstance(error, AnswerIsNoError) else WRONG_USE


def _sentence(error: click.ClickException) -> str:
    """Put click's complaint on one line, with the command it is about."""
    text = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None or context.parent is None:
        return text
    # "leadclock send" -> "send": the program's name stands in front of every sentence.
    command = context.command_path.partition(" ")[2]
    return f"{command}: {text[:1].lower()}{text[1:]}"


def forget_stdout() -> None:
    """Keep Python from complaining about the closed pipe once more at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        # Not a real file, as in tests: nothing will be flushed to it.
        return
