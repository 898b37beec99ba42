"""A workspace inside this process, for tests: the server runs in a daemon thread on a free port."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sandbox.slack.config import Config
from sandbox.slack.server import serving
from sandbox.slack.workspace import Workspace


@dataclass(frozen=True)
class LocalSlack:
    """`workspace` belongs to the server's thread: read it freely, change it through the APIs."""

    url: str
    workspace: Workspace

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"


@contextmanager
def running(config: Config | dict[str, Any], port: int = 0) -> Iterator[LocalSlack]:
    """Serves until the block ends, then closes every socket and joins the thread."""
    ready: Future[Workspace] = Future()
    parsed = Config.model_validate(config)
    thread = threading.Thread(target=lambda: asyncio.run(_serve(parsed, port, ready)), name="local-slack", daemon=True)
    thread.start()
    workspace = ready.result(timeout=10)
    loop = workspace.loop
    try:
        yield LocalSlack(workspace.url, workspace)
    finally:
        with suppress(RuntimeError):  # somebody used /control/shutdown: the loop is closed
            loop.call_soon_threadsafe(workspace.stopping.set)
        thread.join(timeout=10)


async def _serve(config: Config, port: int, ready: "Future[Workspace]") -> None:
    try:
        async with serving(config, port) as workspace:
            ready.set_result(workspace)
            await workspace.stopping.wait()
    except OSError as error:
        if ready.done():
            raise
        ready.set_exception(error)
