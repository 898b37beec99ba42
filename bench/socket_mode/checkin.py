"""Our app as it is wired in production: `python -m bench.socket_mode.checkin URL [--database URL] [--buttons N]`.

Without a database the work behind the ack is left undone, so that the way to the ack alone is measured. With
`--composing URL` check-ins of that database are composed and charts drawn all the while, in a process beside it.
"""

import argparse
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from bench.socket_mode.click import USER
from bench.socket_mode.peers import APP_TOKEN, TOKEN
from bot.app import BUTTONS
from bot.connection import bolt_app, socket
from bot.listeners import Listeners
from bot.people import People
from messages.slack import Slack
from operations.approve import APPROVE
from operations.model import Role
from storage.engine import connect


class _Idle(ThreadPoolExecutor):
    """Takes work and leaves it."""

    def submit(self, _work: Callable[..., Any], /, *_arguments: Any, **_named: Any) -> Future[Any]:
        return Future()


def answer(url: str, database: str | None, buttons: int | None) -> None:
    slack = Slack(TOKEN, base_url=url)
    people = People(slack, {Role.OPERATOR: [USER]})
    table = BUTTONS if buttons is None else {f"bench.{number}": APPROVE for number in range(1, buttons + 1)}
    engine = connect(database or "postgresql+psycopg://", name="checkin", pool_size=10)  # connects when it is used
    pool = ThreadPoolExecutor(max_workers=12) if database else _Idle()
    app = bolt_app(slack, Listeners(engine, slack, people, table, pool, lambda: None, lambda *_: None))
    socket(app, APP_TOKEN).connect()  # type: ignore[no-untyped-call]
    threading.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--database")
    parser.add_argument("--buttons", type=int)
    parser.add_argument("--composing")
    asked = parser.parse_args()
    if asked.composing:
        subprocess.Popen([sys.executable, "-m", "bench.socket_mode.composer", asked.composing], stdin=subprocess.PIPE)
    answer(asked.url, asked.database, asked.buttons)
