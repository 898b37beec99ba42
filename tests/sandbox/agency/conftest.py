"""An agency to try things on, in the test's own process."""

# Before telemetry: after a fork OpenTelemetry uses a lock that this module must have reset by then, or the child hangs.
# https://github.com/python/cpython/blob/v3.11.7/Lib/concurrent/futures/thread.py#L29-L31
import concurrent.futures.thread  # noqa: F401
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import connect
from tests.sandbox.agency.in_process import Agency, running


@pytest.fixture
def agency(database_url: str, tmp_path: Path) -> Iterator[Agency]:
    engine = connect(database_url, name="tests")
    with running(engine, tmp_path / "files") as agency:
        yield agency
    engine.dispose()
