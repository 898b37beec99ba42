from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
import yaml

from sandbox.servers.alertmanager import start_alertmanager
from sandbox.servers.prometheus import start_prometheus
from storage.process import NotInstalled, ServerDidNotStart

DELIVERIES: "Queue[tuple[str | None, str]]" = Queue()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        DELIVERIES.put((self.headers["Authorization"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def webhook_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/alerts"
        server.shutdown()
        thread.join()


def configuration(webhook_url: str) -> str:
    webhook = {"url": webhook_url, "http_config": {"authorization": {"credentials": "fake-token"}}}
    route = {"receiver": "bot", "group_by": ["alertname"], "group_wait": "0s", "group_interval": "1s"}
    return yaml.safe_dump({"route": route, "receivers": [{"name": "bot", "webhook_configs": [webhook]}]})


@pytest.mark.slow
def test_alert_travels_from_rule_to_webhook(tmp_path: Path, webhook_url: str) -> None:
    rules = "groups: [{name: g, rules: [{alert: AlwaysWrong, expr: 'vector(1)'}]}]"
    with (
        start_alertmanager(tmp_path / "alertmanager", config_yaml=configuration(webhook_url)) as alertmanager,
        start_prometheus(
            tmp_path / "prometheus", scrape=[], rules_yaml=rules, alertmanager_url=alertmanager.url
        ) as prometheus,
    ):
        authorization, body = DELIVERIES.get(timeout=30)
        assert prometheus.child.alive()
    assert authorization == "Bearer fake-token"
    assert '"alertname":"AlwaysWrong"' in body


def test_configuration_with_its_token_is_for_its_owner_alone(tmp_path: Path) -> None:
    with start_alertmanager(tmp_path, config_yaml=configuration("http://127.0.0.1:9/")):
        assert (tmp_path / "alertmanager.yml").stat().st_mode & 0o777 == 0o600


def test_broken_configuration_is_an_error_with_the_servers_last_words(tmp_path: Path) -> None:
    with pytest.raises(ServerDidNotStart, match=r"Alertmanager ended [\s\S]*undefined receiver .*nobody"):
        start_alertmanager(tmp_path, config_yaml="{route: {receiver: nobody}, receivers: [{name: bot}]}")


def test_given_port_that_another_alertmanager_holds_is_an_error(tmp_path: Path) -> None:
    config = configuration("http://127.0.0.1:9/")
    with start_alertmanager(tmp_path / "first", config_yaml=config) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(ServerDidNotStart, match=f"Alertmanager cannot listen on 127.0.0.1:{port}"):
            start_alertmanager(tmp_path / "second", config_yaml=config, port=port)


def test_missing_program_is_an_error_that_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalled, match=r"apt-get install.* prometheus-alertmanager.*brew install alertmanager"):
        start_alertmanager(tmp_path, config_yaml="")
