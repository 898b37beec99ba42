from collections.abc import Iterator

import pytest

from telemetry import traces
from tests.telemetry.collector import Collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    traces.configure("tests")
    collector.server.shutdown()
    collector.server.server_close()
