"""The process that composes check-ins: no click waits behind one, and what goes wrong in it stops nothing else.

The bot's end of it is `Composer`. The other end is run as `python -m bot.composer FD`: it writes what is due to the
outbox and brings the cards of open check-ins up to date there; sending them is left to the bot. The pipe is the life
line, as with the process that draws.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Lock
from time import monotonic

import structlog

from bot.settings import Settings

_PATIENCE = 1.0
_CLOSE_SECONDS = 5.0
_SILENCE = 120.0
"""So long says nothing only who no longer works: it looks every few seconds."""

log = structlog.get_logger(__name__)


class Composer:
    """Started with the object. `listen` is a worker's step; `wake` and `close` may be called by any thread."""

    def __init__(self, settings: Settings, written: Callable[[], None]) -> None:
        """`written` is called when cards may have come to the outbox."""
        self._settings = settings
        self._written = written
        self._lock = Lock()
        self._closed = False
        self._asked, self._again = False, False
        self._heard = monotonic()
        self._start()

    def wake(self) -> None:
        """Something was decided: the cards are looked at now. Only a hint, and a new process looks at all of them.

        One is on its way at a time: a process that sleeps must not fill the pipe, and make a click wait.
        """
        with self._lock:
            self._again = self._asked
            if not self._asked:
                self._ask()

    def listen(self) -> bool:
        """Waits a moment for news of cards; starts the process anew if it is gone, and then should not be in haste."""
        try:
            if self._connection.poll(_PATIENCE):
                self._connection.recv()
                with self._lock:
                    self._asked = False
                    if self._again:
                        self._ask()
                self._heard = monotonic()
                self._written()
            elif monotonic() - self._heard > _SILENCE:
                self._process.kill()  # stopped, or stuck: the next turn starts another
        except (EOFError, OSError):
            with self._lock:
                if not self._closed:
                    log.warning("composer_ended", code=self._end(), status="retry")
                    self._start()
            return False
        return True

    def close(self) -> None:
        """Ends the process; what it had not committed never was."""
        with self._lock:
            self._closed = True
            self._end()

    def _end(self) -> int:
        self._connection.close()
        try:
            return self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _ask(self) -> None:
        self._asked, self._again = True, False
        with suppress(OSError):
            self._connection.send("look")

    def _start(self) -> None:
        self._asked, self._again = False, False
        self._heard = monotonic()
        self._connection, theirs = Pipe()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-P", "-m", "bot.composer", str(number)]
            self._process = subprocess.Popen(command, pass_fds=[number], stdin=subprocess.DEVNULL)
        self._connection.send(self._settings)


def main(descriptor: int) -> None:
    """Composes until nobody is left at the other end."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # they reach a whole terminal or unit; the bot decides when we end
    connection, lock = Connection(descriptor), Lock()
    settings: Settings = connection.recv()

    from bot.app import build
    from digests import flow
    from telemetry import logs

    logs.configure("checkin", level=settings.log_level, secrets=settings.secrets())
    app = build(settings)

    def step(compose: Callable[[flow.Digests], None]) -> bool:
        compose(app.digests)
        with lock, suppress(OSError):
            connection.send("written")
        return False

    app.workers.loop("due", lambda: step(flow.tick), every=5.0)
    app.workers.loop("open", lambda: step(flow.refresh), every=2.0)
    with suppress(EOFError, OSError):
        while True:
            connection.recv()
            app.workers.wake("open")
    os._exit(0)  # without waiting for a source that does not answer


if __name__ == "__main__":
    main(int(sys.argv[1]))
