import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from sandbox.servers.prometheus import BackfillFailed, Target, backfill, start_prometheus
from storage.process import NotInstalled, Server, ServerDidNotStart
from tests.processes import eventually

NO_RULES = "groups: []"


class Counting(BaseHTTPRequestHandler):
    """Exposes a counter that goes up by one with every scrape."""

    count = 1000

    def do_GET(self) -> None:
        Counting.count += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"# TYPE posts_total counter\nposts_total {Counting.count}\n".encode())

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Target]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield Target("agency", "worker-1", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


def history(path: Path, end: float, samples: int) -> Path:
    """One counter, a sample every 15 s up to `end`, that stands at 1000 then."""
    lines = [
        f'posts_total{{job="agency",instance="worker-1"}} {1000 - back} {end - 15 * back:.3f}'
        for back in reversed(range(samples))
    ]
    path.write_text("\n".join(["# TYPE posts counter", *lines, "# EOF", ""]))
    return path


def ask(server: Server, question: str, **parameters: Any) -> list[dict[str, Any]]:
    reply = httpx.get(f"{server.url}/api/v1/{question}", params=parameters, trust_env=False).raise_for_status()
    found: list[dict[str, Any]] = reply.json()["data"]["result"]
    return found


@pytest.mark.slow
def test_live_scrape_goes_on_with_the_series_of_the_past(tmp_path: Path, service: Target) -> None:
    Counting.count = 1000
    end = time.time()
    backfill(tmp_path, history(tmp_path / "past.txt", end, samples=26 * 240))
    with start_prometheus(tmp_path, scrape=[service], rules_yaml=NO_RULES) as server:
        assert eventually(lambda: ask(server, "query", query="up") != [], timeout=15)
        assert eventually(lambda: float(ask(server, "query", query="posts_total")[0]["value"][1]) >= 1003)
        now = time.time()
        [series] = ask(server, "query_range", query="posts_total", start=end - 86400, end=now, step=300)
        assert series["metric"] == {"__name__": "posts_total", "job": "agency", "instance": "worker-1"}
        assert len(series["values"]) == 289
        [gained] = ask(server, "query", query=f"posts_total - posts_total offset {int(now - end) + 3600}s")
        assert 240 < float(gained["value"][1]) < 280, "an hour of the past and a few scrapes"
        [resets] = ask(server, "query", query="resets(posts_total[2h])")
        assert resets["value"][1] == "0"
        with pytest.raises(FileExistsError, match="holds samples already"):
            backfill(tmp_path, tmp_path / "past.txt")


def test_past_that_promtool_refuses_is_an_error_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "past.txt").write_text("posts_total 1 1\n")
    with pytest.raises(BackfillFailed, match="data does not end with # EOF"):
        backfill(tmp_path, tmp_path / "past.txt")


def test_refused_past_can_be_given_again(tmp_path: Path) -> None:
    past = tmp_path / "past.txt"
    past.write_text("posts_total 1 1\n")
    with pytest.raises(BackfillFailed):
        backfill(tmp_path, past)
    backfill(tmp_path, history(past, time.time(), samples=10))
    with start_prometheus(tmp_path, scrape=[], rules_yaml=NO_RULES) as server:
        assert ask(server, "query", query="count_over_time(posts_total[1h])")[0]["value"][1] == "10"


@pytest.mark.slow
def test_targets_of_one_job_keep_their_own_instance_and_path(tmp_path: Path) -> None:
    targets = [
        Target("agency", "web", "http://127.0.0.1:9"),
        Target("agency", "worker", "https://127.0.0.1:9", path="/inner/metrics"),
    ]
    with start_prometheus(tmp_path, scrape=targets, rules_yaml=NO_RULES) as server:

        def found() -> set[tuple[str, str, str]]:
            active = httpx.get(f"{server.url}/api/v1/targets", trust_env=False).json()["data"]["activeTargets"]
            return {(entry["labels"]["job"], entry["labels"]["instance"], entry["scrapeUrl"]) for entry in active}

        expected = {
            ("agency", "web", "http://127.0.0.1:9/metrics"),
            ("agency", "worker", "https://127.0.0.1:9/inner/metrics"),
        }
        assert eventually(lambda: found() == expected, timeout=15)


def test_broken_rule_is_an_error_with_the_servers_last_words(tmp_path: Path) -> None:
    rules = "groups: [{name: g, rules: [{record: r, expr: 'sum('}]}]"
    with pytest.raises(ServerDidNotStart, match=r"Prometheus ended with exit code [\s\S]*could not parse expression"):
        start_prometheus(tmp_path, scrape=[], rules_yaml=rules)


def test_given_port_that_another_prometheus_holds_is_an_error(tmp_path: Path) -> None:
    with start_prometheus(tmp_path / "first", scrape=[], rules_yaml=NO_RULES) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(ServerDidNotStart, match=f"Prometheus cannot listen on 127.0.0.1:{port}"):
            start_prometheus(tmp_path / "second", scrape=[], rules_yaml=NO_RULES, port=port)


def test_nobody_can_reload_or_administer_it_over_http(tmp_path: Path) -> None:
    with start_prometheus(tmp_path, scrape=[], rules_yaml=NO_RULES) as server:
        assert httpx.post(f"{server.url}/-/quit", trust_env=False).status_code == 403
        assert httpx.post(f"{server.url}/-/reload", trust_env=False).status_code == 403
        assert not httpx.post(f"{server.url}/api/v1/admin/tsdb/snapshot", trust_env=False).is_success


def test_missing_program_is_an_error_that_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalled, match=r"prometheus was not found.*apt-get install.* prometheus"):
        start_prometheus(tmp_path, scrape=[], rules_yaml=NO_RULES)
