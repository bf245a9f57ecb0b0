"""What users get is a wheel, so it is the wheel that must be complete."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel that is built from the tree as it is."""
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = directory.glob("leadclock-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _modules(package: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*.py")}


@pytest.mark.parametrize("package", ["streams", "schemas"])
def test_every_module_is_in_the_wheel(contents: set[str], package: str) -> None:
    """No module is left behind by a build rule."""
    assert _modules(package) <= contents


def test_the_wheel_holds_nothing_else(contents: set[str]) -> None:
    """Tests, locks and caches stay at home; the licence goes along."""
    tops = {name.split("/")[0] for name in contents}
    (info,) = tops - {"streams", "schemas"}

    assert info.endswith(".dist-info")
    assert f"{info}/licenses/LICENSE" in contents
    assert not [name for name in contents if "__pycache__" in name]


def test_the_exports_of_the_schemas_are_in_the_wheel(contents: set[str]) -> None:
    """Who has the package has JSON Schema and AsyncAPI too."""
    exported = {str(path.relative_to(ROOT)) for path in (ROOT / "schemas" / "json").rglob("*.json")}

    assert exported | {"schemas/asyncapi.yaml"} <= contents
    assert exported
