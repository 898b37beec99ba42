import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import descendants, eventually, living

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def demo(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bot.cli", "demo", "--folder", str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_checkin_is_worked_end_to_end_in_the_real_world_in_a_box(server_folder: Path) -> None:
    process = demo(server_folder, "--smoke", "--json")
    output, errors = process.communicate(timeout=390)

    assert process.returncode == 0, output + errors
    seen = json.loads(output)
    assert seen["ok"]
    assert seen["clients"] == 24
    assert seen["chart_bytes"] > 10_000
    assert seen["alert_chart_bytes"] > 10_000
    assert seen["post_status"] == 200
    assert "Approved by" in seen["card_says"]
    assert "live" in seen["card_says"]
    assert "You can look and ask" in seen["viewer_was_told"]
    assert "faster" in seen["second_was_told"]
    # the decision, the refusal of the second person, intent and outcome of the publish
    assert len(seen["audit_ids"]) == 4
    assert seen["client_health_says"].startswith("Acme Outdoor")
    assert "$" in seen["cost_says"]
    assert seen["seconds_from_cause_to_card"] < 60
    assert seen["commands_accepted"] == 2
    assert seen["processes_left"] == 0


def test_nothing_is_left_when_the_demo_is_killed(server_folder: Path) -> None:
    process = demo(server_folder)
    assert eventually(lambda: (server_folder / "demo.json").exists(), timeout=180)
    children = descendants(process.pid)
    # Slack, six of the agency, the bot with two artists and its composer, Postgres, Prometheus, Alertmanager
    assert len(children) >= 14

    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    assert eventually(lambda: not living(children), timeout=20)
