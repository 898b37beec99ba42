import threading
import time
from collections.abc import Iterator

import pytest

from bot.workers import Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers()
    yield workers
    workers.stop()


def test_a_step_that_found_something_is_made_again_at_once(workers: Workers) -> None:
    left, empty = [1, 2, 3], threading.Event()

    def step() -> bool:
        if left:
            left.pop()
            return True
        empty.set()
        return False

    workers.loop("work", step, every=60)
    assert empty.wait(2)
    assert left == []


def test_waking_spares_the_rest_of_the_pause(workers: Workers) -> None:
    steps = threading.Semaphore(0)

    def step() -> bool:
        steps.release()
        return False

    workers.loop("work", step, every=60)
    assert steps.acquire(timeout=2)
    workers.wake("work")
    assert steps.acquire(timeout=2)


def test_a_step_that_fails_is_made_again_later(workers: Workers) -> None:
    tried, mended = [], threading.Event()

    def step() -> bool:
        tried.append(1)
        if len(tried) == 1:
            raise RuntimeError
        mended.set()
        return False

    workers.loop("work", step, every=60, after_failure=0.05)
    assert mended.wait(2)


def test_stopping_waits_for_the_step_that_runs(workers: Workers) -> None:
    begun, ended = threading.Event(), []

    def step() -> bool:
        begun.set()
        time.sleep(0.2)
        ended.append(1)
        return True

    workers.loop("work", step, every=60)
    assert begun.wait(2)
    workers.stop()
    assert ended == [1]
