"""The locks hold what pyproject.toml asks for, each file known by its hash."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def _pins(lock: Path) -> dict[str, str]:
    matches = (PINNED.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {found[1]: found[2] for found in matches if found}


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_pins_and_hashes_and_nothing_else(lock: Path) -> None:
    """No index, no link, no path, no comment: only exact versions and their hashes."""
    lines = lock.read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not (PINNED.match(line) or HASH.match(line))] == []


@pytest.mark.parametrize(
    ("lock", "extras"), [("run", ()), ("demo", ("demo",)), ("dev", ("demo", "dev"))]
)
def test_a_lock_satisfies_what_the_project_asks(lock: str, extras: tuple[str, ...]) -> None:
    """Every stated dependency is pinned at a version that is allowed."""
    project = _project()["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    pins = _pins(ROOT / "requirements" / f"{lock}.txt")

    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


def test_all_locks_agree() -> None:
    """What is tested is what runs: a package has one version in every lock."""
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version in _pins(lock).items():
            versions.setdefault(name, set()).add(version)

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_the_builder_is_the_one_that_pyproject_names() -> None:
    """requirements/build.in repeats build-system.requires, from which build.txt is made."""
    listed = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8").split()

    assert listed == _project()["build-system"]["requires"]
