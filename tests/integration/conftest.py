"""Fixtures of the tests on a real broker."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.floor import Floor, closing, open_floor


@pytest.fixture
async def floor(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> AsyncIterator[Floor]:
    """An app on the wall clock with topics of its own."""
    with closing(await open_floor(kafka_bootstrap, prefix, tmp_path)) as opened:
        yield opened
