"""Agreement files as commands read them."""

from pathlib import Path
from typing import Any

from streams.domain.agreement import read_agreement
from streams.errors import ConfigurationError


def read_body(path: str) -> dict[str, Any]:
    """Read an agreement file into the body that is published.

    Raises:
        ConfigurationError: The file cannot be read.
        AgreementError: It is no agreement that can hold; carries all that is wrong.
    """
    return read_agreement(read_text(path), path)


def read_text(path: str) -> str:
    """Read the text of an agreement file.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not text in UTF-8") from error
