"""Builds and runs the subscribers of examples/subscribers, where their tools are.

By hand: ``python -m tests.support.subscribers`` says which of them can be run here.
"""

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from sys import executable
from typing import Final

SOURCES: Final = Path(__file__).parents[2] / "examples" / "subscribers"
_BUILT_WITHIN_SECONDS: Final = 600
_LEFT_BY_BUILDS: Final = ("node_modules", "target", "__pycache__")

# What tells the version of each tool, and the least that will do.
_TOOLS: Final[Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]] = {
    "javac": (("javac", "-version"), (17,)),
    "mvn": (("mvn", "-version"), (3, 6)),
    "node": (("node", "--version"), (18,)),
    "npm": (("npm", "--version"), (9,)),
    "go": (("go", "env", "GOVERSION"), (1, 26)),
}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "python": (),
    "java": ("javac", "mvn"),
    "javascript": ("node", "npm"),
    "go": ("go",),
}
LANGUAGES: Final = tuple(_NEEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run of a subscriber.

    Attributes:
        code: Its exit code.
        lines: What it printed, without the last line.
        now: Its last line: how many breaches have which status.
        errors: What it wrote to standard error.
    """

    code: int
    lines: list[str]
    now: str
    errors: str


def why_not(language: str) -> str | None:
    """Say which tool is missing or too old to build a subscriber; None: it can be run."""
    for tool in _NEEDED[language]:
        asking, least = _TOOLS[tool]
        wanted = ".".join(map(str, least))
        found = _version(asking)
        if found is None:
            return f"{language} was not run: {tool} was not found; it needs {wanted} or newer"
        if found < least:
            had = ".".join(map(str, found))
            return f"{language} was not run: {tool} is {had}; it needs {wanted} or newer"
    return None


def built(language: str, cache: Path) -> list[str]:
    """Build a subscriber, once for each state of its sources.

    Args:
        language: One whose tools are there.
        cache: Where builds are kept; nothing is written beside the sources.

    Returns:
        The command that runs it.
    """
    sources = SOURCES / language
    place = cache / f"{language}-{_digest(sources)}"
    if not place.exists():
        for old in cache.glob(f"{language}-*"):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            work = Path(scratch) / "work"
            shutil.copytree(sources, work, ignore=shutil.ignore_patterns(*_LEFT_BY_BUILDS))
            for command in _building(language):
                _run(command, work)
            work.rename(place)
    return _running(language, place)


async def run_until_idle(command: list[str], directory: Path, env: Mapping[str, str]) -> Ended:
    """Run a subscriber until nothing has come for two seconds."""
    return await _run_until(command, directory, {**env, "LEADCLOCK_STOP_WHEN_IDLE_SECONDS": "2"})


async def run_until_told(
    command: list[str], directory: Path, env: Mapping[str, str], count: int
) -> Ended:
    """Run a subscriber until it has printed so many lines, then send it SIGTERM."""
    return await _run_until(command, directory, env, count)


async def _run_until(
    command: list[str], directory: Path, env: Mapping[str, str], count: int | None = None
) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=directory, env={**os.environ, **env}, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    lines: list[str] = []
    try:
        async with asyncio.timeout(60):
            async for line in process.stdout:
                lines.append(line.decode().rstrip("\n"))
                if len(lines) == count:
                    process.send_signal(SIGTERM)
            code = await process.wait()
    except TimeoutError:
        process.kill()
        raise AssertionError(f"no end: {lines} {(await errors).decode()}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = (await errors).decode()
    assert lines, told
    return Ended(code=code, lines=lines[:-1], now=lines[-1], errors=told)


def _building(language: str) -> list[list[str]]:
    match language:
        case "java":
            return [["mvn", "-q", "-B", "-C", "package"]]
        case "javascript":
            return [["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]]
        case "go":
            return [["go", "vet", "."], ["go", "build", "-buildvcs=false", "-o", "subscriber", "."]]
    return []


def _running(language: str, place: Path) -> list[str]:
    match language:
        case "java":
            # Quick to start and small: it is run for seconds.
            modest = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
            return ["java", *modest, "-jar", str(place / "target" / "subscriber.jar")]
        case "javascript":
            return ["node", str(place / "subscriber.js")]
        case "go":
            return [str(place / "subscriber")]
    return [executable, str(place / "subscriber.py")]


def _run(command: list[str], directory: Path) -> None:
    done = subprocess.run(
        command,
        cwd=directory,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_BUILT_WITHIN_SECONDS,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-3000:]}"


def _version(asking: tuple[str, ...]) -> tuple[int, ...] | None:
    """Give the version that a tool tells, major and minor; None: there is no such tool."""
    if shutil.which(asking[0]) is None:
        return None
    told = subprocess.run(asking, cwd=SOURCES, check=False, capture_output=True, text=True)
    # Maven prints in colour, and that has numbers too.
    plain = re.sub(r"\x1b\[[\d;]*m", "", told.stdout + told.stderr)
    found = re.search(r"(\d+)(?:\.(\d+))?", plain)
    return None if found is None else tuple(int(part) for part in found.groups() if part)


def _digest(sources: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(sources.rglob("*")):
        name = path.relative_to(sources)
        if path.is_file() and not set(name.parts) & set(_LEFT_BY_BUILDS):
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def main() -> None:
    """Say of each language whether its subscriber can be run."""
    for language in LANGUAGES:
        with_tools = ", ".join(_NEEDED[language]) or "this Python"
        told = why_not(language) or f"{language} is run, with {with_tools}"
        print(f"subscribers: {told}", flush=True)  # noqa: T201 - for whoever started the tests


if __name__ == "__main__":
    main()
