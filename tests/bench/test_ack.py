import json
import os
import sys
from pathlib import Path

import pytest

from bench.ack import APPS, DRAWING, Figures, rows
from storage.process import start
from tests.processes import descendants, eventually, living


def missed(**others: Figures) -> set[str]:
    """The aims that are missed when all apps are as they should be but for those given."""
    fast, slow = Figures([0.5], [1.0], [3000.0], [100.0]), Figures([11.0], [12.0], [1000.0], [90.0])
    shown = {app: slow if app == "bolt" else fast for app in (*APPS, DRAWING)}
    shown |= {app.replace("_", "-"): figures for app, figures in others.items()}
    shown |= {f"{app} beside {DRAWING}": shown[app] for app in ("bolt", "echo")}
    return {f"{row.case} / {row.against}" for row in rows(shown) if not row.ok}


def test_an_app_as_it_should_be_misses_nothing() -> None:
    assert missed() == set()


def test_an_app_that_waits_for_its_ack_as_bolt_does_is_caught() -> None:
    assert missed(checkin=Figures([11.0], [12.0], [3000.0], [100.0])) == {
        "p50, one click at a time / Bolt's defaults",
        "p50, one click at a time / raw WebSocket echo",
    }


def test_a_cost_for_each_button_is_caught() -> None:
    costly = Figures([0.9], [1.0], [900.0], [100.0])
    assert missed(buttons_60=costly) >= {"p50, 60 buttons / 10 buttons"}


def test_acks_that_come_near_slacks_limit_under_load_are_caught() -> None:
    near = Figures([0.5], [1.0], [3000.0], [900.0])
    assert missed(checkin=near) == {"p99, 50 in flight, work done / Slack's limit of 3 s"}


def test_acks_that_wait_for_what_is_composed_and_drawn_are_caught() -> None:
    late = Figures([12.0], [101.0], [3000.0], [100.0])
    beside = "while a check-in is composed and charts are drawn"
    assert missed(drawing=late) == {
        f"p50, {beside} / Bolt's defaults",
        f"p50, {beside} / raw WebSocket echo",
        f"p99, {beside} / 100 ms",
    }


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_one_round_of_real_processes_prints_one_object_and_leaves_none_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "ack", "--json", "--rounds", "1"]
    run = start(command, name="bench", log=tmp_path / "log", cwd=Path(__file__).parents[2])
    started: set[int] = set()
    while run.alive():
        started |= descendants(run.pid)
        eventually(lambda: not run.alive(), timeout=0.5)
    told = json.loads(run.tail(1)[0])
    assert told.keys() == {"name", "machine", "rows"}
    assert told["machine"].keys() == {"cpus", "python", "platform", "load"}
    assert all(row.keys() == {"case", "value", "unit", "against", "ratio", "aim", "ok"} for row in told["rows"])
    assert all(row["value"] > 0 and row["ratio"] > 0 for row in told["rows"])
    assert run.wait() == (0 if all(row["ok"] for row in told["rows"]) else 1)
    assert len(started) >= 10  # seven apps, one that composes and its artist, a Postgres
    assert living(started) - {os.getpid()} == set()
