import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from storage.process import ServerDidNotStart, free_port, on_free_port, start, wait_until
from tests.processes import eventually, living

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
_LONG = ["sleep", "600"]


@linux
def test_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = f"""
import time
from pathlib import Path
from storage.process import start
print(start({_LONG}, name="sleeper", log=Path({str(tmp_path)!r}) / "log").pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert living([child])
        parent.kill()
    assert eventually(lambda: not living([child]))


def test_child_from_another_thread_is_refused(tmp_path: Path) -> None:
    refused = []

    def from_thread() -> None:
        with pytest.raises(RuntimeError, match="sleeper must be started from the main thread"):
            start(_LONG, name="sleeper", log=tmp_path / "log")
        refused.append(True)

    thread = threading.Thread(target=from_thread)
    thread.start()
    thread.join()
    assert refused


def test_child_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    child = start(["sh", "-c", "trap '' TERM; echo deaf; sleep 600 & wait"], name="deaf", log=tmp_path / "log")
    wait_until(lambda: child.tail() == ["deaf"], child, 5, "say so")
    child.stop(timeout=0.1)
    assert not child.alive()
    child.stop()


def test_server_that_ends_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    child = start(["sh", "-c", "echo first; echo why >&2; exit 3"], name="Thing", log=tmp_path / "log")
    with pytest.raises(ServerDidNotStart) as error:
        wait_until(lambda: False, child, 5, "answer", hint="Read the manual.")
    assert str(error.value) == (
        "Thing ended with exit code 3. Read the manual.\nThe last it wrote:\n  | first\n  | why"
    )


def test_silent_server_is_stopped_and_an_error(tmp_path: Path) -> None:
    child = start(_LONG, name="Thing", log=tmp_path / "log")
    with pytest.raises(ServerDidNotStart, match=r"Thing did not answer within 0\.1 s"):
        wait_until(lambda: False, child, 0.1, "answer")
    assert not child.alive()


def test_server_is_stopped_when_waiting_is_interrupted(tmp_path: Path) -> None:
    child = start(_LONG, name="Thing", log=tmp_path / "log")

    def interrupted() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait_until(interrupted, child, 5, "answer")
    assert not child.alive()


def test_tail_is_the_end_of_a_long_log(tmp_path: Path) -> None:
    child = start(["sh", "-c", "seq 100000"], name="Thing", log=tmp_path / "log")
    assert child.wait(10) == 0
    assert child.tail(2) == ["99999", "100000"]


def test_another_port_is_tried_when_somebody_took_it() -> None:
    tried = []

    def run(port: int) -> int:
        tried.append(port)
        if len(tried) < 3:
            raise ServerDidNotStart("Thing", "ended", ["bind: Address already in use"], "")
        return port

    assert on_free_port("Thing", run) == tried[2]
    assert len(set(tried)) == 3


def test_other_failures_are_not_tried_again() -> None:
    tried = []

    def run(port: int) -> int:
        tried.append(port)
        raise ServerDidNotStart("Thing", "ended", ["broken"], "")

    with pytest.raises(ServerDidNotStart, match="broken"):
        on_free_port("Thing", run)
    assert len(tried) == 1


def test_given_port_that_stays_taken_is_an_error_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(ServerDidNotStart, match=rf"Thing cannot listen on 127\.0\.0\.1:{port}: another program"):
            on_free_port("Thing", lambda _: pytest.fail("was started"), port)


def test_given_port_is_awaited_while_a_predecessor_leaves_it() -> None:
    holder = socket.create_server(("127.0.0.1", 0))
    port = holder.getsockname()[1]
    leaving = threading.Timer(0.3, holder.close)
    leaving.start()
    began = time.monotonic()
    assert on_free_port("Thing", lambda port: port, port) == port
    assert time.monotonic() - began > 0.2
    leaving.join()


def test_free_port_can_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] > 1023
