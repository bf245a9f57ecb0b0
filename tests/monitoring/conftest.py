"""A floor whose workers are watched by a real Prometheus and a real Alertmanager."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.monitoring.watched import Watched
from tests.support.broker import free_ports
from tests.support.floor import agreement, closing, open_floor
from tests.support.monitoring import monitoring

HERE = Path(__file__).parent
PRIVACY = {"reps": "named"}
TEAMS = {"nord": {"calendar": "always", "reps": ["anna", "ben", "carla", "dora"]}}


@pytest.fixture
async def watched(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> AsyncIterator[Watched]:
    """Promises of two seconds, settled in one; everything is looked at each second."""
    ports = free_ports(3)
    with closing(await open_floor(kafka_bootstrap, prefix, tmp_path)) as floor:
        await floor.publish(agreement(privacy=PRIVACY, teams=TEAMS))
        rules, alertmanager = [HERE / "rules.yml"], HERE / "alertmanager.yml"
        async with monitoring(tmp_path, ports, rules, alertmanager) as told:
            yield Watched(floor, told, ports)
