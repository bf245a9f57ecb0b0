"""Agreements from which rules, routes and boards are made in tests."""

from pathlib import Path
from typing import Any

from grafana.mixin.site import Site
from streams.cli.agreements import read_body
from streams.domain.policy import policy_of

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/policy.yaml"


def example() -> Site:
    """Give the site of the example agreement, from which the committed files are made."""
    return Site(policy=policy_of(read_body(str(EXAMPLE))))


def site(**changes: Any) -> Site:
    """Give a site of the example agreement with some keys replaced."""
    body = {key: value for key, value in read_body(str(EXAMPLE)).items() if key != "digest"}
    return Site(policy=policy_of(body | changes))
