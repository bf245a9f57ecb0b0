"""A floor whose workers are watched by a real Prometheus and a real Alertmanager."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.monitoring.watched import Watched
from tests.support.broker import free_ports
from tests.support.floor import agreement, closing, open_floor
from tests.support.monitoring import monitoring

TOKEN = "control-0123456789abcdef"  # noqa: S105 - of a test
AGREEMENT = agreement(
    privacy={"reps": "named"},
    teams={"nord": {"calendar": "always", "reps": ["anna", "ben", "carla", "dora"]}},
    exclusions={"reasons": ["dialer_down"]},
)


@pytest.fixture
async def watched(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> AsyncIterator[Watched]:
    """Promises of two seconds, settled in one; everything is looked at each second."""
    ports, token = free_ports(3), tmp_path / "token"
    token.write_text(TOKEN, encoding="ascii")
    settings = {"control_token_file": str(token), "probe": "1"}
    with closing(await open_floor(kafka_bootstrap, prefix, tmp_path, **settings)) as floor:
        await floor.publish(AGREEMENT)
        async with monitoring(tmp_path, ports, token) as told:
            yield Watched(floor, told, ports)
