"""What every test may ask for."""

import os
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.broker import running_broker

# A busy machine is no reason to fail; pytest bounds each test's time anyway.
settings.register_profile("leadclock", deadline=None, print_blob=True)
settings.load_profile("leadclock")


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Apache Kafka: the one that is named, else one of our own."""
    named = os.environ.get("LEADCLOCK_TEST_BOOTSTRAP")
    if named:
        yield named
        return
    with running_broker(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture
def prefix() -> str:
    """A topic prefix that no other test uses, so that tests share a broker."""
    return f"t{uuid.uuid4().hex[:12]}-"
