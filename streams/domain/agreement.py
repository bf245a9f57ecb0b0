"""The agreement file: read, checked as a whole, made ready to be published.

All that is wrong is found in one reading; each problem says where, what stands
there, what should, and how to mend it.
"""

import json
from typing import Final, cast

from streams.domain.closings import resolve
from streams.domain.document import read_document
from streams.domain.found import Found, Ledger
from streams.domain.policy import policy_digest, read_policy, read_start
from streams.domain.problems import AgreementError, Problem

__all__ = ["AgreementError", "Problem", "read_agreement"]

# A published body travels as one fact of at most 64 KiB, beside its other fields.
_MOST_BYTES: Final = 63 * 1024


def read_agreement(text: str, name: str) -> dict[str, object]:
    """Read an agreement from YAML 1.2.

    Args:
        text: The content of the file.
        name: The file's name, for messages.

    Returns:
        The resolved body, plain JSON types: what the file says, with holidays as
        ``closed`` dates, with ``resolved`` (the versions of the zone and holiday data
        it was made with) and its ``digest``. `streams.domain.policy.policy_of` reads it.

    Raises:
        AgreementError: Something is wrong; it carries all problems.
    """
    document = read_document(text, name)
    ledger = Ledger(document.locate, document.problems)
    root = Found(document.root, (), ledger)
    versions = resolve(root, _first_year(Found(document.root, (), Ledger(document.locate))))
    read_policy(root, published=False)
    if ledger.problems:
        raise AgreementError(name, ledger.problems)
    body = {**cast("dict[str, object]", document.root), "resolved": versions}
    body["digest"] = policy_digest(body)
    size = len(json.dumps(body, ensure_ascii=False).encode())
    if size > _MOST_BYTES:
        root.refuse(f"at most {_MOST_BYTES} bytes", "shorten lists", found=f"{size} bytes")
        raise AgreementError(name, ledger.problems)
    return body


def _first_year(found: Found) -> int | None:
    """The local year in which it takes effect; the policy complains if there is none."""
    if read_start(found) is None:
        return None
    return int(str(found.entries()["effective_from"].value)[:4])
