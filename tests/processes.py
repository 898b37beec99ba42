"""What the tests of private servers look at: which processes live, and who descends from whom (Linux)."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path


def living(pids: Iterable[int]) -> set[int]:
    """Those that run; one that has ended but was not collected by its parent does not."""
    return {pid for pid in pids if (stat := _stat(pid)) and stat[0] != "Z"}


def descendants(pid: int) -> set[int]:
    processes = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    children = {child for child in processes if (stat := _stat(child)) and int(stat[1]) == pid}
    return children.union(*map(descendants, children))


def eventually(holds: Callable[[], bool], timeout: float = 5.0) -> bool:
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _stat(pid: int) -> list[str]:
    """State, parent and more; empty when there is no such process. The name before them may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
