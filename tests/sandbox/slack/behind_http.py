"""A Bolt app behind Bolt's own adapter for HTTP, its address given to the workspace as an admin would."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import control


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        pass


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def serving(server: WSGIServer | ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/slack/events"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def over_http(app: App, slack: LocalSlack) -> Iterator[None]:
    handler = SlackRequestHandler(app, path="/slack/events")
    with serving(make_server("127.0.0.1", 0, handler, Threads, Quiet)) as url:
        assert control(slack, "request-url", url=url)["ok"]
        yield
