"""The web service of docs/telemetry.md, run as it stands there, with one route more that fails."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.process import free_port
from tests.processes import eventually

PAGE = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text(encoding="utf-8")
SECRET = "hunter2x-Value"
FAILS = f"""
@app.get("/fails")
def fails() -> None:
    raise ValueError("no answer to password={SECRET}")


uvicorn.run"""


@dataclass
class Service:
    http: httpx.Client
    output: Path

    def lines(self, event_name: str) -> list[dict[str, Any]]:
        told = [json.loads(line) for line in self.output.read_text().splitlines() if line.startswith("{")]
        return [line for line in told if line["event_name"] == event_name]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "uvicorn" in block)
    port, output = free_port(), tmp_path / "output"
    script = code.replace("uvicorn.run", FAILS).replace("8000", str(port))
    with output.open("w") as out, subprocess.Popen([sys.executable, "-c", script], stdout=out, stderr=out) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            assert eventually(lambda: _answers(http), timeout=30), output.read_text()
            yield Service(http, output)
        process.terminate()


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/metrics").is_success
    except httpx.HTTPError:
        return False


def test_a_request_is_a_line_with_its_ids_and_counted_by_its_template(service: Service) -> None:
    answer = service.http.get("/plans/plan-7")

    assert eventually(lambda: bool(service.lines("http.request")))
    (line,) = service.lines("http.request")
    assert (line["route"], line["method"], line["code"], line["status"]) == ("/plans/{plan_id}", "GET", 200, "ok")
    assert answer.headers["x-request-id"] == line["request_id"]
    assert len(line["trace_id"]) == 32
    told = service.http.get("/metrics").text
    assert 'api_http_duration_ms_count{method="GET",route="/plans/{plan_id}",status="200"} 1.0' in told
    assert "api_http_errors_total{" not in told


def test_what_is_not_there_is_an_error_without_a_route_of_its_own(service: Service) -> None:
    assert service.http.get("/plans").status_code == 404

    assert eventually(lambda: bool(service.lines("http.request")))
    (line,) = service.lines("http.request")
    assert (line["status"], line["error_code"], line["error_message"]) == ("error", "404", "answered 404")
    assert 'api_http_errors_total{route="unmatched",status="404"} 1.0' in service.http.get("/metrics").text


def test_an_exception_is_told_in_the_line_and_no_library_prints_its_secret(service: Service) -> None:
    assert service.http.get("/fails").status_code == 500

    assert eventually(lambda: "Exception in ASGI application" in service.output.read_text())
    (line,) = service.lines("http.request")
    assert (line["level"], line["status"], line["error_code"]) == ("error", "error", "ValueError")
    assert line["error_message"].startswith("no answer to password=[redacted:")
    assert line["stack"][-1].endswith(" fails")
    assert SECRET not in service.output.read_text()
    assert 'api_http_errors_total{route="/fails",status="500"} 1.0' in service.http.get("/metrics").text
