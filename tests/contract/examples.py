"""Where the golden examples lie, and how to find them."""

from pathlib import Path

from schemas.export import HOME

EXAMPLES = HOME / "examples"


def valid_examples() -> list[Path]:
    """List every example that shows how it is done."""
    return sorted(EXAMPLES.glob("*/valid/*.json"))


def invalid_examples() -> list[Path]:
    """List every example that is refused; its name begins with the reason."""
    return sorted(EXAMPLES.glob("*/invalid/*.json"))


def type_of(example: Path) -> str:
    """Tell of which type an example is."""
    return example.parent.parent.name


def name_of(example: Path) -> str:
    """Name an example in a test's report."""
    return example.relative_to(EXAMPLES).with_suffix("").as_posix()
