"""Child processes that cannot outlive the process that started them.

Private servers (PostgreSQL here, Prometheus and Alertmanager in the sandbox) are started, awaited and stopped through
this module; what to run, and how to tell that it is ready, is the caller's business.

On Linux the kernel itself ends the child when its parent ends, SIGKILL included
(https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html). Elsewhere there is no such promise: a child is
stopped by `stop()` or by leaving the `with` block, and survives a parent that is killed.
"""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

_LINUX = sys.platform == "linux"
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_POLL = 0.02  # seconds between two looks at a server that is starting
_TAIL_BYTES = 64 * 1024

T = TypeVar("T")


class ServerDidNotStart(Exception):
    """A private server ended or stayed silent; the message says which, what it wrote last and what to do."""

    def __init__(self, name: str, what: str, log_lines: Sequence[str], hint: str) -> None:
        written = "\n".join(f"  | {line}" for line in log_lines) or "  | (nothing)"
        super().__init__(f"{name} {what}. {hint}\nThe last it wrote:\n{written}")
        self.name = name
        self.log_lines = tuple(log_lines)
        self.hint = hint

    def wrote(self, *phrases: str) -> bool:
        """Whether one of these phrases, in lower case, is among the server's last lines."""
        return any(phrase in line.lower() for line in self.log_lines for phrase in phrases)


class NotInstalled(Exception):
    """A program that we run is not on this machine; the message says what to install."""


class Child:
    """A running child process and its log; made by `start`."""

    def __init__(self, process: "subprocess.Popen[bytes]", name: str, log: Path, stop_signal: signal.Signals) -> None:
        self.name = name
        self.log = log
        self.pid = process.pid
        self._process = process
        self._stop_signal = stop_signal

    def alive(self) -> bool:
        return self._process.poll() is None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended, negative for the signal that ended it; subprocess.TimeoutExpired if not."""
        return self._process.wait(timeout)

    def stop(self, timeout: float = 10.0) -> None:
        """Ask it to end, wait up to `timeout` seconds, then kill it. Stopping twice does no harm."""
        self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tail(self, lines: int = 20) -> list[str]:
        """The last lines it wrote; none when its log is gone."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()[-lines:]


@dataclass(frozen=True)
class Server:
    """A private server that answers at `url`; a context manager that stops it."""

    url: str
    child: Child

    def stop(self, timeout: float = 10.0) -> None:
        self.child.stop(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    argv: Sequence[str | Path],
    *,
    name: str,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start `argv` with its output in `log` (emptied first), as `user` if given (needs root).

    Linux delivers `stop_signal` when this process ends, however it ends. What it watches is the starting *thread*, so
    a child started from a short-lived one would end for no visible reason: only the main thread may start one.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            f"{name} must be started from the main thread: its life is tied to the thread that starts it"
        )
    parent = os.getpid()

    def tie_to_parent() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # the parent ended before the kernel was told to watch it
            os._exit(1)

    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [os.fspath(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            # Ctrl-C in the terminal is for us; we then stop our servers in order.
            start_new_session=True,
            # Popen runs this after it changed the user, which matters: changing credentials clears the request.
            preexec_fn=tie_to_parent if _LINUX else None,
            **credentials(user),
        )
    return Child(process, name, log, stop_signal)


def credentials(user: str | None) -> dict[str, Any]:
    """Arguments that make `subprocess` run a program as `user` and in no group but that user's own."""
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def wait_until(
    ready: Callable[[], bool], child: Child, timeout: float, what: str, hint: str = "Its log has the reason."
) -> None:
    """Return once `ready()` holds; raise ServerDidNotStart when `child` ends or `timeout` seconds pass before.

    `what` completes "after 10 s it did not …", as in "accept connections on 127.0.0.1:5433".
    The child is stopped before the error is raised, so that a failed start leaves nothing behind.
    """
    deadline = time.monotonic() + timeout
    with ExitStack() as failed:
        failed.callback(child.stop)
        while child.alive() and not ready():
            if time.monotonic() > deadline:
                raise ServerDidNotStart(child.name, f"did not {what} within {timeout:g} s", child.tail(), hint)
            time.sleep(_POLL)
        if not child.alive():
            raise ServerDidNotStart(child.name, f"ended with exit code {child.wait()}", child.tail(), hint)
        failed.pop_all()


def free_port() -> int:
    """A TCP port nobody listens on at 127.0.0.1 right now; see `on_free_port` for the race that is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def on_free_port(name: str, run: Callable[[int], T], port: int | None = None) -> T:
    """`run(port)`; without a given port on a free one, and on another when somebody took it in between.

    A given port is awaited for 2 s, as a predecessor may be about to leave it, and then is a ServerDidNotStart:
    whoever holds it could otherwise be taken for the server called `name`.
    """
    if port is not None:
        deadline = time.monotonic() + 2
        while not _is_free(port):
            if time.monotonic() > deadline:
                taken = f"cannot listen on 127.0.0.1:{port}: another program does"
                raise ServerDidNotStart(name, taken, [], "Stop that program or choose another port.")
            time.sleep(_POLL)
        return run(port)
    for _ in range(4):
        try:
            return run(free_port())
        except ServerDidNotStart as error:
            if not error.wrote("address already in use"):
                raise
    return run(free_port())


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have ended do not hold a port
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
