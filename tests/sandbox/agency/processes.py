"""The agency as it runs for real, in six processes, with nothing to do but what a test asks of it."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from storage.process import Child, free_port, start, wait_until
from tests.sandbox.agency.in_process import SECRET

NAMES = ("platforms", "storage", "browser", "gateway", "web", "runner")


@contextmanager
def agency_processes(database_url: str, folder: Path, **more: str) -> Iterator[dict[str, str]]:
    """The URLs by name, once all are ready; each writes `folder/NAME.log`. `more` are settings: `OTLP_URL="http://…"`."""
    urls = {name: f"http://127.0.0.1:{free_port()}" for name in NAMES}
    settings = {f"AGENCY_{name.upper()}_URL": url for name, url in urls.items()} | {
        "AGENCY_DATABASE_URL": database_url,
        "AGENCY_COMMANDS_SECRET": SECRET,
        "AGENCY_FILES": str(folder / "files"),
        "AGENCY_PACE": "0",
        "AGENCY_DRAFT_EVERY": "0",
        **{f"AGENCY_{name}": value for name, value in more.items()},
    }
    with ExitStack() as stack:
        children = {}
        for name, url in urls.items():
            env = os.environ | settings | {"AGENCY_PORT": url.rpartition(":")[2]}
            argv = [sys.executable, "-m", "sandbox.agency", name]
            children[name] = start(argv, name=name, log=folder / f"{name}.log", env=env)
            stack.callback(children[name].stop)
        for name, child in children.items():
            ready = json.dumps({"name": name, "url": urls[name]})
            wait_until(partial(_wrote, child, ready), child, 60, "say that it is ready")
        yield urls


def _wrote(child: Child, line: str) -> bool:
    return line in child.tail()
