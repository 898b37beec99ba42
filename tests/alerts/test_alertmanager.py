"""The routing, judged by Alertmanager itself: amtool for the tree, a running server for who mutes whom."""

import subprocess
import time
from pathlib import Path

import httpx
import pytest
import yaml

from alerts.alertmanager import render_alertmanager
from sandbox.servers.alertmanager import start_alertmanager

NOWHERE = "http://127.0.0.1:9/v1/alerts"


def amtool(*arguments: str | Path) -> str:
    return subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "alertmanager.yml"
    path.write_text(render_alertmanager(NOWHERE, "/run/secrets/alerts"))
    return path


@pytest.mark.parametrize("speed", [1, 60, 3600])
def test_alertmanager_accepts_the_configuration_at_every_speed(speed: int, tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(render_alertmanager(NOWHERE, tmp_path / "token", speed))

    assert "SUCCESS" in amtool("check-config", path)


@pytest.mark.parametrize(
    ("labels", "route", "receiver"),
    [
        ("alertname=Watchdog signal=heartbeat", '{alertname="Watchdog"}', "checkin-heartbeat"),
        ("alertname=A tier=P0 signal=publish", '{tier="P0"}', "checkin"),
        ("alertname=A tier=P1 signal=publish platform=x", '{tier="P1"}', "checkin"),
        ("alertname=A tier=P2 client_id=acme", '{tier="P2"}', "checkin"),
        ("alertname=A tier=P3 signal=cost", '{tier="P3"}', "checkin"),
        ("alertname=SomebodyElses severity=critical", "default-route", "checkin"),
    ],
)
def test_each_tier_has_its_route_and_nothing_is_lost(
    labels: str, route: str, receiver: str, configuration: Path
) -> None:
    tree = amtool("config", "routes", "test", f"--config.file={configuration}", "--tree", *labels.split())

    assert f"{route}  receiver: {receiver}" in tree


def test_heartbeat_repeats_within_its_interval_at_every_speed() -> None:
    for speed in (1, 60, 3600):
        heartbeat = yaml.safe_load(render_alertmanager(NOWHERE, "t", speed))["route"]["routes"][0]
        interval, repeat = heartbeat["group_interval"], heartbeat["repeat_interval"]
        assert (interval, repeat) == (("1m", "50s") if speed == 1 else ("5s", "4s"))


def test_token_is_read_from_its_file_and_groups_are_bounded() -> None:
    for receiver in yaml.safe_load(render_alertmanager(NOWHERE, "/run/secrets/alerts"))["receivers"]:
        (webhook,) = receiver["webhook_configs"]
        assert webhook["url"] == NOWHERE
        assert webhook["http_config"] == {
            "authorization": {"type": "Bearer", "credentials_file": "/run/secrets/alerts"}
        }
        assert webhook["max_alerts"] == 50


def test_only_the_heartbeat_sends_no_resolved() -> None:
    receivers = yaml.safe_load(render_alertmanager(NOWHERE, "t"))["receivers"]

    assert {each["name"]: each["webhook_configs"][0]["send_resolved"] for each in receivers} == {
        "checkin": True,
        "checkin-heartbeat": False,
    }


def publish(alertname: str, tier: str, scope: str, **more: str) -> dict[str, str]:
    return {"alertname": alertname, "tier": tier, "scope": scope, "signal": "publish", **more}


@pytest.mark.parametrize(
    ("firing", "muted"),
    [
        pytest.param(
            [
                publish("Everywhere", "P0", "global"),
                publish("Platform", "P1", "platform", platform="x"),
                publish("Client", "P2", "client", platform="tiktok", client_id="acme"),
                publish("Provider", "P1", "provider", provider="openai") | {"signal": "provider"},
            ],
            {"Platform", "Client"},
            id="publishing broken everywhere mutes publishing and nothing else",
        ),
        pytest.param(
            [
                publish("Broken", "P0", "platform", platform="x"),
                publish("Rising", "P1", "platform", platform="x"),
                publish("Elsewhere", "P1", "platform", platform="tiktok"),
                publish("NoPlatform", "P1", "global"),
            ],
            {"Rising"},
            id="a broken platform mutes its own alerts, not those of others or of none",
        ),
        pytest.param(
            [
                publish("Rising", "P1", "platform", platform="x"),
                publish("Client", "P2", "client", platform="x", client_id="acme"),
                publish("OtherPlatform", "P2", "client", platform="tiktok", client_id="acme"),
                publish("Token", "P2", "client", platform="x", client_id="acme") | {"signal": "token"},
            ],
            {"Client"},
            id="a platform's trouble explains the same trouble of its clients",
        ),
        pytest.param(
            [
                publish("Fast", "P1", "platform", platform="x", slo="publish_success", burn="fast"),
                publish("Slow", "P1", "platform", platform="x", slo="publish_success", burn="slow"),
                publish("Missed", "P3", "platform", platform="x", slo="publish_success", burn="missed"),
                publish("SlowElsewhere", "P1", "platform", platform="tiktok", slo="publish_success", burn="slow"),
            ],
            {"Slow", "Missed"},
            id="of one promise only the fastest burn speaks",
        ),
    ],
)
def test_the_cause_mutes_its_consequences(firing: list[dict[str, str]], muted: set[str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    configuration = render_alertmanager(NOWHERE, "token")
    with (
        start_alertmanager(tmp_path, config_yaml=configuration) as server,
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        client.post("/api/v2/alerts", json=[{"labels": labels} for labels in firing]).raise_for_status()

        # It takes in alerts and looks for causes side by side; every case mutes somebody, so nothing passes too early.
        deadline = time.monotonic() + 5
        while (seen := muted_now(client)) != muted and time.monotonic() < deadline:
            time.sleep(0.05)

    assert seen == muted


def muted_now(client: httpx.Client) -> set[str]:
    alerts = client.get("/api/v2/alerts").json()
    return {alert["labels"]["alertname"] for alert in alerts if alert["status"]["inhibitedBy"]}
