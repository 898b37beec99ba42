"""The bot's handle on the one process that draws, so that no click waits behind a picture.

A child of our own instead of a ProcessPoolExecutor: that cannot end a drawing that hangs, imports the bot's main module
into the worker, and leaves the worker behind when the bot is killed. Here the pipe is the life line.
"""

import subprocess
import sys
from collections import OrderedDict
from multiprocessing import Pipe
from threading import Lock
from time import monotonic
from types import TracebackType

from .chart import Chart

REMEMBERED = 64  # pictures of about 60 kB


class ChartError(Exception):
    """The picture could not be made; the message goes out without it."""


class _Late(Exception):
    pass


class Renderer:
    """Draws charts in a worker process, one at a time, from any thread, and remembers the last ones by content."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._drawn: OrderedDict[Chart, bytes] = OrderedDict()
        self._closed = False
        self._ready = False
        self._start()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def draw(self, chart: Chart, timeout: float = 10) -> bytes:
        """The chart as PNG bytes; ChartError after `timeout` seconds, waiting for other threads' charts included."""
        deadline = monotonic() + timeout
        if not self._lock.acquire(timeout=timeout):
            raise ChartError(f"other charts were still being drawn after {timeout:g} s")
        try:
            if self._closed:
                raise ChartError("the renderer is closed")
            if chart not in self._drawn:
                self._drawn[chart] = self._ask_twice(chart, deadline)
                while len(self._drawn) > REMEMBERED:
                    self._drawn.popitem(last=False)
            self._drawn.move_to_end(chart)
            return self._drawn[chart]
        except _Late:
            self._restart()
            raise ChartError(f"the chart was not drawn within {timeout:g} s") from None
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the worker. Drawing after this is a ChartError."""
        with self._lock:
            self._closed = True
            self._stop()

    def _ask_twice(self, chart: Chart, deadline: float) -> bytes:
        for _ in range(2):
            try:
                return self._ask(chart, deadline)
            except (EOFError, OSError):  # the worker is gone, perhaps for want of memory: a new one may do better
                self._restart()
        raise ChartError("the drawing process ended twice")

    def _ask(self, chart: Chart, deadline: float) -> bytes:
        if not self._ready:
            self._receive(deadline)
            self._ready = True
        self._connection.send(chart)
        answer = self._receive(deadline)
        if isinstance(answer, bytes):
            return answer
        raise ChartError(answer)

    def _receive(self, deadline: float) -> bytes | str:
        if not self._connection.poll(max(0.0, deadline - monotonic())):
            raise _Late
        answer: bytes | str = self._connection.recv()
        return answer

    def _restart(self) -> None:
        self._stop()
        try:
            self._start()
        except OSError as error:
            raise ChartError(f"no process to draw in: {error}") from error

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-P", "-m", "charts.worker", str(number)]
            self._process = subprocess.Popen(command, pass_fds=[number], stdin=subprocess.DEVNULL)
        self._ready = False

    def _stop(self) -> None:
        self._connection.close()
        self._process.kill()  # it holds nothing that could be lost
        self._process.wait()
