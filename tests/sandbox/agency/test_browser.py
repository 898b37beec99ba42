import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from sandbox.agency import browser, platforms, queue, storage
from sandbox.agency.hands import Hands, PlainHttp, hands
from telemetry.metrics import Metrics
from tests.processes import descendants, eventually, living
from tests.sandbox.agency.in_process import served

POST = {
    "platform": "skool",
    "client_id": "bluebird",
    "surface": "community",
    "text": 'Rye & "wheat" <loaf>\nOut at seven.',
    "image_url": "http://127.0.0.1:9/none.png",
    "key": "cal-1:1",
}


@pytest.fixture
def outside(engine: Engine, tmp_path: Path) -> Iterator[dict[str, httpx.Client]]:
    """The platforms and asset storage, and nothing else."""
    queue.make_tables(engine)
    metrics = Metrics("outside", strict=True)
    with ExitStack() as stack:
        yield {
            "platforms": stack.enter_context(called(platforms.build(engine, metrics, Random(1)))),
            "storage": stack.enter_context(called(storage.build(metrics, tmp_path))),
        }


@pytest.fixture(params=["chromium", "plain http"])
def runner(outside: dict[str, httpx.Client], request: pytest.FixtureRequest) -> Iterator[browser.Runner]:
    def make() -> Hands:
        return PlainHttp() if request.param == "plain http" else hands()

    if request.param == "chromium" and shutil.which("chromium") is None:
        pytest.skip("there is no Chromium here")
    platforms_url = str(outside["platforms"].base_url).rstrip("/")
    runner = browser.Runner(platforms_url, outside["storage"], Metrics("browser", strict=True), make)
    yield runner
    runner.close()


@pytest.fixture
def app(runner: browser.Runner) -> Iterator[httpx.Client]:
    with called(browser.build(runner)) as client:
        yield client


@contextmanager
def called(app: FastAPI) -> Iterator[httpx.Client]:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        served(app, listener),
        httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client,
    ):
        yield client


def publish(app: httpx.Client, **other: str) -> httpx.Response:
    return app.post("/runs/publish", json=POST | other)


def test_a_post_goes_out_through_the_studio_with_a_picture_as_proof(
    outside: dict[str, httpx.Client], app: httpx.Client, runner: browser.Runner
) -> None:
    told = publish(app).json()

    shown = outside["platforms"].get(f"{told['post_url']}.json").json()
    assert shown["text"].replace("\r\n", "\n") == POST["text"]
    assert told["post_id"] == shown["post_id"]
    metrics = runner.metrics.exposition().decode()
    assert 'browser_runs_total{action="publish",platform="skool"} 1.0' in metrics
    assert 'browser_step_duration_ms_count{action="login"' in metrics
    if told["hands"] == "chromium":
        proof = httpx.get(told["screenshot_ref"])
        assert proof.content.startswith(b"\x89PNG")
        assert 'browser_screenshot_captured_total{reason="proof"} 1.0' in metrics


def test_one_draft_is_one_post_and_one_log_in_serves_many(app: httpx.Client, runner: browser.Runner) -> None:
    first, again, other = publish(app), publish(app), publish(app, key="cal-2:1")
    assert first.json()["post_url"] == again.json()["post_url"] != other.json()["post_url"]
    logins = [line for line in runner.metrics.exposition().decode().splitlines() if 'count{action="login"' in line]
    assert [line.rpartition(" ")[2] for line in logins] == ["1.0"]


@pytest.mark.parametrize(
    ("fault", "target", "reason", "permanent"),
    [
        ("drift", "skool", "selector_missing", True),
        ("challenge", "skool", "login_challenge", True),
        ("account_disabled", "bluebird", "account_disabled", True),
        ("api_fails", "*", "platform_5xx", False),
    ],
)
def test_what_breaks_in_the_studio_is_told_by_name_and_is_over_when_mended(
    outside: dict[str, httpx.Client], app: httpx.Client, fault: str, target: str, reason: str, permanent: bool
) -> None:
    outside["platforms"].put(f"/faults/{fault}/{target}").raise_for_status()
    refused = publish(app)
    assert (refused.status_code, refused.json()) == (502, {"error": reason, "permanent": permanent})
    outside["platforms"].delete(f"/faults/{fault}/{target}").raise_for_status()
    assert publish(app).status_code == 200


def test_challenges_and_lost_selectors_are_counted_where_they_were_met(
    outside: dict[str, httpx.Client], app: httpx.Client, runner: browser.Runner
) -> None:
    for fault in ("drift", "challenge"):
        outside["platforms"].put(f"/faults/{fault}/skool").raise_for_status()
        publish(app)
    metrics = runner.metrics.exposition().decode()
    assert 'browser_login_challenges_total{platform="skool"} 1.0' in metrics
    assert 'browser_step_failures_total{action="write",reason="selector_missing"} 1.0' in metrics


def test_without_chromium_on_the_path_plain_html_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hands().name == "plain http"


ALONE = """
import time
from sandbox.agency.hands import hands
own = hands()
with own.page("p", {}) as page:
    page.open("data:text/html,<p id=a>")
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(shutil.which("chromium") is None or sys.platform != "linux", reason="needs Chromium and /proc")
def test_no_chromium_outlives_a_browser_runner_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", ALONE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == "ready"
        family = descendants(process.pid)
        assert len(family) > 2
        os.kill(process.pid, signal.SIGKILL)
    assert eventually(lambda: not living(family), timeout=10)
