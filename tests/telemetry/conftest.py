import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import structlog

from telemetry import logs, redact, traces
from tests.telemetry.collector import Collector

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    traces.configure("tests")
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What this process logs from now on."""
    monkeypatch.setattr(redact, "_registered", ())
    for owner in (sys, threading):
        monkeypatch.setattr(owner, "excepthook", owner.excepthook)  # set back at the end
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("tests", level="DEBUG", secrets=["correct-horse"], stream=stream)
    yield lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
