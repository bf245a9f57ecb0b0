"""The secret with which others may post: read from a file, never shown, compared in even time."""

import hmac
import re
from pathlib import Path
from typing import Final

from streams.errors import ConfigurationError

SHORTEST: Final = 16
LONGEST: Final = 512
_SCHEME: Final = "Bearer "
_WHOLE: Final = re.compile(rf"[!-~]{{{SHORTEST},{LONGEST}}}")


class Token:
    """A bearer token (RFC 6750)."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        """Keep a secret."""
        self._secret = secret.encode()

    @classmethod
    def read(cls, path: str, variable: str) -> "Token":
        """Read a token from a file; white space around it is not part of it.

        Args:
            path: The file.
            variable: The setting that names it, for the sentence.

        Raises:
            ConfigurationError: It cannot be read, or holds no token.
        """
        try:
            secret = Path(path).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it holds more than ASCII"
            raise ConfigurationError(f"{variable} is {path!r}, which cannot be read: {why}") from (
                # The text of a decoding error quotes the bytes.
                error if isinstance(error, OSError) else None
            )
        if _WHOLE.fullmatch(secret) is None:
            raise ConfigurationError(
                f"{variable} is {path!r}, which holds no token: wanted {SHORTEST} to {LONGEST} "
                "visible ASCII characters without blanks, such as `openssl rand -hex 32` gives"
            )
        return cls(secret)

    def admits(self, authorization: str | None) -> bool:
        """Tell whether an ``Authorization`` header carries this token."""
        if authorization is None or not authorization.startswith(_SCHEME):
            return False
        given = authorization.removeprefix(_SCHEME).strip()
        # Takes as long for a wrong first character as for a wrong last one.
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._secret)
