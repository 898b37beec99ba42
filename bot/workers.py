"""The threads that keep things moving: each runs one step again and again, and sleeps when there is nothing to do."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

log = structlog.get_logger(__name__)


def submit(pool: ThreadPoolExecutor, work: Callable[..., None], *arguments: object) -> None:
    """Has the pool do it; what goes wrong there is said in the log instead of being lost."""

    def told(done: Future[None]) -> None:
        if not done.cancelled() and (problem := done.exception()):
            log.error("work_failed", work=work.__name__, exc_info=problem, status="error")

    pool.submit(work, *arguments).add_done_callback(told)


class Workers:
    """Named loops in threads. A loop whose step fails says so and goes on: the next turn may be better."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._woken: dict[str, threading.Event] = {}

    def loop(self, name: str, step: Callable[[], bool], *, every: float, after_failure: float = 2.0) -> None:
        """Runs `step` until stopped; again at once while it returns True, else after `every` seconds or `wake`."""
        woken = self._woken[name] = threading.Event()

        def run() -> None:
            while not self._stopping.is_set():
                pause = every
                try:
                    if step():
                        continue
                except Exception:
                    log.exception("worker_step_failed", worker=name, status="error")
                    pause = after_failure
                woken.wait(pause)
                woken.clear()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def wake(self, name: str) -> None:
        """Spares a loop the rest of its pause. Only a hint: the pause ends by itself."""
        self._woken[name].set()

    def stop(self, timeout: float = 5.0) -> None:
        self._stopping.set()
        for woken in self._woken.values():
            woken.set()
        for thread in self._threads:
            thread.join(timeout)
