"""Published agreements, as a worker takes them.

An unreadable one must not stop a worker that holds a good one: it is set aside, the
one before stays in force, and an operator is told.
"""

import logging
from typing import Final

from schemas.codec import RefusalReason, RefusedError
from schemas.facts import PolicyPublished
from streams.domain.policies import Policies
from streams.domain.policy import Policy, policy_of
from streams.domain.problems import AgreementError

log = logging.getLogger(__name__)

_LONGEST_DETAIL: Final = 1_000


def policy_told(fact: PolicyPublished, known: Policies) -> Policy:
    """Read a publication.

    Args:
        fact: What was published.
        known: What was published before.

    Raises:
        RefusedError: ``bad_policy``: the body is no agreement, says another version than
            the fact, or differs from what was published under this version before.
    """
    policy = _read(fact)
    for old, _ in known.published:
        if old.version == policy.version and old.digest != policy.digest:
            raise _refused(fact, "another body was published under this version before")
    return policy


def _read(fact: PolicyPublished) -> Policy:
    try:
        policy = policy_of(fact.body, f"version {fact.version}")
    except AgreementError as error:
        raise _refused(fact, "; ".join(map(str, error.problems))) from error
    if policy.version != fact.version or policy.effective_from != fact.effective_from:
        raise _refused(fact, "version or effective_from differ between the fact and its body")
    return policy


def _refused(fact: PolicyPublished, detail: str) -> RefusedError:
    log.error("policy_refused", extra={"version": fact.version, "detail": detail})
    return RefusedError(RefusalReason.BAD_POLICY, detail[:_LONGEST_DETAIL])
