import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.sandbox.slack.hands import CONFIG, eventually


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    config = tmp_path / "slack.json"
    config.write_text(json.dumps(CONFIG))
    return [
        sys.executable,
        "-m",
        "sandbox.slack",
        "--config",
        str(config),
        "--state-file",
        str(tmp_path / "state.json"),
    ]


def test_it_says_where_it_listens_and_ends_when_told(command: list[str], tmp_path: Path) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert json.loads((tmp_path / "state.json").read_text()) == said
        assert said["api_url"] == f"http://127.0.0.1:{said['port']}/api/"
        requests.post(f"{said['url']}/control/shutdown", timeout=10)
        assert process.wait(timeout=30) == 0


def test_it_ends_with_whoever_started_it(command: list[str], tmp_path: Path) -> None:
    shell = ["sh", "-c", '"$@" & wait', "sh", *command]
    with subprocess.Popen(shell, stdout=subprocess.DEVNULL) as parent:
        try:
            state = tmp_path / "state.json"
            eventually(state.exists)
            url = json.loads(state.read_text())["url"]
            assert answers(url)
        finally:
            parent.kill()
    eventually(lambda: not answers(url))


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/page/state", timeout=2).ok
    except requests.ConnectionError:
        return False
