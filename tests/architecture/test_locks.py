"""The locks hold what pyproject.toml asks for, each file known by its hash."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SUBSCRIBERS = ROOT / "examples" / "subscribers"
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), SUBSCRIBERS / "python/requirements.txt"]
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
    ("lock", "extras"),
    [("run", ()), ("demo", ("demo",)), ("dev", ("demo", "dev")), ("bench", ("bench",))],
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


def test_the_lock_for_node_holds_hashes_and_no_addresses() -> None:
    """Each package is known by its hash alone; where it comes from is npm's setting."""
    lock = json.loads((SUBSCRIBERS / "javascript/package-lock.json").read_text(encoding="utf-8"))
    packages = [package for name, package in lock["packages"].items() if name]

    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert [package for package in packages if "resolved" in package] == []


def test_the_lock_for_go_holds_a_hash_of_every_module() -> None:
    """Of each module and of its go.mod; none is replaced."""
    module = (SUBSCRIBERS / "go/go.mod").read_text(encoding="utf-8")
    sums = (SUBSCRIBERS / "go/go.sum").read_text(encoding="utf-8")
    asked = re.findall(r"^(?:require|\t)\s*(\S+ v\S+)", module, re.MULTILINE)

    assert asked
    assert [name for name in asked if f"{name} h1:" not in sums] == []
    assert "replace" not in module


def test_the_build_for_java_names_versions_and_no_repository() -> None:
    """Maven has no lock; every library and plugin has one exact version."""
    pom = (SUBSCRIBERS / "java/pom.xml").read_text(encoding="utf-8")
    artifacts = len(re.findall("<artifactId>", pom))

    assert len(re.findall(r"<version>\d[\w.]*</version>", pom)) == artifacts
    assert "epositor" not in pom
