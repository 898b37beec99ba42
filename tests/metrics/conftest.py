from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from metrics.reader import Reader
from sandbox.servers.prometheus import backfill, start_prometheus

Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def _serving(reply: Reply) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Reply], str]]:
    """Starts a tiny HTTP server that answers every GET as the given function does; gives its address."""
    with ExitStack() as running:
        yield lambda reply: running.enter_context(_serving(reply))


@pytest.fixture(scope="session")
def nasty() -> tuple[str, ...]:
    """Label values that try to become something else."""
    return (
        'a"b',
        "a'b",
        "a`b",
        "a\\b",
        "a\\",
        "a\nb",
        "a\tb",
        "Ünïcödé 🐘",
        "$1 %s {{ .Value }}",
        '"} or vector(1) #',
    )


@pytest.fixture(scope="session")
def scraped_at() -> datetime:
    """When the samples that Prometheus holds were taken; recent, because it drops what is older than its retention."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)


@pytest.fixture(scope="session")
def prometheus_url(
    tmp_path_factory: pytest.TempPathFactory, nasty: tuple[str, ...], scraped_at: datetime
) -> Iterator[str]:
    """A real Prometheus that holds one sample for each nasty platform."""
    folder = tmp_path_factory.mktemp("prometheus")
    at = scraped_at.timestamp()
    lines = (f'publish_failures_total{{platform="{_escaped(name)}",reason="api_error"}} 1 {at}' for name in nasty)
    (folder / "past.om").write_text("\n".join(["# TYPE publish_failures counter", *lines, "# EOF", ""]))
    backfill(folder, folder / "past.om")
    with start_prometheus(folder, scrape=[], rules_yaml="groups: []") as server:
        yield server.url


@pytest.fixture(scope="session")
def prometheus(prometheus_url: str) -> Reader:
    return Reader(prometheus_url)


def _escaped(value: str) -> str:
    """https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information"""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
