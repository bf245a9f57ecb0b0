"""Why bytes are refused: a closed list, and the error that carries one of its reasons."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """Why bytes can never become a fact, or a fact never part of a lead; also a metric label."""

    TOO_LARGE = "too_large"
    NO_VALUE = "no_value"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_TYPE = "missing_type"
    UNKNOWN_TYPE = "unknown_type"
    TYPE_MISMATCH = "type_mismatch"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    BAD_ID = "bad_id"
    BAD_LEAD_ID = "bad_lead_id"
    BAD_INSTANT = "bad_instant"
    BAD_MONEY = "bad_money"
    UNKNOWN_WORD = "unknown_word"
    BAD_SCOPE = "bad_scope"
    KEY_MISMATCH = "key_mismatch"
    FROM_THE_FUTURE = "from_the_future"
    MISROUTED = "misrouted"
    TOO_MANY_FACTS = "too_many_facts"
    BAD_POLICY = "bad_policy"


class RefusedError(Exception):
    """These bytes can never be a fact; they are set aside with a reason.

    Attributes:
        reason: Code from the closed list.
        detail: One sentence: what was found, what was wanted. Never a value that
            could name a person.
    """

    def __init__(self, reason: RefusalReason, detail: str) -> None:
        """Keep both parts."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
