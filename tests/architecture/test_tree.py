"""What lies in the tree: packages, imports, and words that must not be there."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Built from parts, so that this file does not contain what it looks for.
MACHINE_PATHS = [f"/{name}/" for name in ("work", "root", "Users", "home", "private")]
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
    )
]
SMALL_FILE_BYTES = 2_000_000


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    """Whoever clones this has other folders, and may have other registries."""
    wrong = re.compile("|".join(map(re.escape, [*MACHINE_PATHS, *REGISTRIES])))
    found = []
    for path in _tracked():
        if not path.is_file() or path.stat().st_size > SMALL_FILE_BYTES:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [(str(path.relative_to(ROOT)), match) for match in wrong.findall(text)]

    assert found == []


def test_the_wheel_packages_are_the_packages() -> None:
    """pyproject.toml names every package at the top but those that are run from a checkout."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    tops = {path.relative_to(ROOT).parts[0] for path in _tracked() if path.name == "__init__.py"}

    assert set(named) == tops - {"tests", "benchmarks", "grafana"}
    assert set(project["tool"]["importlinter"]["root_packages"]) == set(named)


def _imports(source: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("source", sorted((ROOT / "schemas").rglob("*.py")), ids=lambda p: p.name)
def test_the_published_language_needs_two_packages_only(source: Path) -> None:
    """Who wants the records alone installs orjson and msgspec, and no Kafka client."""
    allowed = set(sys.stdlib_module_names) | {"schemas", "orjson", "msgspec"}

    assert _imports(source) <= allowed


def test_every_folder_with_code_is_a_package() -> None:
    """A forgotten __init__.py would leave its modules out of types and layers."""
    scripts = ROOT / "examples"
    code = [
        path
        for path in _tracked()
        if path.suffix == ".py" and path.is_file() and scripts not in path.parents
    ]

    assert [path for path in code if not path.with_name("__init__.py").exists()] == []
