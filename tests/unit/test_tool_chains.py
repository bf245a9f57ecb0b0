"""A subscriber whose tools are not there is not run, and that is said."""

from pathlib import Path

import pytest

from tests.support.subscribers import LANGUAGES, SOURCES, why_not


def _tool(directory: Path, name: str, told: str) -> None:
    """Put a tool there that tells its version and does nothing else."""
    tool = directory / name
    tool.write_text(f"#!/bin/sh\nprintf '{told}\\n'\n", encoding="utf-8")
    tool.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which tools are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_a_missing_tool_is_named(tools: Path) -> None:
    """With javac and without mvn, it is mvn that is missing."""
    _tool(tools, "javac", "javac 21")

    assert why_not("java") == "java was not run: mvn was not found; it needs 3.6 or newer"


def test_an_old_tool_is_named(tools: Path) -> None:
    """Go 1.19 is older than 1.26."""
    _tool(tools, "go", "go1.19.8")

    assert why_not("go") == "go was not run: go is 1.19; it needs 1.26 or newer"


def test_tools_that_are_new_enough_will_do(tools: Path) -> None:
    """A greater major version needs no minor one, and colours are no numbers."""
    _tool(tools, "javac", "javac 25")
    _tool(tools, "mvn", r"\033[1mApache Maven 3.8.7\033[m")

    assert why_not("java") is None


def test_every_subscriber_is_known() -> None:
    """A folder that is added under examples/subscribers is built and run too."""
    assert {path.name for path in SOURCES.iterdir() if path.is_dir()} == set(LANGUAGES)
