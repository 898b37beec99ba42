import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import pytest
from matplotlib.figure import Figure
from PIL import Image

from charts import Chart, ChartError, Renderer
from tests.charts.examples import ALERT, CHECKIN, COST, HEALTH
from tests.processes import descendants, eventually, living


@dataclass(frozen=True)
class Hostile:
    """Does `act` where it is unpickled: in the worker."""

    act: Callable[..., Any]
    argument: Any
    size: tuple[int, int] = (10, 10)
    alt_text: str = ""

    def paint(self, figure: Figure) -> None:
        raise AssertionError(f"{figure} is never drawn on")

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any]]:
        return self.act, (self.argument,)


def _gives_up(renderer: Renderer, timeout: float) -> None:
    with pytest.raises(ChartError):
        renderer.draw(COST, timeout)


@pytest.mark.parametrize("chart", [ALERT, CHECKIN, HEALTH, COST], ids=lambda chart: type(chart).__name__)
def test_every_chart_comes_back_as_a_png_of_its_size(renderer: Renderer, chart: Chart) -> None:
    image = Image.open(BytesIO(renderer.draw(chart)))
    assert image.format == "PNG"
    assert image.size == chart.size


def test_matplotlib_stays_out_of_the_callers_process() -> None:
    script = """
import sys
from charts import Renderer
from tests.charts.examples import ALERT
with Renderer() as renderer:
    assert renderer.draw(ALERT).startswith(b"\\x89PNG")
assert ALERT.alt_text
print(sorted(name for name in ("matplotlib", "numpy", "PIL") if name in sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_equal_charts_are_drawn_once(renderer: Renderer) -> None:
    first = renderer.draw(replace(ALERT, title="drawn once"))
    assert renderer.draw(replace(ALERT, title="drawn once")) is first
    assert renderer.draw(replace(ALERT, title="drawn again")) != first


def test_the_oldest_pictures_are_forgotten(monkeypatch: pytest.MonkeyPatch, renderer: Renderer) -> None:
    monkeypatch.setattr("charts.renderer.REMEMBERED", 2)
    one, two, three = (replace(COST, title=f"forgotten {n}") for n in range(3))
    first, second = renderer.draw(one), renderer.draw(two)
    renderer.draw(one)
    renderer.draw(three)
    assert renderer.draw(one) is first
    assert renderer.draw(two) is not second


def test_threads_share_the_worker(renderer: Renderer) -> None:
    drawn: dict[int, bytes] = {}

    def draw(n: int) -> None:
        drawn[n] = renderer.draw(replace(COST, title=f"shared {n % 2}"), timeout=30)

    threads = [threading.Thread(target=draw, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 6
    assert len(set(drawn.values())) == 2


def test_a_lost_worker_is_replaced_unnoticed() -> None:
    with Renderer() as renderer:
        renderer.draw(ALERT)
        before = renderer.pid
        os.kill(before, signal.SIGKILL)
        assert renderer.draw(COST)
        assert renderer.pid != before


@pytest.mark.slow
def test_a_chart_that_ends_the_worker_twice_is_an_error_and_the_next_is_drawn() -> None:
    with Renderer() as renderer:
        with pytest.raises(ChartError, match="ended twice"):
            renderer.draw(Hostile(os._exit, 1))
        assert renderer.draw(COST)


def test_a_chart_that_cannot_be_drawn_costs_only_itself(renderer: Renderer) -> None:
    before = renderer.pid
    with pytest.raises(ChartError, match="ValueError"):
        renderer.draw(Hostile(int, "no number"))
    with pytest.raises(ChartError, match="ZoneInfoNotFoundError"):
        renderer.draw(replace(ALERT, zone="Nowhere/Land"))
    assert renderer.draw(COST)
    assert renderer.pid == before


def test_a_drawing_that_hangs_is_given_up_in_time_and_the_next_is_drawn() -> None:
    with Renderer() as renderer:
        renderer.draw(ALERT)
        hung = renderer.pid
        os.kill(hung, signal.SIGSTOP)
        with pytest.raises(ChartError, match=r"not drawn within 0.3 s"):
            renderer.draw(COST, timeout=0.3)
        assert not living([hung])
        assert renderer.draw(COST)


def test_waiting_for_another_thread_counts_too() -> None:
    with Renderer() as renderer:
        renderer.draw(ALERT)
        os.kill(renderer.pid, signal.SIGSTOP)
        other = threading.Thread(target=_gives_up, args=(renderer, 1))
        other.start()
        assert eventually(renderer._lock.locked)
        with pytest.raises(ChartError, match="other charts"):
            renderer.draw(HEALTH, timeout=0.1)
        other.join()


def test_closing_ends_the_worker_and_is_final() -> None:
    renderer = Renderer()
    worker = renderer.pid
    assert renderer.draw(ALERT)
    renderer.close()
    renderer.close()
    assert not living([worker])
    with pytest.raises(ChartError, match="closed"):
        renderer.draw(ALERT)


def test_no_room_for_a_new_worker_is_a_chart_error_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with Renderer() as renderer:
        with monkeypatch.context() as machine:
            machine.setattr("charts.renderer.sys.executable", "/nowhere/python")
            os.kill(renderer.pid, signal.SIGKILL)
            with pytest.raises(ChartError, match="no process to draw in"):
                renderer.draw(ALERT)
        assert renderer.draw(ALERT)


@pytest.mark.parametrize("warm", [True, False])
def test_the_worker_ends_when_its_bot_is_killed(warm: bool) -> None:
    script = f"""
import time
from charts import Renderer
from tests.charts.examples import ALERT
renderer = Renderer()
{"renderer.draw(ALERT)" if warm else ""}
print("started", flush=True)
time.sleep(600)
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdout=pipe, stderr=pipe, text=True) as bot:
        assert bot.stdout
        assert bot.stderr
        assert bot.stdout.readline() == "started\n"
        workers = descendants(bot.pid)
        assert living(workers) == workers != set()
        bot.kill()
        assert eventually(lambda: not living(workers), timeout=20)
        assert bot.stderr.read() == ""


def test_the_worker_outlives_the_thread_that_started_it() -> None:
    started: list[Renderer] = []
    thread = threading.Thread(target=lambda: started.append(Renderer()))
    thread.start()
    thread.join()
    with started[0] as renderer:
        before = renderer.pid
        assert renderer.draw(ALERT)
        assert renderer.pid == before
