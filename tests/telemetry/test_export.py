import socket
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from telemetry import catalog, export, traces
from telemetry.export import Batches
from telemetry.metrics import Metrics


@pytest.fixture(params=["hanging", "dead"])
def no_collector(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a collector takes connections and never answers, or where there is none."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if request.param == "dead":
            listener.close()
        yield url


class Stuck(SpanExporter):
    """Waits until it may go on, then answers as told."""

    def __init__(self, answer: SpanExportResult) -> None:
        self.go_on = threading.Event()
        self.answer = answer

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - the SDK's signature
        self.go_on.wait(10)
        return self.answer


def counted(metrics: Metrics) -> dict[str, float]:
    """Why → spans dropped."""
    lines = metrics.exposition().decode().splitlines()
    mine = [line for line in lines if line.startswith(catalog.TELEMETRY_SPANS_DROPPED_TOTAL.name)]
    return {line.split('"')[1]: float(line.split()[-1]) for line in mine}


@pytest.mark.parametrize("answer", SpanExportResult)
def test_every_span_is_sent_or_counted(answer: SpanExportResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "WAITING_SPANS", 1_000)
    exporter = Stuck(answer)
    dropped = {"full": 0, "refused": 0}

    def count(why: str, spans: int) -> None:
        dropped[why] += spans

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Batches(exporter, count))
    tracer = provider.get_tracer("tests")
    for _ in range(5_000):
        tracer.start_span("step").end()
    exporter.go_on.set()
    provider.shutdown()

    assert dropped["full"] == 4_000
    assert dropped["refused"] == (0 if answer is SpanExportResult.SUCCESS else 1_000)


def _took(spans: int) -> float:
    """Seconds per span, the best of some rounds: other work on the machine must not count."""
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(spans):
            with traces.span("http.request"):
                pass
        rounds.append((time.perf_counter() - began) / spans)
    return min(rounds)


@pytest.mark.slow
def test_a_collector_that_does_not_answer_slows_nobody_down_and_what_it_lost_is_counted(no_collector: str) -> None:
    metrics = Metrics("tests", strict=True)
    traces.configure("tests", otlp_url=no_collector, ratio=1, metrics=metrics)
    assert counted(metrics) == {"full": 0, "refused": 0}
    healthy = _took(1)  # nothing is sent yet
    stuck = _took(4_000)
    began = time.monotonic()
    traces.configure("tests")  # ends the sending, as the end of a process does
    ended = time.monotonic() - began

    assert stuck < max(5 * healthy, 0.0005)
    assert ended < 12
    assert sum(counted(metrics).values()) == 20_000 + 5
    assert counted(metrics)["full"] > 10_000


@pytest.mark.slow
def test_metrics_are_counted_while_their_collector_does_not_answer(no_collector: str) -> None:
    metrics = Metrics("tests", strict=True, otlp_url=no_collector, every_s=0.05)
    slowest = 0.0
    for _ in range(2_000):
        began = time.perf_counter()
        metrics.add(catalog.BROWSER_LOGIN_CHALLENGES_TOTAL, platform="x")
        slowest = max(slowest, time.perf_counter() - began)
        time.sleep(0.0001)
    began = time.monotonic()
    metrics.close()

    assert slowest < 0.25
    assert time.monotonic() - began < 15
