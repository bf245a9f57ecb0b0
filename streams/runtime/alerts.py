"""What an Alertmanager tells by webhook, as exclusions: the dialer's own alert stops the clocks.

An alert that bears ``exclusion`` as label or annotation declares one, for that reason;
``exclusion_team_id``, ``exclusion_segment`` and so on narrow it, several values with
commas. Alerts without it are not for us. Labels win over annotations.

Source:
    Contract, section 4, ``POST /control``; Alertmanager's webhook payload, version 4.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas.codec import FUTURE_ALLOWANCE, fact_of
from schemas.facts import AnyFact, ExclusionDeclared
from schemas.instants import MINUTE, Instant, Micros, format_instant, parse_instant
from schemas.refusals import RefusalReason, RefusedError

VERSION: Final = "4"
"""Of the payload; Alertmanager 0.16 and later."""
AHEAD: Final[Micros] = 5 * MINUTE
"""Nobody knows when an alert ends. While it fires, its exclusion reaches at least once and
at most twice this far ahead, and each notification carries it on: so an alert should be
repeated within this time, and what it excludes ends this soon after the trouble has."""
_REASON: Final = "exclusion"
_LONGEST_FINGERPRINT: Final = 32


def is_webhook(told: object) -> bool:
    """Tell whether a decoded body is an Alertmanager's."""
    return isinstance(told, dict) and "alerts" in told and "type" not in told


def alerts_of(told: Mapping[str, Any]) -> list[object]:
    """List the alerts of a notification.

    Raises:
        RefusedError: The payload is of another version, or broken.
    """
    if told.get("version") != VERSION:
        raise RefusedError(
            RefusalReason.WRONG_TYPE, f'version is not "{VERSION}" of Alertmanager\'s webhooks'
        )
    alerts = told["alerts"]
    if not isinstance(alerts, list):
        raise RefusedError(RefusalReason.WRONG_TYPE, "alerts is not a list")
    return alerts


def exclusion_of(alert: object, now: Instant) -> AnyFact | None:
    """Turn an alert into the exclusion that it declares; None: it declares none.

    A declaration never changes, so each notification that reaches further declares another
    one under an id of its own; the same notification twice declares the same.

    Args:
        alert: One of ``alerts``.
        now: The wall clock.

    Raises:
        RefusedError: It ought to declare one, and cannot.
    """
    told = _texts(alert, "annotations") | _texts(alert, "labels")
    reason = told.get(_REASON)
    if reason is None:
        return None
    assert isinstance(alert, dict)
    fingerprint = alert.get("fingerprint")
    if not isinstance(fingerprint, str) or not 0 < len(fingerprint) <= _LONGEST_FINGERPRINT:
        raise RefusedError(RefusalReason.BAD_ID, "an alert without its fingerprint")
    from_at = _instant(alert, "startsAt")
    if from_at > now + FUTURE_ALLOWANCE:
        raise RefusedError(RefusalReason.FROM_THE_FUTURE, "startsAt is ahead of the wall clock")
    if alert.get("status") == "resolved":
        to_at, part = _instant(alert, "endsAt"), "end"
    else:
        steps = max(0, now - from_at) // AHEAD + 2
        to_at, part = from_at + steps * AHEAD, str(steps)
    if to_at <= from_at:
        raise RefusedError(RefusalReason.BAD_INSTANT, "endsAt is not after startsAt")
    name = f"{fingerprint}:{from_at}:{part}"
    return fact_of(
        {
            "type": ExclusionDeclared.TYPE,
            "event_id": name,
            "occurred_at": format_instant(now),
            "origin": "alertmanager",
            "exclusion_id": name,
            "from": format_instant(from_at),
            "to": format_instant(to_at),
            "reason": reason,
            "declared_by": "alertmanager",
            "scope": _scope(told) or None,
        }
    )


def _texts(alert: object, name: str) -> dict[str, str]:
    texts = alert.get(name, {}) if isinstance(alert, dict) else None
    if not isinstance(texts, dict) or any(not isinstance(one, str) for one in texts.values()):
        raise RefusedError(
            RefusalReason.WRONG_TYPE, f"{name} of an alert is not an object of texts"
        )
    return texts


def _scope(told: Mapping[str, str]) -> dict[str, list[str]]:
    scope = {}
    for key, value in told.items():
        if key.startswith(f"{_REASON}_"):
            # An unknown key is refused by the scope's own check, so that none is widened.
            listed = [one.strip() for one in value.split(",")]
            scope[key.removeprefix(f"{_REASON}_")] = [one for one in listed if one]
    return scope


def _instant(alert: Mapping[str, Any], name: str) -> Instant:
    try:
        return parse_instant(alert[name])
    except (KeyError, TypeError, ValueError):
        raise RefusedError(
            RefusalReason.BAD_INSTANT, f"{name}: not an RFC 3339 instant with an offset"
        ) from None
